// SPDX-License-Identifier: Apache-2.0
// The messages of one queue, filed by state: what may be received, what waits for a moment, what
// grows old.
//
// - ready: standard only, by turn and tenant; decides what is received next
// - groups: FIFO only, every message by group; decides what may be received
// - delayed: not yet visible for the first time
// - in_flight: received, by the moment they become visible again
// - by_age: every message, by send time, for retention
//
// Moments that pass change nothing by themselves: advance() re-files what became visible by `now`,
// in the order of those moments, so it does not matter when or how often it is called in between.
// Thread: shard.
// Cost: O(log n) a message; advance() and the destructor's work are amortised per
// message.
#pragma once

#include <optional>

#include "engine/expiring_map.h"
#include "engine/message_groups.h"
#include "engine/message_table.h"
#include "engine/ready_messages.h"
#include "engine/slot_tree.h"

namespace forebay::engine {

/// The first send of a deduplication id.
struct DeduplicationEntry {
  Bytes16 message_id;
  MessageNumber number;
};

/// What a ReceiveRequestAttemptId returned; valid while each message still stands as noted.
struct AttemptEntry {
  struct Item {
    MessageRef message;
    int32_t receive_count;
    WallMs visible_at;
  };
  std::vector<Item> items;
};

class QueueContents {
 public:
  /// Of `queue`; `id` names it in its messages. `fifo_delay_ms`: the queue's DelaySeconds on FIFO,
  /// where it also applies to messages already delayed (contract 3.8); ignored on standard queues,
  /// whose messages carry their own moment. `hash_key`: the shard's secret.
  QueueContents(QueueId queue_in, ContentsId id_in, bool fifo, int64_t fifo_delay_ms,
                const Bytes16& hash_key)
      : queue(queue_in),
        id(id_in),
        fifo_(fifo),
        fifo_delay_ms_(fifo_delay_ms),
        ready_(hash_key),
        groups_(hash_key) {}

  const QueueId queue;
  const ContentsId id;
  bool discarded = false;  // purged, or its queue was deleted: its messages are gone for everyone

  // ---- Changing. Slots must belong to this queue. ----

  /// Files a new message: delayed until `visible_at`, or ready when that is not after `now`.
  /// `group`: its MessageGroupId; empty: none. The entry's number must exceed all numbers before.
  void add(MessageTable& table, Slot slot, std::string_view group, WallMs visible_at, WallMs now);

  /// Hides the message until `visible_at`, or makes it ready when that is not after `now`.
  /// `served`: because it was received (moves its group to the end of the rotation).
  void set_visible_at(MessageTable& table, Slot slot, WallMs visible_at, WallMs now, bool served);

  /// Takes the message out, at the moment of the latest advance(); its entry stays taken in the
  /// table.
  void remove(MessageTable& table, Slot slot);

  /// Makes ready what is due at `now`.
  void advance(MessageTable& table, WallMs now);

  void set_fifo_delay_ms(int64_t delay_ms) { fifo_delay_ms_ = delay_ms; }

  /// Frees at most `count` of the deduplication ids, and of the attempts, whose window is over at
  /// `now`. True when none is left.
  bool drop_expired(WallMs now, int count);

  /// Frees a small piece of what is left when there are no messages any more. True when nothing is.
  bool drain();

  // ---- Restoring from an image, in place of add(). The entries are filled in but for links. ----

  /// The group or tenant with this id, for the entries of its messages; the first of them must
  /// follow.
  GroupIndex restore_group(std::string_view group);
  /// One call per message: its tenant, if it has one (standard queues), then each way it is filed.
  /// The order of calls does not matter, but that FIFO groups get their messages by number.
  void restore_tenant(MessageTable& table, Slot slot, GroupIndex tenant);
  void restore_age(MessageTable& table, Slot slot) { by_age_.insert(table, slot); }
  void restore_state(MessageTable& table, Slot slot, WallMs now);
  void restore_in_group(MessageTable& table, Slot slot) { groups_.restore(table, slot); }
  /// Then the groups whose first message is ready, in their rotation.
  void restore_rotation(GroupIndex group) { groups_.restore_rotation(group); }
  void restore_last_grouped_send(WallMs at) { ready_.restore_last_grouped_send(at); }

  // ---- Reading ----

  bool fifo() const { return fifo_; }
  int64_t message_count() const { return static_cast<int64_t>(by_age_.size()); }
  int64_t in_flight_count() const { return static_cast<int64_t>(in_flight_.size()); }
  int64_t delayed_count() const { return static_cast<int64_t>(delayed_.size()); }

  /// Oldest message by send time, or kNoSlot; then the next older.
  Slot oldest() const { return by_age_.first(); }
  Slot next_oldest(const MessageTable& table, Slot slot) const { return by_age_.next(table, slot); }

  /// Standard: the ready message whose turn it is, whatever the tenants; or kNoSlot.
  Slot first_ready() const { return ready_.first(); }
  /// Standard: what is ready, in the order of delivery.
  const ReadyMessages& ready() const { return ready_; }

  /// MessageGroupId; empty: none.
  std::string_view group_id(const MessageTable& table, Slot slot) const {
    return fifo_ ? groups_[table[slot].group].id : ready_.group_id(table[slot]);
  }

  const MessageGroups& groups() const { return groups_; }
  /// The first message of the message's group; kNoSlot on standard queues.
  Slot first_of_group(const Message& message) const {
    return fifo_ ? groups_[message.group].first : kNoSlot;
  }

  /// Calls `visit(slot)` for each message that advance(now) would make ready.
  template <class Visit>
  void for_each_due(const MessageTable& table, WallMs now, Visit&& visit) const {
    for (Slot slot = in_flight_.first(); slot != kNoSlot && table[slot].visible_at <= now;
         slot = in_flight_.next(table, slot)) {
      visit(slot);
    }
    for (Slot slot = delayed_.first(); slot != kNoSlot && delay_ends(table[slot]) <= now;
         slot = delayed_.next(table, slot)) {
      visit(slot);
    }
  }

  /// The oldest message, if a receive could deliver it; else one that a receive could: on FIFO the
  /// first of the group whose turn it is. kNoSlot if there is none.
  Slot oldest_deliverable(const MessageTable& table) const {
    const Slot oldest = by_age_.first();
    const bool ready = oldest != kNoSlot && table[oldest].state == MessageState::kReady;
    if (ready && (!fifo_ || groups_[table[oldest].group].first == oldest)) return oldest;
    if (!fifo_) return first_ready();
    const GroupIndex group = groups_.first_available();
    return group != kNoGroup ? groups_[group].first : kNoSlot;
  }

  /// The next moment at which a message becomes visible, if any waits for one.
  std::optional<WallMs> next_due(const MessageTable& table) const;

  ExpiringMap<DeduplicationEntry> deduplication;
  ExpiringMap<AttemptEntry> attempts;

 private:
  /// On FIFO a delayed entry's visible_at is its send time, and the queue's current delay comes on
  /// top.
  WallMs delay_ends(const Message& message) const {
    return message.visible_at + (fifo_ ? fifo_delay_ms_ : 0);
  }
  void file(MessageTable& table, Slot slot, MessageState state, WallMs at);
  void unfile(MessageTable& table, Slot slot, WallMs at);

  const bool fifo_;
  int64_t fifo_delay_ms_;
  WallMs now_;  // of the latest advance()
  ReadyMessages ready_;
  SlotTree<&Message::due, ByVisibleAt> delayed_;
  SlotTree<&Message::due, ByVisibleAt> in_flight_;
  SlotTree<&Message::age, ByAge> by_age_;
  MessageGroups groups_;
};

}  // namespace forebay::engine
