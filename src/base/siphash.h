// SPDX-License-Identifier: Apache-2.0
// SipHash-2-4 with a 128-bit result: a keyed hash that outsiders cannot predict.
//
// Used as the tag of receipt handles and as the key of the deduplication window.
// Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012), 128-bit variant.
// Thread: any.
// Cost: about 1.5 cycles a byte.
#pragma once

#include <string_view>

#include "base/byte_codec.h"

namespace forebay {

Bytes16 siphash128(const Bytes16& key, std::string_view data);

}  // namespace forebay
