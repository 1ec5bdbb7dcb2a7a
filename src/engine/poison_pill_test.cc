// SPDX-License-Identifier: Apache-2.0
// Standard queues: a message that was received three times yields (architecture, section 3).
#include <gtest/gtest.h>

#include "engine/engine_fixture.h"

namespace forebay::engine {
namespace {

using Contents = std::vector<std::string>;

class PoisonPill : public ::testing::Test {
 protected:
  /// Receives the first message `times` times, each time for `visibility_s`, and lets it come back.
  void receive_in_vain(const std::string& content, int times, int32_t visibility_s = 1) {
    for (int i = 0; i < times; ++i) {
      ASSERT_EQ(driver.contents(queue, 1, visibility_s), Contents{content});
      driver.pass_s(visibility_s);
    }
  }

  EngineDriver driver;
  QueueId queue = driver.create("q");
};

TEST_F(PoisonPill, TwiceReceivedStillComesFirst) {
  driver.send(queue, "pill");
  driver.send(queue, "fresh");
  receive_in_vain("pill", 2);
  EXPECT_EQ(driver.contents(queue), (Contents{"pill", "fresh"}));
}

TEST_F(PoisonPill, ReceivedThreeTimesYieldsToWhatWasSentBeforeItCameBack) {
  driver.send(queue, "pill");
  driver.send(queue, "fresh");
  receive_in_vain("pill", 3);
  driver.pass_ms(1);
  driver.send(queue, "sent later");
  EXPECT_EQ(driver.contents(queue), (Contents{"fresh", "pill", "sent later"}));
}

TEST_F(PoisonPill, TheLaterItComesBackTheLaterItsTurn) {
  driver.send(queue, "pill");
  receive_in_vain("pill", 2);
  ASSERT_EQ(driver.contents(queue, 1, 10), Contents{"pill"});
  driver.pass_ms(9'999);
  driver.send(queue, "sent meanwhile");
  driver.pass_ms(2);
  driver.send(queue, "sent after");
  EXPECT_EQ(driver.contents(queue), (Contents{"sent meanwhile", "pill", "sent after"}));
}

TEST_F(PoisonPill, AChangeOfItsVisibilityMovesItsTurn) {
  driver.send(queue, "pill");
  receive_in_vain("pill", 2);
  const ReceivedMessage third = driver.receive(queue, 1, 10).front();
  driver.pass_ms(1);
  driver.send(queue, "sent before the change");
  driver.pass_ms(1);
  ASSERT_TRUE(driver.change(queue, third.handle(), 0).ok());
  driver.pass_ms(1);
  driver.send(queue, "sent after the change");
  EXPECT_EQ(driver.contents(queue, 1), Contents{"sent before the change"});
  // Ready already: a standard queue's old handle moves it once more.
  driver.pass_ms(1);
  ASSERT_TRUE(driver.change(queue, third.handle(), 0).ok());
  EXPECT_EQ(driver.contents(queue, 1), Contents{"sent after the change"});
  EXPECT_EQ(driver.contents(queue, 1), Contents{"pill"});
}

TEST_F(PoisonPill, HandedOutWithoutHidingCountsToo) {
  driver.send(queue, "pill");
  driver.send(queue, "fresh");
  receive_in_vain("pill", 3, 0);
  EXPECT_EQ(driver.contents(queue), (Contents{"pill", "fresh"}))
      << "in the same millisecond the lower number goes first";
  driver.pass_s(100);
  driver.send(queue, "later");
  EXPECT_EQ(driver.contents(queue, 1, 0), Contents{"fresh"});
}

TEST_F(PoisonPill, DoesNotStarveUnderAStreamOfFreshMessages) {
  driver.send(queue, "pill");
  receive_in_vain("pill", 3);
  int seen = 0;
  for (int second = 0; second < 60; ++second) {
    driver.pass_s(1);
    for (int i = 0; i < 3; ++i) driver.send(queue, "fresh");
    for (const ReceivedMessage& message : driver.receive(queue, 3, 1)) {
      message.content == "pill" ? (void)++seen : (void)driver.remove(queue, message.handle()).ok();
    }
  }
  EXPECT_GE(seen, 15);
}

TEST_F(PoisonPill, TwoOfThemAlternate) {
  driver.send(queue, "a");
  driver.send(queue, "b");
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(driver.contents(queue, 10, 1), (Contents{"a", "b"}));
    driver.pass_s(1);
  }
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(driver.contents(queue, 1, 1), Contents{"a"});
    driver.pass_s(1);
    EXPECT_EQ(driver.contents(queue, 1, 1), Contents{"b"});
    driver.pass_s(1);
  }
}

TEST_F(PoisonPill, TheDeadLetterQueueCountsAnew) {
  AttributeChanges changes;
  changes.redrive_policy = EngineDriver::redrive_to("q", 5);
  const QueueId source = driver.create("source", changes);
  driver.send(source, "pill");
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(driver.contents(source, 1, 1), Contents{"pill"});
    driver.pass_s(1);
  }
  driver.send(queue, "fresh");
  EXPECT_EQ(driver.contents(source), Contents{}) << "moved";
  receive_in_vain("pill", 2);  // as old as it is, it goes first
  const ReceivedMessage third = driver.receive(queue, 1, 1).front();
  EXPECT_EQ(third.content, "pill");
  EXPECT_EQ(third.count(), 8);
  driver.pass_s(1);
  EXPECT_EQ(driver.contents(queue), (Contents{"fresh", "pill"}));
}

TEST_F(PoisonPill, DeadLettersStandByTheirSendTimeNotByTheirArrival) {
  AttributeChanges changes;
  changes.redrive_policy = EngineDriver::redrive_to("q", 1);
  const QueueId source = driver.create("source", changes);
  driver.send(source, "older");
  driver.pass_s(1);
  driver.send(queue, "younger");
  ASSERT_EQ(driver.contents(source, 1, 0), Contents{"older"});
  ASSERT_EQ(driver.contents(source), Contents{});
  EXPECT_EQ(driver.contents(queue), (Contents{"older", "younger"}));
}

TEST_F(PoisonPill, ARestartKeepsItsTurn) {
  driver.send(queue, "pill");
  driver.send(queue, "fresh");
  receive_in_vain("pill", 3);
  driver.restart();
  EXPECT_EQ(driver.contents(queue), (Contents{"fresh", "pill"}));
}

}  // namespace
}  // namespace forebay::engine
