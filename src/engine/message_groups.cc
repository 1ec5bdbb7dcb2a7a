// SPDX-License-Identifier: Apache-2.0
#include "engine/message_groups.h"

#include "base/siphash.h"

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
    by_id_.erase(Links{*this}, index.value);
    give_back(index);
  }
}

void MessageGroups::update(const MessageTable& table, GroupIndex index, bool served) {
  Group& group = at(index);
  const bool available = group.first != kNoSlot && table[group.first].state == MessageState::kReady;
  if (group.available && (!available || served)) leave_rotation(index);
  if (available && !group.available) enter_rotation(index);
}

GroupIndex MessageGroups::find_or_create(std::string_view id) {
  const uint32_t hash = siphash32(hash_key_, id) >> 1;
  const uint32_t found =
      by_id_.find(Links{*this}, hash, [&](uint32_t at) { return groups_[at].id == id; });
  if (found != LinearHash::kNone) return GroupIndex(found);
  const GroupIndex index = take_place();
  at(index).id = id;
  at(index).hash = hash;
  by_id_.insert(Links{*this}, index.value);
  return index;
}

GroupIndex MessageGroups::take_place() {
  if (free_ == kNoGroup) {
    groups_.push_back({});
    return GroupIndex(groups_.size() - 1);
  }
  const GroupIndex index = free_;
  free_ = std::exchange(at(index).next, kNoGroup);
  return index;
}

void MessageGroups::give_back(GroupIndex index) {
  std::string().swap(at(index).id);  // not clear(), which keeps the memory
  at(index).next = free_;
  free_ = index;
}

bool MessageGroups::drain(uint32_t count) {
  CHECK(size() == 0);
  free_ = kNoGroup;
  for (; count > 0 && groups_.size() > 0; --count) groups_.pop_back();
  return groups_.size() == 0;
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
