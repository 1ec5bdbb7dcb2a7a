// SPDX-License-Identifier: Apache-2.0
// The state that a journal describes, rebuilt as a start of the server would, but without owning
// the journal and as far as it can be read.
//
//   JournalState state;
//   state.load(piece); ...           // of a snapshot; nothing for the whole log
//   state.loaded();
//   state.apply(at, record); ...     // the facts from the snapshot's position on that can be read
//
// Thread: one owner.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/queue_names.h"
#include "engine/engine.h"
#include "engine/inventory.h"

namespace forebay::cli {

/// Message numbers are given out without holes; where some are missing, facts are.
struct NumberHole {
  LogPosition after;  // of the last fact before it that names a new number; 0: none does
  LogPosition before;
  uint64_t count = 0;  // messages that were sent or moved there
};

/// A message, and where its content should be.
struct LiveMessage {
  engine::RecordPlace place;
  QueueId queue;
  engine::MessageRef message;
  WallMs sent;
};

class JournalState {
 public:
  JournalState();

  /// Errors: kStorageDamaged: not what the engine has written.
  Result<void> load(std::string_view piece);
  Result<void> loaded();

  /// Errors: kStorageDamaged: not a fact that this program knows.
  Result<void> apply(LogPosition at, std::string_view record);

  engine::Engine& engine() { return *engine_; }
  const QueueNames& names() const { return names_; }
  /// The moment of the last fact.
  WallMs now() const { return now_; }
  uint64_t fact_count() const { return fact_count_; }
  const std::vector<NumberHole>& number_holes() const { return number_holes_; }

  std::vector<engine::Inventory::QueueCounts> queues();
  /// Every message that could be received.
  void for_each_live(const std::function<void(const LiveMessage&)>& visit);

 private:
  void note_number(LogPosition at, const engine::Fact& fact);

  std::unique_ptr<engine::Engine> engine_;
  QueueNames names_;
  WallMs now_;
  uint64_t fact_count_ = 0;
  MessageNumber last_number_;
  LogPosition last_number_at_;
  std::vector<NumberHole> number_holes_;
};

}  // namespace forebay::cli
