// SPDX-License-Identifier: Apache-2.0
// Batches that say nothing: what a repair puts where batches were lost, so that all others keep
// their positions.
// Thread: any.
#pragma once

#include <cstdint>

#include "base/ids.h"
#include "base/result.h"
#include "env/file_system.h"

namespace forebay::journal {

/// First byte of a void record; zeros follow.
inline constexpr uint8_t kVoidRecordType = 0xFF;

/// True if void batches can be exactly `bytes` long: an empty batch, or at least one whose only
/// record has its type byte. Stretches where whole batches stood always are.
bool can_be_void(uint64_t bytes);

/// Writes void batches of the positions `from` to `to` (can_be_void()) to byte `offset` of `file`.
/// Not durable.
Result<void> write_void_batches(env::File& file, uint64_t offset, LogPosition from, LogPosition to,
                                Epoch epoch);

}  // namespace forebay::journal
