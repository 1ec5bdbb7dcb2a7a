// SPDX-License-Identifier: Apache-2.0
// `IdempotentHandling`: middleware that lets each key be handled once, though its message may come
// twice.
//
//   auto store = IdempotencyStore::sqlite("/var/lib/shop/seen.db");
//   options.middleware = {std::make_shared<IdempotentHandling>(*store)};
//
// The first message with a key claims it; while it is being handled, others with that key are
// retried later; once it was acked, others are acked unseen, and find its result() again. A claim
// whose holder died is free when its lock time is over. Any outcome but Ack frees the key at once.
// Thread: any.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <forebay/sqs/consumer_delivery.h>
#include <forebay/sqs/error.h>

namespace forebay::sqs {

/// What a store says of a key that somebody wants to handle.
struct IdempotencyClaim {
  enum class State : uint8_t { kClaimed, kInFlight, kDone };

  State state = State::kClaimed;
  uint64_t token = 0;    // kClaimed: names this claim, so that a later holder's is not ended by us
  Timestamp until = {};  // kInFlight: when the lock ends
  std::string result = {};  // kDone
};

/// Where keys are kept. Errors: kServerFault with the store's words; the message is then retried.
/// Thread: any; operations are atomic, also between processes that share a store.
class IdempotencyStore {
 public:
  virtual ~IdempotencyStore() = default;

  /// Claims a key that is new, or whose claim or record is over at `now`.
  virtual Result<IdempotencyClaim> claim(std::string_view key, Timestamp now,
                                         Timestamp lock_until) = 0;
  /// Records the result of a claim. Does nothing when somebody else has claimed the key since.
  virtual Result<void> complete(std::string_view key, uint64_t token, std::string_view result,
                                Timestamp expires) = 0;
  /// Gives a claim up.
  virtual Result<void> release(std::string_view key, uint64_t token) = 0;

  /// In this process only, at most `keys_max` records: the oldest claims go first.
  static std::shared_ptr<IdempotencyStore> memory(size_t keys_max = 1'000'000);
  /// In a file, for all processes of this machine; made when missing. Durable: a completed key
  /// survives a power failure when complete() has returned. Errors: kConfiguration.
  static Result<std::shared_ptr<IdempotencyStore>> sqlite(const std::string& path);
};

struct IdempotencyOptions {
  /// Empty text: the message is handled without a key. Default: the message id, which is the same
  /// each time SQS delivers a message; choose a field of yours if producers may send twice.
  std::function<std::string(const Delivery&)> key = {};
  std::chrono::milliseconds ttl = std::chrono::hours(24);  // how long a result is remembered
  /// How long a claim holds when its handler does not come back; longer than the longest handling.
  std::chrono::milliseconds lock = std::chrono::minutes(15);
  std::chrono::seconds busy_retry{5};  // when a message finds its key in flight
};

class IdempotentHandling final : public Middleware {
 public:
  explicit IdempotentHandling(std::shared_ptr<IdempotencyStore> store,
                              IdempotencyOptions options = {});
  ~IdempotentHandling() override;

  std::optional<Outcome> before(Delivery& delivery) override;
  void after(Delivery& delivery, Outcome& outcome) override;

 private:
  struct Claims;

  const std::shared_ptr<IdempotencyStore> store_;
  const IdempotencyOptions options_;
  const std::unique_ptr<Claims> claims_;  // of deliveries being handled
};

}  // namespace forebay::sqs
