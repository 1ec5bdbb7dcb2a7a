// SPDX-License-Identifier: Apache-2.0
// The checkers, checked: each promise is broken on purpose, and its checker must say so within a
// few seeds.
#include "sim/sabotage.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/log.h"
#include "sim/run.h"

namespace forebay::sim {
namespace {

constexpr uint64_t kSeeds = 12;

/// Everything that can be broken happens: all queues, all requests, several lives.
RunOptions eventful_options(uint64_t seed) {
  RunOptions options;
  options.server.cooldowns = false;
  options.server.late_per_mille = seed % 2 == 0 ? 300 : 0;
  options.weights = {.send = 10,
                     .receive = 14,
                     .remove = 5,
                     .change_visibility = 1,
                     .describe = 3,
                     .list = 1,
                     .set_attributes = 8,
                     .tag = 8,
                     .purge = 1,
                     .delete_queue = 1,
                     .move_task = 6};
  options.client_count = 5;
  options.request_count = 700;
  options.think_ms = seed % 3 == 0 ? 4'000 : 50;
  options.max_receive_count = 2;
  options.crash_count = 3;
  options.close_per_mille = 0;
  options.fault_per_mille = 0;
  return options;
}

class Broken : public testing::TestWithParam<BrokenPromise> {
 protected:
  Broken() { configure_log(LogFormat::kText, LogLevel::kOff); }
};

TEST_P(Broken, PromiseIsNoticedByItsChecker) {
  const BrokenPromise& broken = GetParam();
  std::string all;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    RunOptions options = eventful_options(seed);
    options.server.sabotage = broken.sabotage;
    const std::string violation = run(seed, options).violation;
    const bool noticed = std::ranges::any_of(broken.noticed, [&](std::string_view text) {
      return violation.find(text) != std::string::npos;
    });
    if (noticed) return;
    all += "\n  seed " + std::to_string(seed) + ": " + violation;
  }
  ADD_FAILURE() << broken.name << " was not noticed:" << all;
}

INSTANTIATE_TEST_SUITE_P(Each, Broken, testing::ValuesIn(broken_promises()),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(Sabotage, EveryOneIsTested) {
  const std::vector<BrokenPromise>& all = broken_promises();
  for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(static_cast<size_t>(all[i].sabotage), i);
  EXPECT_EQ(all.back().sabotage, Sabotage::kEndsByItself);
}

TEST(Sabotage, WithoutItTheSameRunsAreFlawless) {
  configure_log(LogFormat::kText, LogLevel::kOff);
  for (uint64_t seed = 1; seed <= kSeeds; ++seed)
    EXPECT_EQ(run(seed, eventful_options(seed)).violation, "") << "seed " << seed;
}

}  // namespace
}  // namespace forebay::sim
