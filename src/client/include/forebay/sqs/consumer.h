// SPDX-License-Identifier: Apache-2.0
// `Consumer`: takes messages off a queue and hands them to your code.
//
//   auto consumer = Consumer::create(client, {.queue_url = url, .handler = [](Delivery& d) ->
//   Outcome {
//     return work(d.body()) ? Outcome(Ack{}) : Retry{};
//   }});
//   consumer->start();
//   ...
//   consumer->stop();   // nothing is lost, and nobody receives a message twice because of it
//
// Slots, not batches: `concurrency` messages are in handlers at a time, and a slot that becomes
// free is filled again without waiting for the others. Leases are renewed while handlers run, all
// that are due in one call. Acks are gathered into batches, retried one by one, and flushed by
// stop(). On FIFO queues groups run beside each other, a group strictly in order; when a message
// fails, the later ones of its group that are already here go back unhandled.
//
// A message may still be handled twice, as SQS delivers at least once: when a lease is lost or an
// answer of the server is (IdempotentHandling, consumer_idempotency.h, helps). When the process
// dies or abort() is called, messages in hand come back after their visibility timeout.
// Thread: any.
// Borrows: the Client, which must outlive the Consumer, and any PendingDelivery's end.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include <forebay/sqs/client.h>
#include <forebay/sqs/consumer_delivery.h>
#include <forebay/sqs/consumer_options.h>
#include <forebay/sqs/consumer_outcome.h>

namespace forebay::sqs {

/// How a stop went.
struct StopReport {
  /// Every handler has ended, every outcome is confirmed by SQS, everything else was released.
  bool clean = true;
  size_t handlers_left = 0;       // still running; their outcome is ignored
  size_t messages_unsettled = 0;  // come back after their visibility timeout
};

class Consumer {
 public:
  /// Checks the options; connects to nothing. Errors: kConfiguration (no queue URL, no handler, a
  /// value out of range).
  static Result<Consumer> create(Client& client, ConsumerOptions options);

  Consumer(Consumer&&) noexcept;
  Consumer& operator=(Consumer&&) = delete;
  /// Stops first if nobody did, then waits for handlers that still run. Not from a handler.
  ~Consumer();

  /// Begins to poll. Once; later calls do nothing.
  void start();

  /// No more polls begin; goes on handling what is here. resume() undoes it.
  void pause();
  void resume();

  /// Takes no more messages, and returns when handlers have ended, acks are flushed, and what had
  /// not begun is released; at the latest after deadline + grace, plus the client's time limits for
  /// calls under way. An idle queue's long poll runs to its end (StopOptions::polls). Again, or
  /// from several threads: all wait for the same stop. Not from a handler.
  StopReport stop();
  /// Waits for a stop that somebody else requests, or that ConsumerOptions::end brings. Not from a
  /// handler.
  StopReport wait();
  /// stop() without waiting. Thread: any, also handlers and signal-handling threads.
  void request_stop();

  /// As if the process died, but for handlers: their stop tokens fire, polls are cancelled, nothing
  /// is released or flushed. Messages come back after their visibility timeout.
  void abort();

  /// How many messages are in handlers at a time, from the next one on; those that run go on.
  /// Errors: kConfiguration (not 1 to 100,000).
  Result<void> set_concurrency(size_t slots);
  /// PollOptions::wait_time, from the next poll on. Errors: kConfiguration (not 0 to 20 s).
  Result<void> set_wait_time(std::chrono::seconds wait_time);

  ConsumerStatistics statistics() const;

 private:
  struct Parts;
  explicit Consumer(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace forebay::sqs
