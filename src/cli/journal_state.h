// SPDX-License-Identifier: Apache-2.0
// The state that a journal describes, rebuilt as a start of the server would, but without owning the
// journal and as far as it can be read.
//
//   JournalState state;
//   state.load(piece); ...           // of a snapshot; nothing for the whole log
//   state.loaded();
//   state.apply(at, record); ...     // every fact from the snapshot's position on, in order
//   state.skip(from, to);            // where facts cannot be read
//
// Thread: one owner.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/queue_names.h"
#include "engine/engine.h"
#include "engine/inventory.h"

namespace forebay::cli {

/// A stretch of the log whose facts are not in the state.
struct Gap {
  LogPosition from;
  LogPosition to;
  /// Messages that were sent or moved there. Message numbers are given out without holes, so the
  /// facts on both sides tell; unset when none behind it names a new number.
  std::optional<uint64_t> messages_numbered = {};
};

/// A message, and where its content should be.
struct LiveMessage {
  engine::RecordPlace place;
  QueueId queue;
  engine::MessageRef message;
};

class JournalState {
 public:
  JournalState();

  /// Errors: kStorageDamaged: not what the engine has written.
  Result<void> load(std::string_view piece);
  Result<void> loaded();

  /// Errors: kStorageDamaged: not a fact that this program knows.
  Result<void> apply(LogPosition at, std::string_view record);
  void skip(LogPosition from, LogPosition to);

  engine::Engine& engine() { return *engine_; }
  const QueueNames& names() const { return names_; }
  /// The moment of the last fact.
  WallMs now() const { return now_; }
  uint64_t fact_count() const { return fact_count_; }
  const std::vector<Gap>& gaps() const { return gaps_; }

  std::vector<engine::Inventory::QueueCounts> queues();
  /// Every message that could be received, by the place of its content.
  /// Cost: O(n log n); 32 bytes a message.
  std::vector<LiveMessage> live_messages();

 private:
  void note_number(const engine::Fact& fact);

  std::unique_ptr<engine::Engine> engine_;
  QueueNames names_;
  WallMs now_;
  uint64_t fact_count_ = 0;
  MessageNumber last_number_;
  std::vector<Gap> gaps_;
  bool gap_open_ = false;  // no number was seen since the last gap
};

}  // namespace forebay::cli
