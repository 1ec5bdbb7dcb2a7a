// SPDX-License-Identifier: Apache-2.0
#include "sim/sim_world.h"

#include <algorithm>

namespace forebay::sim {

SimWorld::EventId SimWorld::at_delay(OwnerId owner, int64_t delay_ms, Task task) {
  CHECK(delay_ms >= 0);
  const EventId id = ++last_event_;
  const int64_t moment = now_ms_ + delay_ms;
  queue_.emplace(std::pair(moment, id), Event{owner, id, std::move(task)});
  moments_.emplace(id, moment);
  return id;
}

void SimWorld::cancel(EventId event) {
  const auto found = moments_.find(event);
  if (found == moments_.end()) return;
  queue_.erase({found->second, event});
  moments_.erase(found);
}

void SimWorld::drop(OwnerId owner) {
  for (auto it = queue_.begin(); it != queue_.end();) {
    if (it->second.owner != owner) {
      ++it;
      continue;
    }
    moments_.erase(it->second.id);
    it = queue_.erase(it);
  }
}

bool SimWorld::run_next() {
  if (queue_.empty()) return false;
  auto first = queue_.extract(queue_.begin());
  now_ms_ = first.key().first;
  moments_.erase(first.mapped().id);
  ++event_count_;
  first.mapped().task();
  return true;
}

void SimWorker::submit(Task job, Task done) {
  const int64_t now = world_.monotonic().value;
  const int64_t start = std::max(now, free_at_ms_) + prng_.between(0, latency_ms_);
  free_at_ms_ = start + prng_.between(0, latency_ms_);
  world_.at_delay(owner_, start - now, std::move(job));
  world_.at_delay(owner_, free_at_ms_ - now, std::move(done));
}

}  // namespace forebay::sim
