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
  EngineDriver driver;
  QueueId queue = driver.create("q", retention(60));
};

TEST_F(Retention, AMessageIsGoneWhenItsPeriodIsOver) {
  driver.send(queue, "old");
  driver.pass_ms(1);
  driver.send(queue, "young");
  driver.pass_ms(59'998);
  EXPECT_EQ(driver.counts("q"), (Counts{2, 0, 0}));
  driver.pass_ms(1);
  EXPECT_EQ(driver.counts("q"), (Counts{1, 0, 0}));
  EXPECT_EQ(driver.released().size(), 1u);
  EXPECT_EQ(driver.contents(queue), Contents{"young"});
}

TEST_F(Retention, EndsWhileInFlightAndTheHandleStillDeletes) {  // V18
  driver.send(queue, "a");
  const std::string handle = driver.receive(queue, 1, 1000).front().handle();
  driver.pass_s(60);
  EXPECT_EQ(driver.counts("q"), (Counts{}));
  EXPECT_TRUE(driver.remove(queue, handle).ok());
  EXPECT_EQ(error_of(driver.change(queue, handle, 5)).code, ErrorCode::kInvalidParameterValue);
  driver.pass_s(940);
  EXPECT_EQ(driver.contents(queue), Contents{});
}

TEST_F(Retention, EndsWhileDelayed) {
  SendEntry entry = driver.entry("a");
  entry.delay_seconds = 900;
  ASSERT_TRUE(driver.send(queue, entry).ok());
  driver.pass_s(60);
  EXPECT_EQ(driver.counts("q"), (Counts{}));
  EXPECT_EQ(driver.engine().next_due(queue), std::nullopt);
}

TEST_F(Retention, RunsFromTheSendNotFromTheEndOfTheDelay) {
  SendEntry entry = driver.entry("a");
  entry.delay_seconds = 59;
  ASSERT_TRUE(driver.send(queue, entry).ok());
  driver.pass_s(59);
  EXPECT_EQ(driver.receive(queue, 1, 0).size(), 1u);
  driver.pass_s(1);
  EXPECT_EQ(driver.contents(queue), Contents{});
}

TEST_F(Retention, AReceiveDoesNotRenewIt) {
  driver.send(queue, "a");
  for (int i = 0; i < 5; ++i) {
    driver.pass_s(10);
    EXPECT_EQ(driver.receive(queue, 1, 1).size(), 1u);
  }
  driver.pass_s(10);
  EXPECT_EQ(driver.contents(queue), Contents{});
}

TEST_F(Retention, AShorterPeriodAppliesToWhatIsThere) {  // 3.8
  ASSERT_TRUE(driver.set("q", retention(600)).ok());
  driver.send(queue, "old");
  driver.pass_s(120);
  driver.send(queue, "young");
  ASSERT_TRUE(driver.set("q", retention(60)).ok());
  EXPECT_EQ(driver.counts("q"), (Counts{1, 0, 0}));
  EXPECT_EQ(driver.contents(queue), Contents{"young"});
}

TEST_F(Retention, ALongerPeriodAppliesToWhatIsThere) {
  driver.send(queue, "a");
  driver.pass_s(59);
  ASSERT_TRUE(driver.set("q", retention(120)).ok());
  driver.pass_s(60);
  EXPECT_EQ(driver.contents(queue), Contents{"a"});
}

TEST_F(Retention, OldestGoFirstWhateverTheirState) {
  driver.send(queue, "in flight");
  driver.receive(queue, 1, 1000);
  driver.pass_s(20);
  SendEntry delayed = driver.entry("delayed");
  delayed.delay_seconds = 900;
  ASSERT_TRUE(driver.send(queue, delayed).ok());
  driver.pass_s(20);
  driver.send(queue, "visible");
  driver.pass_s(20);
  EXPECT_EQ(driver.counts("q"), (Counts{1, 0, 1}));
  driver.pass_s(20);
  EXPECT_EQ(driver.counts("q"), (Counts{1, 0, 0}));
  driver.pass_s(20);
  EXPECT_EQ(driver.counts("q"), (Counts{}));
}

TEST_F(Retention, AFifoMessageGoesAndFreesItsGroup) {  // F29
  const QueueId fifo = driver.create_fifo("q.fifo", retention(60));
  driver.send(fifo, "g", "blocking");
  driver.receive(fifo, 1, 1000);
  driver.pass_s(30);
  driver.send(fifo, "g", "waiting");
  EXPECT_EQ(driver.contents(fifo), Contents{});
  driver.pass_s(30);
  EXPECT_EQ(driver.contents(fifo), Contents{"waiting"});
  driver.pass_s(30);
  EXPECT_EQ(driver.counts("q.fifo"), (Counts{}));
}

TEST_F(Retention, WhatIsLeftOverByABoundedStepIsNotDelivered) {
  for (int i = 0; i < 2 * kExpiredPerFact + 10; ++i) {
    driver.send(queue, "old");
    driver.pass_ms(1);
  }
  driver.send(queue, "young");
  driver.pass_ms(59'999);
  EXPECT_EQ(driver.contents(queue), Contents{"young"});
  EXPECT_EQ(driver.released().size(), static_cast<size_t>(kExpiredPerFact));
}

TEST_F(Retention, WhatIsLeftOverCannotBeChangedAndDeletesWithSuccess) {
  std::vector<std::string> handles;
  for (int i = 0; i < kExpiredPerFact + 5; ++i) {
    driver.send(queue, "old");
    handles.push_back(driver.receive(queue, 1, 1000).front().handle());
    driver.pass_ms(1);
  }
  driver.pass_s(60);
  Facts facts;
  EXPECT_FALSE(driver.engine().decide_change(queue, {handles.back(), 0}, driver.now(), facts).ok());
  EXPECT_TRUE(driver.engine().decide_delete(queue, handles.back(), driver.now(), facts).ok());
  EXPECT_TRUE(facts.empty());
}

TEST_F(Retention, WhatIsLeftOverIsNotRepeatedByAnAttemptId) {
  const QueueId fifo = driver.create_fifo("q.fifo", retention(60));
  for (int i = 0; i < kExpiredPerFact; ++i) {
    driver.send(fifo, "g" + std::to_string(i), "m" + std::to_string(i));
    driver.pass_ms(1);
  }
  while (!driver.receive(fifo, 10, 1000).empty()) {
  }
  driver.send(fifo, "last", "last");
  EXPECT_EQ(driver.receive(fifo, 1, 1000, "attempt").size(), 1u);
  driver.pass_s(60);
  EXPECT_TRUE(driver.receive(fifo, 1, 1000, "attempt").empty());
}

TEST_F(Retention, MessagesOfOneMomentGoTogether) {
  const int count = 2 * kExpiredPerFact;
  for (int i = 0; i < count; ++i) driver.send(queue, "old");
  driver.pass_s(60);
  EXPECT_EQ(driver.counts("q"), (Counts{}));
  EXPECT_EQ(driver.released().size(), static_cast<size_t>(count));
}

}  // namespace
}  // namespace forebay::engine
