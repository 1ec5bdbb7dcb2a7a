// SPDX-License-Identifier: Apache-2.0
#include "sim/sim_world.h"

#include <utility>

namespace forebay::sim {
namespace {

constexpr int64_t kStallsApartMs = 60'000;
/// More at one moment: somebody asks to be called again and again, and time stands still.
constexpr uint64_t kEventsAtOnceMax = 1'000'000;

}  // namespace

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
  events_at_once_ = first.key().first == now_ms_ ? events_at_once_ + 1 : 0;
  CHECK(events_at_once_ < kEventsAtOnceMax);
  now_ms_ = first.key().first;
  moments_.erase(first.mapped().id);
  ++event_count_;
  first.mapped().task();
  return true;
}

void SimWorker::submit(Task job, Task done) {
  jobs_.push_back({std::move(job), std::move(done)});
  if (jobs_.size() == 1) begin_next();
}

void SimWorker::begin_next() {
  world_.at_delay(owner_, prng_.between(0, latency_.most_ms), [this] { run_first(); });
}

void SimWorker::run_first() {
  const uint64_t before = call_count_();
  std::exchange(jobs_.front().run, nullptr)();
  const int64_t took_ms = prng_.between(0, latency_.most_ms) + draw_stall(call_count_() - before);
  world_.at_delay(owner_, took_ms, [this] {
    const Task done = std::move(jobs_.front().done);
    jobs_.pop_front();
    if (!jobs_.empty()) begin_next();
    done();
  });
}

/// Stalls keep apart, so that what waits for a few calls waits for one stall at most.
int64_t SimWorker::draw_stall(uint64_t call_count) {
  const int64_t now = world_.monotonic().value;
  if (latency_.stall_per_mille == 0 || now < no_stall_before_ms_) return 0;
  for (uint64_t call = 0; call < call_count; ++call) {
    if (!prng_.chance(latency_.stall_per_mille)) continue;
    no_stall_before_ms_ = now + kStallsApartMs;
    return prng_.between(latency_.stall_ms / 4, latency_.stall_ms);
  }
  return 0;
}

}  // namespace forebay::sim
