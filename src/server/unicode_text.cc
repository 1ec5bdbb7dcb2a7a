// SPDX-License-Identifier: Apache-2.0
#include "server/unicode_text.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace forebay::server {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// NameStartChar of XML 1.0 (fifth edition) above ASCII, without the joiners, the superscripts and
// the currency signs.
constexpr Range kLetters[] = {
    {0xC0, 0xD6},     {0xD8, 0xF6},     {0xF8, 0x2FF},      {0x370, 0x37D},
    {0x37F, 0x1FFF},  {0x2102, 0x218F}, {0x2C00, 0x2FEF},   {0x3001, 0xD7FF},
    {0xF900, 0xFDCF}, {0xFDF0, 0xFFFD}, {0x10000, 0xEFFFF},
};

bool is_ascii_printable(uint64_t eight_bytes) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  constexpr uint64_t kBlanks = 0x2020202020202020;
  // With all high bits clear, the lowest byte below 0x20 makes its own high bit borrow.
  return (eight_bytes & kHighBits) == 0 && ((eight_bytes - kBlanks) & kHighBits) == 0;
}

bool is_message_character(char32_t c) {
  if (c < 0x20) return c == 0x9 || c == 0xA || c == 0xD;
  return c <= 0xD7FF || (c >= 0xE000 && c <= 0xFFFD) || (c >= 0x10000 && c <= 0x10FFFF);
}

}  // namespace

std::optional<char32_t> take_code_point(std::string_view& rest) {
  if (rest.empty()) return std::nullopt;
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(rest[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) {
    rest.remove_prefix(1);
    return lead;
  }
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || rest.size() < length) return std::nullopt;
  char32_t c = lead & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return std::nullopt;
    c = (c << 6) | (byte(i) & 0x3Fu);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (c < kSmallest[length] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) return std::nullopt;
  rest.remove_prefix(length);
  return c;
}

bool is_message_text(std::string_view text) {
  while (!text.empty()) {
    uint64_t eight_bytes = 0;
    if (text.size() >= sizeof eight_bytes) {
      std::memcpy(&eight_bytes, text.data(), sizeof eight_bytes);
      if (is_ascii_printable(eight_bytes)) {
        text.remove_prefix(sizeof eight_bytes);
        continue;
      }
    }
    const std::optional<char32_t> c = take_code_point(text);
    if (!c || !is_message_character(*c)) return false;
  }
  return true;
}

bool is_letter(char32_t c) {
  if (c < 0x80) return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  return std::any_of(std::begin(kLetters), std::end(kLetters),
                     [c](const Range& range) { return c >= range.first && c <= range.last; });
}

size_t count_characters(std::string_view text) {
  size_t count = 0;
  for (; !text.empty(); ++count) {
    if (!take_code_point(text)) text.remove_prefix(1);
  }
  return count;
}

}  // namespace forebay::server
