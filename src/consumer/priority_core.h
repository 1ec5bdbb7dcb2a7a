// SPDX-License-Identifier: Apache-2.0
// `PriorityCore`: the cores of several queues, and the slots they share.
//
// A slot is used by a running message, by a message that a fetch may bring, or is given to a queue
// that will fetch when its fetch under way has ended: so fetches ask for several messages when
// slots become free faster than replies come. Parked polls use none.
// Thread: as each function says; see ConsumerCore.
// Invariants: (1) no message begins, and no poll, unless a slot is free or was given for it; (2)
// while a queue is known to have messages no slot stays free but for the time of a fetch, or for
// EndOptions::messages_max; (3) what was received and what polls may still bring is never more than
// that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <forebay/sqs/priority_consumer.h>

#include "consumer/consumer_core.h"
#include "consumer/slot_order.h"

namespace forebay::sqs::detail {

/// Errors: kConfiguration.
Result<void> check_options(const PriorityConsumerOptions& options);

class PriorityCore final : public SlotGiver {
 public:
  /// `stopped` is called once, on the consumers' thread, when all queues have stopped. Borrows the
  /// parts' members.
  PriorityCore(const PriorityConsumerOptions& options, const ConsumerParts& parts,
               std::function<void(StopReport)> stopped);

  // ---- Any thread ----

  void start();
  void pause(bool paused);
  void request_stop();
  void abort();
  void set_slots(size_t slots);
  std::vector<ConsumerStatistics> statistics() const;
  void close();

  // ---- The consumers' thread ----

  void share_out() override;

 private:
  struct Queue {
    std::shared_ptr<ConsumerCore> core;  // unfinished PendingDeliveries share it
    size_t parallel_max;
    size_t given = 0;  // slots for its next fetch
  };

  template <class Change>
  void change_all(Change change);
  void begin_fetched(size_t index);
  void give_free_slots();
  static bool can_fetch(const Queue& queue);
  void fetch_given();
  void park();
  static bool can_park(const Queue& queue);
  size_t free_slots() const;

  uint64_t left_to_receive() const;
  uint64_t left_to_ask() const;
  bool only_emptiness_is_awaited() const;
  bool has_come_to_its_end() const;
  bool has_nothing_in_hand() const;
  void one_stopped(const StopReport& report);

  Workers& workers_;
  const env::Clock& clock_;
  const std::function<void(StopReport)> stopped_;
  const bool threads_follow_slots_;
  const EndOptions end_;
  std::shared_ptr<Gate> gate_;

  std::unique_ptr<SlotOrder> order_;
  std::vector<Queue> queues_;
  std::vector<bool> wanting_;  // reused
  size_t slots_;
  size_t next_to_park_ = 0;
  bool changing_ = false;  // not all queues have been told yet
  bool ending_ = false;    // by itself
  size_t running_queues_;
  StopReport report_;
};

}  // namespace forebay::sqs::detail
