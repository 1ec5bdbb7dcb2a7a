// SPDX-License-Identifier: Apache-2.0
// A text cut at every separator.
// Thread: any.
#pragma once

#include <string_view>
#include <vector>

namespace forebay::server {

/// At least one part, perhaps an empty one. The parts borrow from `text`.
inline std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

}  // namespace forebay::server
