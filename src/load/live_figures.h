// SPDX-License-Identifier: Apache-2.0
// What the last second was like, for whoever looks on while a load runs.
// Thread: any.
#pragma once

#include <cstdint>
#include <mutex>

#include "load/histogram.h"

namespace forebay::load {

class LiveFigures {
 public:
  struct Figures {
    uint64_t requests = 0;
    uint64_t p50_us = 0;
    uint64_t p99_us = 0;
    uint64_t errors = 0;  // since the load began
  };

  /// What a thread has measured since it published last; it then begins anew.
  void publish(const Histogram& latencies, uint64_t errors);
  /// What was published since the last call.
  Figures take();

 private:
  std::mutex mu_;  // guards all below
  Histogram latencies_;
  uint64_t errors_ = 0;
};

}  // namespace forebay::load
