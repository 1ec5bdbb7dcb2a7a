// SPDX-License-Identifier: Apache-2.0
// The ready messages of a standard queue, and the tenants they belong to (contract 5.12).
//
// Messages take turns by the time they were sent. One that was received three times or more and
// came back (a poison pill, contract 5.2 and architecture section 3) takes its turn by the moment
// it became visible again: it yields to what was sent before that moment, and no further.
//
// Messages with the same MessageGroupId form a tenant, which exists while the queue holds one of
// them in any state. A message without one is a tenant of its own, always quiet. A tenant is noisy
// while it has many messages in flight or took much of the processing time; a receive takes the
// quiet ones' messages first, then the noisy ones', those of the tenant with the fewest in flight
// first. Nothing is throttled: when only noisy tenants have messages, they get everything.
//
// The rule is [D]; [?] is what AWS leaves open, and so is our choice: "processing time" is taken
// as the time that messages spend in flight, in the current and the previous minute
// (processing_time.h), "noisy" is judged once per receive, and a send five minutes ago or earlier
// keeps fairness alive no more.
// Thread: shard.
// Cost: O(log n) a message, in its tenant and in the tenants with ready messages; queues without
// group ids pay for one tree only. 124 bytes a tenant, and its id if that is longer than 15 bytes.
// Invariants: 1. Each ready message is in its tenant's tree, or in ungrouped_ if it has none. 2. A
// tenant is in `heads` exactly while its tree is not empty, under the turn of the tree's first.
#pragma once

#include <compare>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_codec.h"
#include "engine/chunked_array.h"
#include "engine/linear_hash.h"
#include "engine/message_table.h"
#include "engine/processing_time.h"
#include "engine/slot_tree.h"

namespace forebay::engine {

/// A message's place in the order of its queue.
struct Turn {
  WallMs at;
  MessageNumber number;

  friend auto operator<=>(const Turn&, const Turn&) = default;
};

inline Turn turn_of(const Message& message) {
  return {message.yields ? message.visible_at : message.sent, message.number};
}

struct ByTurn {
  bool operator()(const Message& a, const Message& b) const { return turn_of(a) < turn_of(b); }
};

class ReadyMessages {
 public:
  using Tree = SlotTree<&Message::due, ByTurn>;
  struct Tenant {
    std::string id;
    ProcessingTime processing;
    Tree ready;
    Turn turn;                                   // of the first in `ready`, while that is not empty
    TreeLinks<GroupIndex> head;                  // in the tree of those, by turn
    uint32_t message_count = 0;                  // in any state
    uint32_t hash = 0;                           // of the id
    uint32_t next_in_chain = LinearHash::kNone;  // when free: the next free place
  };
  class Cursor;

  /// `hash_key`: a secret, so that nobody can choose group ids that collide.
  explicit ReadyMessages(const Bytes16& hash_key) : hash_key_(hash_key) {}

  // ---- Changing ----

  /// The message enters the queue, in whatever state, as one of tenant `group`; empty: ungrouped.
  void join(MessageTable& table, Slot slot, std::string_view group);
  /// The same, by the tenant's index.
  void join(MessageTable& table, Slot slot, GroupIndex tenant);
  /// It leaves the queue; it must not be ready or counted as in flight any more.
  void leave(MessageTable& table, Slot slot);

  /// Files the message as ready, by the turn it has now. Nothing that decides its turn may change
  /// while it is ready.
  void insert(MessageTable& table, Slot slot);
  void erase(MessageTable& table, Slot slot);

  /// From the moment `at` on the message is in flight, or is so no longer.
  void begin_flight(const Message& message, WallMs at) { count_flight(message, 1, at); }
  void end_flight(const Message& message, WallMs at) { count_flight(message, -1, at); }

  /// Frees the places of at most `count` former tenants; there must be none any more. True when
  /// nothing is left.
  bool drain(uint32_t count);
  /// For images: the tenant `id`, which must be joined then; the moment of the last grouped send.
  GroupIndex restore_tenant(std::string_view id);
  void restore_last_grouped_send(WallMs at) { last_grouped_send_ = at; }

  // ---- Reading ----

  /// The ready message whose turn it is, whoever its tenant; or kNoSlot.
  Slot first() const { return first_; }

  /// MessageGroupId; empty: none.
  std::string_view group_id(const Message& message) const;

  /// By id.
  /// Cost: O(n log n) in the tenants.
  std::vector<const Tenant*> tenants() const;

  /// When the youngest grouped message that ever entered was sent; 0: never.
  WallMs last_grouped_send() const { return last_grouped_send_; }

 private:
  struct Places : ChunkedArray<Tenant, 256> {
    Tenant& operator[](GroupIndex at) { return ChunkedArray::operator[](at.value); }
    const Tenant& operator[](GroupIndex at) const { return ChunkedArray::operator[](at.value); }
  };
  struct FirstTurn {
    bool operator()(const Tenant& a, const Tenant& b) const { return a.turn < b.turn; }
  };
  struct Tenants {
    Places places;               // they are reused
    GroupIndex free = kNoGroup;  // the place freed last
    LinearHash by_id;
    IndexTree<Places, GroupIndex, &Tenant::head, FirstTurn> heads;

    uint32_t hash(uint32_t index) const { return places[GroupIndex(index)].hash; }  // for by_id
    uint32_t& next(uint32_t index) { return places[GroupIndex(index)].next_in_chain; }
  };

  Tenant& tenant(GroupIndex index) { return tenants_->places[index]; }
  const Tenant& tenant(GroupIndex index) const { return tenants_->places[index]; }
  GroupIndex find_or_create(std::string_view id);
  GroupIndex take_place();
  void give_back(GroupIndex index);
  void place_head(const MessageTable& table, GroupIndex index, bool was_there);
  void find_first(const MessageTable& table);
  void count_flight(const Message& message, int64_t difference, WallMs at);

  const Bytes16 hash_key_;
  Slot first_ = kNoSlot;
  Tree ungrouped_;
  ProcessingTime processing_;         // of all messages of the queue
  std::unique_ptr<Tenants> tenants_;  // null until the first message with a group
  WallMs last_grouped_send_;
};

/// Walks over the ready messages in the order of delivery. The messages and their queue must not
/// change meanwhile.
///
///   ReadyMessages::Cursor cursor(ready, table, now);
///   for (Slot slot = cursor.next(); slot != kNoSlot; slot = cursor.next()) ...
///
/// A merge that opens a quiet tenant only when the one before it has given its first message. More
/// than 10 % of anything is had by nine tenants at most, so that at most 18 noisy ones are met on
/// the way (nine by either rule), and nobody has to keep account of who is noisy.
/// Cost: O(log n) a call in the tenants met so far.
class ReadyMessages::Cursor {
 public:
  /// As a receive at `now` takes them.
  Cursor(const ReadyMessages& ready, const MessageTable& table, WallMs now)
      : Cursor(ready, table, now, now - ready.last_grouped_send_ < kFairnessMs) {}
  /// By turn, whoever the tenant.
  Cursor(const ReadyMessages& ready, const MessageTable& table)
      : Cursor(ready, table, WallMs{}, false) {}

  /// The next message, or kNoSlot.
  Slot next();

 private:
  struct Candidate {
    Turn turn;
    Slot slot;
    GroupIndex tenant;
    bool head;  // of its tenant; when it is taken the next tenant is opened
  };

  Cursor(const ReadyMessages& ready, const MessageTable& table, WallMs now, bool fair);
  bool noisy(const Tenant& tenant) const;
  void open_next_tenant();
  void push(Candidate candidate);
  Slot take_candidate();
  Slot next_noisy();

  const ReadyMessages& ready_;
  const MessageTable& table_;
  const WallMs now_;
  const bool fair_;
  int64_t queue_processing_ms_ = 0;
  Slot ungrouped_;                     // next of those
  GroupIndex unopened_ = kNoGroup;     // tenants from here on, by turn
  std::vector<Candidate> candidates_;  // of opened quiet tenants; a heap, lowest turn in front
  std::vector<GroupIndex> noisy_;      // met on the way, not served yet
  GroupIndex served_ = kNoGroup;       // the noisy tenant being served
  Slot served_slot_ = kNoSlot;         // its next
};

}  // namespace forebay::engine
