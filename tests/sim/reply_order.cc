// SPDX-License-Identifier: Apache-2.0
#include "sim/reply_order.h"

#include <utility>

namespace forebay::sim {

shard::Done ReplyOrder::enlist(shard::Done done, Lost lost) {
  const uint64_t id = ++last_id_;
  requests_[id] = {std::move(done), std::move(lost), false, std::nullopt};
  return Tap{this, id};
}

void ReplyOrder::decided(const shard::Done& done) {
  if (const auto* tap = done.target<Tap>()) note_decided(tap->id);
}

void ReplyOrder::note_decided(uint64_t id) {
  Request& request = requests_.at(id);
  if (std::exchange(request.is_decided, true)) {
    return verdict_.violation("a request was decided twice");
  }
  decided_.push_back(id);
}

void ReplyOrder::came(uint64_t id, Result<shard::Reply> reply) {
  if (process_.dead()) return;
  const auto* received =
      reply.ok() ? std::get_if<engine::ReceiveMessages::Reply>(&*reply) : nullptr;
  const bool delivers = received != nullptr && !received->messages.empty();
  if (!delivers || !prng_.chance(late_per_mille_)) return take(id, std::move(reply));
  world_.at_delay(process_.owner, prng_.between(1, kLateMsMax),
                  [this, id, reply = std::move(reply)]() mutable { take(id, std::move(reply)); });
}

void ReplyOrder::take(uint64_t id, Result<shard::Reply> reply) {
  const auto found = requests_.find(id);
  if (found == requests_.end() || found->second.reply) {
    return verdict_.violation("a request was answered twice");
  }
  // At the latest it was decided when its answer came.
  if (!found->second.is_decided) note_decided(id);
  found->second.reply.emplace(std::move(reply));
  while (!decided_.empty() && requests_.at(decided_.front()).reply) {
    const auto request = requests_.extract(decided_.front());
    decided_.pop_front();
    request.mapped().done(*std::move(request.mapped().reply));
  }
}

void ReplyOrder::process_died() {
  while (!decided_.empty() && !requests_.at(decided_.back()).reply) decided_.pop_back();
  for (const uint64_t id : std::exchange(decided_, {})) {
    const auto request = requests_.extract(id);
    if (request.mapped().reply) {
      request.mapped().done(*std::move(request.mapped().reply));
    } else if (request.mapped().lost) {
      request.mapped().lost();
    }
  }
}

}  // namespace forebay::sim
