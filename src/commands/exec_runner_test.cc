// SPDX-License-Identifier: Apache-2.0
// Real programs, for a consumer on a clock of the test's.
#include "commands/exec_runner.h"

#include <signal.h>

#include <condition_variable>

#include <gtest/gtest.h>

#include "consumer/testing/fake_queue.h"

namespace forebay::commands {
namespace {

using End = ExecResult::End;
using sqs::testing::FakeConsumer;
using sqs::testing::message;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// A consumer whose handler is a runner of shell lines. The runner's time goes by advance() only.
class ExecRunnerTest : public ::testing::Test, public ExecListener {
 protected:
  void begin(std::string script, ExecChoice choice = {}) {
    choice.arguments = {"/bin/sh", "-c", std::move(script)};
    choice.output_goes = env::ChildOutput::kToUs;
    auto executor = std::make_unique<env::PumpedExecutor>();
    executor_ = executor.get();
    runner_.emplace(choice, *this, std::move(executor), consumer_.clock);
  }
  void give(const std::string& id) {
    consumer_.give({message(id)});
    consumer_.run_jobs();
    executor_->run_posted();
  }
  void wait_for_output(std::string_view text) {
    std::unique_lock lock(mu_);
    changed_.wait(lock, [&] { return output_.find(text) != output_.npos; });
  }
  ExecResult wait_for_end() {
    executor_->run_until([&] { return !results_.empty(); });
    consumer_.advance(100);  // the consumer's linger
    return std::exchange(results_, {}).front();
  }

  void output(const std::string& id, env::ChildStream, std::string_view text) override {
    const std::lock_guard lock(mu_);
    EXPECT_EQ(id, "a");
    output_ += text;
    changed_.notify_all();
  }
  void ended(const sqs::Message&, const ExecResult& result, const sqs::Outcome&) override {
    results_.push_back(result);
  }

  std::optional<ExecRunner> runner_;
  FakeConsumer consumer_{{.handler = sqs::AsyncHandler([this](sqs::PendingDelivery delivery) {
                            runner_->run(std::move(delivery));
                          }),
                          .lease = {.max_lease = seconds(10)},
                          .stop = {.deadline = milliseconds(1'000)}}};
  env::PumpedExecutor* executor_ = nullptr;
  std::vector<ExecResult> results_;
  std::mutex mu_;
  std::condition_variable changed_;
  std::string output_;  // guarded by mu_
};

TEST_F(ExecRunnerTest, TheBodyIsInputAndTheExitCodeTheOutcome) {
  begin("cat; echo \" $FOREBAY_MESSAGE_ID $FOREBAY_RECEIVE_COUNT\"");
  give("a");
  EXPECT_EQ(wait_for_end().how.code, 0);
  EXPECT_EQ(output_, "a a 1\n");
  EXPECT_EQ(consumer_.queue.deletes.size(), 1u);
}

TEST_F(ExecRunnerTest, ACommandThatTakesTooLongIsEndedAndRetried) {
  begin("trap '' TERM; echo up; exec cat /dev/zero >/dev/null",
        {.timeout = milliseconds(5'000), .kill_after = milliseconds(300)});
  give("a");
  wait_for_output("up");
  executor_->advance(4'999);
  executor_->run_posted();
  executor_->advance(1);  // SIGTERM, which it ignores
  executor_->run_posted();
  EXPECT_TRUE(results_.empty());
  executor_->advance(300);
  const ExecResult result = wait_for_end();
  EXPECT_EQ(result.end, End::kTimedOut);
  EXPECT_EQ(result.how.signal, SIGKILL);
  EXPECT_EQ(consumer_.queue.deletes.size(), 0u);
  EXPECT_EQ(consumer_.figures().retried, 1u);
}

TEST_F(ExecRunnerTest, ALostLeaseEndsTheCommandAndNothingIsAcknowledged) {
  begin("trap 'exit 0' TERM; echo up; while :; do :; done");
  give("a");
  wait_for_output("up");
  consumer_.advance(10'000);
  EXPECT_EQ(consumer_.figures().leases_lost, 1u);
  EXPECT_EQ(wait_for_end().end, End::kStopped);
  EXPECT_EQ(consumer_.queue.deletes.size(), 0u);
  EXPECT_EQ(consumer_.figures().outcomes_ignored, 1u);
}

TEST_F(ExecRunnerTest, AtTheEndOfAStopsGraceItsMessageGoesBackAtOnce) {
  begin("echo up; exec cat /dev/zero >/dev/null");
  give("a");
  wait_for_output("up");
  consumer_.request_stop();
  consumer_.advance(1'000);
  EXPECT_EQ(wait_for_end().how.signal, SIGTERM);
  ASSERT_EQ(consumer_.queue.changes.size(), 1u);
  EXPECT_EQ(consumer_.queue.changes[0][0].visibility_s, 0);
  EXPECT_EQ(consumer_.stopped.size(), 1u);
}

TEST_F(ExecRunnerTest, WhatCannotBeStartedIsRetried) {
  begin("");
  ExecChoice choice{.arguments = {"/no/such/program"}};
  auto executor = std::make_unique<env::PumpedExecutor>();
  executor_ = executor.get();
  runner_.emplace(choice, *this, std::move(executor), consumer_.clock);
  give("a");
  const ExecResult result = wait_for_end();
  EXPECT_EQ(result.end, End::kNotStarted);
  EXPECT_NE(result.error.find("/no/such/program"), std::string::npos);
  EXPECT_EQ(consumer_.figures().retried, 1u);
}

TEST_F(ExecRunnerTest, ASecondSignalKillsAtOnce) {
  begin("trap '' TERM; echo up; exec cat /dev/zero >/dev/null");
  give("a");
  wait_for_output("up");
  runner_->kill_all();
  const ExecResult result = wait_for_end();
  EXPECT_EQ(result.how.signal, SIGKILL);
  EXPECT_EQ(result.end, End::kStopped);
}

TEST_F(ExecRunnerTest, WhatRunsAtItsEndIsKilledAndNotDone) {
  begin("trap '' TERM; echo up; exec cat /dev/zero >/dev/null");
  give("a");
  wait_for_output("up");
  runner_.reset();
  consumer_.advance(100);
  EXPECT_EQ(consumer_.queue.deletes.size(), 0u);
  EXPECT_EQ(consumer_.figures().retried, 1u);
}

}  // namespace
}  // namespace forebay::commands
