// SPDX-License-Identifier: Apache-2.0
// `ConsumerCore`: a consumer's life of messages: received, begun when a slot is free, handled,
// settled; and its own: running, draining, forced, stopped.
//
// All of it runs on one thread (ConsumerParts::executor); handlers run on workers and say their
// outcome from anywhere. Every event ends in after_event(), which does what has become possible:
// begin messages, poll for more, or end the stop.
// Thread: as each function says.
// Invariants: (1) at most `concurrency` messages are in handlers; (2) a message whose lease is lost
// is never deleted; (3) of a FIFO group one message at a time is between its begin and its end;
// (4) stopped is told once, and nothing is asked of SQS after it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include <forebay/sqs/consumer.h>

#include "consumer/context.h"
#include "consumer/dead_letters.h"
#include "consumer/due_list.h"
#include "consumer/handler_calls.h"
#include "consumer/held_message.h"
#include "consumer/leases.h"
#include "consumer/message_order.h"
#include "consumer/poller.h"
#include "consumer/router.h"
#include "consumer/settle_buffer.h"

namespace forebay::sqs::detail {

/// Gives slots to cores that share them. Thread: the consumers' own.
class SlotGiver {
 public:
  virtual ~SlotGiver() = default;
  /// Something has happened that may have made slots free, or messages come. Begins messages and
  /// polls of all its cores, and calls follow_up() of each.
  virtual void share_out() = 0;
};

class ConsumerCore : public std::enable_shared_from_this<ConsumerCore> {
 public:
  /// `stopped` is called once, on the consumer's thread. With a `giver`, which it borrows, the core
  /// has no slots of its own: messages and polls begin when the giver says so.
  ConsumerCore(ConsumerOptions options, const ConsumerParts& parts,
               std::function<void(StopReport)> stopped, SlotGiver* giver = nullptr);

  // ---- Any thread ----

  void start();
  void pause(bool paused);
  void request_stop();
  void abort();
  /// From the next event on; 1 or more. What runs already goes on.
  void set_slots(size_t slots);
  void set_wait_time(std::chrono::seconds wait_time);
  ConsumerStatistics statistics() const;
  /// After this nothing runs on the consumer's thread any more but what was posted before.
  void close() { context_.gate->close(); }

  /// Goes nowhere when the consumer is gone, and with it what middlewares and observers use.
  void tell(HeldMessage& held, Outcome outcome) {
    if (!context_.gate->closed()) handler_calls_.tell(held, std::move(outcome));
  }
  void report_handler(const Error& error);
  void report_handler_exception() { handler_calls_.report_exception(); }
  int64_t now_ms() const { return context_.now_ms(); }
  Timestamp wall_now() const;

  // ---- For a SlotGiver; the consumer's thread ----

  size_t running() const { return running_; }
  /// Messages that a slot can begin now.
  size_t ready() const { return state_ == State::kStopped ? 0 : ready_.size(); }
  void begin_next();
  /// Whether polls make sense, given slots.
  bool may_poll() const;
  Poller& poller() { return poller_; }
  /// No message is here, in a handler, or handled and not confirmed.
  bool has_nothing_in_hand() const;
  uint64_t received_count() const { return context_.statistics.received; }
  /// What is due after slots were given.
  void follow_up();

 private:
  enum class State : uint8_t { kIdle, kRunning, kDraining, kForced, kStopped };

  void post(std::function<void()> task);
  void after_event();
  void publish();

  // Messages come.
  void received(std::vector<Message> messages);
  HeldMessage& take_free();
  bool congested() const;
  size_t free_slots() const;
  void begin_ready();
  void begin(HeldMessage& held);
  void no_handler(HeldMessage& held);
  void gather(HeldMessage& held);
  void hand_over_due();
  void hand_over(Route& route);
  void stop_late_handlers();

  // Messages go.
  void told(HeldMessage& held);
  void take_told();
  void ended(HeldMessage& held);
  void settle(HeldMessage& held, const Ack& ack);
  void settle(HeldMessage& held, const Retry& retry);
  void settle(HeldMessage& held, const Dead& dead);
  void settle(HeldMessage& held, const Defer& defer);
  void return_after(HeldMessage& held, int64_t delay_ms);
  void dead_letter_ended(HeldMessage& held, bool sent);
  void settled(HeldMessage& held, bool confirmed);
  void count_settled(const HeldMessage& held);
  void lease_lost(HeldMessage& held);
  bool take_from_batch(HeldMessage& held);
  void go_on_with_group(const HeldMessage& held);
  void stop_group(const HeldMessage& held);
  void release(HeldMessage& held);
  void finish(HeldMessage& held);
  void recycle(HeldMessage& held);

  // The end.
  bool has_come_to_its_end() const;
  bool all_handled() const;
  void begin_stop();
  void force_stop();
  void release_unstarted();
  void request_stop_of_handlers();
  void give_up();
  void end_if_done();
  void end(StopReport report);

  Context context_;
  const std::function<void(StopReport)> stopped_;
  SlotGiver* const giver_;
  Router router_;
  Poller poller_;
  Leases leases_;
  SettleBuffer settle_;
  DeadLetters dead_letters_;
  HandlerCalls handler_calls_;
  MessageOrder order_;

  State state_ = State::kIdle;
  bool paused_ = false;
  size_t slots_;
  uint64_t failures_before_stop_ = 0;
  std::vector<std::unique_ptr<HeldMessage>> all_;
  std::vector<HeldMessage*> free_;
  std::deque<HeldMessage*> ready_;
  size_t running_ = 0;
  size_t dying_ = 0;
  DueList<HeldMessage, &HeldMessage::deadline> deadlines_;
  DueTimer deadline_timer_;
  DueTimer batch_timer_;
  DueTimer stop_polls_timer_;
  DueTimer force_timer_;
  DueTimer grace_timer_;
  std::vector<HeldMessage*> taken_;

  std::atomic<uint64_t> handler_exceptions_ = 0;
  std::mutex told_mu_;
  std::vector<HeldMessage*> told_;  // guarded by told_mu_
  mutable std::mutex statistics_mu_;
  ConsumerStatistics published_;  // guarded by statistics_mu_
};

}  // namespace forebay::sqs::detail
