// SPDX-License-Identifier: Apache-2.0
// The segments of a journal by position, and how much of each is dead.
//
// Thread: find() any; everything else one owner.
// Invariants: numbers are consecutive, first positions grow.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <shared_mutex>
#include <vector>

#include "base/ids.h"
#include "journal/file/segment.h"

namespace forebay::journal {

class SegmentTable {
 public:
  /// Starts anew with `segments`, in order; nothing in them is dead.
  void reset(std::vector<std::shared_ptr<Segment>> segments);

  /// Adds the segment after the last.
  void push(std::shared_ptr<Segment> segment);

  bool empty() const { return segments_.empty(); }
  const std::shared_ptr<Segment>& last() const;

  /// The segment that holds `at`; null when `at` is before the first.
  std::shared_ptr<Segment> find(LogPosition at) const;

  /// The segment that holds `at`, and all later ones.
  std::vector<std::shared_ptr<Segment>> from(LogPosition at) const;

  /// Counts `bytes` at `at` as dead.
  void add_dead(LogPosition at, uint64_t bytes);
  /// Dead bytes of segment `number`.
  uint64_t dead_bytes(uint64_t number) const;

 private:
  size_t index_of(LogPosition at) const;  // segments_.size() when before the first

  std::map<uint64_t, uint64_t> dead_bytes_;  // owner only; by segment number

  mutable std::shared_mutex mu_;  // guards changes of segments_ against find()
  std::vector<std::shared_ptr<Segment>> segments_;
};

}  // namespace forebay::journal
