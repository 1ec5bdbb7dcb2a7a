// SPDX-License-Identifier: Apache-2.0
// What the model keeps about where messages may be, and about the move tasks that may have moved
// them.
//
// Plain values; the rules are in model_tasks.cc and model_redrives.cc.
// Thread: one owner.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/operations.h"
#include "sim/shard_time.h"

namespace forebay::sim {

/// A stay of a message in a queue: queue and move count name it, for none returns to where it was
/// without being redriven.
struct Place {
  size_t queue = 0;
  uint16_t move_count = 0;   // by move tasks
  bool maybe_moved = false;  // to the dead-letter queue
  bool arrived = false;      // in its dead-letter queue
  Span sent;
  Span visible;
  int32_t count_min = 0;  // receives
  int32_t count_max = 0;
  int32_t arrival_count = 0;
  int64_t first_received = 0;   // 0: unknown
  uint64_t number = 0;          // 0: unknown
  uint64_t number_above = 0;    // its number is larger than this
  int64_t proven = 0;           // it was seen there at this moment
  std::vector<size_t> task_by;  // what may have moved it there, if it is there; empty: it is
};

/// A task's count, as it was told at that moment.
struct Told {
  int64_t moved_count = 0;
  Span at;
};

/// A move task that was started, perhaps.
struct Task {
  size_t source;
  engine::StartMessageMoveTask request;
  Span started;
  bool certain = false;       // its start was acknowledged, or it was listed
  bool refuted = false;       // its start was lost, and it never was
  bool ended = false;         // as was told, or implied
  int64_t until = INT64_MAX;  // the latest moment of its last step
  bool cancel_lost = false;
  bool lacks_destination = false;  // perhaps, at some time
  bool lacks_source = false;       // perhaps: of some message
  int64_t to_move_min = 0;
  int64_t to_move_max = INT64_MAX;
  Told last;                                    // the latest count that was told
  std::optional<Told> this_life;                // the first one that this process has told
  int64_t ran_at = 0;                           // the last moment at which it certainly ran
  std::optional<int64_t> cancelled;             // with this count
  std::optional<engine::MessageMoveTask> over;  // what was told of its end
  uint64_t number_above = 0;
  int64_t seen = 0;    // moves that only it can have made
  int64_t unsure = 0;  // moves that it may have made
};

struct Progress {
  int64_t step_ms;
  int64_t slack_ms;
};

}  // namespace forebay::sim
