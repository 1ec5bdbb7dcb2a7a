// SPDX-License-Identifier: Apache-2.0
// Where work runs: an `Executor` is one thread with a queue and timers, a `Worker` is another
// thread for calls that block. The simulator implements both on a fake clock.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace forebay::env {

/// One thread of control. Everything posted runs on it, one at a time, in order of posting.
class Executor {
 public:
  using Task = std::function<void()>;
  /// Names a pending timer; 0 is none.
  using TimerId = uint64_t;

  virtual ~Executor() = default;

  /// Runs `task` later, never inside this call.
  /// Thread: any.
  virtual void post(Task task) = 0;

  /// The same, but not behind all the events that wait already, where the executor has such: for
  /// the end of a job, whose worker is idle until then. In order among themselves.
  /// Thread: any.
  virtual void post_first(Task task) { post(std::move(task)); }

  /// Runs `task` once, `delay_ms` (>= 0) from now or a little later.
  /// Thread: the executor's own.
  virtual TimerId after(int64_t delay_ms, Task task) = 0;

  /// The same for upkeep, which comes in `delay_ms` or any time later: nobody can tell from outside
  /// when it came. So where time is virtual, weeks of it need not be walked through in seconds.
  /// Thread: the executor's own.
  virtual TimerId upkeep_after(int64_t delay_ms, Task task) {
    return after(delay_ms, std::move(task));
  }

  /// Forgets a timer; its task will not run. Harmless for 0 and for a timer that has fired.
  /// Thread: the executor's own.
  virtual void cancel(TimerId timer) = 0;
};

/// A thread, or several, for blocking jobs; started in order of submission.
class Worker {
 public:
  using Task = std::function<void()>;

  virtual ~Worker() = default;

  /// Runs `job` on the worker, then `done` on the executor the worker was made for.
  /// Thread: the executor's own.
  virtual void submit(Task job, Task done) = 0;
};

/// A Worker with real threads: with one, a job begins when the one before it has ended; with more,
/// jobs run beside each other and end in any order. Its destructor finishes every submitted job
/// first (their `done` is posted, and runs only if the executor still does). `name`, of at most 15
/// characters, is what `top -H` shows.
std::unique_ptr<Worker> make_thread_worker(Executor& executor, const char* name = "worker",
                                           int threads = 1);

}  // namespace forebay::env
