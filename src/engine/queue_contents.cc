// SPDX-License-Identifier: Apache-2.0
#include "engine/queue_contents.h"

#include <algorithm>

#include "engine/limits.h"

namespace forebay::engine {

void QueueContents::add(MessageTable& table, Slot slot, std::string_view group, WallMs visible_at,
                        WallMs now) {
  Message& message = table[slot];
  const bool delayed = now < visible_at;
  message.visible_at = delayed && fifo_ ? message.sent : visible_at;
  by_age_.insert(table, slot);
  if (!fifo_) ready_.join(table, slot, group);
  file(table, slot, delayed ? MessageState::kDelayed : MessageState::kReady, now);
  if (fifo_) groups_.append(table, slot, group);
}

void QueueContents::set_visible_at(MessageTable& table, Slot slot, WallMs visible_at, WallMs now,
                                   bool served) {
  unfile(table, slot, now);
  table[slot].visible_at = visible_at;
  file(table, slot, now < visible_at ? MessageState::kInFlight : MessageState::kReady, now);
  if (fifo_) groups_.update(table, table[slot].group, served);
}

void QueueContents::remove(MessageTable& table, Slot slot) {
  unfile(table, slot, now_);
  by_age_.erase(table, slot);
  table[slot].state = MessageState::kDiscarded;
  fifo_ ? groups_.remove(table, slot) : ready_.leave(table, slot);
}

void QueueContents::advance(MessageTable& table, WallMs now) {
  now_ = std::max(now_, now);
  for (;;) {
    Slot slot = in_flight_.first();
    WallMs due = slot != kNoSlot ? table[slot].visible_at : WallMs(INT64_MAX);
    if (const Slot other = delayed_.first(); other != kNoSlot && delay_ends(table[other]) < due) {
      slot = other;
      due = delay_ends(table[other]);
    }
    if (slot == kNoSlot || now < due) return;
    unfile(table, slot, due);  // then, not now: it was in flight no longer than that
    file(table, slot, MessageState::kReady, due);
    if (fifo_) groups_.update(table, table[slot].group);
  }
}

bool QueueContents::drop_expired(WallMs now, int count) {
  const bool all = deduplication.expire(now, count);
  return attempts.expire(now, count) && all;
}

bool QueueContents::drain() {
  return deduplication.drain(1) && attempts.drain(1) && groups_.drain(1) && ready_.drain(1);
}

GroupIndex QueueContents::restore_group(std::string_view group) {
  return fifo_ ? groups_.restore_group(group) : ready_.restore_tenant(group);
}

void QueueContents::restore_tenant(MessageTable& table, Slot slot, GroupIndex tenant) {
  CHECK(!fifo_);
  ready_.join(table, slot, tenant);
}

void QueueContents::restore_state(MessageTable& table, Slot slot, WallMs now) {
  file(table, slot, table[slot].state, now);
}

std::optional<WallMs> QueueContents::next_due(const MessageTable& table) const {
  std::optional<WallMs> due;
  if (!in_flight_.empty()) due = table[in_flight_.first()].visible_at;
  if (!delayed_.empty()) {
    const WallMs ends = delay_ends(table[delayed_.first()]);
    if (!due || ends < *due) due = ends;
  }
  return due;
}

void QueueContents::file(MessageTable& table, Slot slot, MessageState state, WallMs at) {
  table[slot].state = state;
  if (state == MessageState::kDelayed) {
    delayed_.insert(table, slot);
  } else if (state == MessageState::kInFlight) {
    in_flight_.insert(table, slot);
    if (!fifo_) ready_.begin_flight(table[slot], at);
  } else if (!fifo_) {
    ready_.insert(table, slot);
  }
}

void QueueContents::unfile(MessageTable& table, Slot slot, WallMs at) {
  const MessageState state = table[slot].state;
  if (state == MessageState::kDelayed) {
    delayed_.erase(table, slot);
  } else if (state == MessageState::kInFlight) {
    in_flight_.erase(table, slot);
    if (!fifo_) ready_.end_flight(table[slot], at);
  } else if (!fifo_) {
    CHECK(state == MessageState::kReady);
    ready_.erase(table, slot);
  }
}

}  // namespace forebay::engine
