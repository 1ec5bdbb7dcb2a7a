// SPDX-License-Identifier: Apache-2.0
#include "engine/message_groups.h"

namespace forebay::engine {

void MessageGroups::append(MessageTable& table, Slot slot, std::string_view id) {
  const GroupIndex index = find_or_create(id);
  table[slot].group = index;
  restore(table, slot);
  update(table, index);
}

void MessageGroups::restore(MessageTable& table, Slot slot) {
  Message& message = table[slot];
  Group& group = at(message.group);
  message.group_previous = group.last;
  message.group_next = kNoSlot;
  if (group.last != kNoSlot) {
    CHECK(table[group.last].number < message.number);
    table[group.last].group_next = slot;
  } else {
    group.first = slot;
  }
  group.last = slot;
}

void MessageGroups::remove(MessageTable& table, Slot slot) {
  Message& message = table[slot];
  const GroupIndex index = message.group;
  Group& group = at(index);
  (message.group_previous != kNoSlot ? table[message.group_previous].group_next : group.first) =
      message.group_next;
  (message.group_next != kNoSlot ? table[message.group_next].group_previous : group.last) =
      message.group_previous;
  message.group = kNoGroup;
  message.group_previous = message.group_next = kNoSlot;
  update(table, index);
  if (group.first == kNoSlot) {
    by_id_.erase(group.id);
    group.id.clear();
    free_.push_back(index);
  }
}

void MessageGroups::update(const MessageTable& table, GroupIndex index, bool served) {
  Group& group = at(index);
  const bool available = group.first != kNoSlot && table[group.first].state == MessageState::kReady;
  if (group.available && (!available || served)) leave_rotation(index);
  if (available && !group.available) enter_rotation(index);
}

GroupIndex MessageGroups::find_or_create(std::string_view id) {
  if (const auto found = by_id_.find(id); found != by_id_.end()) return found->second;
  GroupIndex index;
  if (free_.empty()) {
    index = GroupIndex(static_cast<uint32_t>(groups_.size()));
    groups_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  at(index).id = id;
  by_id_.emplace(at(index).id, index);
  return index;
}

void MessageGroups::enter_rotation(GroupIndex index) {
  Group& group = at(index);
  group.available = true;
  group.ticket = ++last_ticket_;
  group.previous = rotation_last_;
  group.next = kNoGroup;
  (rotation_last_ != kNoGroup ? at(rotation_last_).next : rotation_first_) = index;
  rotation_last_ = index;
}

void MessageGroups::leave_rotation(GroupIndex index) {
  Group& group = at(index);
  group.available = false;
  (group.previous != kNoGroup ? at(group.previous).next : rotation_first_) = group.next;
  (group.next != kNoGroup ? at(group.next).previous : rotation_last_) = group.previous;
  group.previous = group.next = kNoGroup;
}

}  // namespace forebay::engine
