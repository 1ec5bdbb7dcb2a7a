// SPDX-License-Identifier: Apache-2.0
#include "load/response.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <string>

namespace forebay::load {
namespace {

constexpr std::string_view kVersion = "HTTP/1.1 ";
constexpr std::string_view kLength = "\r\ncontent-length:";
constexpr size_t kHeadBytesMax = 16 << 10;
constexpr uint64_t kBodyBytesMax = 64 << 20;

Error not_a_response(std::string_view bytes) {
  return Error{ErrorCode::kServiceUnavailable,
               "cannot read this response: " + std::string(bytes.substr(0, 200))};
}

bool same_letter(char a, char b) {
  return std::tolower(static_cast<unsigned char>(a)) == b;
}

/// The number that `text` begins with, behind spaces.
std::optional<uint64_t> leading_number(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return number;
}

std::optional<uint64_t> content_length(std::string_view head) {
  const auto* const found =
      std::search(head.begin(), head.end(), kLength.begin(), kLength.end(), same_letter);
  if (found == head.end()) return std::nullopt;
  return leading_number(head.substr(static_cast<size_t>(found - head.begin()) + kLength.size()));
}

}  // namespace

Result<std::optional<Response>> parse_response(std::string_view bytes) {
  const size_t head_end = bytes.find("\r\n\r\n");
  if (head_end == std::string_view::npos) {
    const std::string_view begun = bytes.substr(0, kVersion.size());
    if (bytes.size() > kHeadBytesMax || !kVersion.starts_with(begun)) return not_a_response(bytes);
    return std::optional<Response>();
  }
  const std::string_view head = bytes.substr(0, head_end);
  if (!head.starts_with(kVersion)) return not_a_response(bytes);
  const std::optional<uint64_t> status = leading_number(head.substr(kVersion.size()));
  const std::optional<uint64_t> length = content_length(head);
  if (!status || *status < 100 || *status > 999 || !length || *length > kBodyBytesMax) {
    return not_a_response(bytes);
  }
  Response response;
  response.status = static_cast<int>(*status);
  response.bytes = head_end + 4 + *length;
  if (bytes.size() < response.bytes) return std::optional<Response>();
  response.body = bytes.substr(head_end + 4, *length);
  return std::optional<Response>(response);
}

}  // namespace forebay::load
