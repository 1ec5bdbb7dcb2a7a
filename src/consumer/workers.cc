// SPDX-License-Identifier: Apache-2.0
#include "consumer/workers.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace forebay::sqs::detail {
namespace {

class ThreadWorkers final : public Workers {
 public:
  explicit ThreadWorkers(size_t threads_max) : threads_max_(threads_max) {}

  ~ThreadWorkers() override {
    {
      const std::lock_guard lock(mu_);
      ending_ = true;
    }
    work_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void set_threads_max(size_t threads_max) override { threads_max_ = threads_max; }

  void run(Job job) override {
    bool start = false;
    {
      const std::lock_guard lock(mu_);
      jobs_.push_back(std::move(job));
      start = jobs_.size() > idle_ && threads_.size() < threads_max_;
    }
    if (start) threads_.emplace_back([this] { work(); });
    work_.notify_one();
  }

 private:
  void work() {
    std::unique_lock lock(mu_);
    for (;;) {
      ++idle_;
      work_.wait(lock, [this] { return !jobs_.empty() || ending_; });
      --idle_;
      if (jobs_.empty()) return;
      Job job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
      job = nullptr;
      lock.lock();
    }
  }

  // The consumer's thread only, until the end.
  size_t threads_max_;
  std::vector<std::thread> threads_;

  std::mutex mu_;
  std::condition_variable work_;
  // Guarded by mu_.
  std::deque<Job> jobs_;
  size_t idle_ = 0;
  bool ending_ = false;
};

}  // namespace

std::unique_ptr<Workers> make_thread_workers(size_t threads_max) {
  return std::make_unique<ThreadWorkers>(threads_max);
}

}  // namespace forebay::sqs::detail
