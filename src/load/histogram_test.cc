// SPDX-License-Identifier: Apache-2.0
#include "load/histogram.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

namespace forebay::load {
namespace {

TEST(Histogram, AnEmptyOneHasNothing) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.percentile(500), 0u);
  EXPECT_EQ(histogram.max(), 0u);
  EXPECT_TRUE(histogram.buckets().empty());
}

TEST(Histogram, SmallValuesAreExact) {
  Histogram histogram;
  for (uint64_t us = 0; us < 256; ++us) histogram.record(us);
  EXPECT_EQ(histogram.percentile(0), 0u);
  EXPECT_EQ(histogram.percentile(500), 127u);
  EXPECT_EQ(histogram.percentile(1000), 255u);
  ASSERT_EQ(histogram.buckets().size(), 256u);
  EXPECT_EQ(histogram.buckets()[200], std::make_pair(uint64_t{200}, uint64_t{1}));
}

// Every bucket's largest value is the predecessor of the next one's smallest: no value falls
// between two buckets, and a value is never off by more than one part in 128.
TEST(Histogram, EveryValueIsRoundedUpByLessThanOnePercent) {
  for (uint64_t us : {255u, 256u, 257u, 511u, 512u, 1000u, 65'535u, 65'536u, 1'234'567u}) {
    Histogram histogram;
    histogram.record(us);
    const uint64_t shown = histogram.buckets()[0].first;
    EXPECT_GE(shown, us);
    EXPECT_LE((shown - us) * 128, us);
    histogram.record(shown);
    EXPECT_EQ(histogram.buckets().size(), 1u) << us;
    histogram.record(shown + 1);
    EXPECT_EQ(histogram.buckets().size(), 2u) << us;
  }
}

TEST(Histogram, PercentilesAreThoseOfTheSortedValues) {
  std::mt19937_64 random(1);
  Histogram histogram;
  std::vector<uint64_t> values;
  for (int i = 0; i < 20'000; ++i) {
    const uint64_t us = random() >> (30 + random() % 30);
    values.push_back(std::min(us, Histogram::kMaxUs));
    histogram.record(us);
  }
  std::sort(values.begin(), values.end());
  for (uint32_t permille : {1u, 10u, 500u, 900u, 990u, 999u, 1000u}) {
    const uint64_t exact = values[(values.size() * permille + 999) / 1000 - 1];
    EXPECT_GE(histogram.percentile(permille), exact) << permille;
    EXPECT_LE((histogram.percentile(permille) - exact) * 128, exact) << permille;
  }
  EXPECT_EQ(histogram.max(), values.back());
  EXPECT_EQ(histogram.percentile(1000), values.back());
}

TEST(Histogram, ValuesBeyondTheLimitCountAsTheLimit) {
  Histogram histogram;
  histogram.record(~uint64_t{0});
  EXPECT_EQ(histogram.max(), Histogram::kMaxUs);
  EXPECT_EQ(histogram.percentile(500), Histogram::kMaxUs);
}

TEST(Histogram, AddsUp) {
  Histogram all;
  Histogram one;
  Histogram other;
  for (uint64_t us : {1u, 300u, 70'000u}) {
    one.record(us);
    all.record(us);
  }
  for (uint64_t us : {2u, 300u, 900'000u}) {
    other.record(us);
    all.record(us);
  }
  one.add(other);
  EXPECT_EQ(one.count(), 6u);
  EXPECT_EQ(one.max(), 900'000u);
  EXPECT_EQ(one.buckets(), all.buckets());
}

TEST(Histogram, ClearStartsAnew) {
  Histogram histogram;
  histogram.record(77'777);
  histogram.clear();
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.max(), 0u);
  EXPECT_TRUE(histogram.buckets().empty());
}

}  // namespace
}  // namespace forebay::load
