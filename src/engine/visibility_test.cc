// SPDX-License-Identifier: Apache-2.0
// Visibility timeouts and what receipt handles may do: contract sections 2.13, 2.15, 5.2, 5.3,
// cases V1 to V19.
#include <gtest/gtest.h>

#include "engine/engine_fixture.h"

namespace forebay::engine {
namespace {

using Contents = std::vector<std::string>;

Error not_a_handle(const std::string& text) {
  return {ErrorCode::kReceiptHandleIsInvalid,
          "The input receipt handle \"" + text + "\" is not a valid receipt handle."};
}
Error other_queues(const std::string& text) {
  return {ErrorCode::kReceiptHandleIsInvalid,
          "The receipt handle \"" + text + "\" is not valid for this queue."};
}
Error expired(const std::string& text) {
  return {ErrorCode::kInvalidParameterValue,
          "Value " + text +
              " for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired."};
}
Error unavailable(const std::string& text) {
  return {ErrorCode::kInvalidParameterValue, "Value " + text +
                                                 " for parameter ReceiptHandle is invalid. Reason: "
                                                 "Message does not exist or is not available for "
                                                 "visibility timeout change."};
}
Error beyond_twelve_hours(int32_t seconds) {
  return {ErrorCode::kInvalidParameterValue,
          "Value " + std::to_string(seconds) +
              " for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for "
              "the message is beyond "
              "the limit [43200 seconds]"};
}
AttributeChanges visibility(int32_t seconds) {
  AttributeChanges changes;
  changes.visibility_timeout = seconds;
  return changes;
}

/// Runs each case on a standard and on a FIFO queue.
class Visibility : public ::testing::TestWithParam<bool> {
 protected:
  std::string name() const { return GetParam() ? "q.fifo" : "q"; }
  QueueId make(const std::string& queue_name, AttributeChanges changes) {
    return GetParam() ? driver.create_fifo(queue_name, changes)
                      : driver.create(queue_name, changes);
  }
  void send(const std::string& content) {
    GetParam() ? driver.send(queue, "g-" + content, content) : driver.send(queue, content);
  }
  std::string receive_handle(std::optional<int32_t> seconds = {}) {
    const auto received = driver.receive(queue, 1, seconds);
    EXPECT_EQ(received.size(), 1u);
    return received.empty() ? std::string() : received.front().handle();
  }

  EngineDriver driver;
  QueueId queue = make(name(), visibility(5));
};

INSTANTIATE_TEST_SUITE_P(Both, Visibility, ::testing::Bool(),
                         [](const auto& type) { return type.param ? "Fifo" : "Standard"; });

TEST_P(Visibility, AMessageComesBackAtTheEndOfItsTimeout) {  // V1
  send("a");
  receive_handle();
  EXPECT_EQ(driver.engine().next_due(queue), driver.now() + 5000);
  driver.pass_ms(4999);
  EXPECT_EQ(driver.contents(queue), Contents{});
  EXPECT_EQ(driver.counts(name()), (Counts{0, 1, 0}));
  driver.pass_ms(1);
  EXPECT_EQ(driver.counts(name()), (Counts{1, 0, 0}));
  EXPECT_EQ(driver.contents(queue), Contents{"a"});
}

TEST_P(Visibility, TheReceivesTimeoutBeatsTheQueues) {  // V2
  send("a");
  receive_handle(10);
  driver.pass_s(9);
  EXPECT_EQ(driver.contents(queue), Contents{});
  driver.pass_s(1);
  EXPECT_EQ(driver.contents(queue), Contents{"a"});
}

TEST_P(Visibility, AChangedQueueTimeoutIsForLaterReceives) {  // 3.8
  send("a");
  receive_handle();
  ASSERT_TRUE(driver.set(name(), visibility(100)).ok());
  driver.pass_s(5);
  EXPECT_EQ(driver.contents(queue), Contents{"a"});
  driver.pass_s(99);
  EXPECT_EQ(driver.contents(queue), Contents{});
}

TEST_P(Visibility, ChangingToZeroMakesItReceivableAtOnce) {  // V3
  send("a");
  ASSERT_TRUE(driver.change(queue, receive_handle(), 0).ok());
  EXPECT_EQ(driver.counts(name()), (Counts{1, 0, 0}));
  const auto again = driver.receive(queue);
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again.front().count(), 2) << "a change is no receive";
}

TEST_P(Visibility, ExtendingHidesLonger) {  // V4, V14
  send("a");
  const std::string handle = receive_handle(1);
  ASSERT_TRUE(driver.change(queue, handle, 5).ok());
  driver.pass_ms(4999);
  EXPECT_EQ(driver.contents(queue), Contents{});
  EXPECT_TRUE(driver.remove(queue, handle).ok());
  EXPECT_EQ(driver.counts(name()), (Counts{}));
}

TEST_P(Visibility, AChangeIsForThisReceiveOnly) {  // V7
  send("a");
  ASSERT_TRUE(driver.change(queue, receive_handle(), 100).ok());
  driver.pass_s(100);
  receive_handle();
  driver.pass_s(5);
  EXPECT_EQ(driver.contents(queue), Contents{"a"});
}

TEST_P(Visibility, WhatIsNoHandleIsRefused) {  // V8, V10
  EXPECT_EQ(error_of(driver.change(queue, "INVALID", 0)), not_a_handle("INVALID"));
  EXPECT_EQ(error_of(driver.remove(queue, "garbage")), not_a_handle("garbage"));
}

TEST_P(Visibility, AnotherQueuesHandleIsRefused) {
  send("a");
  const std::string handle = receive_handle();
  const QueueId other = make(GetParam() ? "other.fifo" : "other", {});
  EXPECT_EQ(error_of(driver.change(other, handle, 0)), other_queues(handle));
  EXPECT_EQ(error_of(driver.remove(other, handle)), other_queues(handle));
  EXPECT_EQ(driver.counts(name()), (Counts{0, 1, 0}));
}

TEST_P(Visibility, DeletingTwiceSucceedsAndChangingADeletedMessageDoesNot) {  // V9, V11
  send("a");
  const std::string handle = receive_handle();
  EXPECT_TRUE(driver.remove(queue, handle).ok());
  EXPECT_TRUE(driver.remove(queue, handle).ok());
  EXPECT_EQ(error_of(driver.change(queue, handle, 1)), unavailable(handle));
  driver.restart();
  EXPECT_TRUE(driver.remove(queue, handle).ok());
  EXPECT_EQ(error_of(driver.change(queue, handle, 1)), unavailable(handle));
}

TEST_P(Visibility, AHandleDoesNotReachTheNextMessageInItsPlace) {
  send("a");
  const auto first = driver.receive(queue).front();
  ASSERT_TRUE(driver.remove(queue, first.handle()).ok());
  send("b");
  const auto second = driver.receive(queue).front();
  ASSERT_EQ(second.delivery.message.slot, first.delivery.message.slot);
  EXPECT_TRUE(driver.remove(queue, first.handle()).ok());
  EXPECT_EQ(error_of(driver.change(queue, first.handle(), 0)), unavailable(first.handle()));
  EXPECT_EQ(driver.counts(name()), (Counts{0, 1, 0}));
}

TEST_P(Visibility, TwelveHoursInAllCountFromTheReceive) {  // V17, 2.15
  send("a");
  const std::string handle = receive_handle();
  EXPECT_EQ(error_of(driver.change(queue, handle, 43'200)), beyond_twelve_hours(43'200));
  EXPECT_TRUE(driver.change(queue, handle, 43'199).ok());
  driver.pass_s(1);
  EXPECT_EQ(error_of(driver.change(queue, handle, 43'199)), beyond_twelve_hours(43'199));
  EXPECT_TRUE(driver.change(queue, handle, 43'198).ok());
  driver.pass_s(43'198);
  EXPECT_EQ(error_of(driver.change(queue, handle, 1)),
            GetParam() ? unavailable(handle) : beyond_twelve_hours(1));
  EXPECT_EQ(driver.receive(queue).size(), 1u);
}

TEST_P(Visibility, AFreshReceiveStartsAFreshTwelveHours) {
  send("a");
  receive_handle(40'000);
  driver.pass_s(40'000);
  const std::string handle = receive_handle(43'200);
  EXPECT_TRUE(driver.change(queue, handle, 43'199).ok());
}

TEST_P(Visibility, AtTheTwelveHoursAMessageCanStillBeReleased) {
  send("a");
  const std::string handle = receive_handle(43'200);
  driver.pass_ms(43'199'500);
  EXPECT_EQ(error_of(driver.change(queue, handle, 1)), beyond_twelve_hours(1));
  EXPECT_TRUE(driver.change(queue, handle, 0).ok());
  EXPECT_EQ(driver.contents(queue), Contents{"a"});
}

// ---- Where standard queues and FIFO queues differ ----

class StandardHandles : public ::testing::Test {
 protected:
  EngineDriver driver;
  QueueId queue = driver.create("q", visibility(3));
};

TEST_F(StandardHandles, AfterTheTimeoutAChangeHidesTheMessageAgain) {  // V5
  driver.send(queue, "a");
  const std::string handle = driver.receive(queue).front().handle();
  driver.pass_s(3);
  ASSERT_TRUE(driver.change(queue, handle, 10).ok());
  EXPECT_EQ(driver.contents(queue), Contents{});
  driver.pass_s(10);
  EXPECT_EQ(driver.contents(queue), Contents{"a"});
}

TEST_F(StandardHandles, AnOlderMessageComesBackBeforeYoungerOnes) {  // V6
  driver.send(queue, "older");
  driver.receive(queue);
  driver.pass_s(3);
  driver.send(queue, "younger");
  EXPECT_EQ(driver.contents(queue, 1), Contents{"older"});
  EXPECT_EQ(driver.contents(queue, 1), Contents{"younger"});
}

TEST_F(StandardHandles, AfterTheTimeoutADeleteStillDeletes) {  // V12
  driver.send(queue, "a");
  const std::string handle = driver.receive(queue).front().handle();
  driver.pass_s(3);
  EXPECT_TRUE(driver.remove(queue, handle).ok());
  EXPECT_EQ(driver.counts("q"), (Counts{}));
}

TEST_F(StandardHandles, AnOldHandleReachesTheMessageReceivedAgain) {  // V16
  driver.send(queue, "a");
  const std::string first = driver.receive(queue).front().handle();
  driver.pass_s(3);
  const std::string second = driver.receive(queue).front().handle();
  ASSERT_NE(first, second);
  ASSERT_TRUE(driver.change(queue, first, 0).ok());
  EXPECT_EQ(driver.contents(queue), Contents{"a"});
  EXPECT_TRUE(driver.remove(queue, first).ok());
  EXPECT_EQ(driver.counts("q"), (Counts{}));
  EXPECT_TRUE(driver.remove(queue, second).ok());
}

class FifoHandles : public ::testing::Test {
 protected:
  EngineDriver driver;
  QueueId queue = driver.create_fifo("q.fifo", visibility(3));
};

TEST_F(FifoHandles, AfterTheTimeoutADeleteIsRefusedAndTheMessageStays) {  // V13
  driver.send(queue, "g", "a");
  const std::string handle = driver.receive(queue).front().handle();
  driver.pass_s(3);
  EXPECT_EQ(error_of(driver.remove(queue, handle)), expired(handle));
  EXPECT_EQ(error_of(driver.change(queue, handle, 10)), unavailable(handle));
  EXPECT_EQ(driver.counts("q.fifo"), (Counts{1, 0, 0}));
}

TEST_F(FifoHandles, AnOldHandleIsExpiredOnceTheMessageWasReceivedAgain) {
  driver.send(queue, "g", "a");
  const std::string first = driver.receive(queue).front().handle();
  driver.pass_s(3);
  const std::string second = driver.receive(queue).front().handle();
  EXPECT_EQ(error_of(driver.remove(queue, first)), expired(first));
  EXPECT_EQ(error_of(driver.change(queue, first, 0)), unavailable(first));
  EXPECT_EQ(driver.counts("q.fifo"), (Counts{0, 1, 0}));
  EXPECT_TRUE(driver.remove(queue, second).ok());
  EXPECT_TRUE(driver.remove(queue, first).ok()) << "gone is gone";
}

TEST_F(FifoHandles, AHandleOfATimeoutOfZeroHasExpiredAlready) {  // 5.3
  driver.send(queue, "g", "a");
  const std::string handle = driver.receive(queue, 1, 0).front().handle();
  EXPECT_EQ(error_of(driver.remove(queue, handle)), expired(handle));
}

}  // namespace
}  // namespace forebay::engine
