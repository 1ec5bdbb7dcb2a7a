// SPDX-License-Identifier: Apache-2.0
// CRC-32C (Castagnoli), as the journal uses it. Hardware-accelerated where the machine can.
// Thread: any.
#pragma once

#include <cstdint>
#include <string_view>

namespace forebay {

/// The checksum of `data`, continued from `crc` (the checksum of what came before it).
uint32_t crc32c(std::string_view data, uint32_t crc = 0);

}  // namespace forebay
