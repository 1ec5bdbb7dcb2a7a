// SPDX-License-Identifier: Apache-2.0
// Which of several queues gets the next slot.
#include "consumer/slot_order.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace forebay::sqs {
namespace {

using detail::SlotOrder;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Who gets the next `count` slots when those of `wanting` want some: "aab".
std::string given(SlotOrder& order, const std::vector<bool>& wanting, int count,
                  int64_t now_ms = 0) {
  std::string letters;
  for (int i = 0; i < count; ++i) {
    const size_t chosen = order.give(wanting, now_ms);
    letters.push_back(chosen == SlotOrder::kNobody ? '-' : static_cast<char>('a' + chosen));
  }
  return letters;
}

TEST(StrictOrder, TheFirstThatWantsASlotGetsIt) {
  const auto order = detail::make_strict_order(3, {.one_in = 0, .wait_max = milliseconds(0)});
  EXPECT_EQ(given(*order, {true, true, true}, 100), std::string(100, 'a'));
  EXPECT_EQ(given(*order, {false, true, true}, 2), "bb");
  EXPECT_EQ(given(*order, {false, false, true}, 2), "cc");
  EXPECT_EQ(given(*order, {false, false, false}, 1), "-");
}

TEST(StrictOrder, EachQueueGetsOneSlotInSoMany) {
  const auto order = detail::make_strict_order(3, {.one_in = 5, .wait_max = milliseconds(0)});
  EXPECT_EQ(given(*order, {true, true, true}, 21), "aaaabcaaabcaaabcaaabc");
  // A queue that wanted nothing for a while begins to count anew.
  EXPECT_EQ(given(*order, {true, false, false}, 9), "aaaaaaaaa");
  EXPECT_EQ(given(*order, {true, true, false}, 10), "aaaabaaaab");
}

TEST(StrictOrder, WhoHasWaitedTooLongIsNext) {
  const auto order = detail::make_strict_order(2, {.one_in = 0, .wait_max = seconds(10)});
  EXPECT_EQ(given(*order, {true, true}, 3, 0), "aaa");
  EXPECT_EQ(given(*order, {true, true}, 3, 9'999), "aaa");
  EXPECT_EQ(given(*order, {true, true}, 3, 10'000), "baa");
  EXPECT_EQ(given(*order, {true, true}, 3, 19'999), "aaa");
  EXPECT_EQ(given(*order, {true, true}, 3, 20'000), "baa");
  // When handlers take longer than that, queues take turns and none is forgotten.
  EXPECT_EQ(given(*order, {true, true}, 1, 40'000), "b");
  EXPECT_EQ(given(*order, {true, true}, 1, 60'000), "a");
  EXPECT_EQ(given(*order, {true, true}, 1, 80'000), "b");
}

TEST(WeightedOrder, SharesAreExact) {
  const auto order = detail::make_weighted_order({5, 3, 2});
  std::map<char, int> counts;
  for (const char c : given(*order, {true, true, true}, 1'000)) ++counts[c];
  EXPECT_EQ(counts, (std::map<char, int>{{'a', 500}, {'b', 300}, {'c', 200}}));
  counts.clear();
  for (const char c : given(*order, {true, true, true}, 10)) ++counts[c];
  EXPECT_EQ(counts, (std::map<char, int>{{'a', 5}, {'b', 3}, {'c', 2}}));
}

TEST(WeightedOrder, AnIdleQueuesShareGoesToTheOthersAndIsNotMadeUpFor) {
  const auto order = detail::make_weighted_order({5, 3, 2});
  std::map<char, int> counts;
  for (const char c : given(*order, {false, true, true}, 500)) ++counts[c];
  EXPECT_EQ(counts, (std::map<char, int>{{'b', 300}, {'c', 200}}));
  counts.clear();
  for (const char c : given(*order, {true, true, true}, 100)) ++counts[c];
  EXPECT_EQ(counts, (std::map<char, int>{{'a', 50}, {'b', 30}, {'c', 20}}));
}

TEST(WeightedOrder, SlotsWithoutAMessageDoNotCount) {
  const auto order = detail::make_weighted_order({1, 1});
  EXPECT_EQ(given(*order, {true, true}, 4), "abab");
  order->take_back(0, 2);
  EXPECT_EQ(given(*order, {true, true}, 4), "aaab");
}

TEST(WeightedOrder, GoesOnForever) {
  const auto order = detail::make_weighted_order({1, 2});
  std::map<char, int> counts;
  for (const char c : given(*order, {true, true}, 6'000'000)) ++counts[c];
  EXPECT_EQ(counts, (std::map<char, int>{{'a', 2'000'000}, {'b', 4'000'000}}));
}

}  // namespace
}  // namespace forebay::sqs
