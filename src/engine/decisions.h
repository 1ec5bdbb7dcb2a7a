// SPDX-License-Identifier: Apache-2.0
// What the engine's decisions come to: facts to be journaled, and messages to hand out.
// Thread: plain values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/facts.h"

namespace forebay::engine {

using Facts = std::vector<Fact>;

/// Where the journal put a fact. Matters for MessageSent only.
struct RecordPlace {
  LogPosition position;
  uint32_t record_bytes = 0;
};

/// A message handed out by decide_receive; its content is at `place`.
struct Delivery {
  MessageRef message;
  RecordPlace place;
  int32_t receive_count;
  WallMs sent;
  WallMs first_received;
  std::string receipt_handle;
  std::string dead_letter_source_arn;  // empty: none
  uint16_t move_count;
};

struct ReceiveDecision {
  std::vector<Delivery> deliveries;
  /// The receive stopped at a limit of its own (dead-letter moves); ask again if nothing was
  /// delivered.
  bool more_work = false;
};

}  // namespace forebay::engine
