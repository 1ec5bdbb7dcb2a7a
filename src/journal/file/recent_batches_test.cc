// SPDX-License-Identifier: Apache-2.0
#include "journal/file/recent_batches.h"

#include <gtest/gtest.h>

namespace forebay::journal {
namespace {

RecentBatches::Batch batch_of(size_t bytes, char fill) {
  return std::make_shared<const std::string>(bytes, fill);
}

TEST(RecentBatches, FindsTheBatchThatHoldsAPosition) {
  RecentBatches recent(1'000'000);
  recent.add(LogPosition(100), batch_of(50, 'a'));
  recent.add(LogPosition(150), batch_of(10, 'b'));
  recent.add(LogPosition(200), batch_of(10, 'c'));
  EXPECT_FALSE(recent.find(LogPosition(99)));
  EXPECT_EQ(recent.find(LogPosition(100))->offset, 0u);
  EXPECT_EQ(recent.find(LogPosition(149))->offset, 49u);
  EXPECT_EQ(*recent.find(LogPosition(149))->batch, std::string(50, 'a'));
  EXPECT_EQ(*recent.find(LogPosition(150))->batch, std::string(10, 'b'));
  EXPECT_FALSE(recent.find(LogPosition(160)));
  EXPECT_EQ(*recent.find(LogPosition(209))->batch, std::string(10, 'c'));
  EXPECT_FALSE(recent.find(LogPosition(210)));
}

TEST(RecentBatches, TheOldestLeaveWhenThereAreTooManyBytes) {
  RecentBatches recent(10'000);
  LogPosition at(0);
  for (int i = 0; i < 100; ++i) {
    recent.add(at, batch_of(1000, 'x'));
    at = at + 1000;
    EXPECT_LE(recent.bytes(), 10'000u);
  }
  EXPECT_FALSE(recent.find(LogPosition(0)));
  EXPECT_FALSE(recent.find(LogPosition(89'999)));
  EXPECT_TRUE(recent.find(LogPosition(99'999)));
  EXPECT_TRUE(recent.find(LogPosition(95'000)));
}

TEST(RecentBatches, MemoryIsCountedNotBytes) {
  std::string roomy = "short";
  roomy.reserve(5000);
  RecentBatches recent(1'000'000);
  recent.add(LogPosition(0), std::make_shared<const std::string>(std::move(roomy)));
  EXPECT_GE(recent.bytes(), 5000u);
}

TEST(RecentBatches, ABatchLargerThanTheLimitIsNotKept) {
  RecentBatches recent(1000);
  recent.add(LogPosition(0), batch_of(10, 'a'));
  recent.add(LogPosition(10), batch_of(2000, 'b'));
  EXPECT_FALSE(recent.find(LogPosition(0)));
  EXPECT_FALSE(recent.find(LogPosition(10)));
  EXPECT_EQ(recent.bytes(), 0u);
}

TEST(RecentBatches, WhoHasFoundABatchKeepsIt) {
  RecentBatches recent(1000);
  recent.add(LogPosition(0), batch_of(100, 'a'));
  const auto found = recent.find(LogPosition(7));
  recent.clear();
  EXPECT_FALSE(recent.find(LogPosition(7)));
  EXPECT_EQ(*found->batch, std::string(100, 'a'));
  recent.add(LogPosition(0), batch_of(10, 'b'));
  EXPECT_TRUE(recent.find(LogPosition(0)));
}

}  // namespace
}  // namespace forebay::journal
