// SPDX-License-Identifier: Apache-2.0
// MD5 of several texts at once: one text in each lane of a vector register.
//
// Each step of MD5 waits for the one before, so one text cannot go faster than about 0.7 GB/s;
// eight of equal length take little longer than one. RFC 1321.
// Thread: any.
#pragma once

#include <span>
#include <string_view>

#include "base/byte_codec.h"

namespace forebay::protocol {

/// out[i] is the MD5 of texts[i]; both have the same size.
/// Cost: that of the longest text, for each eight.
void md5_side_by_side(std::span<const std::string_view> texts, std::span<Bytes16> out);

}  // namespace forebay::protocol
