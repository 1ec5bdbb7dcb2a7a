// SPDX-License-Identifier: Apache-2.0
// One thread's part of a load: its connections, driven by epoll, and what they measured.
//
// Closed loop: every connection asks again as soon as it was answered. Open loop: requests are due
// at fixed times (pacer.h) and go out on whichever connection is free; one that finds none free
// waits, and its response time counts from when it was due. A request belongs to the measurement
// when it began (open loop: was due) within it; what is unanswered at the end is waited for a
// while.
//
// An error never ends the loop: it is counted, its connection opened again after a pause.
// Thread: run() on the loop's own; construction and the result before and after.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "env/clock.h"
#include "load/bench_workload.h"
#include "load/connection.h"
#include "load/endpoint.h"
#include "load/error_counts.h"
#include "load/histogram.h"
#include "load/live_figures.h"
#include "load/pacer.h"
#include "load/requests.h"

namespace forebay::load {

/// What the loops of a load share.
struct LoadControl {
  std::atomic<bool>* stop = nullptr;       // set from outside: end at once
  std::atomic<int64_t> requests_left = 0;  // only with a number of requests
  LiveFigures* live = nullptr;             // nobody looks on without
};

struct LoadLoopOptions {
  SocketAddress address;
  BenchWorkloadOptions workload;
  int64_t warm_up_us = 0;
  int64_t duration_us = 0;  // 0: until LoadControl::requests_left are used up
  double rate = 0;          // requests a second; 0: closed loop
  double rate_offset = 0;   // of the first request, in intervals (0 to 1)
  uint32_t wait_s = 0;      // how long an answer may take by its own wish (long polls)
};

/// The requests of one action.
struct ActionFigures {
  uint64_t requests = 0;  // that were carried out
  uint64_t messages = 0;
  uint64_t empty = 0;   // of the requests: receives that found nothing
  uint64_t errors = 0;  // requests, or entries of batches, that failed
  Histogram service;    // from the first byte written to the answer
  Histogram response;   // open loop: from when the request was due to the answer
};

struct LoadFigures {
  std::array<ActionFigures, kActionCount> actions;
  ErrorCounts errors;
  int64_t measured_us = 0;
  uint64_t not_started = 0;  // open loop: were due, and no connection became free for them
  env::CpuTime cpu;          // of the thread, while it measured
  bool interrupted = false;

  /// As if both had been measured together.
  void add(const LoadFigures& other);
  uint64_t requests() const;
};

class LoadLoop {
 public:
  /// Borrows: all four.
  LoadLoop(const LoadLoopOptions& options, const RequestForm& form, const env::FineClock& clock,
           LoadControl& control);
  LoadLoop(const LoadLoop&) = delete;
  LoadLoop& operator=(const LoadLoop&) = delete;
  ~LoadLoop();

  /// Opens all connections; waits for that.
  /// Errors: kServiceUnavailable.
  Result<void> connect();

  /// The whole load, from `begin_us` on.
  LoadFigures run(int64_t begin_us);

 private:
  struct Lane {
    Connection connection;
    bool busy = false;
    bool measured = false;  // the request in flight
    Action action = Action::kSend;
    int64_t due_us = 0;  // of the request in flight
    int64_t begun_us = 0;
    int64_t rests_until_us = 0;  // after a failure
  };

  void plan(int64_t begin_us);
  void begin_measuring();
  bool over(int64_t now_us);
  void start_due(int64_t now_us);
  /// False when the run has no request left.
  bool begin_request(size_t lane, int64_t now_us, int64_t due_us);
  Result<void> open_and_send(size_t lane);
  Result<void> watch(size_t lane);
  void wait(int64_t now_us);
  void serve(size_t lane);
  void answered(size_t lane, const Response& response);
  void failed(size_t lane, std::string_view code, std::string_view message);
  void release(size_t lane);
  void look_after(int64_t now_us);
  void finish(int64_t now_us);

  const LoadLoopOptions& options_;
  const env::FineClock& clock_;
  LoadControl& control_;
  BenchWorkload workload_;
  std::vector<Lane> lanes_;
  /// Lanes without a request: a ring, so that with an open loop all connections are used in turn.
  std::vector<size_t> idle_;
  size_t idle_first_ = 0;
  size_t idle_count_ = 0;
  std::vector<size_t> resting_;
  size_t busy_ = 0;
  int epoll_fd_ = -1;

  std::optional<Pacer> pacer_;
  int64_t measure_from_us_ = 0;
  int64_t end_us_ = 0;
  int64_t last_answer_us_ = 0;
  std::optional<int64_t> failing_since_us_;  // since when nothing but failures came
  int64_t look_after_us_ = 0;                // when look_after() is due again
  std::optional<env::CpuTime> cpu_at_start_;
  LoadFigures figures_;
  ErrorCounts unmeasured_errors_;  // of the warm-up
  Histogram live_;
  uint64_t live_errors_ = 0;
};

}  // namespace forebay::load
