// SPDX-License-Identifier: Apache-2.0
#include "env/clock.h"

#include <time.h>

#include <array>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace forebay::env {
namespace {

using Id = std::array<uint8_t, 16>;

Id next_id() {
  Id id{};
  system_random().fill(id);
  return id;
}

TEST(SystemClock, WallTimeIsTheSystemsTimeInMilliseconds) {
  const auto before = static_cast<int64_t>(::time(nullptr));
  const int64_t wall_ms = system_clock().wall().value;
  EXPECT_GE(wall_ms, (before - 1) * 1000);
  EXPECT_LE(wall_ms, (static_cast<int64_t>(::time(nullptr)) + 1) * 1000);
}

TEST(SystemClock, MonotonicTimeNeverGoesBack) {
  MonotonicMs last = system_clock().monotonic();
  for (int i = 0; i < 10'000; ++i) {
    const MonotonicMs now = system_clock().monotonic();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(SystemFineClock, IsTheMonotonicClockInMicroseconds) {
  const int64_t before_ms = system_clock().monotonic().value;
  const int64_t us = system_fine_clock().monotonic_us();
  const int64_t after_ms = system_clock().monotonic().value;
  EXPECT_GE(us / 1000, before_ms);
  EXPECT_LE(us / 1000, after_ms);
}

// Ends, because the loop itself is work.
TEST(ThreadCpuTime, GrowsWithTheThreadsWork) {
  const auto used_us = [] {
    const CpuTime time = thread_cpu_time();
    return time.user_us + time.system_us;
  };
  const int64_t before_us = used_us();
  while (used_us() == before_us) continue;
  EXPECT_GT(used_us(), before_us);
}

// Many times the slab, so that refills and requests across a refill are covered.
TEST(SystemRandom, IdsDoNotRepeat) {
  std::set<Id> seen;
  for (int i = 0; i < 5'000; ++i) EXPECT_TRUE(seen.insert(next_id()).second) << i;
}

TEST(SystemRandom, IdsOfTwoThreadsDiffer) {
  std::vector<Id> other;
  std::thread([&] {
    for (int i = 0; i < 500; ++i) other.push_back(next_id());
  }).join();
  std::set<Id> seen(other.begin(), other.end());
  for (int i = 0; i < 500; ++i) EXPECT_TRUE(seen.insert(next_id()).second) << i;
}

// Each byte of a large request takes many values: no part of the buffer is left as it was.
TEST(SystemRandom, FillsEveryByteOfARequestLargerThanItsBuffer) {
  constexpr size_t kBytes = 10'000;
  std::vector<uint8_t> all_bits(kBytes, 0);
  for (int round = 0; round < 64; ++round) {
    std::vector<uint8_t> bytes(kBytes, 0);
    system_random().fill(bytes);
    for (size_t i = 0; i < kBytes; ++i) all_bits[i] |= bytes[i];
  }
  for (size_t i = 0; i < kBytes; ++i) ASSERT_EQ(all_bits[i], 0xff) << i;
}

}  // namespace
}  // namespace forebay::env
