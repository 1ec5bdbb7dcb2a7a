// SPDX-License-Identifier: Apache-2.0
#include "testkit/virtual_executor.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "env/testing/pumped_executor.h"
#include "testkit/task_worker.h"

namespace forebay::testkit {
namespace {

using Seen = std::vector<std::string>;

class VirtualExecutorTest : public ::testing::Test {
 protected:
  /// Notes its name and the moment it ran at.
  env::Executor::Task note(const std::string& name) {
    return [this, name] { seen_.push_back(name + "@" + std::to_string(clock_.monotonic().value)); };
  }
  /// Runs itself every second.
  void keep_up() {
    note("upkeep")();
    executor_.upkeep_after(1'000, [this] { keep_up(); });
  }

  Seen seen_;
  int rests_ = 0;
  env::PumpedExecutor thread_;
  VirtualClock clock_{WallMs(1'000'000)};
  VirtualExecutor executor_{thread_, clock_, [this] { ++rests_; }};
};

TEST_F(VirtualExecutorTest, TimersFireAtTheirMomentsInOrder) {
  executor_.after(30, note("c"));
  executor_.after(10, note("a"));
  executor_.after(30, note("d"));
  executor_.after(20, note("b"));
  executor_.after(101, note("never"));
  executor_.advance(100);
  EXPECT_EQ(seen_, (Seen{"a@10", "b@20", "c@30", "d@30"}));
  EXPECT_EQ(clock_.monotonic(), MonotonicMs(100));
  EXPECT_EQ(clock_.wall(), WallMs(1'000'100));
}

TEST_F(VirtualExecutorTest, WhatATimerPostsAndSetsRunsBeforeTheNextOne) {
  executor_.after(10, [this] {
    executor_.post(note("posted"));
    executor_.after(0, note("at once"));
    executor_.after(5, note("soon"));
  });
  executor_.after(20, note("b"));
  executor_.advance(20);
  EXPECT_EQ(seen_, (Seen{"posted@10", "at once@10", "soon@15", "b@20"}));
}

TEST_F(VirtualExecutorTest, UpkeepRunsOnceForALongStepAndBeforeTimersThatFindItOverdue) {
  keep_up();
  executor_.after(5'500, note("a"));
  executor_.after(5'600, note("b"));
  executor_.advance(86'400'000);
  EXPECT_EQ(seen_, (Seen{"upkeep@0", "upkeep@5500", "a@5500", "b@5600", "upkeep@86400000"}));
}

TEST_F(VirtualExecutorTest, ACancelledTimerDoesNotFire) {
  const auto first = executor_.after(10, note("a"));
  const auto second = executor_.upkeep_after(10, note("b"));
  executor_.after(10, [this, second] { executor_.cancel(second); });
  executor_.cancel(first);
  executor_.cancel(first);
  executor_.cancel(0);
  executor_.advance(5);
  executor_.cancel(second);
  executor_.advance(100);
  EXPECT_EQ(seen_, Seen());
}

TEST_F(VirtualExecutorTest, PostedTasksRunOnTheThreadWithoutTimePassing) {
  executor_.post(note("a"));
  executor_.after(0, note("b"));
  executor_.after(1, note("never"));
  EXPECT_EQ(seen_, Seen());
  thread_.run_posted();
  EXPECT_EQ(seen_, (Seen{"a@0", "b@0"}));
  EXPECT_GE(rests_, 1);
}

TEST_F(VirtualExecutorTest, WhatIsForgottenNeverRuns) {
  const auto held = std::make_shared<int>(0);
  executor_.post([held] { ++*held; });
  executor_.after(10, [held] { ++*held; });
  executor_.upkeep_after(10, [held] { ++*held; });
  executor_.forget();
  EXPECT_EQ(held.use_count(), 1);
  thread_.run_posted();
  executor_.advance(100);
  EXPECT_EQ(*held, 0);
}

TEST_F(VirtualExecutorTest, AWorkersJobsAreTasksInTheirOrder) {
  TaskWorker worker(executor_);
  worker.submit(note("job 1"), note("done 1"));
  worker.submit(note("job 2"), note("done 2"));
  EXPECT_EQ(seen_, Seen());
  executor_.settle();
  EXPECT_EQ(seen_, (Seen{"job 1@0", "job 2@0", "done 1@0", "done 2@0"}));
}

}  // namespace
}  // namespace forebay::testkit
