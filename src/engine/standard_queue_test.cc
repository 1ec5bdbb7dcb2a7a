// SPDX-License-Identifier: Apache-2.0
// Sending to and receiving from standard queues: contract sections 2.10, 2.11, 2.12, 5.1, 5.4.
#include <set>

#include <gtest/gtest.h>

#include "engine/engine_fixture.h"

namespace forebay::engine {
namespace {

using Contents = std::vector<std::string>;

Error invalid(const std::string& text) {
  return {ErrorCode::kInvalidParameterValue, text};
}

AttributeChanges delay(int32_t seconds) {
  AttributeChanges changes;
  changes.delay_seconds = seconds;
  return changes;
}

class StandardQueue : public ::testing::Test {
 protected:
  SendEntry delayed(const std::string& content, int32_t seconds) {
    SendEntry entry = driver.entry(content);
    entry.delay_seconds = seconds;
    return entry;
  }

  EngineDriver driver;
  QueueId queue = driver.create("q");
};

TEST_F(StandardQueue, DeliversOldestFirst) {
  for (const char* content : {"a", "b", "c", "d"}) driver.send(queue, content);
  EXPECT_EQ(driver.contents(queue, 1), (Contents{"a"}));
  EXPECT_EQ(driver.contents(queue, 2), (Contents{"b", "c"}));
  EXPECT_EQ(driver.contents(queue, 10), (Contents{"d"}));
  EXPECT_EQ(driver.contents(queue, 10), Contents{});
}

TEST_F(StandardQueue, ADeliveryTellsWhatTheContractAsksFor) {
  const SendEntry entry = driver.entry("a");
  const WallMs sent = driver.now();
  const auto reply = driver.send(queue, entry);
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply->message_id, entry.message_id);
  EXPECT_FALSE(reply->fifo);
  driver.pass_s(3);
  const ReceivedMessage message = driver.receive(queue).front();
  EXPECT_EQ(message.content, "a");
  EXPECT_EQ(message.message_id, entry.message_id);
  EXPECT_EQ(message.count(), 1);
  EXPECT_EQ(message.delivery.sent, sent);
  EXPECT_EQ(message.delivery.first_received, driver.now());
  EXPECT_EQ(message.delivery.dead_letter_source_arn, "");
  EXPECT_EQ(message.delivery.message.number, reply->number);
}

TEST_F(StandardQueue, ASecondReceiveCountsOnAndKeepsTheFirstMoment) {  // R19
  driver.send(queue, "a");
  const ReceivedMessage first = driver.receive(queue, 1, 1).front();
  driver.pass_s(1);
  const ReceivedMessage second = driver.receive(queue, 1, 1).front();
  EXPECT_EQ(second.count(), 2);
  EXPECT_EQ(second.delivery.first_received, first.delivery.first_received);
  EXPECT_NE(second.handle(), first.handle());
  EXPECT_EQ(second.delivery.message, first.delivery.message);
}

TEST_F(StandardQueue, ATimeoutOfZeroHandsOutWithoutHiding) {  // R20
  driver.send(queue, "a");
  EXPECT_EQ(driver.receive(queue, 1, 0).front().count(), 1);
  EXPECT_EQ(driver.counts("q"), (Counts{1, 0, 0}));
  const ReceivedMessage again = driver.receive(queue, 1, 0).front();
  EXPECT_EQ(again.count(), 2);
  EXPECT_TRUE(driver.remove(queue, again.handle()).ok());
  EXPECT_EQ(driver.counts("q"), (Counts{}));
}

TEST_F(StandardQueue, MessagesOfSeveralQueuesStayApart) {  // S31
  const QueueId other = driver.create("other");
  driver.send(queue, "mine");
  driver.send(other, "yours");
  EXPECT_EQ(driver.contents(other), Contents{"yours"});
  EXPECT_EQ(driver.contents(queue), Contents{"mine"});
}

TEST_F(StandardQueue, ManyBatchesGiveDistinctMessages) {  // B14
  for (int i = 0; i < 95; ++i) driver.send(queue, std::to_string(i));
  std::set<std::string> handles;
  for (int i = 0; i < 10; ++i) {
    const auto received = driver.receive(queue, 10);
    EXPECT_EQ(received.size(), i < 9 ? 10u : 5u);
    for (const ReceivedMessage& message : received) handles.insert(message.handle());
  }
  EXPECT_EQ(handles.size(), 95u);
}

TEST_F(StandardQueue, AMessagesDelayHidesItOnce) {  // S30
  ASSERT_TRUE(driver.send(queue, delayed("a", 2)).ok());
  const WallMs sent = driver.now();
  EXPECT_EQ(driver.counts("q"), (Counts{0, 0, 1}));
  EXPECT_EQ(driver.engine().next_due(queue), sent + 2000);
  driver.pass_ms(1999);
  EXPECT_EQ(driver.contents(queue), Contents{});
  driver.pass_ms(1);
  EXPECT_EQ(driver.counts("q"), (Counts{1, 0, 0}));
  EXPECT_EQ(driver.receive(queue, 1, 1).front().delivery.sent, sent);
  driver.pass_s(1);
  EXPECT_EQ(driver.contents(queue), Contents{"a"});
}

TEST_F(StandardQueue, AMessagesDelayBeatsTheQueues) {
  const QueueId slow = driver.create("slow", delay(10));
  ASSERT_TRUE(driver.send(slow, delayed("at once", 0)).ok());
  ASSERT_TRUE(driver.send(slow, delayed("soon", 2)).ok());
  driver.send(slow, "late");
  EXPECT_EQ(driver.contents(slow), Contents{"at once"});
  driver.pass_s(2);
  EXPECT_EQ(driver.contents(slow), Contents{"soon"});
  driver.pass_ms(7999);
  EXPECT_EQ(driver.contents(slow), Contents{});
  driver.pass_ms(1);
  EXPECT_EQ(driver.contents(slow), Contents{"late"});
}

TEST_F(StandardQueue, AChangedQueueDelayIsNotRetroactive) {  // 3.8
  const QueueId slow = driver.create("slow", delay(10));
  driver.send(slow, "before");
  ASSERT_TRUE(driver.set("slow", delay(0)).ok());
  EXPECT_EQ(driver.contents(slow), Contents{});
  driver.send(slow, "after");
  EXPECT_EQ(driver.contents(slow), Contents{"after"});
  driver.pass_s(10);
  EXPECT_EQ(driver.contents(slow), Contents{"before"});
}

TEST_F(StandardQueue, ADelayedMessageStandsByItsSendOrderOnceItIsVisible) {
  ASSERT_TRUE(driver.send(queue, delayed("older", 2)).ok());
  driver.send(queue, "younger");
  driver.pass_s(2);
  EXPECT_EQ(driver.contents(queue), (Contents{"older", "younger"}));
}

TEST_F(StandardQueue, NextDueIsTheNearestMoment) {
  EXPECT_EQ(driver.engine().next_due(queue), std::nullopt);
  ASSERT_TRUE(driver.send(queue, delayed("late", 9)).ok());
  driver.send(queue, "a");
  driver.send(queue, "b");
  driver.receive(queue, 1, 7);
  driver.receive(queue, 1, 5);
  EXPECT_EQ(driver.engine().next_due(queue), driver.now() + 5000);
  driver.pass_s(5);
  driver.receive(queue, 1, 100);
  EXPECT_EQ(driver.engine().next_due(queue), driver.now() + 2000);
  driver.pass_s(2);
  driver.receive(queue, 1, 100);
  EXPECT_EQ(driver.engine().next_due(queue), driver.now() + 2000);
}

TEST_F(StandardQueue, AMessageMayBeAsLargeAsTheMaximum) {  // S5, B7
  AttributeChanges changes;
  changes.maximum_message_size = 1024;
  const QueueId small = driver.create("small", changes);
  EXPECT_TRUE(driver.send(small, driver.entry(std::string(1024, 'x'))).ok());
  const SendEntry large = driver.entry(std::string(1025, 'x'));
  EXPECT_EQ(
      error_of(driver.send(small, large)),
      invalid(
          "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes."));
  EXPECT_EQ(error_of(driver.send(small, large, true)),
            invalid("One or more parameters cannot be validated. Reason: Message must be shorter "
                    "than 1024 bytes."));
  EXPECT_EQ(driver.counts("small"), (Counts{1, 0, 0}));
}

TEST_F(StandardQueue, ADeduplicationIdIsRefused) {
  SendEntry entry = driver.entry("a");
  entry.message_deduplication_id = "id";
  EXPECT_EQ(error_of(driver.send(queue, entry)),
            invalid("Value id for parameter MessageDeduplicationId is invalid. Reason: The request "
                    "includes a parameter "
                    "that is not valid for this queue type."));
}

TEST_F(StandardQueue, AGroupIsKeptButDoesNotLock) {  // S21
  SendEntry entry = driver.entry("a");
  entry.message_group_id = "tenant";
  ASSERT_TRUE(driver.send(queue, entry).ok());
  entry = driver.entry("b");
  entry.message_group_id = "tenant";
  ASSERT_TRUE(driver.send(queue, entry).ok());
  const ReceivedMessage first = driver.receive(queue).front();
  EXPECT_EQ(first.group, "tenant");
  EXPECT_EQ(driver.contents(queue), Contents{"b"});
}

TEST_F(StandardQueue, ErrorsOfTheContentComeAfterThoseOfTheQueue) {  // 2.0, steps 6 and 7
  const Error content_error{ErrorCode::kInvalidMessageContents, "bad"};
  SendEntry entry = driver.entry("a");
  entry.content_error = content_error;
  EXPECT_EQ(error_of(driver.send(queue, entry)), content_error);
  entry.message_deduplication_id = "id";
  EXPECT_EQ(error_of(driver.send(queue, entry)).code, ErrorCode::kInvalidParameterValue);
  EXPECT_EQ(driver.counts("q"), (Counts{}));
}

TEST_F(StandardQueue, ABatchIsAdmittedWhateverItsGroups) {
  EXPECT_TRUE(driver.engine().admit_batch(queue, {driver.entry("a"), driver.entry("b")}).ok());
}

TEST_F(StandardQueue, AnAttemptIdIsIgnored) {
  driver.send(queue, "a");
  driver.send(queue, "b");
  EXPECT_EQ(driver.receive(queue, 1, 30, "attempt").front().content, "a");
  EXPECT_EQ(driver.receive(queue, 1, 30, "attempt").front().content, "b");
}

TEST_F(StandardQueue, CountsFollowEveryMessage) {  // V19
  for (int i = 0; i < 6; ++i) driver.send(queue, std::to_string(i));
  driver.receive(queue, 1, 2);
  EXPECT_EQ(driver.counts("q"), (Counts{5, 1, 0}));
  driver.pass_s(2);
  EXPECT_EQ(driver.counts("q"), (Counts{6, 0, 0}));
}

TEST_F(StandardQueue, ARestartChangesNothing) {
  for (int i = 0; i < 20; ++i) driver.send(queue, std::to_string(i));
  const auto received = driver.receive(queue, 5, 10);
  ASSERT_TRUE(driver.remove(queue, received[2].handle()).ok());
  const std::string before = driver.engine().dump(driver.now());
  driver.restart();
  EXPECT_EQ(driver.engine().dump(driver.now()), before);
  EXPECT_TRUE(driver.remove(queue, received[0].handle()).ok()) << "handles outlive a restart";
  EXPECT_GT(driver.send(queue, "next").number.value, received.back().delivery.message.number.value);
  EXPECT_EQ(driver.contents(queue, 1), Contents{"5"});
}

TEST(NewShard, KnowsNoQueue) {
  EngineDriver driver;
  EXPECT_EQ(error_of(driver.engine().find(EngineDriver::address("q"))).code,
            ErrorCode::kQueueDoesNotExist);
  EXPECT_FALSE(driver.engine().exists(QueueId(0)));
  EXPECT_FALSE(driver.engine().exists(QueueId(1)));
  EXPECT_EQ(driver.engine().next_due(QueueId(1)), std::nullopt);
  EXPECT_EQ(driver.engine().receive_wait_time_seconds(QueueId(1)), 0);
}

}  // namespace
}  // namespace forebay::engine
