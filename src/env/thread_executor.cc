// SPDX-License-Identifier: Apache-2.0
#include "env/thread_executor.h"

#include <pthread.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/check.h"

namespace forebay::env {
namespace {

class ThreadExecutor final : public Executor {
 public:
  explicit ThreadExecutor(const char* name) : thread_([this] { run(); }) {
    pthread_setname_np(thread_.native_handle(), name);
  }

  ~ThreadExecutor() override {
    CHECK(std::this_thread::get_id() != thread_.get_id());
    {
      const std::lock_guard lock(mu_);
      ending_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  void post(Task task) override {
    bool first = false;
    {
      const std::lock_guard lock(mu_);
      first = posted_.empty();
      posted_.push_back(std::move(task));
    }
    if (first) wake_.notify_one();
  }

  TimerId after(int64_t delay_ms, Task task) override {
    const Moment due = Clock::now() + std::chrono::milliseconds(delay_ms);
    const TimerId id = ++last_timer_;
    const auto place = timers_.emplace(due, Timer{id, std::move(task)});
    places_.emplace(id, place);
    return id;
  }

  void cancel(TimerId timer) override {
    const auto found = places_.find(timer);
    if (found == places_.end()) return;
    timers_.erase(found->second);
    places_.erase(found);
  }

 private:
  using Clock = std::chrono::steady_clock;
  using Moment = Clock::time_point;
  struct Timer {
    TimerId id;
    Task task;
  };
  using Timers = std::multimap<Moment, Timer>;

  void run() {
    std::vector<Task> tasks;
    while (take_posted(tasks)) {
      for (Task& task : tasks) {
        task();
        task = nullptr;
      }
      tasks.clear();
      run_due_timers();
    }
  }

  /// Waits for posted tasks or the next timer. False at the end.
  bool take_posted(std::vector<Task>& tasks) {
    const auto awake = [this] { return !posted_.empty() || ending_; };
    std::unique_lock lock(mu_);
    if (timers_.empty()) {
      wake_.wait(lock, awake);
    } else {
      wake_.wait_until(lock, timers_.begin()->first, awake);
    }
    tasks.swap(posted_);
    return !ending_;
  }

  void run_due_timers() {
    // Timers that these tasks set come at the next round: posted tasks have their turn between.
    const Moment now = timers_.empty() ? Moment() : Clock::now();
    const TimerId last = last_timer_;
    for (auto it = timers_.begin(); it != timers_.end() && it->first <= now;) {
      if (it->second.id > last) {
        ++it;
        continue;
      }
      const Task task = std::move(it->second.task);
      places_.erase(it->second.id);
      timers_.erase(it);
      task();
      it = timers_.begin();
    }
  }

  // Its own thread only.
  Timers timers_;
  std::unordered_map<TimerId, Timers::iterator> places_;
  TimerId last_timer_ = 0;

  std::mutex mu_;
  std::condition_variable wake_;
  std::vector<Task> posted_;  // guarded by mu_
  bool ending_ = false;       // guarded by mu_

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace

std::unique_ptr<Executor> make_thread_executor(const char* name) {
  return std::make_unique<ThreadExecutor>(name);
}

}  // namespace forebay::env
