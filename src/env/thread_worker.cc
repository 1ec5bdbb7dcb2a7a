// SPDX-License-Identifier: Apache-2.0
#include <pthread.h>

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.h"
#include "env/executor.h"

namespace forebay::env {
namespace {

class ThreadWorker final : public Worker {
 public:
  ThreadWorker(Executor& executor, const char* name, int threads) : executor_(executor) {
    CHECK(threads >= 1);
    for (int i = 0; i < threads; ++i) {
      threads_.emplace_back([this] { run(); });
      ::pthread_setname_np(threads_.back().native_handle(), name);  // refused: it has no name
    }
  }

  ThreadWorker(const ThreadWorker&) = delete;
  ThreadWorker& operator=(const ThreadWorker&) = delete;

  ~ThreadWorker() override {
    {
      const std::lock_guard lock(mu_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void submit(Task job, Task done) override {
    CHECK(job && done);
    {
      const std::lock_guard lock(mu_);
      CHECK(!stopping_);
      queue_.push_back({std::move(job), std::move(done)});
    }
    changed_.notify_one();
  }

 private:
  struct Entry {
    Task job;
    Task done;
  };

  /// The top of the thread: nothing may leave it.
  void run() {
    try {
      while (run_one()) {
      }
    } catch (const std::exception& e) {
      fatal(std::string("exception on a worker thread: ") + e.what());
    }
  }

  /// False when asked to stop and nothing is left to do.
  bool run_one() {
    Entry entry;
    {
      std::unique_lock lock(mu_);
      changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return false;
      entry = std::move(queue_.front());
      queue_.pop_front();
    }
    entry.job();
    entry.job = nullptr;  // what the job holds is given back before `done` can look for it
    executor_.post_first(std::move(entry.done));
    return true;
  }

  Executor& executor_;

  // Guarded by mu_.
  std::mutex mu_;
  std::condition_variable changed_;
  std::deque<Entry> queue_;
  bool stopping_ = false;

  std::vector<std::thread> threads_;  // last: they use everything above
};

}  // namespace

std::unique_ptr<Worker> make_thread_worker(Executor& executor, const char* name, int threads) {
  return std::make_unique<ThreadWorker>(executor, name, threads);
}

}  // namespace forebay::env
