// SPDX-License-Identifier: Apache-2.0
#include "server/uuid.h"

#include <charconv>

#include "base/base64.h"

namespace forebay::server {

Bytes16 random_uuid(env::Random& random) {
  Bytes16 uuid;
  random.fill(uuid);
  uuid[6] = static_cast<uint8_t>((uuid[6] & 0x0F) | 0x40);  // version 4
  uuid[8] = static_cast<uint8_t>((uuid[8] & 0x3F) | 0x80);  // variant of RFC 9562
  return uuid;
}

InlineText<36> uuid_text(const Bytes16& uuid) {
  const InlineText<32> digits = hex_encode(uuid);
  std::string_view rest = digits;
  InlineText<36> text;
  for (const size_t group : {8, 4, 4, 4, 12}) {
    if (!text.empty()) text.push_back('-');
    text.append(rest.substr(0, group));
    rest.remove_prefix(group);
  }
  return text;
}

std::optional<Bytes16> parse_uuid(std::string_view text) {
  constexpr std::string_view kForm = "00000000-0000-0000-0000-000000000000";
  if (text.size() != kForm.size()) return std::nullopt;
  Bytes16 uuid{};
  size_t position = 0;
  for (uint8_t& byte : uuid) {
    if (text[position] == '-') ++position;
    if (position + 2 > text.size()) return std::nullopt;
    const char* const digits = text.data() + position;
    std::from_chars(digits, digits + 2, byte, 16);
    position += 2;
  }
  // Whatever was misread above does not read the same when written again.
  if (uuid_text(uuid) != text) return std::nullopt;
  return uuid;
}

}  // namespace forebay::server
