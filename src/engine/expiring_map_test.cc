// SPDX-License-Identifier: Apache-2.0
#include "engine/expiring_map.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace forebay::engine {
namespace {

Bytes16 key(uint8_t n) {
  return Bytes16{n};
}

std::vector<std::string> listed(const ExpiringMap<std::string>& map) {
  std::vector<std::string> out;
  map.for_each([&](WallMs expires, const Bytes16&, const std::string& value) {
    out.push_back(value + "@" + std::to_string(expires.value));
  });
  return out;
}

TEST(ExpiringMap, AnEntryIsFoundUntilTheMomentItExpires) {
  ExpiringMap<std::string> map;
  map.put(key(1), "a", WallMs(100));
  ASSERT_NE(map.find(key(1), WallMs(99)), nullptr);
  EXPECT_EQ(*map.find(key(1), WallMs(99)), "a");
  EXPECT_EQ(map.find(key(1), WallMs(100)), nullptr);
  EXPECT_EQ(map.find(key(2), WallMs(0)), nullptr);
}

TEST(ExpiringMap, ExpiryFreesWhatIsOverAndNothingElse) {
  ExpiringMap<std::string> map;
  map.put(key(1), "a", WallMs(100));
  map.put(key(2), "b", WallMs(100));
  map.put(key(3), "c", WallMs(101));
  map.expire(WallMs(99));
  EXPECT_EQ(map.size(), 3u);
  map.expire(WallMs(100));
  EXPECT_EQ(listed(map), std::vector<std::string>{"c@101"});
  map.expire(WallMs(101));
  EXPECT_EQ(map.size(), 0u);
}

TEST(ExpiringMap, AReplacedEntryLivesByItsNewMoment) {
  ExpiringMap<std::string> map;
  map.put(key(1), "a", WallMs(100));
  map.put(key(2), "b", WallMs(110));
  map.put(key(1), "c", WallMs(120));
  map.expire(WallMs(110));
  ASSERT_NE(map.find(key(1), WallMs(119)), nullptr);
  EXPECT_EQ(listed(map), std::vector<std::string>{"c@120"});
  map.expire(WallMs(120));
  EXPECT_EQ(map.size(), 0u);
}

TEST(ExpiringMap, PuttingTheSameTwiceChangesNothing) {
  ExpiringMap<std::string> map;
  map.put(key(1), "a", WallMs(100));
  map.put(key(1), "a", WallMs(100));
  EXPECT_EQ(listed(map), std::vector<std::string>{"a@100"});
  EXPECT_TRUE(map.drain(1)) << "one entry is one piece of work";
}

TEST(ExpiringMap, DrainFreesABoundedNumberWhateverTheirAge) {
  ExpiringMap<std::string> map;
  for (uint8_t i = 1; i <= 5; ++i) map.put(key(i), "x", WallMs(1000));
  EXPECT_FALSE(map.drain(2));
  EXPECT_EQ(map.size(), 3u);
  EXPECT_TRUE(map.drain(3));
  EXPECT_EQ(map.size(), 0u);
  EXPECT_TRUE(map.drain(0));
}

}  // namespace
}  // namespace forebay::engine
