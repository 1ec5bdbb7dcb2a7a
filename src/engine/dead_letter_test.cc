// SPDX-License-Identifier: Apache-2.0
// Dead-letter queues: contract section 5.9, cases D1 to D3.
#include <gtest/gtest.h>

#include "engine/engine_fixture.h"
#include "engine/limits.h"

namespace forebay::engine {
namespace {

using Contents = std::vector<std::string>;

AttributeChanges redrive(const std::string& target, int32_t max_receive_count) {
  AttributeChanges changes;
  changes.redrive_policy = EngineDriver::redrive_to(target, max_receive_count);
  return changes;
}

class DeadLetters : public ::testing::Test {
 protected:
  /// Receives what is there `times` times with a timeout of zero.
  void receive_times(QueueId queue, int times) {
    for (int i = 0; i < times; ++i) driver.receive(queue, 10, 0);
  }
  ReceivedMessage only(QueueId queue, std::optional<int32_t> seconds = {}) {
    const auto received = driver.receive(queue, 10, seconds);
    EXPECT_EQ(received.size(), 1u);
    return received.empty() ? ReceivedMessage{} : received.front();
  }

  EngineDriver driver;
  QueueId dlq = driver.create("dlq");
  QueueId dlq_fifo = driver.create_fifo("dlq.fifo");
};

TEST_F(DeadLetters, TheReceiveBeyondTheMaximumMovesTheMessage) {  // D1, D2
  const QueueId source = driver.create("source", redrive("dlq", 1));
  const SendEntry entry = driver.entry("a");
  ASSERT_TRUE(driver.send(source, entry).ok());
  const WallMs sent = driver.now();
  driver.pass_s(1);
  EXPECT_EQ(only(source, 0).count(), 1);
  driver.pass_s(1);
  EXPECT_EQ(driver.counts("source"), (Counts{1, 0, 0})) << "nothing moves by itself";
  EXPECT_EQ(driver.contents(source), Contents{});
  EXPECT_EQ(driver.counts("source"), (Counts{}));
  EXPECT_EQ(driver.counts("dlq"), (Counts{1, 0, 0}));

  const ReceivedMessage dead = only(dlq);
  EXPECT_EQ(dead.content, "a");
  EXPECT_EQ(dead.message_id, entry.message_id);
  EXPECT_EQ(dead.count(), 2) << "the count goes on, the move is no receive";
  EXPECT_EQ(dead.delivery.dead_letter_source_arn, "arn:aws:sqs:us-east-1:000000000000:source");
  EXPECT_EQ(dead.delivery.sent, sent);
  EXPECT_EQ(dead.delivery.first_received, sent + 1000);
  EXPECT_TRUE(driver.remove(dlq, dead.handle()).ok());
  EXPECT_EQ(driver.counts("dlq"), (Counts{}));
}

TEST_F(DeadLetters, TheMaximumCountsReceives) {  // D3
  const QueueId source = driver.create_fifo("source.fifo", redrive("dlq.fifo", 2));
  driver.send(source, "g", "a");
  EXPECT_EQ(only(source, 0).count(), 1);
  EXPECT_EQ(only(source, 0).count(), 2);
  EXPECT_EQ(driver.contents(source), Contents{});
  EXPECT_EQ(driver.counts("dlq.fifo"), (Counts{1, 0, 0}));
  driver.send(source, "g", "b");
  EXPECT_EQ(driver.contents(source), Contents{"b"}) << "the group keeps working";
  const ReceivedMessage dead = only(dlq_fifo);
  EXPECT_EQ(dead.group, "g");
  EXPECT_EQ(dead.count(), 3);
}

TEST_F(DeadLetters, AReceiveThatMovesGoesOnLooking) {
  const QueueId source = driver.create("source", redrive("dlq", 1));
  driver.send(source, "bad");
  receive_times(source, 1);
  driver.send(source, "good");
  EXPECT_EQ(driver.contents(source, 1), Contents{"good"});
  EXPECT_EQ(driver.contents(dlq), Contents{"bad"});
}

TEST_F(DeadLetters, OnFifoTheNextMessageOfTheGroupIsDeliveredAtOnce) {
  const QueueId source = driver.create_fifo("source.fifo", redrive("dlq.fifo", 1));
  driver.send(source, "g", "bad");
  receive_times(source, 1);
  driver.send(source, "g", "good");
  driver.send(source, "h", "other");
  EXPECT_EQ(driver.contents(source), (Contents{"good", "other"}));
  EXPECT_EQ(driver.contents(dlq_fifo), Contents{"bad"});
}

TEST_F(DeadLetters, AMovedMessageGetsANewNumberAndItsOldHandleIsDone) {
  const QueueId source = driver.create_fifo("source.fifo", redrive("dlq.fifo", 1));
  driver.send(source, "g", "a");
  const ReceivedMessage before = only(source, 1);
  driver.pass_s(1);
  driver.contents(source);
  EXPECT_TRUE(driver.remove(source, before.handle()).ok()) << "it is gone from the source";
  EXPECT_EQ(error_of(driver.remove(dlq_fifo, before.handle())).code,
            ErrorCode::kReceiptHandleIsInvalid);
  const ReceivedMessage dead = only(dlq_fifo);
  EXPECT_GT(dead.delivery.message.number, before.delivery.message.number);
  EXPECT_LT(dead.delivery.message.number, driver.send(source, "g", "b").number);
}

TEST_F(DeadLetters, TheDeadLetterQueuesDelayDoesNotApply) {
  AttributeChanges slow;
  slow.delay_seconds = 900;
  ASSERT_TRUE(driver.set("dlq", slow).ok());
  ASSERT_TRUE(driver.set("dlq.fifo", slow).ok());
  const QueueId source = driver.create("source", redrive("dlq", 1));
  const QueueId fifo = driver.create_fifo("source.fifo", redrive("dlq.fifo", 1));
  driver.send(source, "a");
  driver.send(fifo, "g", "a");
  receive_times(source, 2);
  receive_times(fifo, 2);
  EXPECT_EQ(driver.contents(dlq), Contents{"a"});
  EXPECT_EQ(driver.contents(dlq_fifo), Contents{"a"});
}

TEST_F(DeadLetters, RetentionGoesOnOnStandardQueuesAndStartsAnewOnFifo) {  // 5.6
  AttributeChanges short_retention;
  short_retention.message_retention_period = 60;
  ASSERT_TRUE(driver.set("dlq", short_retention).ok());
  ASSERT_TRUE(driver.set("dlq.fifo", short_retention).ok());
  const QueueId source = driver.create("source", redrive("dlq", 1));
  const QueueId fifo = driver.create_fifo("source.fifo", redrive("dlq.fifo", 1));
  driver.send(source, "a");
  driver.send(fifo, "g", "a");
  driver.pass_s(50);
  receive_times(source, 2);
  receive_times(fifo, 2);
  driver.pass_ms(9'999);
  EXPECT_EQ(driver.counts("dlq"), (Counts{1, 0, 0}));
  driver.pass_ms(1);
  EXPECT_EQ(driver.counts("dlq"), (Counts{}));
  EXPECT_EQ(driver.counts("dlq.fifo"), (Counts{1, 0, 0}));
  driver.pass_s(50);
  EXPECT_EQ(driver.counts("dlq.fifo"), (Counts{}));
}

TEST_F(DeadLetters, OnAStandardQueueAnOlderDeadLetterExpiresBeforeAYoungerOne) {
  const QueueId source = driver.create("source", redrive("dlq", 1));
  driver.send(source, "older");
  driver.pass_s(10);
  AttributeChanges short_retention;
  short_retention.message_retention_period = 60;
  ASSERT_TRUE(driver.set("dlq", short_retention).ok());
  driver.send(dlq, "younger");
  receive_times(source, 2);  // the older message enters the queue last
  driver.pass_s(50);
  EXPECT_EQ(driver.counts("dlq"), (Counts{1, 0, 0}));
  EXPECT_EQ(driver.contents(dlq), Contents{"younger"});
}

TEST_F(DeadLetters, ADeletedQueueKeepsNothingFromBeingDelivered) {
  const QueueId source = driver.create("source", redrive("dlq", 1));
  driver.send(source, "a");
  receive_times(source, 1);
  ASSERT_TRUE(driver.ask(DeleteQueue{driver.address("dlq")}).ok());
  EXPECT_EQ(only(source, 0).count(), 2);
  EXPECT_EQ(only(source, 0).count(), 3);
  driver.pass_s(60);
  const QueueId again = driver.create("dlq");
  EXPECT_EQ(driver.contents(source), Contents{});
  EXPECT_EQ(driver.contents(again), Contents{"a"});
}

TEST_F(DeadLetters, ATargetThatChangedItsTypeIsNone) {
  const QueueId source = driver.create("source", redrive("dlq", 1));
  driver.send(source, "a");
  receive_times(source, 1);
  ASSERT_TRUE(driver.ask(DeleteQueue{driver.address("dlq")}).ok());
  driver.pass_s(60);
  driver.create("dlq", EngineDriver::fifo());
  EXPECT_EQ(only(source, 0).count(), 2);
}

TEST_F(DeadLetters, ChainsCountFromTheArrival) {
  driver.create("last");
  const QueueId last = *driver.engine().find(driver.address("last"));
  ASSERT_TRUE(driver.set("dlq", redrive("last", 2)).ok());
  const QueueId source = driver.create("source", redrive("dlq", 3));
  driver.send(source, "a");
  receive_times(source, 4);
  EXPECT_EQ(only(dlq, 0).count(), 4);
  EXPECT_EQ(only(dlq, 0).count(), 5) << "two receives here, whatever it had before";
  EXPECT_EQ(driver.contents(dlq), Contents{});
  const ReceivedMessage dead = only(last, 0);
  EXPECT_EQ(dead.count(), 6);
  EXPECT_EQ(dead.delivery.dead_letter_source_arn, "arn:aws:sqs:us-east-1:000000000000:dlq");
}

TEST_F(DeadLetters, AQueueMayBeItsOwn) {
  const QueueId own = driver.create("own", redrive("own", 2));
  const QueueId own_fifo = driver.create_fifo("own.fifo", redrive("own.fifo", 2));
  driver.send(own, "a");
  driver.send(own_fifo, "g", "a");
  for (const QueueId queue : {own, own_fifo}) {
    int32_t count = 0;
    for (int round = 0; round < 3; ++round) {
      EXPECT_EQ(only(queue, 0).count(), ++count);
      EXPECT_EQ(only(queue, 0).count(), ++count);
      EXPECT_EQ(driver.contents(queue, 10, 0), Contents{});
    }
  }
  EXPECT_EQ(driver.counts("own"), (Counts{1, 0, 0}));
  EXPECT_EQ(driver.counts("own.fifo"), (Counts{1, 0, 0}));
  EXPECT_EQ(driver.rebuild()->dump(driver.now()), driver.engine().dump(driver.now()));
}

TEST_F(DeadLetters, ALowerMaximumCountsFromTheNextReceive) {  // 3.8
  const QueueId source = driver.create("source", redrive("dlq", 1000));
  driver.send(source, "a");
  receive_times(source, 5);
  ASSERT_TRUE(driver.set("source", redrive("dlq", 2)).ok());
  EXPECT_EQ(driver.counts("dlq"), (Counts{}));
  EXPECT_EQ(driver.contents(source), Contents{});
  EXPECT_EQ(driver.counts("dlq"), (Counts{1, 0, 0}));
}

TEST_F(DeadLetters, WithoutAPolicyNothingMoves) {
  const QueueId source = driver.create("source", redrive("dlq", 1));
  driver.send(source, "a");
  receive_times(source, 1);
  AttributeChanges none;
  none.redrive_policy.emplace(std::nullopt);
  ASSERT_TRUE(driver.set("source", none).ok());
  EXPECT_EQ(only(source, 0).count(), 2);
}

TEST_F(DeadLetters, AMoveDoesNotMeetTheTargetsDeduplication) {  // 5.8.3, 5.9
  AttributeChanges changes = redrive("dlq.fifo", 1);
  changes.content_based_deduplication = true;
  const QueueId source = driver.create_fifo("source.fifo", changes);
  ASSERT_TRUE(driver.send(dlq_fifo, driver.entry("same", "g", "id")).ok());
  ASSERT_TRUE(driver.send(source, driver.entry("same", "g", "id")).ok());
  receive_times(source, 2);
  EXPECT_EQ(driver.contents(dlq_fifo), (Contents{"same", "same"}));
  ASSERT_TRUE(driver.send(source, driver.entry("same", "g", "id")).ok());
  EXPECT_EQ(driver.contents(source), Contents{}) << "the source's window survives the move";
}

TEST_F(DeadLetters, OneReceiveMovesABoundedNumber) {
  const QueueId source = driver.create("source", redrive("dlq", 1));
  const int count = kMovesPerReceiveMax + 5;
  for (int i = 0; i < count; ++i) driver.send(source, "bad");
  for (int i = 0; i < count; i += 10) driver.receive(source, 10, 1);
  driver.send(source, "good");
  driver.pass_s(1);
  ReceiveMessages request;
  const auto first = driver.try_receive(source, request);
  EXPECT_TRUE(first->deliveries.empty());
  EXPECT_TRUE(first->more_work);
  EXPECT_EQ(driver.counts("dlq"), (Counts{kMovesPerReceiveMax, 0, 0}));
  const auto second = driver.try_receive(source, request);
  EXPECT_EQ(second->deliveries.size(), 1u);
  EXPECT_FALSE(second->more_work);
  EXPECT_EQ(driver.counts("dlq"), (Counts{count, 0, 0}));
}

TEST_F(DeadLetters, PurgingTheTargetTakesWhatCameBeforeAndNotWhatComesAfter) {
  const QueueId source = driver.create("source", redrive("dlq", 1));
  driver.send(source, "first");
  driver.send(source, "second");
  receive_times(source, 1);
  driver.receive(source, 1, 0);  // moves both
  EXPECT_EQ(driver.counts("dlq"), (Counts{2, 0, 0}));
  driver.send(source, "third");
  receive_times(source, 1);
  ASSERT_TRUE(driver.ask(PurgeQueue{driver.address("dlq")}).ok());
  receive_times(source, 1);  // sent before the purge, moved after it
  EXPECT_EQ(driver.contents(dlq), Contents{"third"});
}

TEST_F(DeadLetters, ContentIsGivenBackOnceWhereverTheMessageWent) {
  const QueueId source = driver.create("source", redrive("dlq", 1));
  driver.send(source, "a");
  receive_times(source, 2);
  EXPECT_TRUE(driver.released().empty());
  ASSERT_TRUE(driver.remove(dlq, only(dlq).handle()).ok());
  EXPECT_EQ(driver.released().size(), 1u);
}

}  // namespace
}  // namespace forebay::engine
