// SPDX-License-Identifier: Apache-2.0
// The end of messages by age: contract section 5.6, cases V18 and F29.
#include <gtest/gtest.h>

#include "engine/engine_fixture.h"
#include "engine/limits.h"

namespace forebay::engine {
namespace {

using Contents = std::vector<std::string>;

AttributeChanges retention(int32_t seconds) {
  AttributeChanges changes;
  changes.message_retention_period = seconds;
  return changes;
}

class Retention : public ::testing::Test {
 protected:
  EngineDriver driver_;
  QueueId queue_ = driver_.create("q", retention(60));
};

TEST_F(Retention, AMessageIsGoneWhenItsPeriodIsOver) {
  driver_.send(queue_, "old");
  driver_.pass_ms(1);
  driver_.send(queue_, "young");
  driver_.pass_ms(59'998);
  EXPECT_EQ(driver_.counts("q"), (Counts{2, 0, 0}));
  driver_.pass_ms(1);
  EXPECT_EQ(driver_.counts("q"), (Counts{1, 0, 0}));
  EXPECT_EQ(driver_.released().size(), 1u);
  EXPECT_EQ(driver_.contents(queue_), Contents{"young"});
}

TEST_F(Retention, EndsWhileInFlightAndTheHandleStillDeletes) {  // V18
  driver_.send(queue_, "a");
  const std::string handle = driver_.receive(queue_, 1, 1000).front().handle();
  driver_.pass_s(60);
  EXPECT_EQ(driver_.counts("q"), (Counts{}));
  EXPECT_TRUE(driver_.remove(queue_, handle).ok());
  EXPECT_EQ(error_of(driver_.change(queue_, handle, 5)).code, ErrorCode::kInvalidParameterValue);
  driver_.pass_s(940);
  EXPECT_EQ(driver_.contents(queue_), Contents{});
}

TEST_F(Retention, EndsWhileDelayed) {
  SendEntry entry = driver_.entry("a");
  entry.delay_seconds = 900;
  ASSERT_TRUE(driver_.send(queue_, entry).ok());
  driver_.pass_s(60);
  EXPECT_EQ(driver_.counts("q"), (Counts{}));
  EXPECT_EQ(driver_.engine().next_due(queue_), std::nullopt);
}

TEST_F(Retention, RunsFromTheSendNotFromTheEndOfTheDelay) {
  SendEntry entry = driver_.entry("a");
  entry.delay_seconds = 59;
  ASSERT_TRUE(driver_.send(queue_, entry).ok());
  driver_.pass_s(59);
  EXPECT_EQ(driver_.receive(queue_, 1, 0).size(), 1u);
  driver_.pass_s(1);
  EXPECT_EQ(driver_.contents(queue_), Contents{});
}

TEST_F(Retention, AReceiveDoesNotRenewIt) {
  driver_.send(queue_, "a");
  for (int i = 0; i < 5; ++i) {
    driver_.pass_s(10);
    EXPECT_EQ(driver_.receive(queue_, 1, 1).size(), 1u);
  }
  driver_.pass_s(10);
  EXPECT_EQ(driver_.contents(queue_), Contents{});
}

TEST_F(Retention, AShorterPeriodAppliesToWhatIsThere) {  // 3.8
  ASSERT_TRUE(driver_.set("q", retention(600)).ok());
  driver_.send(queue_, "old");
  driver_.pass_s(120);
  driver_.send(queue_, "young");
  ASSERT_TRUE(driver_.set("q", retention(60)).ok());
  EXPECT_EQ(driver_.counts("q"), (Counts{1, 0, 0}));
  EXPECT_EQ(driver_.contents(queue_), Contents{"young"});
}

TEST_F(Retention, ALongerPeriodAppliesToWhatIsThere) {
  driver_.send(queue_, "a");
  driver_.pass_s(59);
  ASSERT_TRUE(driver_.set("q", retention(120)).ok());
  driver_.pass_s(60);
  EXPECT_EQ(driver_.contents(queue_), Contents{"a"});
}

TEST_F(Retention, OldestGoFirstWhateverTheirState) {
  driver_.send(queue_, "in flight");
  driver_.receive(queue_, 1, 1000);
  driver_.pass_s(20);
  SendEntry delayed = driver_.entry("delayed");
  delayed.delay_seconds = 900;
  ASSERT_TRUE(driver_.send(queue_, delayed).ok());
  driver_.pass_s(20);
  driver_.send(queue_, "visible");
  driver_.pass_s(20);
  EXPECT_EQ(driver_.counts("q"), (Counts{1, 0, 1}));
  driver_.pass_s(20);
  EXPECT_EQ(driver_.counts("q"), (Counts{1, 0, 0}));
  driver_.pass_s(20);
  EXPECT_EQ(driver_.counts("q"), (Counts{}));
}

TEST_F(Retention, AFifoMessageGoesAndFreesItsGroup) {  // F29
  const QueueId fifo = driver_.create_fifo("q.fifo", retention(60));
  driver_.send(fifo, "g", "blocking");
  driver_.receive(fifo, 1, 1000);
  driver_.pass_s(30);
  driver_.send(fifo, "g", "waiting");
  EXPECT_EQ(driver_.contents(fifo), Contents{});
  driver_.pass_s(30);
  EXPECT_EQ(driver_.contents(fifo), Contents{"waiting"});
  driver_.pass_s(30);
  EXPECT_EQ(driver_.counts("q.fifo"), (Counts{}));
}

TEST_F(Retention, WhatIsLeftOverByABoundedStepIsNotDelivered) {
  for (int i = 0; i < 2 * kExpiredPerFact + 10; ++i) {
    driver_.send(queue_, "old");
    driver_.pass_ms(1);
  }
  driver_.send(queue_, "young");
  driver_.pass_ms(59'999);
  EXPECT_EQ(driver_.contents(queue_), Contents{"young"});
  EXPECT_EQ(driver_.released().size(), static_cast<size_t>(kExpiredPerFact));
}

TEST_F(Retention, WhatIsLeftOverCannotBeChangedAndDeletesWithSuccess) {
  std::vector<std::string> handles;
  for (int i = 0; i < kExpiredPerFact + 5; ++i) {
    driver_.send(queue_, "old");
    handles.push_back(driver_.receive(queue_, 1, 1000).front().handle());
    driver_.pass_ms(1);
  }
  driver_.pass_s(60);
  Facts facts;
  EXPECT_FALSE(
      driver_.engine().decide_change(queue_, {handles.back(), 0}, driver_.now(), facts).ok());
  EXPECT_TRUE(driver_.engine().decide_delete(queue_, handles.back(), driver_.now(), facts).ok());
  EXPECT_TRUE(facts.empty());
}

TEST_F(Retention, WhatIsLeftOverIsNotRepeatedByAnAttemptId) {
  const QueueId fifo = driver_.create_fifo("q.fifo", retention(60));
  for (int i = 0; i < kExpiredPerFact; ++i) {
    driver_.send(fifo, "g" + std::to_string(i), "m" + std::to_string(i));
    driver_.pass_ms(1);
  }
  while (!driver_.receive(fifo, 10, 1000).empty()) {
  }
  driver_.send(fifo, "last", "last");
  EXPECT_EQ(driver_.receive(fifo, 1, 1000, "attempt").size(), 1u);
  driver_.pass_s(60);
  EXPECT_TRUE(driver_.receive(fifo, 1, 1000, "attempt").empty());
}

TEST_F(Retention, MessagesOfOneMomentGoTogether) {
  const int count = 2 * kExpiredPerFact;
  for (int i = 0; i < count; ++i) driver_.send(queue_, "old");
  driver_.pass_s(60);
  EXPECT_EQ(driver_.counts("q"), (Counts{}));
  EXPECT_EQ(driver_.released().size(), static_cast<size_t>(count));
}

}  // namespace
}  // namespace forebay::engine
