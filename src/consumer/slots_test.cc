// SPDX-License-Identifier: Apache-2.0
// Slots and polls: how many messages are asked for, and when.
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "consumer/testing/fake_queue.h"

namespace forebay::sqs {
namespace {

using testing::FakeConsumer;
using testing::message;
using Asked = std::vector<int>;

Outcome ack(Delivery& /*delivery*/) {
  return Ack{};
}

std::vector<Message> messages(int count) {
  std::vector<Message> all;
  for (int i = 0; i < count; ++i) all.push_back(message("m" + std::to_string(i)));
  return all;
}

TEST(Slots, APollAsksForTheFreeOnes) {
  FakeConsumer consumer({.handler = ack, .concurrency = 4});
  EXPECT_EQ(consumer.queue.asked(), Asked{4});
  consumer.give(messages(3));
  EXPECT_EQ(consumer.queue.asked(), Asked{1});
  consumer.give(messages(1));
  EXPECT_EQ(consumer.queue.asked(), Asked{});
  EXPECT_EQ(consumer.figures().running, 4u);
}

TEST(Slots, AFinishedSlotIsRefilledWhileItsSiblingsRun) {
  FakeConsumer consumer({.handler = ack, .concurrency = 3});
  consumer.give(messages(3));
  EXPECT_EQ(consumer.queue.asked(), Asked{});
  consumer.run_job();
  EXPECT_EQ(consumer.queue.asked(), Asked{1});
  EXPECT_EQ(consumer.figures().running, 2u);
}

TEST(Slots, FullRepliesAllowMorePollsAndEmptyOnesFewer) {
  FakeConsumer consumer({.handler = ack, .concurrency = 1'000, .poll = {.parallel_max = 4}});
  EXPECT_EQ(consumer.queue.asked(), Asked{10});
  for (size_t polls = 2; polls <= 6; ++polls) {
    consumer.give(messages(10));
    EXPECT_EQ(consumer.queue.asked().size(), std::min<size_t>(polls, 4));
  }
  consumer.give({});
  EXPECT_EQ(consumer.queue.asked().size(), 3u);
  consumer.give({});
  consumer.give({});
  EXPECT_EQ(consumer.queue.asked(), Asked{10});
}

TEST(Slots, AThousandRunAtATimeAndNoMore) {
  FakeConsumer consumer({.handler = ack, .concurrency = 1'000, .poll = {.parallel_max = 100}});
  while (!consumer.queue.polls.empty()) {
    const int asked = *consumer.queue.polls.front().request.max_number_of_messages;
    consumer.give(messages(asked));
  }
  EXPECT_EQ(consumer.figures().running, 1'000u);
  EXPECT_EQ(consumer.workers.jobs.size(), 1'000u);
  consumer.run_jobs();
  EXPECT_EQ(consumer.figures().handled, 1'000u);
  consumer.advance(50);
  EXPECT_EQ(consumer.figures().acked, 1'000u);
  EXPECT_EQ(consumer.queue.deletes.size(), 100u);
}

TEST(Slots, PausedItHandlesWhatItHasAndPollsNoMore) {
  FakeConsumer consumer({.handler = ack, .concurrency = 2});
  consumer.core->pause(true);
  consumer.give(messages(2));
  consumer.run_jobs();
  EXPECT_EQ(consumer.figures().handled, 2u);
  EXPECT_EQ(consumer.queue.asked(), Asked{});
  consumer.core->pause(false);
  consumer.run();
  EXPECT_EQ(consumer.queue.asked(), Asked{2});
}

TEST(Polls, CarryWhatTheOptionsSayAndWhatAConsumerNeeds) {
  FakeConsumer consumer({.handler = ack,
                         .poll = {.wait_time = std::chrono::seconds(7),
                                  .message_system_attribute_names = {"SenderId", "MessageGroupId"}},
                         .lease = {.visibility_timeout = std::chrono::seconds(44)}});
  const ReceiveMessageRequest& request = consumer.queue.polls.front().request;
  EXPECT_EQ(request.queue_url, "http://queue/q");
  EXPECT_EQ(request.wait_time_seconds, std::chrono::seconds(7));
  EXPECT_EQ(request.visibility_timeout, std::chrono::seconds(44));
  EXPECT_EQ(
      request.message_system_attribute_names,
      (std::vector<std::string>{"SenderId", "MessageGroupId", "ApproximateReceiveCount",
                                "MessageDeduplicationId", "AWSTraceHeader", "SentTimestamp"}));
  EXPECT_FALSE(request.receive_request_attempt_id.has_value());
}

TEST(Polls, WaitAfterEmptyRepliesAsThePolicySays) {
  FakeConsumer consumer({.handler = ack,
                         .poll = {.empty_pause_min = std::chrono::milliseconds(100),
                                  .empty_pause_max = std::chrono::milliseconds(300)}});
  for (const int pause_ms : {100, 200, 300, 300}) {
    consumer.give({});
    consumer.advance(pause_ms - 10);
    EXPECT_EQ(consumer.queue.polls.size(), 0u) << pause_ms;
    consumer.advance(10);
    EXPECT_EQ(consumer.queue.polls.size(), 1u) << pause_ms;
  }
  consumer.give(messages(1));
  EXPECT_EQ(consumer.queue.polls.size(), 1u);
  consumer.give({});
  consumer.advance(100);
  EXPECT_EQ(consumer.queue.polls.size(), 1u);
}

TEST(Polls, BackOffFromErrorsByTheirClass) {
  std::vector<std::string> told;
  FakeConsumer consumer({.handler = ack, .on_error = [&](std::string_view what, const Error& e) {
                           told.push_back(std::string(what) + ": " +
                                          std::string(to_string(e.kind)));
                         }});
  consumer.random.number = 199;  // of 200, then of 400
  consumer.queue.refuse(ErrorKind::kNetwork);
  consumer.run();
  consumer.advance(190);
  EXPECT_EQ(consumer.queue.polls.size(), 0u);
  consumer.advance(10);
  EXPECT_EQ(consumer.queue.polls.size(), 1u);
  consumer.random.number = 399;
  consumer.queue.refuse(ErrorKind::kThrottled);
  consumer.run();
  consumer.advance(390);
  EXPECT_EQ(consumer.queue.polls.size(), 0u);
  consumer.advance(10);
  EXPECT_EQ(consumer.queue.polls.size(), 1u);
  // Somebody has to act: no use in asking often.
  consumer.queue.refuse(ErrorKind::kAuth);
  consumer.run();
  consumer.advance(19'990);
  EXPECT_EQ(consumer.queue.polls.size(), 0u);
  consumer.advance(10);
  EXPECT_EQ(consumer.queue.polls.size(), 1u);
  EXPECT_EQ(told, (std::vector<std::string>{"poll: network failure", "poll: throttled",
                                            "poll: not authorised"}));
  EXPECT_EQ(consumer.figures().poll_errors, 3u);
}

TEST(Polls, WaitAsLongAsTheServerAsks) {
  FakeConsumer consumer({.handler = ack});
  consumer.queue.refuse(ErrorKind::kThrottled, std::chrono::seconds(9));
  consumer.run();
  consumer.advance(8'990);
  EXPECT_EQ(consumer.queue.polls.size(), 0u);
  consumer.advance(10);
  EXPECT_EQ(consumer.queue.polls.size(), 1u);
}

TEST(Slots, TheirNumberAndTheWaitTimeCanBeChangedWhileItRuns) {
  FakeConsumer consumer({.handler = ack, .concurrency = 2});
  consumer.core->set_slots(5);
  consumer.core->set_wait_time(std::chrono::seconds(3));
  consumer.run();
  consumer.give(messages(2));  // the poll that was open asked for two
  EXPECT_EQ(consumer.queue.asked(), Asked{3});
  EXPECT_EQ(consumer.queue.polls.front().request.wait_time_seconds, std::chrono::seconds(3));
  EXPECT_EQ(consumer.workers.threads_max, 5u);
  consumer.give(messages(3));
  EXPECT_EQ(consumer.figures().running, 5u);
  consumer.core->set_slots(1);
  consumer.run();
  for (int i = 0; i < 4; ++i) {
    consumer.run_job();
    EXPECT_EQ(consumer.queue.asked(), Asked{});
  }
  consumer.run_job();
  EXPECT_EQ(consumer.queue.asked(), Asked{1});
}

TEST(Polls, OnFifoQueuesAreRepeatedWithTheirAttemptIdWhenTheAnswerWasLost) {
  FakeConsumer consumer({.queue_url = "http://queue/q.fifo", .handler = ack});
  consumer.random.number = 5;
  const auto id = consumer.queue.polls.front().request.receive_request_attempt_id;
  ASSERT_TRUE(id.has_value());
  consumer.queue.refuse(ErrorKind::kNetwork);
  consumer.run();
  consumer.advance(10);
  EXPECT_EQ(consumer.queue.polls.front().request.receive_request_attempt_id, id);
  consumer.queue.refuse(ErrorKind::kThrottled);  // nothing was received: a new receive
  consumer.run();
  consumer.advance(10);
  EXPECT_NE(consumer.queue.polls.front().request.receive_request_attempt_id, id);
}

}  // namespace
}  // namespace forebay::sqs
