// SPDX-License-Identifier: Apache-2.0
// An engine with one queue that holds a given number of messages, and operations on it through
// decide and apply, as a shard does them but without its journal.
//
// Time goes on by a millisecond with each operation, so that what the engine forgets after some
// minutes (deduplication ids) reaches the size it keeps.
// Thread: one owner.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace forebay::bench {

enum class QueueKind : uint8_t {
  kStandard,
  kFifo,  // 1,000 message groups
  kFair,  // standard, 1,000 message groups as tenants
};

class EngineUnderLoad {
 public:
  EngineUnderLoad(QueueKind kind, uint64_t queued);

  /// The next message to send, made ahead of time.
  engine::SendEntry next_entry();

  void send(const engine::SendEntry& entry);
  /// Receives ten; adds their handles.
  void receive_ten(std::vector<std::string>& handles);
  void change_visibility(const engine::ChangeVisibility::Entry& entry);
  void remove(const std::string& handle);

 private:
  void apply_all();

  const QueueKind kind_;
  engine::Engine engine_;
  engine::Facts facts_;
  QueueId queue_;
  WallMs now_{1'700'000'000'000};
  LogPosition position_;
  uint64_t sent_ = 0;
};

}  // namespace forebay::bench
