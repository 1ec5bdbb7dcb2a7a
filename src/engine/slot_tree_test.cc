// SPDX-License-Identifier: Apache-2.0
#include "engine/slot_tree.h"

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace forebay::engine {
namespace {

struct ByNumber {
  bool operator()(const Message& a, const Message& b) const { return a.number < b.number; }
};

/// A tree and the same slots in a std::set, ordered alike.
template <class Order>
class TreeAndSet {
 public:
  TreeAndSet() : set_(Less{&table_}) {}

  /// `fill` sets the fields the order looks at.
  template <class Fill>
  void add(Fill&& fill) {
    const Slot slot = table_.next_free();
    Message& message = table_.take(slot);
    message.state = MessageState::kReady;
    message.number = MessageNumber(++numbers_);
    fill(message);
    tree_.insert(table_, slot);
    set_.insert(slot);
  }
  void erase(Slot slot) {
    tree_.erase(table_, slot);
    set_.erase(slot);
    table_.release(slot);
  }
  Slot nth(size_t n) const { return *std::next(set_.begin(), static_cast<std::ptrdiff_t>(n)); }
  Slot first() const { return *set_.begin(); }
  Slot last() const { return *set_.rbegin(); }
  size_t size() const { return set_.size(); }

  ::testing::AssertionResult same() const {
    if (tree_.size() != set_.size() || tree_.empty() != set_.empty()) {
      return ::testing::AssertionFailure() << "sizes " << tree_.size() << " and " << set_.size();
    }
    Slot at = tree_.first();
    for (const Slot expected : set_) {
      if (at != expected)
        return ::testing::AssertionFailure() << "slot " << at.value << " for " << expected.value;
      at = tree_.next(table_, at);
    }
    return at == kNoSlot ? ::testing::AssertionSuccess()
                         : ::testing::AssertionFailure() << "goes on";
  }

 private:
  struct Less {
    const MessageTable* table;
    bool operator()(Slot a, Slot b) const { return Order{}((*table)[a], (*table)[b]); }
  };
  MessageTable table_;
  SlotTree<&Message::due, Order> tree_;
  std::set<Slot, Less> set_;
  uint64_t numbers_ = 0;
};

template <class Order, class Fill>
void random_work(uint64_t seed, int steps, Fill&& fill) {
  std::mt19937_64 random(seed);
  TreeAndSet<Order> both;
  for (int step = 0; step < steps; ++step) {
    const bool growing = step < steps / 2;
    if (both.size() == 0 || random() % 10 < (growing ? 7 : 3)) {
      both.add([&](Message& message) { fill(message, random); });
    } else {
      switch (random() % 3) {
        case 0:
          both.erase(both.first());
          break;
        case 1:
          both.erase(both.last());
          break;
        default:
          both.erase(both.nth(random() % both.size()));
      }
    }
    if (step % 16 == 0 || both.size() < 4)
      ASSERT_TRUE(both.same()) << "seed " << seed << " step " << step;
  }
  while (both.size() > 0) both.erase(both.nth(random() % both.size()));
  ASSERT_TRUE(both.same()) << "seed " << seed;
}

TEST(SlotTree, OrdersLikeASetByNumberInRandomOrder) {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    random_work<ByNumber>(seed, 3000,
                          [](Message& m, auto& random) { m.number = MessageNumber(random()); });
  }
}

TEST(SlotTree, OrdersLikeASetByAgeWithEqualMoments) {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    random_work<ByAge>(seed, 3000,
                       [](Message& m, auto& random) { m.sent = WallMs(random() % 20); });
  }
}

TEST(SlotTree, OrdersLikeASetByVisibilityWithEqualMoments) {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    random_work<ByVisibleAt>(
        seed, 3000, [](Message& m, auto& random) { m.visible_at = WallMs(random() % 20); });
  }
}

TEST(SlotTree, AscendingAndDescendingInsertionsGiveTheSameOrder) {
  TreeAndSet<ByNumber> ascending;
  TreeAndSet<ByNumber> descending;
  for (uint64_t i = 0; i < 2000; ++i) {
    ascending.add([&](Message& m) { m.number = MessageNumber(10 + i); });
    descending.add([&](Message& m) { m.number = MessageNumber(10'000 - i); });
  }
  EXPECT_TRUE(ascending.same());
  EXPECT_TRUE(descending.same());
}

TEST(SlotTree, FirstAndLastStayRightWhenTheyAreTakenOut) {
  TreeAndSet<ByNumber> both;
  for (uint64_t i = 1; i <= 300; ++i) both.add([](Message&) {});
  while (both.size() > 2) {
    both.erase(both.first());
    ASSERT_TRUE(both.same());
    both.erase(both.last());
    ASSERT_TRUE(both.same());
    both.add([](Message&) {});  // behind the last: relies on the remembered last slot
    ASSERT_TRUE(both.same());
  }
}

TEST(SlotTree, IsEmptyAgainAfterItsOnlySlotLeft) {
  TreeAndSet<ByNumber> both;
  both.add([](Message&) {});
  both.erase(both.first());
  EXPECT_TRUE(both.same());
  both.add([](Message&) {});
  EXPECT_TRUE(both.same());
}

TEST(SlotTree, TwoTreesShareAnEntryThroughTheirOwnLinks) {
  MessageTable table;
  SlotTree<&Message::due, ByVisibleAt> due;
  SlotTree<&Message::age, ByAge> age;
  std::vector<Slot> slots;
  for (int i = 0; i < 100; ++i) {
    const Slot slot = table.next_free();
    Message& message = table.take(slot);
    message.state = MessageState::kReady;
    message.number = MessageNumber(static_cast<uint64_t>(i) + 1);
    message.sent = WallMs(i);
    message.visible_at = WallMs(1000 - i);
    due.insert(table, slot);
    age.insert(table, slot);
    slots.push_back(slot);
  }
  std::vector<Slot> by_due;
  for (Slot at = due.first(); at != kNoSlot; at = due.next(table, at)) by_due.push_back(at);
  std::vector<Slot> by_age;
  for (Slot at = age.first(); at != kNoSlot; at = age.next(table, at)) by_age.push_back(at);
  EXPECT_EQ(by_age, slots);
  std::reverse(slots.begin(), slots.end());
  EXPECT_EQ(by_due, slots);
}

}  // namespace
}  // namespace forebay::engine
