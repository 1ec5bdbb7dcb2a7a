// SPDX-License-Identifier: Apache-2.0
#include "load/pacer.h"

#include <gtest/gtest.h>

namespace forebay::load {
namespace {

constexpr int64_t kBegin = 5'000'000;

TEST(Pacer, RequestsAreDueEvenly) {
  Pacer pacer(1000, kBegin, 0);
  for (int64_t i = 0; i < 100; ++i) {
    EXPECT_EQ(pacer.due_us(), kBegin + i * 1000);
    pacer.take();
  }
}

TEST(Pacer, ThreadsTakeTurns) {
  Pacer first(500, kBegin, 0);
  Pacer second(500, kBegin, 0.5);
  EXPECT_EQ(second.due_us() - first.due_us(), 1000);
}

TEST(Pacer, DoesNotDriftWithRatesThatDivideNothing) {
  Pacer pacer(3, kBegin, 0);
  for (int i = 0; i < 3 * 3600; ++i) pacer.take();
  EXPECT_EQ(pacer.due_us(), kBegin + int64_t{3600} * 1'000'000);
}

TEST(Pacer, KnowsWhatWaits) {
  Pacer pacer(1000, kBegin, 0);
  EXPECT_EQ(pacer.waiting(kBegin - 1), 0u);
  EXPECT_EQ(pacer.waiting(kBegin + 10'000), 10u);
  pacer.take();
  EXPECT_EQ(pacer.waiting(kBegin + 10'000), 9u);
  for (int i = 0; i < 20; ++i) pacer.take();
  EXPECT_EQ(pacer.waiting(kBegin + 10'000), 0u);
}

}  // namespace
}  // namespace forebay::load
