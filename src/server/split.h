// SPDX-License-Identifier: Apache-2.0
// A text cut at separators.
// Thread: any.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace forebay::server {

/// At least one part, perhaps an empty one. The parts borrow from `text`.
inline std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  parts.reserve(static_cast<size_t>(std::ranges::count(text, separator)) + 1);
  while (true) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// The parts when there are exactly `Count`. Takes no memory.
template <size_t Count>
std::optional<std::array<std::string_view, Count>> split_into(std::string_view text,
                                                              char separator) {
  std::array<std::string_view, Count> parts;
  for (size_t i = 0; i < Count; ++i) {
    const size_t end = text.find(separator);
    if ((end == std::string_view::npos) != (i + 1 == Count)) return std::nullopt;
    parts[i] = text.substr(0, end);
    if (end != std::string_view::npos) text.remove_prefix(end + 1);
  }
  return parts;
}

}  // namespace forebay::server
