// SPDX-License-Identifier: Apache-2.0
// What a waiting receive is woken by, and who gets the message.
#include "shard/shard_fixture.h"

namespace forebay::shard {
namespace {

class LongPollTest : public ShardTest {
 protected:
  static engine::AttributeChanges redrive_to(const std::string& name, int32_t max_receive_count) {
    engine::AttributeChanges changes;
    changes.redrive_policy = engine::RedrivePolicy{"policy", address(name), max_receive_count};
    return changes;
  }
};

TEST_F(LongPollTest, WaitsWithoutAnAnswer) {
  create("q");
  const Pending polled = receive("q", 20);
  pass(19'900);
  EXPECT_FALSE(polled.answered());
  EXPECT_EQ(shard_->parked_poll_count(), 1u);
}

TEST_F(LongPollTest, EndsEmptyAtItsDeadline) {
  create("q");
  const Pending polled = receive("q", 3);
  pass(2'990);
  EXPECT_FALSE(polled.answered());
  pass(20);
  ASSERT_TRUE(polled.ok());
  EXPECT_TRUE(polled.messages().empty());
  EXPECT_EQ(shard_->parked_poll_count(), 0u);
}

TEST_F(LongPollTest, AShortPollFindsWhatStandsBehindManyDeadLetters) {
  create("dlq");
  create("q");
  for (int i = 0; i < 1'500; ++i) send("q", "tired");
  engine::ReceiveMessages all;
  all.queue = address("q");
  all.max_number_of_messages = 10;
  all.visibility_timeout = 1;
  for (int i = 0; i < 150; ++i) submit(all);
  submit(engine::SetQueueAttributes{address("q"), redrive_to("dlq", 1)});
  pass(1'010);
  const Pending fresh = send("q", "fresh");
  ASSERT_TRUE(fresh.ok());
  EXPECT_EQ(receive("q").numbers().size(), 1u);
}

TEST_F(LongPollTest, AClientThatHasLeftBeforeItIsServedTakesNothing) {
  create("q");
  send("q", "hello");
  const auto client = std::make_shared<TestClient>();
  client->is_connected = false;
  for (const int32_t wait_s : {0, 20}) {
    const Pending unheard = receive("q", wait_s, client);
    ASSERT_TRUE(unheard.ok());
    EXPECT_TRUE(unheard.messages().empty());
  }
  EXPECT_EQ(receive("q").numbers().size(), 1u);
}

TEST_F(LongPollTest, WakesOnSend) {
  create("q");
  const Pending polled = receive("q", 20);
  send("q", "hello");
  EXPECT_EQ(polled.numbers().size(), 1u);
}

TEST_F(LongPollTest, AnswerWaitsForTheLogToo) {
  create("q");
  const Pending polled = receive("q", 20);
  log_.automatic = false;
  send("q", "hello");
  EXPECT_FALSE(polled.answered());
  EXPECT_EQ(shard_->parked_poll_count(), 0u);
  log_.complete();
  settle();
  EXPECT_TRUE(polled.ok());
}

TEST_F(LongPollTest, WakesWhenADelayEnds) {
  create("q");
  send("q", "later", 5);
  const Pending polled = receive("q", 20);
  pass(4'990);
  EXPECT_FALSE(polled.answered());
  pass(20);
  EXPECT_TRUE(polled.ok());
}

TEST_F(LongPollTest, WakesWhenTheDelayOfALaterSendEnds) {
  create("q");
  const Pending polled = receive("q", 20);
  send("q", "later", 5);
  pass(4'990);
  EXPECT_FALSE(polled.answered());
  pass(20);
  EXPECT_EQ(polled.numbers().size(), 1u);
}

TEST_F(LongPollTest, WakesWhenAVisibilityTimeoutIsOver) {
  engine::AttributeChanges attributes;
  attributes.visibility_timeout = 4;
  create("q", attributes);
  send("q", "hello");
  receive("q");
  const Pending polled = receive("q", 20);
  pass(3'990);
  EXPECT_FALSE(polled.answered());
  pass(20);
  ASSERT_TRUE(polled.ok());
  EXPECT_EQ(polled.messages().at(0).receive_count, 2);
}

TEST_F(LongPollTest, WakesWhenAGroupIsUnlockedByADelete) {
  create("f.fifo");
  send("f.fifo", "1");
  send("f.fifo", "2");
  const std::string handle = receive("f.fifo").handle();
  const Pending polled = receive("f.fifo", 20);
  EXPECT_FALSE(polled.answered());
  remove("f.fifo", handle);
  EXPECT_EQ(polled.numbers(), (std::vector<uint64_t>{2}));
}

TEST_F(LongPollTest, WakesOnAChangeOfVisibilityToZero) {
  create("q");
  send("q", "hello");
  const std::string handle = receive("q").handle();
  const Pending polled = receive("q", 20);
  change("q", handle, 0);
  EXPECT_EQ(polled.numbers().size(), 1u);
}

TEST_F(LongPollTest, ShortenedVisibilityWakesEarlier) {
  create("q");
  send("q", "hello");
  const std::string handle = receive("q").handle();
  const Pending polled = receive("q", 20);
  change("q", handle, 2);
  pass(1'990);
  EXPECT_FALSE(polled.answered());
  pass(20);
  EXPECT_EQ(polled.numbers().size(), 1u);
}

TEST_F(LongPollTest, WakesWhenADeadLetterArrives) {
  create("dead");
  create("q", redrive_to("dead", 1));
  send("q", "hello");
  change("q", receive("q").handle(), 0);
  const Pending polled = receive("dead", 20);
  EXPECT_TRUE(receive("q").messages().empty());  // moves it
  ASSERT_EQ(polled.numbers().size(), 1u);
  EXPECT_EQ(polled.messages()[0].receive_count, 2);
  EXPECT_EQ(polled.messages()[0].dead_letter_source_arn, "arn:aws:sqs:eu-central-1:000000000000:q");
}

TEST_F(LongPollTest, GoesOnWaitingWhenItHasOnlyMovedADeadLetter) {
  create("dead");
  create("q", redrive_to("dead", 1));
  send("q", "exhausted");
  change("q", receive("q").handle(), 0);
  const Pending dead = receive("dead", 20);
  const Pending polled = receive("q", 20);
  EXPECT_TRUE(dead.ok());
  EXPECT_FALSE(polled.answered());
  send("q", "fresh");
  EXPECT_EQ(polled.messages().at(0).receive_count, 1);
}

TEST_F(LongPollTest, PurgedMessageIsNotDeliveredButALaterOneIs) {
  create("q");
  send("q", "purged", 2);
  const Pending polled = receive("q", 20);
  submit(engine::PurgeQueue{address("q")});
  pass(3'000);
  EXPECT_FALSE(polled.answered());
  send("q", "new");
  EXPECT_EQ(polled.numbers(), (std::vector<uint64_t>{2}));
}

TEST_F(LongPollTest, WhoWaitsLongestIsServedFirst) {
  create("q");
  const Pending first = receive("q", 20);
  const Pending second = receive("q", 10);
  const Pending third = receive("q", 20);
  send("q", "1");
  EXPECT_TRUE(first.answered());
  EXPECT_FALSE(second.answered());
  send("q", "2");
  EXPECT_TRUE(second.answered());
  EXPECT_FALSE(third.answered());
}

TEST_F(LongPollTest, ClientThatHasGoneGetsNothing) {
  create("q");
  const auto client = std::make_shared<TestClient>();
  const Pending gone = receive("q", 20, client);
  const Pending next = receive("q", 20);
  client->is_connected = false;
  send("q", "hello");
  ASSERT_TRUE(gone.ok());
  EXPECT_TRUE(gone.messages().empty());
  EXPECT_EQ(next.messages().at(0).receive_count, 1);
}

TEST_F(LongPollTest, AbandonedPollEndsEmpty) {
  create("q");
  const auto client = std::make_shared<TestClient>();
  const auto other = std::make_shared<TestClient>();
  const Pending polled = receive("q", 20, client);
  const Pending stays = receive("q", 20, other);
  shard_->abandon(client);
  shard_->abandon(client);
  ASSERT_TRUE(polled.ok());
  EXPECT_TRUE(polled.messages().empty());
  EXPECT_FALSE(stays.answered());
}

TEST_F(LongPollTest, ReleasedPollsEndEmptyAndNobodyWaitsAfterwards) {
  create("q");
  const Pending polled = receive("q", 20);
  shard_->release_polls();
  EXPECT_TRUE(polled.ok());
  EXPECT_TRUE(receive("q", 20).ok());
  EXPECT_EQ(shard_->parked_poll_count(), 0u);
}

TEST_F(LongPollTest, ClosingEndsPolls) {
  create("q");
  const Pending polled = receive("q", 20);
  bool closed = false;
  shard_->close([&closed] { closed = true; });
  settle();
  EXPECT_TRUE(polled.ok());
  EXPECT_TRUE(closed);
}

TEST_F(LongPollTest, EndsEmptyWhenItsQueueIsDeleted) {
  create("q");
  const Pending polled = receive("q", 20);
  submit(engine::DeleteQueue{address("q")});
  ASSERT_TRUE(polled.ok());
  EXPECT_TRUE(polled.messages().empty());
}

TEST_F(LongPollTest, QueueDefaultAppliesUnlessTheRequestSaysOtherwise) {
  engine::AttributeChanges attributes;
  attributes.receive_message_wait_time_seconds = 5;
  create("q", attributes);
  engine::ReceiveMessages request;
  request.queue = address("q");
  const Pending waits = submit(request);
  EXPECT_FALSE(waits.answered());
  EXPECT_TRUE(receive("q", 0).answered());
  pass(5'010);
  EXPECT_TRUE(waits.answered());
}

TEST_F(LongPollTest, NoticesWithinASecondThatTheWallClockWasSetForward) {
  create("q");
  send("q", "hello");
  receive("q");
  const Pending polled = receive("q", 20);
  clock_.offset_ms += 3'600'000;
  pass(1'010);
  EXPECT_EQ(polled.numbers().size(), 1u);
}

TEST_F(LongPollTest, OnePollDoesNotTakeWhatItsMaximumLeaves) {
  create("q");
  const Pending first = receive("q", 20);
  const Pending second = receive("q", 20);
  engine::SendMessages both{address("q"), {}, true};
  for (int i = 0; i < 2; ++i) {
    engine::SendEntry entry;
    random_.fill(entry.message_id);
    entry.content = "hello";
    both.entries.push_back(std::move(entry));
  }
  submit(std::move(both));
  EXPECT_EQ(first.numbers().size(), 1u);
  EXPECT_EQ(second.numbers().size(), 1u);
}

}  // namespace
}  // namespace forebay::shard
