// SPDX-License-Identifier: Apache-2.0
// Numbers on the command lines of the small programs here.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace forebay::bench {

/// The number from 1 to `max` that is all of `text`; else nothing.
inline std::optional<uint32_t> parse_number(std::string_view text, uint32_t max) {
  uint32_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end || number == 0 || number > max) return std::nullopt;
  return number;
}

}  // namespace forebay::bench
