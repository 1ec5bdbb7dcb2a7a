// SPDX-License-Identifier: Apache-2.0
// The latencies of one action in one stage: all together, and window by window.
//
// Windows follow the wall clock, so that a reader can lay them beside the server's log and ask what
// requests waited while something else went on. Each keeps its whole histogram: windows of the same
// kind can be added up, their percentiles could not.
// Thread: one at a time.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "load/histogram.h"

namespace forebay::load {

class Latencies {
 public:
  struct Window {
    int64_t start_ms;  // wall clock
    std::vector<std::pair<uint64_t, uint64_t>> buckets;
  };

  /// `window_ms` 0: no windows.
  explicit Latencies(uint32_t window_ms) : window_ms_(window_ms) {}

  /// A request that was answered at `wall_ms` after `us`. A request belongs to the window in which
  /// it was answered.
  void record(uint64_t us, int64_t wall_ms) {
    all_.record(us);
    if (window_ms_ == 0) return;
    const int64_t start_ms = wall_ms - wall_ms % window_ms_;
    if (start_ms != window_start_ms_) close_window();
    window_start_ms_ = start_ms;
    window_.record(us);
  }

  const Histogram& all() const { return all_; }

  /// The windows so far, the last one closed.
  const std::vector<Window>& windows() {
    close_window();
    return windows_;
  }

 private:
  void close_window() {
    if (window_.count() == 0) return;
    windows_.push_back({window_start_ms_, window_.buckets()});
    window_.clear();
  }

  const uint32_t window_ms_;
  Histogram all_;
  Histogram window_;
  int64_t window_start_ms_ = 0;
  std::vector<Window> windows_;
};

}  // namespace forebay::load
