// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>

#include <forebay/sqs/consumer_idempotency.h>

namespace forebay::sqs {

struct IdempotentHandling::Claims {
  struct Claim {
    std::string key;
    uint64_t token;
  };

  std::mutex mu;
  std::unordered_map<const Delivery*, Claim> by_delivery;  // guarded by mu
};

IdempotentHandling::IdempotentHandling(std::shared_ptr<IdempotencyStore> store,
                                       IdempotencyOptions options)
    : store_(std::move(store)), options_(std::move(options)), claims_(std::make_unique<Claims>()) {}

IdempotentHandling::~IdempotentHandling() = default;

std::optional<Outcome> IdempotentHandling::before(Delivery& delivery) {
  std::string key =
      options_.key ? options_.key(delivery) : std::string(delivery.message().message_id.view());
  if (key.empty()) return std::nullopt;
  const Timestamp now = delivery.now();
  Result<IdempotencyClaim> claim = store_->claim(key, now, now + options_.lock);
  // Without the store nobody knows whether it was handled.
  if (!claim.ok()) return Retry{};
  switch (claim->state) {
    case IdempotencyClaim::State::kDone:
      delivery.result() = std::move(claim->result);
      delivery.set_duplicate();
      return Ack{};
    case IdempotencyClaim::State::kInFlight:
      return Retry{.after = options_.busy_retry};
    case IdempotencyClaim::State::kClaimed:
      break;
  }
  const std::lock_guard lock(claims_->mu);
  claims_->by_delivery[&delivery] = {std::move(key), claim->token};
  return std::nullopt;
}

void IdempotentHandling::after(Delivery& delivery, Outcome& outcome) {
  Claims::Claim claim;
  {
    const std::lock_guard lock(claims_->mu);
    auto found = claims_->by_delivery.extract(&delivery);
    if (found.empty()) return;
    claim = std::move(found.mapped());
  }
  if (std::holds_alternative<Ack>(outcome)) {
    const Result<void> kept =
        store_->complete(claim.key, claim.token, delivery.result(), delivery.now() + options_.ttl);
    // What is not on record may be handled again, but is not: the message is acked all the same.
    static_cast<void>(kept);
    return;
  }
  const Result<void> released = store_->release(claim.key, claim.token);
  static_cast<void>(released);  // else the claim ends with its lock time
}

}  // namespace forebay::sqs
