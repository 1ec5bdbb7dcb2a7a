// SPDX-License-Identifier: Apache-2.0
// `PendingSend`: one message from send() to its result, and that result until it is taken.
//
// The objects are pooled: at steady state a message needs no memory but that of its own texts. The
// pool lives as long as anything from it, so a future may outlive its producer.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <forebay/sqs/messages.h>
#include <forebay/sqs/producer.h>

namespace forebay::sqs::detail {

class SendPool;
struct SendGroup;

/// The message, which one owner at a time has in hand: the sender, a group, a batch.
struct BufferedMessage {
  SendMessageBatchRequest::Entry entry = {};
  size_t bytes = 0;  // as SQS counts them
  int64_t accepted_us = 0;
  int64_t unknown_since_us = -1;  // when an attempt began that may have stored it; -1: none
  int attempts = 0;
  bool alone = false;   // goes in a batch of its own: it may be what the server refuses
  bool urgent = false;  // does not linger
  uint64_t epoch = 0;   // of flushes
  SendGroup* group = nullptr;
};

class PendingSend {
 public:
  PendingSend() = default;
  PendingSend(const PendingSend&) = delete;
  PendingSend& operator=(const PendingSend&) = delete;

  BufferedMessage message;
  SendCallback callback;
  PendingSend* next = nullptr;  // in the queue that holds it

  // ---- The producer's side ----

  /// Another owner, who must release() it too. Thread: any owner.
  void share() { owners_.fetch_add(1, std::memory_order_relaxed); }
  void release();
  /// Calls the callback, or wakes up who waits. Once. The producer's share ends here.
  void tell(Result<SendMessageReply> result);

  // ---- The future's side ----

  bool ready() const;
  bool wait_for(std::chrono::milliseconds timeout) const;
  Result<SendMessageReply> get();
  /// False when the result is there already.
  bool resume_later(std::coroutine_handle<> waiter);

 private:
  friend class SendPool;

  std::shared_ptr<SendPool> pool_;  // while in use
  std::atomic<int> owners_ = 0;

  mutable std::mutex mu_;
  mutable std::condition_variable told_;
  std::optional<Result<SendMessageReply>> result_;  // guarded by mu_
  std::coroutine_handle<> waiter_;                  // guarded by mu_
};

/// Thread: any.
class SendPool : public std::enable_shared_from_this<SendPool> {
 public:
  explicit SendPool(size_t kept_max) : kept_max_(kept_max) {}

  /// With one owner.
  PendingSend& take();

 private:
  friend class PendingSend;
  void give_back(PendingSend& pending);

  const size_t kept_max_;
  std::mutex mu_;
  std::vector<std::unique_ptr<PendingSend>> free_;  // guarded by mu_
};

}  // namespace forebay::sqs::detail
