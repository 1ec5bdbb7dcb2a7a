// SPDX-License-Identifier: Apache-2.0
#include "client/http_transport.h"

#include <algorithm>

namespace forebay::sqs {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace

std::optional<std::string_view> HttpResponse::header(std::string_view name) const {
  std::optional<std::string_view> found;
  std::string_view rest = head;
  while (!rest.empty()) {
    const size_t line_end = rest.find('\n');
    const std::string_view line = rest.substr(0, line_end);
    rest = line_end == rest.npos ? std::string_view() : rest.substr(line_end + 1);
    const size_t colon = line.find(':');
    if (colon == name.size() && same_name(line.substr(0, colon), name)) {
      found = trimmed(line.substr(colon + 1));
    }
  }
  return found;
}

}  // namespace forebay::sqs
