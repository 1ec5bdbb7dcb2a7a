// SPDX-License-Identifier: Apache-2.0
// `Producer`: sends messages to one queue, many at a time, and tells of each what became of it.
//
//   Result<Producer> producer = Producer::create(client, {.queue_url = url});
//   Result<SendFuture> sent = producer->send({.body = "hello"});      // buffered
//   Result<SendMessageReply> reply = sent->get();                     // answered
//   producer->send({.body = "more"}, [](Result<SendMessageReply> reply) { ... });
//   FlushReport report = producer->flush();                           // all of them
//
// Messages gather for a moment (linger) into batches of up to 10 and 1 MiB. Of a batch only the
// entries that failed are sent again, after a pause. A message that makes the server refuse a whole
// batch harms no other: its batch is taken apart.
//
// FIFO queues: the messages of a group are stored in the order of their send() calls. A group has
// at most one batch on its way, and while that is repeated its later messages wait; other groups do
// not. Repeats are harmless there, deduplication drops them. A message that fails for good leaves a
// gap: the group goes on. Standard queues: order is not kept, and a message whose batch was
// repeated may be in the queue twice (ProducerOptions::repeat_unknown).
//
// Thread: any; one Producer serves all threads. What is called with a result (callbacks, awaiting
// coroutines) runs on the client's executor or I/O thread, on the producer's own, or in close();
// there it must be short and must not block; it may send, which then never waits for room.
// Borrows: the client and the observer, for as long as the producer lives.
// Durable: a message is stored when its result says so, not before.
// Invariants: every message that was accepted is answered exactly once, at the latest when the
// producer is destroyed; never inside the send() that accepted it.
#pragma once

#include <chrono>
#include <coroutine>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <forebay/sqs/client.h>
#include <forebay/sqs/producer_message.h>
#include <forebay/sqs/producer_options.h>

namespace forebay::sqs {

namespace detail {
class PendingSend;
class ProducerCore;
}  // namespace detail

/// The result of one message, once. Outlives its producer. Throwing it away is allowed: the message
/// is sent all the same, and a failure is in the next FlushReport.
/// Thread: one at a time.
class SendFuture {
 public:
  SendFuture(SendFuture&& other) noexcept : pending_(std::exchange(other.pending_, nullptr)) {}
  SendFuture& operator=(SendFuture&& other) noexcept {
    std::swap(pending_, other.pending_);
    return *this;
  }
  ~SendFuture();

  /// Whether get() returns at once.
  bool ready() const;
  /// Waits; false when there is no result after `timeout`.
  bool wait_for(std::chrono::milliseconds timeout) const;
  /// Waits for the result and takes it; once. Not where results are told: it would wait for itself.
  /// Errors: those of SendMessage; kTimeout: delivery_timeout or the client's limits; kCancelled:
  /// the producer's end. Of kTimeout, kCancelled and kNetwork the message may be in the queue.
  Result<SendMessageReply> get();

  // `co_await std::move(future)`: resumes where results are told. Once, instead of get().
  bool await_ready() const { return ready(); }
  bool await_suspend(std::coroutine_handle<> waiter);
  Result<SendMessageReply> await_resume() { return get(); }

 private:
  friend class Producer;
  explicit SendFuture(detail::PendingSend& pending) : pending_(&pending) {}
  detail::PendingSend* pending_;
};

using SendCallback = std::function<void(Result<SendMessageReply>)>;

class Producer {
 public:
  /// Starts the producer's timer thread. Errors: kConfiguration (an option out of its range).
  static Result<Producer> create(Client& client, ProducerOptions options);

  Producer(Producer&&) noexcept;
  Producer& operator=(Producer&&) = delete;
  /// close() with close_timeout. Not where results are told.
  ~Producer();

  /// Accepts a message; waits while the buffer is full. Errors (the message is not accepted):
  /// kOverLimit: no room in time; kTooLarge: larger than the whole buffer; kCancelled: the stop
  /// token, or the producer is closed; kInvalidRequest: a FIFO queue and no group.
  Result<SendFuture> send(OutgoingMessage message, const Admission& admission = {});
  /// The same; `callback` (may be empty) is called once with the result if this returns success,
  /// and not at all otherwise. It must not throw.
  Result<void> send(OutgoingMessage message, SendCallback callback,
                    const Admission& admission = {});
  /// send(), then get(): no linger.
  Result<SendMessageReply> send_and_wait(OutgoingMessage message, const Admission& admission = {});

  /// Sends what was accepted before without waiting for fuller batches, and waits until all of it
  /// is answered and told, or until `timeout`. Absent: for as long as it takes, which
  /// delivery_timeout and the client's limits bound.
  FlushReport flush(std::optional<std::chrono::milliseconds> timeout = {});

  /// Accepts nothing more; flushes for at most `timeout`; cancels what is on its way and gives up
  /// the rest, each with its error (kCancelled). When this returns, every message is answered and
  /// told. `unanswered` is 0. Again: an empty report. Not where results
  /// are told.
  FlushReport close(std::chrono::milliseconds timeout);

  ProducerStatistics statistics() const;
  const std::string& queue_url() const;

  /// For the library's own tests: a producer over a core made elsewhere.
  explicit Producer(std::unique_ptr<detail::ProducerCore> core);

 private:
  Result<SendFuture> send_for_future(OutgoingMessage message, const Admission& admission,
                                     bool urgent);

  std::unique_ptr<detail::ProducerCore> core_;
};

/// Priorities as queues: each has a producer, and a message goes to that of its priority.
/// Thread: any, once it is filled. Borrows: the producers.
class PriorityProducer {
 public:
  /// `otherwise` takes the priorities that have no producer.
  PriorityProducer(std::map<std::string, Producer*, std::less<>> by_priority, Producer& otherwise)
      : by_priority_(std::move(by_priority)), otherwise_(&otherwise) {}

  Producer& producer(std::string_view priority) const {
    const auto found = by_priority_.find(priority);
    return found == by_priority_.end() ? *otherwise_ : *found->second;
  }
  Result<SendFuture> send(std::string_view priority, OutgoingMessage message,
                          const Admission& admission = {}) const {
    return producer(priority).send(std::move(message), admission);
  }

 private:
  std::map<std::string, Producer*, std::less<>> by_priority_;
  Producer* otherwise_;
};

}  // namespace forebay::sqs
