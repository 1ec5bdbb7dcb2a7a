// SPDX-License-Identifier: Apache-2.0
#include "engine/inventory.h"

namespace forebay::engine {

std::vector<Inventory::QueueCounts> Inventory::queues(WallMs now) const {
  std::vector<QueueCounts> found;
  found.reserve(engine_.in_order_.size());
  for (const auto& [address, id] : engine_.in_order_) {
    const QueueContents& contents = *engine_.advance(id, now)->contents;
    found.push_back({id, address, contents.message_count(), contents.in_flight_count(),
                     contents.delayed_count()});
  }
  return found;
}

void Inventory::for_each_message(const std::function<void(const HeldMessage&)>& visit) const {
  std::vector<QueueId> owners(engine_.contents_.size());  // by contents; 0: discarded
  for (const auto& [address, id] : engine_.in_order_) {
    owners[engine_.queue(id)->contents->id.value] = id;
  }
  for (uint32_t slot = 0; slot < engine_.messages_.slot_count(); ++slot) {
    const Message& message = engine_.messages_[Slot(slot)];
    if (message.state == MessageState::kFree) continue;
    const QueueId owner = owners[message.contents.value];
    if (owner == QueueId{}) continue;
    visit({owner,
           {Slot(slot), message.number},
           message.sent,
           {message.position, message.record_bytes}});
  }
}

}  // namespace forebay::engine
