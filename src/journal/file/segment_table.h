// SPDX-License-Identifier: Apache-2.0
// The segments of a journal by position, and how much of each is live.
//
// Numbers may be missing: such segments were removed, or are lost. Which it is only the owner
// knows, who knows what it needs.
// Thread: find() and missing_at() any; everything else one owner.
// Invariants: 1. Numbers and first positions grow. 2. A segment's end is not behind the first
// position of the next.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <vector>

#include "base/ids.h"
#include "journal/file/segment.h"

namespace forebay::journal {

/// A segment and the position behind its last batch; of the last segment, the end of its file.
struct PlacedSegment {
  std::shared_ptr<Segment> segment;
  LogPosition end;
};

class SegmentTable {
 public:
  /// Segments that removing one leaves without a successor.
  struct Removed {
    std::vector<PlacedSegment> segments;      // no longer in the table
    std::vector<PlacedSegment> before_holes;  // still in it; the one behind each was removed
  };

  /// Starts anew with `segments`, in order; nothing in them is live.
  void reset(std::vector<PlacedSegment> segments);

  /// Adds the segment after the last, which ends where it begins.
  void push(std::shared_ptr<Segment> segment);

  bool empty() const { return segments_.empty(); }
  const std::shared_ptr<Segment>& last() const;

  /// The segment that holds `at`; null when that one is missing. (Behind the tail: the last.)
  std::shared_ptr<Segment> find(LogPosition at) const;

  /// The segment that holds `at`, and all later ones; empty when it is missing.
  std::vector<PlacedSegment> from(LogPosition at) const;

  /// The number of a missing segment, the one that held `at` or, when several in a row are missing
  /// there, one beside it; nothing when none is missing there.
  std::optional<uint64_t> missing_at(LogPosition at) const;

  /// Counts `bytes` at `at` as live: false when no segment holds them.
  /// Cost: O(1) next to the segment of the call before, else O(log segments).
  bool add_live(LogPosition at, uint64_t bytes);
  /// The reverse. Nothing happens when the segment is gone.
  void remove_live(LogPosition at, uint64_t bytes);
  /// Of all segments.
  uint64_t live_bytes() const { return live_bytes_; }
  /// Sizes of all files.
  uint64_t disk_bytes() const { return disk_bytes_; }

  /// Of the sealed segments that end at `needed_from` or before and hold something live, the one
  /// with the smallest share of it.
  /// Cost: O(segments), as take_dead() and named().
  struct Filling {
    PlacedSegment placed;
    uint64_t live_bytes;
  };
  std::optional<Filling> sparsest(LogPosition needed_from) const;

  /// Takes out the sealed segments that end at `needed_from` or before and hold nothing live.
  Removed take_dead(LogPosition needed_from);

  /// Segment `number`, if it is there.
  std::optional<PlacedSegment> named(uint64_t number) const;

 private:
  static constexpr size_t kNone = ~size_t{0};

  /// Of the segment that holds `at`, or kNone.
  size_t index_of(LogPosition at) const;
  bool holds(size_t index, LogPosition at) const;
  /// The same, trying the segment of the call before first.
  size_t likely_index_of(LogPosition at);
  /// Whether it is sealed and no part of it stands at `needed_from` or behind.
  bool is_before(size_t index, LogPosition needed_from) const;

  // Owner only; by index in segments_.
  std::vector<uint64_t> live_of_;
  uint64_t live_bytes_ = 0;
  uint64_t disk_bytes_ = 0;
  size_t likely_ = 0;

  mutable std::shared_mutex mu_;  // guards changes of segments_ against other threads
  std::vector<PlacedSegment> segments_;
};

}  // namespace forebay::journal
