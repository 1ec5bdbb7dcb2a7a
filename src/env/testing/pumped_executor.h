// SPDX-License-Identifier: Apache-2.0
// An Executor for tests: the test's own thread runs what was posted, when the test says so.
//
//   PumpedExecutor executor;
//   auto worker = make_thread_worker(executor);
//   worker->submit(job, [&] { finished = true; });
//   executor.run_until([&] { return finished; });
//
// Time stands still except in advance(). run_until() waits for posted tasks, never for time to
// pass.
// Thread: post() any; the rest the test's own.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

#include "env/executor.h"

namespace forebay::env {

class PumpedExecutor final : public Executor {
 public:
  void post(Task task) override {
    {
      const std::lock_guard lock(mu_);
      queue_.push_back(std::move(task));
    }
    posted_.notify_one();
  }

  TimerId after(int64_t delay_ms, Task task) override {
    timers_.emplace(++last_timer_, Timer{now_ms_ + delay_ms, std::move(task)});
    return last_timer_;
  }

  void cancel(TimerId timer) override { timers_.erase(timer); }

  /// Runs what is posted now, and what that posts.
  void run_posted() {
    while (run_one(/*wait=*/false)) {
    }
  }

  /// Runs tasks, waiting for new ones, until `condition` holds.
  void run_until(const std::function<bool()>& condition) {
    while (!condition()) run_one(/*wait=*/true);
  }

  /// Lets `ms` pass and posts the timers that are then due, oldest first.
  void advance(int64_t ms) {
    now_ms_ += ms;
    for (auto it = timers_.begin(); it != timers_.end();) {
      if (it->second.due_ms <= now_ms_) {
        post(std::move(it->second.task));
        it = timers_.erase(it);
      } else {
        ++it;
      }
    }
  }

 private:
  struct Timer {
    int64_t due_ms;
    Task task;
  };

  bool run_one(bool wait) {
    Task task;
    {
      std::unique_lock lock(mu_);
      if (wait) posted_.wait(lock, [this] { return !queue_.empty(); });
      if (queue_.empty()) return false;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    task();
    return true;
  }

  // Test thread only.
  int64_t now_ms_ = 0;
  TimerId last_timer_ = 0;
  std::map<TimerId, Timer> timers_;

  // Guarded by mu_.
  std::mutex mu_;
  std::condition_variable posted_;
  std::deque<Task> queue_;
};

}  // namespace forebay::env
