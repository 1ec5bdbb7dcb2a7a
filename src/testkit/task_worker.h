// SPDX-License-Identifier: Apache-2.0
// A Worker without a thread: its jobs are tasks of its executor, in order of submission. So a
// blocking job takes real time, but no virtual time, and every run is the same.
// Thread: the executor's.
#pragma once

#include <utility>

#include "env/executor.h"

namespace forebay::testkit {

class TaskWorker final : public env::Worker {
 public:
  /// Borrows `executor`.
  explicit TaskWorker(env::Executor& executor) : executor_(executor) {}

  void submit(Task job, Task done) override {
    executor_.post([this, job = std::move(job), done = std::move(done)]() mutable {
      job();
      job = nullptr;  // what the job holds is given back before `done` can look for it
      executor_.post(std::move(done));
    });
  }

 private:
  env::Executor& executor_;
};

}  // namespace forebay::testkit
