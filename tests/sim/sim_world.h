// SPDX-License-Identifier: Apache-2.0
// Virtual time and everything that happens in it: one queue of events, ordered by moment, then by
// arrival.
//
//   SimWorld world;
//   world.at_delay(kScenario, 500, [&] { world.step_wall(-3'600'000); });
//   while (world.run_next()) { ... }
//
// Nothing is real here: no threads, no clock of the machine. An event belongs to an owner; when a
// simulated process dies, its events are dropped with everything they hold.
// Thread: one owner.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <utility>

#include "env/clock.h"
#include "env/executor.h"
#include "sim/prng.h"

namespace forebay::sim {

/// Who an event belongs to. 0 is the scenario itself (clients, faults); processes count from 1.
using OwnerId = uint64_t;
inline constexpr OwnerId kScenario = 0;

class SimWorld final : public env::Clock {
 public:
  using Task = std::function<void()>;
  using EventId = uint64_t;  // 0 is none

  WallMs wall() const override { return WallMs(wall_offset_ms_ + now_ms_); }
  MonotonicMs monotonic() const override { return MonotonicMs(now_ms_); }

  /// Sets the wall clock forward or back; the monotonic clock does not notice.
  void step_wall(int64_t ms) { wall_offset_ms_ += ms; }

  EventId at_delay(OwnerId owner, int64_t delay_ms, Task task);
  void cancel(EventId event);
  /// Drops all events of `owner`.
  void drop(OwnerId owner);

  /// Goes to the next event and runs it. False when there is none.
  bool run_next();
  uint64_t event_count() const { return event_count_; }

 private:
  struct Event {
    OwnerId owner;
    EventId id;
    Task task;
  };
  using Queue = std::map<std::pair<int64_t, EventId>, Event>;

  int64_t now_ms_ = 1'000;
  int64_t wall_offset_ms_ = 1'700'000'000'000;
  EventId last_event_ = 0;
  uint64_t event_count_ = 0;
  uint64_t events_at_once_ = 0;  // at this very moment
  Queue queue_;
  std::map<EventId, int64_t> moments_;  // of pending events
};

/// The thread of a simulated process. Timers may fire a little late.
class SimExecutor final : public env::Executor {
 public:
  SimExecutor(SimWorld& world, OwnerId owner, Prng prng, int64_t lateness_ms)
      : world_(world), owner_(owner), prng_(prng), lateness_ms_(lateness_ms) {}

  void post(Task task) override { world_.at_delay(owner_, 0, std::move(task)); }
  TimerId after(int64_t delay_ms, Task task) override {
    return world_.at_delay(owner_, delay_ms + prng_.between(0, lateness_ms_), std::move(task));
  }
  void cancel(TimerId timer) override { world_.cancel(timer); }

 private:
  SimWorld& world_;
  const OwnerId owner_;
  Prng prng_;
  const int64_t lateness_ms_;
};

/// How long the jobs of a worker take.
struct WorkerLatency {
  int64_t most_ms = 0;      // before a job begins, and again before it is reported
  int stall_per_mille = 0;  // of all calls of the disk: this one takes long
  int64_t stall_ms = 0;
};

/// Runs jobs one after the other, each some time after it was submitted (or the one before it
/// ended), and reports it some time after that: a process can die before, between and behind. What
/// a job does on the disk happens at one moment; what it took shows in the moment of its report.
class SimWorker final : public env::Worker {
 public:
  /// `call_count`: calls of the disk so far, by anybody.
  SimWorker(SimWorld& world, OwnerId owner, Prng prng, const WorkerLatency& latency,
            std::function<uint64_t()> call_count)
      : world_(world),
        owner_(owner),
        prng_(prng),
        latency_(latency),
        call_count_(std::move(call_count)) {}

  void submit(Task job, Task done) override;

 private:
  struct Job {
    Task run;
    Task done;
  };
  void begin_next();
  void run_first();
  int64_t draw_stall(uint64_t call_count);

  SimWorld& world_;
  const OwnerId owner_;
  Prng prng_;
  const WorkerLatency latency_;
  const std::function<uint64_t()> call_count_;
  std::deque<Job> jobs_;  // the first is under way
  int64_t no_stall_before_ms_ = 0;
};

}  // namespace forebay::sim
