// SPDX-License-Identifier: Apache-2.0
// Ordered sets of messages, by slot, and the orders a queue keeps.
// Thread: shard.
#pragma once

#include "engine/index_tree.h"
#include "engine/message_table.h"

namespace forebay::engine {

template <TreeLinks<Slot> Message::* kLinks, class Order>
using SlotTree = IndexTree<MessageTable, Slot, kLinks, Order>;

struct ByAge {
  bool operator()(const Message& a, const Message& b) const {
    return a.sent != b.sent ? a.sent < b.sent : a.number < b.number;
  }
};
struct ByVisibleAt {
  bool operator()(const Message& a, const Message& b) const {
    return a.visible_at != b.visible_at ? a.visible_at < b.visible_at : a.number < b.number;
  }
};

}  // namespace forebay::engine
