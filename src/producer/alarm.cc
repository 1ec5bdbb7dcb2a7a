// SPDX-License-Identifier: Apache-2.0
#include "producer/alarm.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "base/check.h"
#include "env/clock.h"

namespace forebay::sqs::detail {
namespace {

class ThreadAlarm final : public Alarm {
 public:
  ThreadAlarm() = default;
  ThreadAlarm(const ThreadAlarm&) = delete;
  ThreadAlarm& operator=(const ThreadAlarm&) = delete;
  ~ThreadAlarm() override { stop(); }

  int64_t now_us() const override { return env::system_fine_clock().monotonic_us(); }

  void start(std::function<void()> ring) override {
    CHECK(!thread_.joinable());
    ring_ = std::move(ring);
    thread_ = std::thread([this] { run(); });
    ::pthread_setname_np(thread_.native_handle(), "producer");  // refused: it has no name
  }

  void set(int64_t due_us) override {
    {
      const std::scoped_lock lock(mu_);
      if (due_us >= due_us_) return;
      due_us_ = due_us;
    }
    changed_.notify_one();
  }

  void stop() override {
    if (!thread_.joinable()) return;
    {
      const std::scoped_lock lock(mu_);
      stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

 private:
  void run() {
    while (wait_until_due()) ring_();
  }

  /// False when it is to stop.
  bool wait_until_due() {
    // A wait is cut into pieces of this length, so that no sum overflows.
    constexpr int64_t kLongestUs = 3'600'000'000;
    std::unique_lock lock(mu_);
    while (!stopping_) {
      if (due_us_ == kNever) {
        changed_.wait(lock);
        continue;
      }
      const int64_t left_us = due_us_ - now_us();
      if (left_us <= 0) {
        due_us_ = kNever;
        return true;
      }
      changed_.wait_for(lock, std::chrono::microseconds(std::min(left_us, kLongestUs)));
    }
    return false;
  }

  std::function<void()> ring_;  // constant after start()

  std::mutex mu_;
  std::condition_variable changed_;
  int64_t due_us_ = kNever;  // guarded by mu_
  bool stopping_ = false;    // guarded by mu_

  std::thread thread_;
};

}  // namespace

std::unique_ptr<Alarm> make_thread_alarm() {
  return std::make_unique<ThreadAlarm>();
}

}  // namespace forebay::sqs::detail
