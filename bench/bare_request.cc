// SPDX-License-Identifier: Apache-2.0
#include "bare_request.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace forebay::bench {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::string_view kLength = "\r\ncontent-length:";
constexpr size_t kHeadBytesMax = 16 << 10;
constexpr size_t kBodyBytesMax = 64 << 20;

bool same_letter(char a, char b) {
  return std::tolower(static_cast<unsigned char>(a)) == b;
}

/// 0 when the head names no length; nothing when it names one that cannot be read.
std::optional<size_t> body_bytes(std::string_view head) {
  const auto* const found =
      std::search(head.begin(), head.end(), kLength.begin(), kLength.end(), same_letter);
  if (found == head.end()) return 0;
  head.remove_prefix(static_cast<size_t>(found - head.begin()) + kLength.size());
  while (head.starts_with(' ')) head.remove_prefix(1);
  size_t length = 0;
  const auto [end, error] = std::from_chars(head.data(), head.data() + head.size(), length);
  const bool number_ends = end == head.data() + head.size() || *end == '\r' || *end == ' ';
  if (error != std::errc() || !number_ends || length > kBodyBytesMax) return std::nullopt;
  return length;
}

}  // namespace

Requests complete_requests(std::string_view bytes) {
  Requests found;
  while (true) {
    const std::string_view rest = bytes.substr(found.bytes);
    const size_t head_bytes = rest.find(kHeadEnd);
    if (head_bytes == std::string_view::npos) {
      found.valid = rest.size() <= kHeadBytesMax;
      return found;
    }
    const std::optional<size_t> body = body_bytes(rest.substr(0, head_bytes));
    found.valid = body.has_value() && head_bytes <= kHeadBytesMax;
    if (!found.valid) return found;
    const size_t request_bytes = head_bytes + kHeadEnd.size() + *body;
    if (rest.size() < request_bytes) return found;
    found.bytes += request_bytes;
    ++found.count;
  }
}

}  // namespace forebay::bench
