// SPDX-License-Identifier: Apache-2.0
#include "server/uuid.h"

#include <string_view>

#include "base/base64.h"

namespace forebay::server {

Bytes16 random_uuid(env::Random& random) {
  Bytes16 uuid;
  random.fill(uuid);
  uuid[6] = static_cast<uint8_t>((uuid[6] & 0x0F) | 0x40);  // version 4
  uuid[8] = static_cast<uint8_t>((uuid[8] & 0x3F) | 0x80);  // variant of RFC 9562
  return uuid;
}

std::string uuid_text(const Bytes16& uuid) {
  std::string text =
      hex_encode(std::string_view(reinterpret_cast<const char*>(uuid.data()), uuid.size()));
  for (const size_t position : {8, 13, 18, 23}) text.insert(position, 1, '-');
  return text;
}

}  // namespace forebay::server
