// SPDX-License-Identifier: Apache-2.0
// How many messages are in flight, and for how long such messages were in flight lately.
//
// The time is the integral of that number, in message-milliseconds, over two fixed windows: the
// current minute, at absolute multiples of 60 s, and the one before. So it forgets within two
// minutes, needs no timer, and depends on nothing but the moments of the changes.
// Thread: shard.
#pragma once

#include <cstdint>

#include "base/check.h"
#include "base/ids.h"
#include "engine/limits.h"

namespace forebay::engine {

class ProcessingTime {
 public:
  /// `difference` more messages are in flight from the moment `at` on. A moment before the latest
  /// one counts as that one.
  void change(int64_t difference, WallMs at) {
    pass(at);
    in_flight_ += difference;
    CHECK(in_flight_ >= 0);
  }

  int64_t in_flight() const { return in_flight_; }

  /// Message-milliseconds of both windows, as they stand at `now`.
  int64_t total_ms(WallMs now) const {
    ProcessingTime then = *this;
    then.pass(now);
    return then.previous_ms_ + then.current_ms_;
  }

 private:
  static constexpr int64_t kWindow = kProcessingWindowMs;

  void pass(WallMs to) {
    if (to <= at_) return;
    const int64_t window = at_.value / kWindow;
    const int64_t next_window = to.value / kWindow;
    if (next_window > window) {
      current_ms_ += in_flight_ * (WallMs((window + 1) * kWindow) - at_);
      previous_ms_ = next_window == window + 1 ? current_ms_ : in_flight_ * kWindow;
      current_ms_ = 0;
      at_ = WallMs(next_window * kWindow);
    }
    current_ms_ += in_flight_ * (to - at_);
    at_ = to;
  }

  WallMs at_;  // everything up to here is counted
  int64_t in_flight_ = 0;
  int64_t current_ms_ = 0;
  int64_t previous_ms_ = 0;
};

}  // namespace forebay::engine
