// SPDX-License-Identifier: Apache-2.0
// The message groups of a FIFO queue: each a list of messages by number, and a rotation of those
// that can be served.
//
// A group is available while its first message is ready. Available groups are served in rotation: a
// group joins at the tail when it becomes available (contract section 5.8.2). Groups without
// messages do not exist, so neither the number of groups that ever were nor the length of one group
// slows another. Their places are reused, and given back by drain() only.
// Thread: shard.
// Cost: O(1) a call; 60 bytes a group, and its id if that is longer than 15 bytes.
#pragma once

#include <string>
#include <string_view>

#include "base/byte_codec.h"
#include "engine/chunked_array.h"
#include "engine/linear_hash.h"
#include "engine/message_table.h"

namespace forebay::engine {

class MessageGroups {
 public:
  struct Group {
    std::string id;
    Slot first = kNoSlot;
    Slot last = kNoSlot;
    GroupIndex previous = kNoGroup;  // neighbours in the rotation
    GroupIndex next = kNoGroup;      // when free: the next free place
    uint32_t next_in_chain = LinearHash::kNone;
    uint32_t hash : 31 = 0;  // of the id
    bool available : 1 = false;
    uint64_t ticket = 0;  // grows along the rotation, while available
  };

  /// `hash_key`: a secret, so that nobody can choose ids that collide.
  explicit MessageGroups(const Bytes16& hash_key) : hash_key_(hash_key) {}

  const Group& operator[](GroupIndex index) const { return groups_[index.value]; }
  size_t size() const { return by_id_.size(); }

  /// The group to serve next, or kNoGroup; then the one after it by Group::next.
  GroupIndex first_available() const { return rotation_first_; }

  /// Adds the message in `slot`, which has the largest number so far, to group `id`.
  void append(MessageTable& table, Slot slot, std::string_view id);

  /// Takes the message out of its group; an empty group ceases to exist.
  void remove(MessageTable& table, Slot slot);

  /// Call after the state of a group's message changed: puts the group into the rotation or takes
  /// it out. `served`: the message was just received, so that its group goes to the tail even if it
  /// stays available.
  void update(const MessageTable& table, GroupIndex index, bool served = false);

  /// Frees the places of at most `count` former groups; there must be none any more. True when
  /// nothing is left.
  bool drain(uint32_t count);
  // ---- Restoring from an image ----

  /// The group `id`, whose first message must follow.
  GroupIndex restore_group(std::string_view id) { return find_or_create(id); }
  /// append() to the group that the entry names, leaving the rotation alone.
  void restore(MessageTable& table, Slot slot);
  /// Puts the group, whose first message must be ready, at the end of the rotation.
  void restore_rotation(GroupIndex index) { enter_rotation(index); }

 private:
  struct Links {
    MessageGroups& groups;
    uint32_t hash(uint32_t index) const { return groups.groups_[index].hash; }
    uint32_t& next(uint32_t index) const { return groups.groups_[index].next_in_chain; }
  };

  GroupIndex find_or_create(std::string_view id);
  GroupIndex take_place();
  void give_back(GroupIndex index);
  void enter_rotation(GroupIndex index);
  void leave_rotation(GroupIndex index);
  Group& at(GroupIndex index) { return groups_[index.value]; }

  static constexpr uint32_t kGroupsPerChunk = 256;

  const Bytes16 hash_key_;
  ChunkedArray<Group, kGroupsPerChunk> groups_;
  GroupIndex free_ = kNoGroup;  // the place freed last
  LinearHash by_id_;
  GroupIndex rotation_first_ = kNoGroup;
  GroupIndex rotation_last_ = kNoGroup;
  uint64_t last_ticket_ = 0;
};

}  // namespace forebay::engine
