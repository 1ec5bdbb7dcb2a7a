// SPDX-License-Identifier: Apache-2.0
// Runs one stage against the server: all connections, closed loop, and measures it.
// Thread: one at a time.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "bench/load/latencies.h"
#include "bench/load/workload.h"
#include "load/connection.h"

namespace forebay::load {

struct ActionResult {
  explicit ActionResult(uint32_t window_ms) : latencies(window_ms) {}

  uint64_t requests = 0;  // that were answered with 200
  uint64_t messages = 0;
  Latencies latencies;  // of these requests
};

struct StageResult {
  explicit StageResult(uint32_t window_ms)
      : actions{ActionResult(window_ms), ActionResult(window_ms), ActionResult(window_ms)} {}

  int64_t elapsed_us = 0;  // from the first request to the last answer
  std::array<ActionResult, kActionCount> actions;
  uint64_t errors = 0;
  std::string first_error;  // body of the first answer that held one
  bool ran_dry = false;
};

/// Returns when every connection is idle again. `connections` are those of the workload's lanes.
/// Errors: kServiceUnavailable: a connection broke, or nothing was answered for 30 seconds.
Result<StageResult> run_stage(const Options& options, const Stage& stage, Workload& workload,
                              std::vector<Connection>& connections);

}  // namespace forebay::load
