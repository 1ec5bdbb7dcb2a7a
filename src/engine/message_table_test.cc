// SPDX-License-Identifier: Apache-2.0
#include "engine/message_table.h"

#include <set>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace forebay::engine {
namespace {

Slot occupy(MessageTable& table, Slot slot, uint64_t number) {
  Message& message = table.take(slot);
  message.number = MessageNumber(number);
  message.state = MessageState::kReady;
  return slot;
}

TEST(MessageTable, SlotsComeInOrderWhileNoneIsFree) {
  MessageTable table;
  for (uint32_t i = 0; i < 10'000; ++i) {
    ASSERT_EQ(table.next_free(), Slot(i));
    occupy(table, table.next_free(), i + 1);
  }
  EXPECT_EQ(table.slot_count(), 10'000u);
  for (uint32_t i = 0; i < 10'000; ++i) ASSERT_EQ(table[Slot(i)].number.value, i + 1);
}

TEST(MessageTable, EntriesNeverMove) {
  MessageTable table;
  const Message* first = &table[occupy(table, table.next_free(), 1)];
  for (uint64_t i = 0; i < 20'000; ++i) occupy(table, table.next_free(), i + 2);
  EXPECT_EQ(first, &table[Slot(0)]);
}

TEST(MessageTable, TheSlotFreedLastIsTakenFirst) {
  MessageTable table;
  for (uint64_t i = 0; i < 5; ++i) occupy(table, table.next_free(), i + 1);
  table.release(Slot(1));
  table.release(Slot(3));
  EXPECT_EQ(table.next_free(), Slot(3));
  occupy(table, Slot(3), 6);
  EXPECT_EQ(table.next_free(), Slot(1));
  occupy(table, Slot(1), 7);
  EXPECT_EQ(table.next_free(), Slot(5));
}

TEST(MessageTable, AnyFreeSlotCanBeTaken) {
  MessageTable table;
  for (uint64_t i = 0; i < 6; ++i) occupy(table, table.next_free(), i + 1);
  for (uint32_t i = 0; i < 6; ++i) table.release(Slot(i));  // free list: 5 4 3 2 1 0
  occupy(table, Slot(3), 10);                               // from the middle
  occupy(table, Slot(0), 11);                               // the end
  occupy(table, Slot(5), 12);                               // the head
  std::vector<Slot> rest;
  for (int i = 0; i < 3; ++i)
    rest.push_back(occupy(table, table.next_free(), 20 + static_cast<uint64_t>(i)));
  EXPECT_EQ(rest, (std::vector<Slot>{Slot(4), Slot(2), Slot(1)}));
  EXPECT_EQ(table.next_free(), Slot(6));
}

TEST(MessageTable, TakingASlotBeyondTheEndLeavesTheOnesBetweenFree) {
  MessageTable table;
  occupy(table, Slot(9000), 1);
  EXPECT_EQ(table.slot_count(), 9001u);
  for (int i = 0; i < 9000; ++i) occupy(table, table.next_free(), 2 + static_cast<uint64_t>(i));
  EXPECT_EQ(table.next_free(), Slot(9001));
}

TEST(MessageTable, HoldsOnlyTheMessageThatIsThere) {
  MessageTable table;
  const MessageRef first{occupy(table, table.next_free(), 7), MessageNumber(7)};
  EXPECT_TRUE(table.holds(first));
  EXPECT_FALSE(table.holds({first.slot, MessageNumber(6)}));
  EXPECT_FALSE(table.holds({Slot(1), MessageNumber(7)}));
  EXPECT_FALSE(table.holds({kNoSlot, MessageNumber(7)}));
  table.release(first.slot);
  EXPECT_FALSE(table.holds(first));
  EXPECT_EQ(table[first.slot].number, MessageNumber(7))
      << "a late MessageSent is told by the number";
  occupy(table, first.slot, 8);
  EXPECT_FALSE(table.holds(first));
}

TEST(MessageTable, ATakenEntryIsReset) {
  MessageTable table;
  Message& message = table[occupy(table, table.next_free(), 7)];
  table.change_history(message) = {WallMs(6), WallMs(5), 3, 2, 4, 1};
  message.yields = true;
  message.due.left = Slot(1);
  table.release(Slot(0));
  const Message& again = table[occupy(table, Slot(0), 8)];
  EXPECT_EQ(table.history(again).receive_count, 0);
  EXPECT_FALSE(again.yields);
  EXPECT_EQ(again.due.left, kNoSlot);
  EXPECT_EQ(again.group_next, kNoSlot);
}

TEST(MessageTable, AFreedHistoryIsUsedAgainAndIsZeroThen) {
  MessageTable table;
  Message& message = table[occupy(table, table.next_free(), 7)];
  table.change_history(message).receive_count = 3;
  const uint32_t index = message.history;
  table.release(Slot(0));
  Message& other = table[occupy(table, Slot(0), 8)];
  EXPECT_EQ(table.change_history(other).receive_count, 0);
  EXPECT_EQ(other.history, index);
  EXPECT_EQ(table.history(table[occupy(table, Slot(1), 9)]).receive_count, 0);
}

TEST(MessageTable, AllFreedHistoriesAreUsedAgainBeforeTheTableGrows) {
  MessageTable table;
  std::set<uint32_t> first;
  std::set<uint32_t> again;
  for (const auto& [indexes, number] : {std::pair(&first, 1u), std::pair(&again, 10'001u)}) {
    for (uint32_t i = 0; i < 2000; ++i) {
      Message& message = table[occupy(table, Slot(i), number + i)];
      const History& history = table.change_history(message);
      ASSERT_EQ(history.dead_letter_source, 0u) << "nothing of the list of free ones stays";
      ASSERT_EQ(history.receive_count, 0);
      table.change_history(message).receive_count = 1;
      indexes->insert(message.history);
    }
    for (uint32_t i = 0; i < 2000; ++i) table.release(Slot(i));
  }
  EXPECT_EQ(first.size(), 2000u);
  EXPECT_EQ(first, again);
  EXPECT_FALSE(first.contains(0)) << "0 is what has no history";
}

TEST(MessageTableDeathTest, ATakenSlotCannotBeTakenAgain) {
  MessageTable table;
  occupy(table, Slot(0), 1);
  EXPECT_DEATH(table.take(Slot(0)), "kFree");
}

}  // namespace
}  // namespace forebay::engine
