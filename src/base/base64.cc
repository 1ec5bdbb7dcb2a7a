// SPDX-License-Identifier: Apache-2.0
#include "base/base64.h"

#include <array>
#include <cstdint>

namespace forebay {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr uint8_t kBad = 0xff;

constexpr std::array<uint8_t, 256> make_reverse() {
  std::array<uint8_t, 256> table{};
  table.fill(kBad);
  for (size_t i = 0; i < kAlphabet.size(); ++i) {
    table[static_cast<uint8_t>(kAlphabet[i])] = static_cast<uint8_t>(i);
  }
  return table;
}
constexpr std::array<uint8_t, 256> kReverse = make_reverse();

/// Padding characters at the end, two at most. None in a text that is no base64 by its length.
size_t padding_of(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0 || text.back() != '=') return 0;
  return text[text.size() - 2] == '=' ? 2 : 1;
}

uint32_t byte_at(std::string_view bytes, size_t i) {
  return i < bytes.size() ? static_cast<uint8_t>(bytes[i]) : 0;
}

}  // namespace

std::string base64_encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const uint32_t word =
        byte_at(bytes, i) << 16 | byte_at(bytes, i + 1) << 8 | byte_at(bytes, i + 2);
    out.push_back(kAlphabet[word >> 18]);
    out.push_back(kAlphabet[word >> 12 & 63]);
    out.push_back(i + 1 < bytes.size() ? kAlphabet[word >> 6 & 63] : '=');
    out.push_back(i + 2 < bytes.size() ? kAlphabet[word & 63] : '=');
  }
  return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
  std::string out(text.size() / 4 * 3 - padding_of(text), '\0');
  if (!base64_decode(text, out)) return std::nullopt;
  return out;
}

bool base64_decode(std::string_view text, std::span<char> out) {
  const size_t padding = padding_of(text);
  if (text.size() % 4 != 0 || text.size() / 4 * 3 - padding != out.size()) return false;
  uint32_t bits = 0;
  int bit_count = 0;
  size_t written = 0;
  for (char c : text.substr(0, text.size() - padding)) {
    const uint8_t value = kReverse[static_cast<uint8_t>(c)];
    if (value == kBad) return false;
    bits = (bits << 6 | value) & 0xffff;
    bit_count += 6;
    if (bit_count >= 8) {
      bit_count -= 8;
      out[written++] = static_cast<char>(bits >> bit_count & 0xff);
    }
  }
  return (bits & ((1u << bit_count) - 1)) == 0;
}

std::string hex_encode(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (char c : bytes) {
    out.push_back(kHexDigits[static_cast<uint8_t>(c) >> 4]);
    out.push_back(kHexDigits[static_cast<uint8_t>(c) & 15]);
  }
  return out;
}

InlineText<32> hex_encode(const Bytes16& bytes) {
  std::array<char, 32> digits;
  for (size_t i = 0; i < bytes.size(); ++i) {
    digits[2 * i] = kHexDigits[bytes[i] >> 4];
    digits[2 * i + 1] = kHexDigits[bytes[i] & 15];
  }
  return std::string_view(digits.data(), digits.size());
}

}  // namespace forebay
