// SPDX-License-Identifier: Apache-2.0
// What all parts of a consumer share: its options, its time, its calls, its figures; and `Gate`,
// the way from other threads to the consumer's own.
//
// Thread: the consumer's own, but for what says otherwise.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>

#include <forebay/sqs/consumer_options.h>

#include "consumer/queue_calls.h"
#include "consumer/workers.h"
#include "env/clock.h"
#include "env/executor.h"

namespace forebay::sqs::detail {

/// Posts to the consumer's thread until it is closed. Calls to SQS that end after the consumer hold
/// a gate, and find it closed.
/// Thread: any.
class Gate {
 public:
  explicit Gate(env::Executor& executor) : executor_(executor) {}

  void post(std::function<void()> task) {
    const std::lock_guard lock(mu_);
    if (!closed_) executor_.post(std::move(task));
  }
  void close() {
    const std::lock_guard lock(mu_);
    closed_ = true;
  }
  bool closed() const {
    const std::lock_guard lock(mu_);
    return closed_;
  }

 private:
  env::Executor& executor_;
  mutable std::mutex mu_;
  bool closed_ = false;  // guarded by mu_
};

/// What a consumer is made of, beside its options. Borrows all.
struct ConsumerParts {
  QueueCalls& calls;
  env::Executor& executor;  // the consumer's thread
  Workers& workers;         // where handlers run
  const env::Clock& clock;
  const env::FineClock& fine_clock;
  env::Random& random;
};

struct Context {
  Context(ConsumerOptions chosen, const ConsumerParts& parts)
      : options(std::move(chosen)),
        fifo(options.queue_url.ends_with(".fifo")),
        calls(parts.calls),
        executor(parts.executor),
        workers(parts.workers),
        clock(parts.clock),
        fine_clock(parts.fine_clock),
        random(parts.random),
        observer(options.observer == nullptr ? nullptr
                                             : &options.observer->queue(options.queue_url)),
        gate(std::make_shared<Gate>(parts.executor)) {}

  int64_t now_ms() const { return clock.monotonic().value; }

  uint64_t random_number() const {
    uint8_t bytes[sizeof(uint64_t)];
    random.fill(bytes);
    uint64_t number = 0;
    std::memcpy(&number, bytes, sizeof(number));
    return number;
  }
  /// 0 to `limit - 1`; 0 for 0.
  int64_t random_below(int64_t limit) const {
    if (limit <= 0) return 0;
    return static_cast<int64_t>(random_number() % static_cast<uint64_t>(limit));
  }

  /// For the observer. Thread: any.
  void count(Counter counter, uint64_t amount = 1) const {
    if (observer != nullptr && amount > 0) observer->add(counter, amount);
  }
  void level(Level level, int64_t by) const {
    if (observer != nullptr) observer->change(level, by);
  }
  void took(Latency latency, int64_t us) const {
    if (observer != nullptr) observer->record(latency, std::chrono::microseconds(us));
  }

  /// Thread: any.
  void report(std::string_view what, const Error& error) const {
    if (options.on_error) options.on_error(what, error);
  }

  /// A callback for a call: `task` runs on the consumer's thread, then `after_event`.
  template <class Reply, class Task>
  QueueCalls::Then<Reply> on_own_thread(Task task) {
    return [held_gate = gate, this, task = std::move(task)](Result<Reply> reply) mutable {
      held_gate->post([this, task = std::move(task), reply = std::move(reply)]() mutable {
        task(std::move(reply));
        after_event();
      });
    };
  }
  /// The same for a timer's task.
  std::function<void()> timer_task(std::function<void()> task) {
    return [this, task = std::move(task)] {
      task();
      after_event();
    };
  }

  const ConsumerOptions options;
  const bool fifo;
  QueueCalls& calls;
  env::Executor& executor;
  Workers& workers;
  const env::Clock& clock;
  const env::FineClock& fine_clock;
  env::Random& random;
  QueueObserver* const observer;  // null: nobody is told
  const std::shared_ptr<Gate> gate;
  ConsumerStatistics statistics;
  std::function<void()> after_event;  // what every event may have made possible
};

}  // namespace forebay::sqs::detail
