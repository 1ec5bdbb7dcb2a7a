// SPDX-License-Identifier: Apache-2.0
#include "engine/processing_time.h"

#include <algorithm>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace forebay::engine {
namespace {

constexpr int64_t kMinute = 60'000;
constexpr WallMs kStart{1'750'000'020'000};  // a multiple of a minute
static_assert(kStart.value % kMinute == 0);

TEST(ProcessingTime, CountsMessagesTimesMilliseconds) {
  ProcessingTime time;
  time.change(2, kStart + 100);
  EXPECT_EQ(time.total_ms(kStart + 100), 0);
  EXPECT_EQ(time.total_ms(kStart + 101), 2);
  time.change(1, kStart + 110);
  EXPECT_EQ(time.in_flight(), 3);
  EXPECT_EQ(time.total_ms(kStart + 120), 20 + 30);
  time.change(-3, kStart + 120);
  EXPECT_EQ(time.total_ms(kStart + 999), 50);
}

TEST(ProcessingTime, RemembersTheMinuteBeforeAndNoMore) {
  ProcessingTime time;
  time.change(1, kStart);
  time.change(-1, kStart + 10);
  EXPECT_EQ(time.total_ms(kStart + (2 * kMinute - 1)), 10);
  EXPECT_EQ(time.total_ms(kStart + 2 * kMinute), 0);
}

TEST(ProcessingTime, OneThatNeverEndsFillsTheMinuteBeforeAndThisOneSoFar) {
  ProcessingTime time;
  time.change(3, kStart + 59'999);
  EXPECT_EQ(time.total_ms(kStart + kMinute), 3);
  EXPECT_EQ(time.total_ms(kStart + kMinute + 1), 6);
  EXPECT_EQ(time.total_ms(kStart + 10 * kMinute + 1), 3 * (kMinute + 1));
  time.change(-3, kStart + 10 * kMinute + 1);
  EXPECT_EQ(time.total_ms(kStart + 11 * kMinute), 3);
}

TEST(ProcessingTime, AskingChangesNothingAndTheStepsDoNotMatter) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    ProcessingTime coarse;
    ProcessingTime fine;
    struct Stay {
      int64_t from;
      int64_t to;
    };
    std::vector<Stay> stays;
    std::vector<std::pair<int64_t, int64_t>> changes;
    for (int i = 0; i < 10; ++i) {
      const auto from = static_cast<int64_t>(random() % 300'000);
      const auto to = from + static_cast<int64_t>(random() % 100'000);
      stays.push_back({from, to});
      changes.emplace_back(from, 1);
      changes.emplace_back(to, -1);
    }
    std::ranges::sort(changes, {}, [](const auto& c) { return std::pair(c.first, -c.second); });
    for (const auto& [at, difference] : changes) {
      coarse.change(difference, kStart + at);
      fine.change(0, kStart + at);
      fine.change(difference, kStart + at);
      (void)fine.total_ms(kStart + at + 500'000);
    }
    const int64_t now = 400'000 + static_cast<int64_t>(random() % 200'000);
    const int64_t since = (now / kMinute - 1) * kMinute;
    int64_t expected = 0;
    for (const Stay& stay : stays)
      expected += std::max<int64_t>(0, std::min(stay.to, now) - std::max(stay.from, since));
    EXPECT_EQ(coarse.total_ms(kStart + now), expected);
    EXPECT_EQ(fine.total_ms(kStart + now), expected);
  }
}

TEST(ProcessingTime, AMomentBeforeTheLatestCountsAsThat) {  // facts applied to a newer state
  ProcessingTime time;
  time.change(1, kStart + 1000);
  time.change(1, kStart + 500);
  EXPECT_EQ(time.total_ms(kStart + 1010), 20);
  EXPECT_EQ(time.total_ms(kStart + 400), 0);
}

}  // namespace
}  // namespace forebay::engine
