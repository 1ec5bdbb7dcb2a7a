// SPDX-License-Identifier: Apache-2.0
#include "engine/message_groups.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace forebay::engine {
namespace {

class MessageGroupsTest : public ::testing::Test {
 protected:
  Slot add(const std::string& group, MessageState state = MessageState::kReady) {
    const Slot slot = table.next_free();
    Message& message = table.take(slot);
    message.number = MessageNumber(++numbers_);
    message.state = state;
    groups.append(table, slot, group);
    return slot;
  }
  void set(Slot slot, MessageState state, bool served = false) {
    table[slot].state = state;
    groups.update(table, table[slot].group, served);
  }
  void remove(Slot slot) {
    groups.remove(table, slot);
    table.release(slot);
  }
  std::vector<std::string> rotation() const {
    std::vector<std::string> out;
    for (GroupIndex at = groups.first_available(); at != kNoGroup; at = groups[at].next) {
      out.push_back(groups[at].id);
    }
    return out;
  }
  std::vector<Slot> members(Slot any) const {
    std::vector<Slot> out;
    for (Slot at = groups[table[any].group].first; at != kNoSlot; at = table[at].group_next)
      out.push_back(at);
    return out;
  }
  using Names = std::vector<std::string>;

  MessageTable table;
  MessageGroups groups{Bytes16{7}};

 private:
  uint64_t numbers_ = 0;
};

TEST_F(MessageGroupsTest, NewGroupsJoinAtTheTail) {
  add("b");
  add("a");
  add("b");
  add("c");
  EXPECT_EQ(rotation(), (Names{"b", "a", "c"}));
  EXPECT_EQ(groups.size(), 3u);
}

TEST_F(MessageGroupsTest, AGroupIsAvailableOnlyWhileItsFirstMessageIsReady) {
  const Slot first = add("a");
  add("a");
  add("b");
  set(first, MessageState::kInFlight);
  EXPECT_EQ(rotation(), Names{"b"});
  set(first, MessageState::kReady);
  EXPECT_EQ(rotation(), (Names{"b", "a"}));
}

TEST_F(MessageGroupsTest, ADelayedMessageDoesNotMakeItsGroupAvailable) {
  const Slot slot = add("a", MessageState::kDelayed);
  EXPECT_EQ(rotation(), Names{});
  set(slot, MessageState::kReady);
  EXPECT_EQ(rotation(), Names{"a"});
}

TEST_F(MessageGroupsTest, AServedGroupGoesToTheTailEvenIfStillAvailable) {
  const Slot first = add("a");
  add("b");
  add("c");
  set(first, MessageState::kReady, true);
  EXPECT_EQ(rotation(), (Names{"b", "c", "a"}));
  set(first, MessageState::kReady);
  EXPECT_EQ(rotation(), (Names{"b", "c", "a"}));
}

TEST_F(MessageGroupsTest, LeavingTheMiddleKeepsTheOrderOfTheRest) {
  add("a");
  const Slot b = add("b");
  add("c");
  set(b, MessageState::kInFlight);
  EXPECT_EQ(rotation(), (Names{"a", "c"}));
  remove(b);
  EXPECT_EQ(rotation(), (Names{"a", "c"}));
  EXPECT_EQ(groups.size(), 2u);
}

TEST_F(MessageGroupsTest, RemovingTheBlockingHeadMakesTheGroupAvailable) {
  const Slot head = add("a");
  const Slot next = add("a");
  add("b");
  set(head, MessageState::kInFlight);
  remove(head);
  EXPECT_EQ(rotation(), (Names{"b", "a"}));
  EXPECT_EQ(members(next), std::vector<Slot>{next});
}

TEST_F(MessageGroupsTest, RemovingFromFrontMiddleAndEndKeepsTheOrder) {
  std::vector<Slot> slots;
  for (int i = 0; i < 5; ++i) slots.push_back(add("a"));
  remove(slots[2]);
  remove(slots[0]);
  remove(slots[4]);
  EXPECT_EQ(members(slots[1]), (std::vector<Slot>{slots[1], slots[3]}));
  const Slot last = add("a");
  EXPECT_EQ(members(last), (std::vector<Slot>{slots[1], slots[3], last}));
}

TEST_F(MessageGroupsTest, AnEmptiedGroupIsForgottenAndItsPlaceReused) {
  const Slot a = add("a-group-with-a-name-longer-than-a-short-string");
  const GroupIndex place = table[a].group;
  remove(a);
  EXPECT_EQ(groups.size(), 0u);
  EXPECT_EQ(rotation(), Names{});
  const Slot b = add("another");
  EXPECT_EQ(table[b].group, place);
  EXPECT_EQ(rotation(), Names{"another"});
}

TEST_F(MessageGroupsTest, DrainGivesPlacesBackInSmallPieces) {
  std::vector<Slot> slots;
  for (int i = 0; i < 600; ++i) slots.push_back(add("group-" + std::to_string(i)));
  for (const Slot slot : slots) remove(slot);
  EXPECT_FALSE(groups.drain(599));
  EXPECT_TRUE(groups.drain(1));
  EXPECT_TRUE(groups.drain(1));
  const Slot after = add("after");
  EXPECT_EQ(table[after].group, GroupIndex(0));
  EXPECT_EQ(rotation(), Names{"after"});
}

TEST_F(MessageGroupsTest, ManyGroupsComeAndGoWithoutMixingUpTheirNames) {
  std::vector<Slot> slots;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 500; ++i) slots.push_back(add("group-" + std::to_string(i)));
    EXPECT_EQ(groups.size(), 500u);
    for (const Slot slot : slots) remove(slot);
    slots.clear();
    EXPECT_EQ(groups.size(), 0u);
  }
}

}  // namespace
}  // namespace forebay::engine
