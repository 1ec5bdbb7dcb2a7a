// SPDX-License-Identifier: Apache-2.0
// Reads a segment that may be damaged anywhere: goes on behind what cannot be read.
//
// For the offline tools only: the server refuses damage and reads with BatchCursor.
// Thread: any.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "env/file_system.h"
#include "journal/batch.h"
#include "journal/file/segment.h"

namespace forebay::journal {

/// What can be told of a segment file from itself.
struct SegmentFile {
  uint64_t number = 0;
  std::string path;
  uint64_t file_bytes = 0;
  uint32_t newer_version = 0;    // of a format this program does not know; then nothing else is
  bool header_intact = false;    // else it was told from the first intact batch, but for log_id
  uint64_t misnamed_number = 0;  // what an intact header says, if it is another number
  std::optional<SegmentHeader> header;  // nothing: no intact header and no intact batch
};

/// Looks into segment `number` of `directory`; nothing when it is not there (any more).
/// Errors: kStorageFailure.
Result<std::optional<SegmentFile>> look_into_segment(env::FileSystem& files,
                                                     const std::string& directory, uint64_t number);

/// Opens it for reading as far as the file goes; null when it is not there any more. It must have a
/// header, and something behind it.
Result<std::shared_ptr<Segment>> open_as_far_as_it_goes(env::FileSystem& files,
                                                        const SegmentFile& file);

struct Stretch {
  LogPosition from;
  LogPosition to;
  Epoch epoch;  // of what stands before it
};

/// What stands in a segment.
struct SegmentContents {
  LogPosition end{};  // behind the last batch, damaged stretches included
  uint64_t batch_count = 0;
  uint64_t record_count = 0;
  uint64_t record_bytes = 0;
  std::vector<Stretch> damaged{};  // in order, not touching
  uint64_t leftover_bytes = 0;     // from `end` to the last byte that is not zero
};

struct ReadContentsOptions {
  std::optional<LogPosition> end;                 // where its batches must end; nothing: not known
  bool last = false;                              // of the journal: it may end with a torn tail
  RecordVisitor visit{};                          // may be null
  std::function<void(uint64_t bytes)> on_read{};  // may be null
};

/// Reads all batches of `segment`. Where one was being written while it was read, it is read again.
/// Errors: kStorageFailure, or what `visit` returned.
Result<SegmentContents> read_contents(const Segment& segment, const ReadContentsOptions& options);

}  // namespace forebay::journal
