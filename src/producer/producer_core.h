// SPDX-License-Identifier: Apache-2.0
// `ProducerCore`: what a Producer is: admission to the buffer, batches on their way, repeats,
// flushes, the end.
//
// Whoever changes something (a sender, an answer, the alarm) starts the batches that are due. No
// call to the client, no callback and no observer runs under the lock.
// Thread: any. What is called with a result is called on the client's executor or I/O thread, on
// the alarm's thread, or in close().
// Invariants: (1) every message that accept() returns is told once; (2) messages are counted as
// buffered from acceptance to their verdict, and as open in their epoch until they are told;
// (3) at most max_in_flight batches are under way.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include <forebay/sqs/client.h>
#include <forebay/sqs/producer.h>

#include "env/clock.h"
#include "producer/alarm.h"
#include "producer/pending_send.h"
#include "producer/send_groups.h"
#include "producer/verdicts.h"

namespace forebay::sqs::detail {

class ProducerCore {
 public:
  /// Borrows: client, random, and the options' observer.
  struct Parts {
    Client& client;
    ProducerOptions options;
    std::unique_ptr<Alarm> alarm;
    env::Random& random;
  };
  explicit ProducerCore(Parts parts);
  /// close() with close_timeout.
  ~ProducerCore();
  ProducerCore(const ProducerCore&) = delete;
  ProducerCore& operator=(const ProducerCore&) = delete;

  /// Into the buffer, or an error (Producer::send).
  Result<void> accept(PendingSend& pending, const Admission& admission);
  FlushReport flush(std::optional<std::chrono::milliseconds> timeout);
  FlushReport close(std::chrono::milliseconds timeout);
  ProducerStatistics statistics() const;
  const ProducerOptions& options() const { return options_; }

  /// A message as it will be sent, with an owner; or why it cannot be. Takes `callback`.
  Result<PendingSend*> prepare(OutgoingMessage message, SendCallback callback);

 private:
  struct Batch {
    SendMessageBatchRequest request;
    std::vector<PendingSend*> messages;
    std::vector<PendingSend*> expired;
    std::vector<Verdict> verdicts;
    std::vector<SendGroup*> groups;  // of the messages, as are the epochs
    std::vector<uint64_t> epochs;
    int64_t started_us = 0;
  };
  /// The messages that were accepted between two flushes.
  struct Epoch {
    uint64_t open = 0;  // not told yet
    uint64_t sent = 0;
    uint64_t failed = 0;
    std::vector<Error> errors;
  };
  /// Something given up, to be told outside the lock.
  struct GivenUp {
    PendingSend* pending;
    Error error;
  };
  using Lock = std::unique_lock<std::mutex>;

  // Steps under the lock; those that take it may let go of it meanwhile.
  Result<void> wait_for_room(Lock& lock, size_t bytes, const Admission& admission);
  bool has_room(size_t bytes) const;
  void pump(Lock& lock);
  Batch& spare_batch();
  int64_t next_ring_us() const;
  void arm(Lock& lock);
  void settle(Batch& batch, int64_t now_us);
  bool may_repeat(const BufferedMessage& message, const Verdict& verdict, int64_t at_us) const;
  int64_t pause_until(const Batch& batch, int64_t now_us);
  void release_groups(const Batch& batch, int64_t pause_until_us);
  void leave_buffer(const PendingSend& pending);
  void note_told(uint64_t epoch, const Error* error);
  uint64_t open_until(uint64_t epoch) const;
  FlushReport take_report(uint64_t epoch);
  bool wait_until_told(Lock& lock, uint64_t epoch,
                       std::optional<std::chrono::milliseconds> timeout);
  void forget_deadline(int64_t deadline_us);
  void give_up(PendingSend& pending, Error error);

  // Steps outside it.
  void add_deduplication_id(OutgoingMessage& message) const;
  void start(Batch& batch);
  void ended(Batch& batch, const Result<SendMessageBatchReply>& reply);
  void tell(Batch& batch);
  void tell_given_up(Lock& lock);
  void ring();
  void observe(const Batch& batch, int64_t now_us) const;
  int64_t deadline_after(std::chrono::milliseconds timeout) const;

  // Constant after construction.
  Client& client_;
  const ProducerOptions options_;
  const bool fifo_;
  const int64_t delivery_timeout_us_;
  const std::unique_ptr<Alarm> alarm_;
  env::Random& random_;
  QueueObserver* const observer_;
  const std::shared_ptr<SendPool> pool_;
  std::stop_source cancel_;  // of the calls under way

  // Guarded by mu_.
  mutable std::mutex mu_;
  std::condition_variable_any room_;  // there may be room, or a wait's deadline has come
  std::condition_variable told_;      // messages were told, or a wait's deadline has come
  SendGroups groups_;
  std::vector<std::unique_ptr<Batch>> batches_;  // all there are
  std::vector<Batch*> spare_;
  std::vector<GivenUp> given_up_;
  std::deque<Epoch> epochs_;
  uint64_t first_epoch_ = 0;
  std::multiset<int64_t> deadlines_;  // of waits for room and of flushes
  int64_t armed_us_ = Alarm::kNever;
  ProducerStatistics statistics_;
  size_t calls_ = 0;  // whose end was not dealt with entirely
  size_t flushing_ = 0;
  bool closed_ = false;
  bool giving_up_ = false;  // nothing is sent any more
};

/// Whether this thread is telling a result of any producer right now: it must not wait.
bool is_telling();

}  // namespace forebay::sqs::detail
