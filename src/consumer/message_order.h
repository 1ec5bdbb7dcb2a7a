// SPDX-License-Identifier: Apache-2.0
// `MessageOrder`: which held messages of a FIFO queue may begin: of each group the oldest, and the
// next only when that one is over.
//
// Thread: the consumer's own.
// Invariants: of a group at most one message is past kBlocked and not over.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "consumer/held_message.h"

namespace forebay::sqs::detail {

class MessageOrder {
 public:
  /// Whether it may begin now; else it waits behind its group.
  bool admit(HeldMessage& held);
  /// The group's first is over, and the group goes on: who may begin now, or null.
  HeldMessage* next(std::string_view group);
  /// The group's first has failed, or must not be handled: the later ones, who must not be either.
  std::vector<HeldMessage*> stop(std::string_view group);
  /// A message that waits, and all behind it in its group, who must not be handled: those.
  std::vector<HeldMessage*> cut(HeldMessage& held);
  /// All that wait.
  std::vector<HeldMessage*> stop_all();

  size_t blocked() const { return blocked_; }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  /// Those behind the one that has begun.
  using Groups = std::unordered_map<std::string, std::deque<HeldMessage*>, Hash, std::equal_to<>>;

  Groups groups_;
  size_t blocked_ = 0;
};

}  // namespace forebay::sqs::detail
