// SPDX-License-Identifier: Apache-2.0
// Walks the batches of one segment, front to back, with large reads.
//
//   BatchCursor cursor(segment, from);
//   for (;;) {
//     TRY_ASSIGN(auto batch, cursor.peek());
//     if (!batch) break;            // nothing that belongs here stands at cursor.position()
//     use(*batch);                  // its payload is not checked yet: verify_batch()
//     cursor.advance(*batch);
//   }
//
// Thread: one owner.
// Borrows: the segment.
// Cost: holds at most kReadBytes plus one largest batch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "journal/batch.h"
#include "journal/file/segment.h"

namespace forebay::journal {

/// How much is read from a segment at once, at most: a cursor begins with less, so that a journal
/// of a few batches does not leave a megabyte behind in the allocator.
inline constexpr uint64_t kReadBytes = 1u << 20;
inline constexpr uint64_t kFirstReadBytes = 64u << 10;

class BatchCursor {
 public:
  struct Batch {
    BatchHeader header;
    std::string_view bytes;  // header included; valid until the next call
  };

  /// `from` is a position in `segment` where a batch should stand.
  BatchCursor(const Segment& segment, LogPosition from);

  /// The batch at position(), or nothing when there is no intact header, or one that does not
  /// belong here: of another position, of an older epoch than what stands before it, or longer than
  /// the segment.
  /// Errors: kStorageFailure, kStorageDamaged (the file is too short).
  Result<std::optional<Batch>> peek();

  /// Goes on behind `batch`, which peek() returned.
  void advance(const Batch& batch);

  LogPosition position() const { return position_; }
  /// The largest epoch so far; at first the one of the segment's header.
  Epoch epoch() const { return epoch_; }

 private:
  /// The `bytes` at position(), which the segment has.
  Result<std::string_view> load(uint64_t bytes);

  const Segment& segment_;
  LogPosition position_;
  Epoch epoch_;
  std::string buffer_;
  LogPosition buffer_at_;  // position of the buffer's first byte
};

}  // namespace forebay::journal
