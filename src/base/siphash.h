// SPDX-License-Identifier: Apache-2.0
// SipHash-2-4 with a 128-bit result: a keyed hash that outsiders cannot predict.
//
// Used as the tag of receipt handles, as the key of the deduplication window, and in hash tables
// whose keys clients choose.
// Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012), 128-bit variant.
// Thread: any.
// Cost: about 1.5 cycles a byte.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/byte_codec.h"

namespace forebay {

Bytes16 siphash128(const Bytes16& key, std::string_view data);

/// The first four bytes of that.
inline uint32_t siphash32(const Bytes16& key, std::string_view data) {
  const Bytes16 hash = siphash128(key, data);
  uint32_t first = 0;
  std::memcpy(&first, hash.data(), sizeof first);
  return first;
}

}  // namespace forebay
