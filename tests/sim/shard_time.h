// SPDX-License-Identifier: Apache-2.0
// What the shard's clock must read, as a span: exact unless the wall clock is stepped between two
// looks at it.
//
// The shard's time is the wall clock, but never goes back and runs on when the wall clock was set
// back; after a restart it begins at the last recorded moment.
// Thread: one owner.
#pragma once

#include <algorithm>

#include "sim/sim_world.h"

namespace forebay::sim {

/// Moments between which something happened, in wall ms.
struct Span {
  int64_t lo = 0;
  int64_t hi = 0;

  Span operator+(int64_t ms) const { return {lo + ms, hi + ms}; }
  void include(Span other) {
    lo = std::min(lo, other.lo);
    hi = std::max(hi, other.hi);
  }
};

class ShardTime {
 public:
  explicit ShardTime(SimWorld& world) : world_(world) {}

  void process_started(WallMs last_moment) {
    span_.lo = span_.hi = std::max(world_.wall(), last_moment).value;
    lo_at_ = hi_at_ = world_.monotonic();
  }

  /// Before a request is submitted, which makes the shard look at its clock: now.
  Span look() {
    span_ = now();
    lo_at_ = world_.monotonic();
    return span_;
  }

  /// Now, if the shard looks at its clock or not.
  Span now() {
    note_peak();
    return {std::max(world_.wall().value, span_.lo + (world_.monotonic() - lo_at_)), span_.hi};
  }

  void step_wall(int64_t ms) {
    note_peak();
    world_.step_wall(ms);
    note_peak();
  }

 private:
  void note_peak() {
    span_.hi = std::max(world_.wall().value, span_.hi + (world_.monotonic() - hi_at_));
    hi_at_ = world_.monotonic();
  }

  SimWorld& world_;
  Span span_;
  MonotonicMs lo_at_;
  MonotonicMs hi_at_;
};

}  // namespace forebay::sim
