// SPDX-License-Identifier: Apache-2.0
#include "testkit/virtual_executor.h"

#include <algorithm>

#include "base/check.h"

namespace forebay::testkit {

void VirtualExecutor::post(Task task) {
  {
    const std::lock_guard lock(mu_);
    posted_.push_back(std::move(task));
    if (std::exchange(woken_, true)) return;
  }
  thread_.post([this] {
    {
      const std::lock_guard lock(mu_);
      woken_ = false;
    }
    settle();
  });
}

VirtualExecutor::TimerId VirtualExecutor::add(Timers& timers, int64_t delay_ms, Task task) {
  CHECK(delay_ms >= 0);
  const TimerId id = ++last_timer_;
  const MonotonicMs due = clock_.monotonic() + delay_ms;
  timers.emplace(Place(due, id), std::move(task));
  entries_.emplace(id, Entry{&timers, due});
  if (delay_ms == 0) post([] {});  // so that the thread looks
  return id;
}

VirtualExecutor::TimerId VirtualExecutor::after(int64_t delay_ms, Task task) {
  return add(timers_, delay_ms, std::move(task));
}

VirtualExecutor::TimerId VirtualExecutor::upkeep_after(int64_t delay_ms, Task task) {
  return add(upkeep_, delay_ms, std::move(task));
}

void VirtualExecutor::cancel(TimerId timer) {
  const auto found = entries_.find(timer);
  if (found == entries_.end()) return;
  found->second.timers->erase(Place(found->second.due, timer));
  entries_.erase(found);
}

std::optional<VirtualExecutor::Task> VirtualExecutor::take_posted() {
  const std::lock_guard lock(mu_);
  if (posted_.empty()) return std::nullopt;
  std::optional<Task> task = std::move(posted_.front());
  posted_.pop_front();
  return task;
}

std::optional<VirtualExecutor::Task> VirtualExecutor::take_due(Timers& timers) {
  const auto first = timers.begin();
  if (first == timers.end() || first->first.first > clock_.monotonic()) return std::nullopt;
  std::optional<Task> task = std::move(first->second);
  entries_.erase(first->first.second);
  timers.erase(first);
  return task;
}

bool VirtualExecutor::run_one() {
  std::optional<Task> task = take_posted();
  if (!task) task = take_due(upkeep_);
  if (!task) task = take_due(timers_);
  if (!task) return false;
  (*task)();
  return true;
}

void VirtualExecutor::settle() {
  while (run_one()) {
  }
  rested_();
}

void VirtualExecutor::advance(int64_t ms) {
  CHECK(ms >= 0);
  const MonotonicMs target = clock_.monotonic() + ms;
  settle();
  while (!timers_.empty() && timers_.begin()->first.first <= target) {
    clock_.set(timers_.begin()->first.first);
    settle();
  }
  clock_.set(target);
  settle();
}

void VirtualExecutor::forget() {
  const Timers timers = std::exchange(timers_, {});
  const Timers upkeep = std::exchange(upkeep_, {});
  entries_.clear();
  std::deque<Task> posted;
  const std::lock_guard lock(mu_);
  posted.swap(posted_);
}

}  // namespace forebay::testkit
