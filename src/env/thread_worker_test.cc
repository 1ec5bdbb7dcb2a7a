// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "env/executor.h"
#include "env/testing/pumped_executor.h"

namespace forebay::env {
namespace {

TEST(ThreadWorker, RunsJobsInOrderOnAThreadOfItsOwn) {
  PumpedExecutor executor;
  auto worker = make_thread_worker(executor);
  std::vector<int> jobs;
  std::atomic<int> finished = 0;
  std::vector<int> dones;
  std::thread::id job_thread;
  for (int i = 0; i < 100; ++i) {
    worker->submit(
        [&jobs, &finished, &job_thread, i] {
          jobs.push_back(i);
          ++finished;
          job_thread = std::this_thread::get_id();
        },
        [&dones, &finished, i] {
          EXPECT_GT(finished, i);
          dones.push_back(i);
        });
  }
  executor.run_until([&] { return dones.size() == 100; });
  worker.reset();
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(jobs[i], i);
    EXPECT_EQ(dones[i], i);
  }
  EXPECT_NE(job_thread, std::this_thread::get_id());
}

TEST(ThreadWorker, DoneRunsOnTheExecutorOnly) {
  PumpedExecutor executor;
  std::thread::id done_thread;
  {
    auto worker = make_thread_worker(executor);
    worker->submit([] {}, [&] { done_thread = std::this_thread::get_id(); });
  }
  EXPECT_EQ(done_thread, std::thread::id());
  executor.run_posted();
  EXPECT_EQ(done_thread, std::this_thread::get_id());
}

TEST(ThreadWorker, DestructionFinishesEverySubmittedJob) {
  PumpedExecutor executor;
  std::atomic<int> finished = 0;
  {
    auto worker = make_thread_worker(executor);
    for (int i = 0; i < 1'000; ++i) worker->submit([&] { ++finished; }, [] {});
  }
  EXPECT_EQ(finished, 1'000);
}

TEST(ThreadWorker, WhatAJobHoldsIsReleasedBeforeDoneRuns) {
  PumpedExecutor executor;
  auto worker = make_thread_worker(executor);
  auto held = std::make_shared<int>(7);
  const std::weak_ptr<int> watch = held;
  bool done = false;
  worker->submit([held = std::move(held)] {},
                 [&] {
                   EXPECT_TRUE(watch.expired());
                   done = true;
                 });
  executor.run_until([&] { return done; });
}

TEST(ThreadWorker, AJobMaySubmitMoreFromItsDone) {
  PumpedExecutor executor;
  auto worker = make_thread_worker(executor);
  int rounds = 0;
  std::function<void()> again = [&] {
    if (++rounds < 50) worker->submit([] {}, again);
  };
  worker->submit([] {}, again);
  executor.run_until([&] { return rounds == 50; });
  EXPECT_EQ(rounds, 50);
}

}  // namespace
}  // namespace forebay::env
