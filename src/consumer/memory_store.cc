// SPDX-License-Identifier: Apache-2.0
// IdempotencyStore::memory.
#include <chrono>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include <forebay/sqs/consumer_idempotency.h>

#include "base/check.h"

namespace forebay::sqs {
namespace {

class MemoryStore final : public IdempotencyStore {
 public:
  explicit MemoryStore(size_t keys_max) : keys_max_(keys_max) { CHECK(keys_max > 0); }

  Result<IdempotencyClaim> claim(std::string_view key, Timestamp now,
                                 Timestamp lock_until) override {
    using State = IdempotencyClaim::State;
    const std::lock_guard lock(mu_);
    const auto found = places_.find(key);
    if (found != places_.end()) {
      const Record& record = *found->second;
      if (record.until > now) {
        return record.done ? IdempotencyClaim{.state = State::kDone, .result = record.result}
                           : IdempotencyClaim{.state = State::kInFlight, .until = record.until};
      }
      forget(found->second);
    }
    while (places_.size() >= keys_max_) forget(records_.begin());
    records_.push_back({std::string(key), ++last_token_, lock_until, false, {}});
    places_.emplace(records_.back().key, std::prev(records_.end()));
    return IdempotencyClaim{.state = State::kClaimed, .token = last_token_};
  }

  Result<void> complete(std::string_view key, uint64_t token, std::string_view result,
                        Timestamp expires) override {
    const std::lock_guard lock(mu_);
    const auto found = places_.find(key);
    if (found == places_.end() || found->second->token != token) return {};
    found->second->done = true;
    found->second->until = expires;
    found->second->result.assign(result);
    return {};
  }

  Result<void> release(std::string_view key, uint64_t token) override {
    const std::lock_guard lock(mu_);
    const auto found = places_.find(key);
    if (found != places_.end() && found->second->token == token) forget(found->second);
    return {};
  }

 private:
  struct Record {
    std::string key;
    uint64_t token;
    Timestamp until;
    bool done;
    std::string result;
  };
  using Records = std::list<Record>;  // in order of their claims

  void forget(Records::iterator record) {
    places_.erase(record->key);
    records_.erase(record);
  }

  const size_t keys_max_;
  std::mutex mu_;
  // Guarded by mu_.
  Records records_;
  std::unordered_map<std::string_view, Records::iterator> places_;
  uint64_t last_token_ = 0;
};

}  // namespace

std::shared_ptr<IdempotencyStore> IdempotencyStore::memory(size_t keys_max) {
  return std::make_shared<MemoryStore>(keys_max);
}

}  // namespace forebay::sqs
