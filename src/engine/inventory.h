// SPDX-License-Identifier: Apache-2.0
// Which queues an engine has and which messages they hold, for the tools that look after a journal.
// Thread: shard.
// Borrows: the engine.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "engine/engine.h"

namespace forebay::engine {

class Inventory {
 public:
  struct QueueCounts {
    QueueId id;
    QueueAddress address;
    int64_t message_count;  // all of them
    int64_t in_flight_count;
    int64_t delayed_count;
  };
  struct HeldMessage {
    QueueId queue;
    MessageRef message;
    WallMs sent;
    RecordPlace place;  // of its content
  };

  explicit Inventory(Engine& engine) : engine_(engine) {}

  /// Every queue as of `now`, in the order of addresses.
  std::vector<QueueCounts> queues(WallMs now) const;

  /// The newest number that a message has got.
  MessageNumber last_number() const { return engine_.last_number_; }

  /// Every message that a client could still receive, in the order of slots: what was purged, or
  /// belonged to a queue that is gone, is not.
  /// Cost: O(n).
  void for_each_message(const std::function<void(const HeldMessage&)>& visit) const;

 private:
  Engine& engine_;
};

}  // namespace forebay::engine
