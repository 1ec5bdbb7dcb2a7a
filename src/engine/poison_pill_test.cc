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
      ASSERT_EQ(driver_.contents(queue_, 1, visibility_s), Contents{content});
      driver_.pass_s(visibility_s);
    }
  }

  EngineDriver driver_;
  QueueId queue_ = driver_.create("q");
};

TEST_F(PoisonPill, TwiceReceivedStillComesFirst) {
  driver_.send(queue_, "pill");
  driver_.send(queue_, "fresh");
  receive_in_vain("pill", 2);
  EXPECT_EQ(driver_.contents(queue_), (Contents{"pill", "fresh"}));
}

TEST_F(PoisonPill, ReceivedThreeTimesYieldsToWhatWasSentBeforeItCameBack) {
  driver_.send(queue_, "pill");
  driver_.send(queue_, "fresh");
  receive_in_vain("pill", 3);
  driver_.pass_ms(1);
  driver_.send(queue_, "sent later");
  EXPECT_EQ(driver_.contents(queue_), (Contents{"fresh", "pill", "sent later"}));
}

TEST_F(PoisonPill, TheLaterItComesBackTheLaterItsTurn) {
  driver_.send(queue_, "pill");
  receive_in_vain("pill", 2);
  ASSERT_EQ(driver_.contents(queue_, 1, 10), Contents{"pill"});
  driver_.pass_ms(9'999);
  driver_.send(queue_, "sent meanwhile");
  driver_.pass_ms(2);
  driver_.send(queue_, "sent after");
  EXPECT_EQ(driver_.contents(queue_), (Contents{"sent meanwhile", "pill", "sent after"}));
}

TEST_F(PoisonPill, AChangeOfItsVisibilityMovesItsTurn) {
  driver_.send(queue_, "pill");
  receive_in_vain("pill", 2);
  const ReceivedMessage third = driver_.receive(queue_, 1, 10).front();
  driver_.pass_ms(1);
  driver_.send(queue_, "sent before the change");
  driver_.pass_ms(1);
  ASSERT_TRUE(driver_.change(queue_, third.handle(), 0).ok());
  driver_.pass_ms(1);
  driver_.send(queue_, "sent after the change");
  EXPECT_EQ(driver_.contents(queue_, 1), Contents{"sent before the change"});
  // Ready already: a standard queue's old handle moves it once more.
  driver_.pass_ms(1);
  ASSERT_TRUE(driver_.change(queue_, third.handle(), 0).ok());
  EXPECT_EQ(driver_.contents(queue_, 1), Contents{"sent after the change"});
  EXPECT_EQ(driver_.contents(queue_, 1), Contents{"pill"});
}

TEST_F(PoisonPill, HandedOutWithoutHidingCountsToo) {
  driver_.send(queue_, "pill");
  driver_.send(queue_, "fresh");
  receive_in_vain("pill", 3, 0);
  EXPECT_EQ(driver_.contents(queue_), (Contents{"pill", "fresh"}))
      << "in the same millisecond the lower number goes first";
  driver_.pass_s(100);
  driver_.send(queue_, "later");
  EXPECT_EQ(driver_.contents(queue_, 1, 0), Contents{"fresh"});
}

TEST_F(PoisonPill, DoesNotStarveUnderAStreamOfFreshMessages) {
  driver_.send(queue_, "pill");
  receive_in_vain("pill", 3);
  int seen = 0;
  for (int second = 0; second < 60; ++second) {
    driver_.pass_s(1);
    for (int i = 0; i < 3; ++i) driver_.send(queue_, "fresh");
    for (const ReceivedMessage& message : driver_.receive(queue_, 3, 1)) {
      message.content == "pill" ? (void)++seen
                                : (void)driver_.remove(queue_, message.handle()).ok();
    }
  }
  EXPECT_GE(seen, 15);
}

TEST_F(PoisonPill, TwoOfThemAlternate) {
  driver_.send(queue_, "a");
  driver_.send(queue_, "b");
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(driver_.contents(queue_, 10, 1), (Contents{"a", "b"}));
    driver_.pass_s(1);
  }
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(driver_.contents(queue_, 1, 1), Contents{"a"});
    driver_.pass_s(1);
    EXPECT_EQ(driver_.contents(queue_, 1, 1), Contents{"b"});
    driver_.pass_s(1);
  }
}

TEST_F(PoisonPill, TheDeadLetterQueueCountsAnew) {
  AttributeChanges changes;
  changes.redrive_policy = EngineDriver::redrive_to("q", 5);
  const QueueId source = driver_.create("source", changes);
  driver_.send(source, "pill");
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(driver_.contents(source, 1, 1), Contents{"pill"});
    driver_.pass_s(1);
  }
  driver_.send(queue_, "fresh");
  EXPECT_EQ(driver_.contents(source), Contents{}) << "moved";
  receive_in_vain("pill", 2);  // as old as it is, it goes first
  const ReceivedMessage third = driver_.receive(queue_, 1, 1).front();
  EXPECT_EQ(third.content, "pill");
  EXPECT_EQ(third.count(), 8);
  driver_.pass_s(1);
  EXPECT_EQ(driver_.contents(queue_), (Contents{"fresh", "pill"}));
}

TEST_F(PoisonPill, DeadLettersStandByTheirSendTimeNotByTheirArrival) {
  AttributeChanges changes;
  changes.redrive_policy = EngineDriver::redrive_to("q", 1);
  const QueueId source = driver_.create("source", changes);
  driver_.send(source, "older");
  driver_.pass_s(1);
  driver_.send(queue_, "younger");
  ASSERT_EQ(driver_.contents(source, 1, 0), Contents{"older"});
  ASSERT_EQ(driver_.contents(source), Contents{});
  EXPECT_EQ(driver_.contents(queue_), (Contents{"older", "younger"}));
}

TEST_F(PoisonPill, ARestartKeepsItsTurn) {
  driver_.send(queue_, "pill");
  driver_.send(queue_, "fresh");
  receive_in_vain("pill", 3);
  driver_.restart();
  EXPECT_EQ(driver_.contents(queue_), (Contents{"fresh", "pill"}));
}

}  // namespace
}  // namespace forebay::engine
