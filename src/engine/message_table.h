// SPDX-License-Identifier: Apache-2.0
// The index entries of all messages of a shard, in slots that are reused.
//
// An entry holds where the message stands and when it is due; its content stays in the journal, and
// what happens to few of many waiting messages (receives, moves) in a History of its own.
// Entries never move, so growing costs nothing per message already there. Free slots form a list,
// last freed first.
// Thread: shard.
// Cost: 80 bytes an entry, 32 more once the message was received or moved.
#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/ids.h"
#include "base/pages.h"
#include "engine/chunked_array.h"
#include "engine/facts.h"
#include "engine/index_tree.h"

namespace forebay::engine {

using GroupIndex = StrongId<struct GroupIndexTag, uint32_t>;
inline constexpr GroupIndex kNoGroup{0xffff'ffff};
/// Names the contents of a queue from one purge to the next.
using ContentsId = StrongId<struct ContentsIdTag, uint32_t>;

enum class MessageState : uint8_t {
  kFree,       // no message
  kReady,      // may be received (on FIFO: once it heads its group)
  kDelayed,    // sent, not yet visible for the first time
  kInFlight,   // received, not visible until visible_at
  kDiscarded,  // purged, or its queue was deleted; its slot is about to be freed
};

/// What happened to a message since it was sent.
struct History {
  WallMs received;        // the latest receive call
  WallMs first_received;  // 0: never
  int32_t receive_count = 0;
  int32_t receive_count_at_arrival = 0;  // when it entered this queue (dead-letter moves)
  uint32_t dead_letter_source = 0;       // index of the source's ARN; 0: never moved. Of a free
                                         // History: the next free one
  uint16_t move_count = 0;               // by move tasks

  int32_t receives_here() const { return receive_count - receive_count_at_arrival; }
};

struct Message {
  MessageNumber number;  // of the last occupant when free
  LogPosition position;  // of the record with its content
  WallMs sent;           // retention runs from here
  WallMs visible_at;
  TreeLinks<Slot> due;            // in the queue's ready, delayed or in-flight tree, by state
  TreeLinks<Slot> age;            // in the queue's by-age tree
  ContentsId contents;            // whose message it is
  GroupIndex group = kNoGroup;    // FIFO: its group; standard: its tenant
  Slot group_previous = kNoSlot;  // neighbours in the group, by number
  Slot group_next = kNoSlot;      // next free slot when free
  uint32_t history = 0;           // index; 0: none (MessageTable::history)
  uint32_t record_bytes : 23 = 0;
  bool yields : 1 = false;  // takes its turn by visible_at (ready_messages.h)
  MessageState state : 3 = MessageState::kFree;
};
static_assert(sizeof(Message) == 80 && std::is_trivially_destructible_v<Message>);

class MessageTable {
 public:
  MessageTable() { histories_.push_back({}); }

  Message& operator[](Slot slot) { return chunks_[slot.value / kChunk][slot.value % kChunk]; }
  const Message& operator[](Slot slot) const {
    return chunks_[slot.value / kChunk][slot.value % kChunk];
  }

  /// What happened to the message; all zero when nothing did. Valid until the next change of any.
  const History& history(const Message& message) const { return histories_[message.history]; }
  /// The same, to be changed.
  History& change_history(Message& message) {
    if (message.history == 0) message.history = take_history();
    return histories_[message.history];
  }

  /// Slots that were ever used are 0 .. slot_count()-1.
  uint32_t slot_count() const { return slot_count_; }
  /// Slots that hold a message.
  uint32_t taken_count() const { return taken_count_; }

  /// The slot the next message should take.
  Slot next_free() const { return free_head_ != kNoSlot ? free_head_ : Slot(slot_count_); }

  /// True when the slot exists and holds that very message.
  bool holds(MessageRef ref) const {
    return ref.slot.value < slot_count_ && (*this)[ref.slot].state != MessageState::kFree &&
           (*this)[ref.slot].number == ref.number;
  }

  /// Takes `slot`, which must be free (slots between are created free, so a log may be replayed
  /// from any snapshot). Returns the entry, reset but for its state.
  Message& take(Slot slot) {
    while (slot_count_ <= slot.value) grow();
    Message& message = (*this)[slot];
    CHECK(message.state == MessageState::kFree);
    unlink_free(slot);
    ++taken_count_;
    message = Message{};
    return message;
  }

  /// Gives `slot` back. Its number stays, to tell late facts apart.
  void release(Slot slot) {
    Message& message = (*this)[slot];
    CHECK(message.state != MessageState::kFree);
    message.state = MessageState::kFree;
    --taken_count_;
    if (message.history != 0) give_back_history(std::exchange(message.history, 0));
    link_free(slot);
  }

 private:
  static constexpr uint32_t kChunk = 256;  // 20 KiB: quick to clear when a message needs a new one
  static constexpr size_t kChunksPerSlab = 64;  // 1.3 MB

  uint32_t take_history() {
    if (free_history_ == 0) {
      histories_.push_back({});
      return histories_.size() - 1;
    }
    const uint32_t taken = free_history_;
    free_history_ = std::exchange(histories_[taken].dead_letter_source, 0);
    return taken;
  }
  void give_back_history(uint32_t index) {
    histories_[index] = {};
    histories_[index].dead_letter_source = free_history_;
    free_history_ = index;
  }
  void grow() {
    if (slot_count_ % kChunk == 0) chunks_.push_back(make_chunk());
    link_free(Slot(slot_count_++));
  }
  Message* make_chunk() {
    const size_t index = chunks_.size() % kChunksPerSlab;
    if (index == 0) slabs_.emplace_back(kChunksPerSlab * kChunk * sizeof(Message));
    auto* chunk = static_cast<Message*>(slabs_.back().data()) + index * kChunk;
    std::uninitialized_default_construct_n(chunk, kChunk);
    return chunk;
  }
  // The free list is doubly linked (group_previous, group_next) so that any free slot can be taken.
  void link_free(Slot slot) {
    Message& message = (*this)[slot];
    message.group_previous = kNoSlot;
    message.group_next = free_head_;
    if (free_head_ != kNoSlot) (*this)[free_head_].group_previous = slot;
    free_head_ = slot;
  }
  void unlink_free(Slot slot) {
    const Message& message = (*this)[slot];
    if (message.group_previous != kNoSlot) {
      (*this)[message.group_previous].group_next = message.group_next;
    } else {
      free_head_ = message.group_next;
    }
    if (message.group_next != kNoSlot)
      (*this)[message.group_next].group_previous = message.group_previous;
  }

  std::vector<Pages> slabs_;
  std::vector<Message*> chunks_;  // in the slabs
  uint32_t slot_count_ = 0;
  uint32_t taken_count_ = 0;
  Slot free_head_ = kNoSlot;
  ChunkedArray<History, kChunk> histories_;  // the first stays zero
  uint32_t free_history_ = 0;                // 0: none
};

}  // namespace forebay::engine
