// SPDX-License-Identifier: Apache-2.0
// Where the batches of a sealed segment end, once the segment behind it is gone.
//
// As long as that one is there, its header says it. Before it is removed, a mark is written into
// the last bytes of the file in front of it. Without a mark (the power failed before it was needed)
// the segment's batches are walked.
// Thread: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/ids.h"
#include "base/result.h"
#include "env/file_system.h"
#include "journal/file/segment.h"

namespace forebay::journal {

/// Smaller than a batch header: where no mark fits, no record of a later segment can be taken for
/// one that stands behind the end.
inline constexpr uint64_t kEndMarkBytes = 32;

/// kEndMarkBytes bytes that say that the batches of segment `number` end at `end`.
std::string encode_end_mark(uint64_t number, LogPosition end);

/// Durable: the mark, if there is room for one.
/// Errors: kStorageFailure.
Result<void> write_end_mark(env::FileSystem& files, const Segment& segment, LogPosition end);

/// What the mark in `segment` says; nothing when there is none.
/// Errors: as find_end().
Result<std::optional<LogPosition>> read_end_mark(const Segment& segment);

/// The position behind the last batch: by the mark, or where no further batch header stands.
/// Errors: kStorageFailure, kStorageDamaged (the file is too short).
/// Cost: without a mark, reads the segment.
Result<LogPosition> find_end(const Segment& segment);

}  // namespace forebay::journal
