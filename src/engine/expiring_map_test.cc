// SPDX-License-Identifier: Apache-2.0
#include "engine/expiring_map.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace forebay::engine {
namespace {

Bytes16 key(uint8_t n) {
  return Bytes16{n};
}

/// Spread like the keyed hashes that keys are.
Bytes16 numbered_key(uint64_t n) {
  Bytes16 made{};
  const uint64_t spread = n * 0x9e37'79b9'7f4a'7c15u;
  std::memcpy(made.data(), &spread, sizeof spread);
  return made;
}

/// Counts how often any of its kind was moved.
struct Counted {
  Counted() = default;
  explicit Counted(uint64_t number_in) : number(number_in) {}
  Counted(Counted&& other) noexcept : number(other.number) { ++moves; }
  Counted& operator=(Counted&& other) noexcept {
    number = other.number;
    ++moves;
    return *this;
  }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() = default;

  uint64_t number = 0;
  static inline uint32_t moves = 0;
};

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

TEST(ExpiringMap, ExpiryFreesNoMoreThanItIsAskedTo) {
  ExpiringMap<std::string> map;
  for (uint8_t i = 1; i <= 5; ++i) map.put(key(i), "x", WallMs(100));
  map.put(key(6), "y", WallMs(101));
  EXPECT_FALSE(map.expire(WallMs(100), 3));
  EXPECT_EQ(map.size(), 3u);
  EXPECT_EQ(map.find(key(5), WallMs(100)), nullptr) << "over, though not freed yet";
  EXPECT_TRUE(map.expire(WallMs(100), 2));
  EXPECT_EQ(listed(map), std::vector<std::string>{"y@101"});
}

TEST(ExpiringMap, AnEntryThatIsOverButNotFreedCanBePutAgain) {
  ExpiringMap<std::string> map;
  map.put(key(1), "a", WallMs(100));
  map.expire(WallMs(150), 0);
  map.put(key(1), "b", WallMs(250));
  EXPECT_EQ(*map.find(key(1), WallMs(150)), "b");
  EXPECT_EQ(listed(map), std::vector<std::string>{"b@250"});
  map.expire(WallMs(200));
  EXPECT_EQ(map.size(), 1u);
}

TEST(ExpiringMap, ValuesAreFreedWithTheirEntries) {
  const auto value = std::make_shared<int>(1);
  ExpiringMap<std::shared_ptr<int>> map;
  for (uint8_t i = 1; i <= 5; ++i) map.put(key(i), value, WallMs(100 + i));
  map.put(key(4), value, WallMs(110));
  EXPECT_EQ(value.use_count(), 6) << "a replaced entry keeps no value";
  map.expire(WallMs(102));
  EXPECT_EQ(value.use_count(), 4);
  map.drain(10);
  EXPECT_EQ(value.use_count(), 1);
}

TEST(ExpiringMap, NoPutAndNoExpiryMovesWhatIsThere) {
  ExpiringMap<Counted> map;
  for (uint64_t i = 0; i < 100'000; ++i) {
    Counted::moves = 0;
    map.put(numbered_key(i), Counted(i), WallMs(static_cast<int64_t>(i + 1)));
    ASSERT_LE(Counted::moves, 3u) << "only the new value, to its place";
  }
  for (uint64_t i = 0; i < 100'000; ++i) {
    const Counted* found = map.find(numbered_key(i), WallMs(0));
    ASSERT_NE(found, nullptr);
    ASSERT_EQ(found->number, i);
    Counted::moves = 0;
    map.expire(WallMs(static_cast<int64_t>(i + 1)));
    ASSERT_LE(Counted::moves, 1u) << "only the value that goes";
  }
  EXPECT_EQ(map.size(), 0u);
}

TEST(ExpiringMap, AMapOfManyEntriesHasLargeChunks) {
  ExpiringMap<uint64_t> map;
  for (uint64_t i = 0; i < 100'000; ++i) map.put(numbered_key(i), i, WallMs(1));
  EXPECT_LT(map.end_sequence(), 115'000u) << "each end of a chunk leaves a gap";
}

TEST(ExpiringMap, AWalkGoesOnWhileEntriesExpireAndArrive) {
  ExpiringMap<std::string> map;
  std::vector<std::string> seen;
  uint64_t from = 0;
  const auto step = [&] {
    return map.visit_next(
        from, [&](WallMs, const Bytes16&, const std::string& value) { seen.push_back(value); });
  };
  EXPECT_FALSE(step());
  for (uint64_t i = 0; i < 1000; ++i) {
    map.put(numbered_key(i), std::to_string(i), WallMs(static_cast<int64_t>(i)));
  }
  const uint64_t end = map.end_sequence();
  EXPECT_TRUE(step());
  EXPECT_TRUE(step());
  map.expire(WallMs(700));  // takes what the walk stands on
  map.put(numbered_key(800), "again", WallMs(2000));
  map.put(numbered_key(1000), "new", WallMs(2000));
  while (step() && from <= end) {
  }
  EXPECT_EQ(seen[2], "701");
  EXPECT_EQ(seen.size(), 2u + 298u + 1u) << "without the replaced one, and up to the first new";
  EXPECT_EQ(seen.back(), "again");
  EXPECT_TRUE(step());
  EXPECT_FALSE(step());
  EXPECT_EQ(seen.back(), "new");
}

TEST(ExpiringMap, TheEndOfTheSequenceSeparatesWhatIsThereFromWhatComes) {
  ExpiringMap<std::string> map;
  const auto sequence_of_first = [&] {
    uint64_t from = 0;
    EXPECT_TRUE(map.visit_next(from, [](WallMs, const Bytes16&, const std::string&) {}));
    return from - 1;
  };
  for (uint64_t i = 0; i < 1000; ++i) {
    const uint64_t end = map.end_sequence();
    map.put(numbered_key(i), "x", WallMs(static_cast<int64_t>(i)));
    map.expire(WallMs(static_cast<int64_t>(i) - 1));
    ASSERT_GE(sequence_of_first(), end);
    ASSERT_GT(map.end_sequence(), sequence_of_first());
    if (i % 3 == 0) map.drain(1);  // also across moments without any entry
  }
}

TEST(ExpiringMap, MomentsFarApartAreKept) {
  constexpr int64_t kYearMs = 365LL * 24 * 3600 * 1000;
  ExpiringMap<std::string> map;
  for (uint8_t i = 0; i < 20; ++i) map.put(key(i), "x", WallMs(i * kYearMs / 5));
  for (uint8_t i = 0; i < 20; ++i) {
    const WallMs end(i * kYearMs / 5);
    EXPECT_NE(map.find(key(i), end + -1), nullptr);
    EXPECT_EQ(map.find(key(i), end), nullptr);
    map.expire(end);
    EXPECT_EQ(map.size(), 19u - i);
  }
}

TEST(ExpiringMap, WhatIsRestoredIsAsIfItHadBeenPut) {
  for (const uint64_t count : {0u, 1u, 2u, 31u, 32u, 33u, 64u, 1000u, 30'000u}) {
    ExpiringMap<uint64_t> map;
    for (uint64_t i = 0; i < count; ++i) {
      map.restore(numbered_key(i), i, WallMs(static_cast<int64_t>(i)));
    }
    map.finish_restore();
    ASSERT_EQ(map.size(), count);
    for (uint64_t i = 0; i < count; ++i) {
      const uint64_t* found = map.find(numbered_key(i), WallMs(0) + (static_cast<int64_t>(i) - 1));
      ASSERT_NE(found, nullptr);
      ASSERT_EQ(*found, i);
    }
    EXPECT_EQ(map.find(numbered_key(count), WallMs(0)), nullptr);
    map.put(numbered_key(0), 7, WallMs(40'000));  // replaces, or is the first
    map.put(numbered_key(count + 1), 8, WallMs(40'000));
    EXPECT_EQ(map.size(), std::max<uint64_t>(count, 1) + 1);
    map.expire(WallMs(39'999));
    EXPECT_EQ(map.size(), 2u);
    EXPECT_EQ(*map.find(numbered_key(0), WallMs(39'999)), 7u);
  }
}

/// Random puts, replacements and expiries through waves of few and many entries, beside a map and
/// the order of puts.
TEST(ExpiringMap, RandomOperationsAgreeWithAMap) {
  constexpr int64_t kWindow = 2000;
  std::mt19937_64 random(2);
  ExpiringMap<uint64_t> map;
  std::map<uint64_t, std::pair<uint64_t, int64_t>> expected;  // value and end by key
  int64_t now = 1;
  for (uint64_t i = 0; i < 200'000; ++i) {
    if (random() % 8 == 0) now += i / 25'000 % 2 == 0 ? 1 : 200;
    const uint64_t n = random() % 4000;
    const auto known = expected.find(n);
    const bool runs = known != expected.end() && now < known->second.second;
    const uint64_t* found = map.find(numbered_key(n), WallMs(now));
    ASSERT_EQ(found != nullptr, runs);
    if (runs) ASSERT_EQ(*found, known->second.first);
    if (random() % 2 == 0) {
      map.put(numbered_key(n), i, WallMs(now + kWindow));
      expected[n] = {i, now + kWindow};
    }
    map.expire(WallMs(now), static_cast<int>(random() % 4));
  }
  map.expire(WallMs(now));
  std::erase_if(expected, [&](const auto& each) { return each.second.second <= now; });
  ASSERT_EQ(map.size(), expected.size());
  int64_t before = 0;
  map.for_each([&](WallMs expires, const Bytes16&, uint64_t value) {
    EXPECT_LE(before, expires.value) << "oldest first";
    before = expires.value;
    EXPECT_EQ(std::erase_if(
                  expected,
                  [&](const auto& each) { return each.second == std::pair(value, expires.value); }),
              1u);
  });
  EXPECT_TRUE(expected.empty());
}

}  // namespace
}  // namespace forebay::engine
