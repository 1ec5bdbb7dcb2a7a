// SPDX-License-Identifier: Apache-2.0
// An Executor on virtual time: what is posted runs on a real thread at once, timers fire when time
// is made to pass.
//
//   VirtualExecutor executor(thread, clock, [] { ... });
//   executor.after(60'000, task);
//   executor.advance(Span(120'000));   // on the thread; task has run, at its moment
//
// Timers fire in order of their moments, those of one moment in the order they were set; between
// two of them everything runs that the first one posted. Upkeep runs before a timer that finds it
// overdue, and at the end of a step: once, however often it could have run meanwhile.
// Thread: post() any; the rest the thread of the executor below.
// Invariants: 1. The clock never passes a timer that has not fired. 2. Nothing runs inside post()
// or after().
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "env/executor.h"
#include "testkit/virtual_clock.h"

namespace forebay::testkit {

class VirtualExecutor final : public env::Executor {
 public:
  /// `thread` runs what is posted; `rested` is called on it each time nothing is left to do at this
  /// moment. Both must outlive what is posted.
  VirtualExecutor(env::Executor& thread, VirtualClock& clock, std::function<void()> rested)
      : thread_(thread), clock_(clock), rested_(std::move(rested)) {}

  void post(Task task) override;
  TimerId after(int64_t delay_ms, Task task) override;
  TimerId upkeep_after(int64_t delay_ms, Task task) override;
  void cancel(TimerId timer) override;

  /// Runs everything there is to do at this moment.
  void settle();
  /// Lets `ms` >= 0 pass; see above.
  void advance(int64_t ms);
  /// Drops everything that waits, with all it holds, as the end of a process does.
  void forget();

 private:
  using Place = std::pair<MonotonicMs, TimerId>;
  using Timers = std::map<Place, Task>;
  /// Which of the two a timer is in, and where.
  struct Entry {
    Timers* timers;
    MonotonicMs due;
  };

  TimerId add(Timers& timers, int64_t delay_ms, Task task);
  std::optional<Task> take_posted();
  std::optional<Task> take_due(Timers& timers);
  bool run_one();

  // Constant.
  env::Executor& thread_;
  VirtualClock& clock_;
  const std::function<void()> rested_;

  // The thread's.
  Timers timers_;
  Timers upkeep_;
  std::unordered_map<TimerId, Entry> entries_;
  TimerId last_timer_ = 0;

  // Guarded by mu_.
  std::mutex mu_;
  std::deque<Task> posted_;
  bool woken_ = false;  // the thread will come and settle
};

}  // namespace forebay::testkit
