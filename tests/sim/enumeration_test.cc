// SPDX-License-Identifier: Apache-2.0
// Fault points of small runs, one after the other. For all of them, and more runs: `forebay_sim
// --enumerate --seeds A..B`.
#include "sim/enumeration.h"

#include <set>

#include <gtest/gtest.h>

#include "base/log.h"

namespace forebay::sim {
namespace {

/// Enough of each kind of call to meet every step of the product; a few seconds in the daily build.
constexpr uint64_t kPointsPerKind = 40;

class EnumeratedFaults : public testing::TestWithParam<uint64_t> {
 protected:
  EnumeratedFaults() { configure_log(LogFormat::kText, LogLevel::kOff); }
};

TEST_P(EnumeratedFaults, BreakNoPromise) {
  std::set<SimDisk::Call> kinds;
  const Enumeration all = enumerate(GetParam(), kPointsPerKind, [&](const SimDisk::Strike& strike) {
    kinds.insert(strike.call);
  });
  EXPECT_EQ(all.violation, "") << "call " << all.at.nth << " (" << to_text(all.at.call) << ") "
                               << to_text(all.at.fate);
  EXPECT_GT(all.point_count, 100u);
  for (const SimDisk::Call call :
       {SimDisk::Call::kWrite, SimDisk::Call::kSync, SimDisk::Call::kAllocate, SimDisk::Call::kOpen,
        SimDisk::Call::kRead, SimDisk::Call::kRename, SimDisk::Call::kSyncDirectory,
        SimDisk::Call::kList}) {
    EXPECT_TRUE(kinds.contains(call)) << to_text(call);
  }
}

INSTANTIATE_TEST_SUITE_P(Runs, EnumeratedFaults, testing::Range<uint64_t>(1, 4));

TEST(EnumeratedFault, PointThatIsNeverReachedIsNotPassedOver) {
  configure_log(LogFormat::kText, LogLevel::kOff);
  RunOptions options = enumeration_options(1);
  options.strike = SimDisk::Strike{SimDisk::Call::kLink, 1'000'000, SimDisk::Fate::kFails};
  EXPECT_NE(run(1, options).violation, "");
}

}  // namespace
}  // namespace forebay::sim
