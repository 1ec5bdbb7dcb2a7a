// SPDX-License-Identifier: Apache-2.0
// A queue as the engine keeps it.
// Thread: shard.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/linear_hash.h"
#include "engine/operations.h"
#include "engine/queue_contents.h"

namespace forebay::engine {

struct MoveTaskState {
  MessageMoveTask shown;
  int64_t next_step_us = 0;  // wall time; the pace, in microseconds
};

struct QueueState {
  QueueId id;
  QueueAddress address;
  QueueAttributes attributes;
  Tags tags;
  WallMs created;
  WallMs last_modified;
  WallMs purged;                 // the last PurgeQueue; 0: never
  MessageNumber purged_through;  // lower and equal numbers are gone
  /// As created: later changes do not count (contract 5.8.4).
  DeduplicationScope deduplication_scope;
  std::unique_ptr<QueueContents> contents;
  std::vector<MoveTaskState> move_tasks;  // of messages out of here, oldest first
  uint32_t address_hash = 0;
  uint32_t next_by_address = LinearHash::kNone;  // in the chain of its hash
};

/// Of a LinearHash over addresses, whose indexes are queue ids.
struct QueueAddressLinks {
  const std::vector<std::unique_ptr<QueueState>>& queues;
  uint32_t hash(uint32_t id) const { return queues[id]->address_hash; }
  uint32_t& next(uint32_t id) const { return queues[id]->next_by_address; }
};

}  // namespace forebay::engine
