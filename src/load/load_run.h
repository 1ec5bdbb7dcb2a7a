// SPDX-License-Identifier: Apache-2.0
// A whole load: threads, each with its own connections and loop, and their figures together.
// Thread: one at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "base/result.h"
#include "env/clock.h"
#include "load/endpoint.h"
#include "load/live_figures.h"
#include "load/load_loop.h"
#include "load/mix.h"
#include "load/requests.h"

namespace forebay::load {

struct LoadOptions {
  SocketAddress address = {};
  Mix mix = {};
  uint32_t batch = 1;
  uint32_t connections = 1;  // at least one a thread
  uint32_t threads = 1;
  int64_t warm_up_ms = 0;
  int64_t duration_ms = 0;  // 0: until `requests` were made
  uint64_t requests = 0;
  double rate = 0;      // requests a second over all connections; 0: closed loop
  uint32_t wait_s = 0;  // of the form's receives
  bool any_200_is_success = false;
};

/// What a caller may look at and do while the load runs.
struct LoadWatch {
  std::atomic<bool>* stop = nullptr;  // ends the load when it becomes true
  /// Called about once a second on the calling thread: figures since the last call, and how many
  /// milliseconds the load has run, warm-up included.
  std::function<void(const LiveFigures::Figures&, int64_t ms)> tick = {};
};

/// Opens the connections, runs the load, closes them.
/// Errors: kServiceUnavailable: a connection could not be opened. Whatever fails later is in the
/// figures.
Result<LoadFigures> run_load(const LoadOptions& options, const RequestForm& form,
                             const env::FineClock& clock, const LoadWatch& watch);

}  // namespace forebay::load
