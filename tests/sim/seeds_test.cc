// SPDX-License-Identifier: Apache-2.0
// A fixed list of random runs. For more of them: `forebay_sim --seeds A..B`.
#include <gtest/gtest.h>

#include "base/log.h"
#include "journal/file/file_log.h"
#include "sim/run.h"

namespace forebay::sim {
namespace {

/// As many as take a few seconds each in the daily build.
constexpr uint64_t kSeedsPerBlock = 50;

class Seeds : public testing::TestWithParam<uint64_t> {
 protected:
  Seeds() { configure_log(LogFormat::kText, LogLevel::kOff); }
};

TEST_P(Seeds, KeepEveryPromise) {
  for (uint64_t seed = GetParam(); seed < GetParam() + kSeedsPerBlock; ++seed) {
    const RunOptions options = draw_options(seed);
    const Outcome outcome = run(seed, options);
    ASSERT_EQ(outcome.violation, "") << "seed " << seed << " (" << to_text(options) << ")";
    EXPECT_GT(outcome.answer_count, 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(Blocks, Seeds, testing::Range<uint64_t>(1, 601, kSeedsPerBlock));

TEST(Determinism, SameSeedGivesTheSameDigest) {
  configure_log(LogFormat::kText, LogLevel::kOff);
  for (uint64_t seed = 1; seed <= 15; ++seed) {
    EXPECT_EQ(run(seed, draw_options(seed)).digest, run(seed, draw_options(seed)).digest)
        << "seed " << seed;
  }
}

TEST(Determinism, AnotherSeedGivesAnotherDigest) {
  configure_log(LogFormat::kText, LogLevel::kOff);
  EXPECT_NE(run(1, draw_options(1)).digest, run(2, draw_options(1)).digest);
}

TEST(Determinism, WhatIsLeftOfAnEarlierRunShowsInTheDigest) {
  configure_log(LogFormat::kText, LogLevel::kOff);
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    RunOptions options = draw_options(seed);
    const uint64_t digest = run(seed, options).digest;
    ++options.think_ms;  // as little as a static counter would do
    EXPECT_NE(run(seed, options).digest, digest) << "seed " << seed;
  }
}

TEST(Workload, EachFeatureOfTheStorageIsDrawn) {
  int small = 0;
  int full = 0;
  int rot = 0;
  int cold = 0;
  int late = 0;
  int stall = 0;
  int kept = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    const RunOptions options = draw_options(seed);
    small += options.server.segment_bytes < journal::kSegmentBytesMin ? 1 : 0;
    full += options.full_disk ? 1 : 0;
    rot += options.rot_per_mille > 0 ? 1 : 0;
    cold += options.server.cold_per_mille > 0 ? 1 : 0;
    late += options.server.late_per_mille > 0 ? 1 : 0;
    stall += options.server.stall_per_mille > 0 ? 1 : 0;
    kept += options.kept_queue ? 1 : 0;
  }
  for (const int drawn : {small, full, rot, cold, late, stall, kept}) {
    EXPECT_GT(drawn, 10);
    EXPECT_LT(drawn, 190);
  }
}

TEST(Workload, ReachesEveryKindOfQueueAndOfDeath) {
  configure_log(LogFormat::kText, LogLevel::kOff);
  RunOptions options;
  options.crash_count = 10;
  options.weights.purge = options.weights.tag = options.weights.set_attributes =
      options.weights.delete_queue = 1;
  const Outcome outcome = run(1, options);
  EXPECT_EQ(outcome.violation, "");
  EXPECT_GE(outcome.death_count, 10);
  EXPECT_GT(outcome.delivered_count, 100u);
}

}  // namespace
}  // namespace forebay::sim
