// SPDX-License-Identifier: Apache-2.0
// Outcomes and how SQS hears of them; leases; the stop.
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "consumer/testing/fake_queue.h"

namespace forebay::sqs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::FakeConsumer;
using testing::FakeQueue;
using testing::message;
using Changes = std::vector<std::vector<FakeQueue::Change>>;
using Deletes = std::vector<std::vector<std::string>>;

Handler always(Outcome outcome) {
  return [outcome](Delivery&) { return outcome; };
}

Error error(ErrorKind kind) {
  return {.kind = kind, .retryable = true};
}

// ---- Acks ----

TEST(Acks, WaitForOthersAndGoInBatchesOfTen) {
  FakeConsumer consumer({.handler = always(Ack{}), .concurrency = 20});
  consumer.give({message("a"), message("b")});
  consumer.run_jobs();
  consumer.advance(40);
  EXPECT_EQ(consumer.queue.deletes, Deletes{});
  EXPECT_EQ(consumer.figures().unsettled, 2u);
  consumer.advance(10);
  EXPECT_EQ(consumer.queue.deletes, (Deletes{{"handle-a", "handle-b"}}));
  std::vector<Message> twelve;
  for (int i = 0; i < 12; ++i) twelve.push_back(message(std::to_string(i)));
  consumer.give(twelve);
  consumer.run_jobs();
  ASSERT_EQ(consumer.queue.deletes.size(), 2u);  // the ten at once
  EXPECT_EQ(consumer.queue.deletes[1].size(), 10u);
  consumer.advance(50);
  EXPECT_EQ(consumer.queue.deletes[2].size(), 2u);
  EXPECT_EQ(consumer.figures().acked, 14u);
  EXPECT_EQ(consumer.figures().unsettled, 0u);
}

TEST(Acks, AreRetriedEntryByEntry) {
  FakeConsumer consumer({.handler = always(Ack{})});
  consumer.queue.delete_trouble = {{.handle = "handle-b"},
                                   {.error = error(ErrorKind::kServerFault)}};
  consumer.give({message("a"), message("b")});
  consumer.run_jobs();
  consumer.advance(50 + 200 + 200);
  EXPECT_EQ(consumer.queue.deletes,
            (Deletes{{"handle-a", "handle-b"}, {"handle-b"}, {"handle-b"}}));
  EXPECT_EQ(consumer.figures().acked, 2u);
  EXPECT_EQ(consumer.figures().settle_failures, 0u);
}

TEST(Acks, ThatSqsRefusesAreGivenUp) {
  FakeConsumer consumer({.handler = always(Ack{})});
  consumer.queue.delete_trouble = {{.handle = "handle-a", .sender_fault = true}};
  consumer.give({message("a")});
  consumer.run_jobs();
  consumer.advance(1'000);
  EXPECT_EQ(consumer.queue.deletes.size(), 1u);
  EXPECT_EQ(consumer.figures().settle_failures, 1u);
  EXPECT_EQ(consumer.figures().acked, 0u);
}

TEST(Acks, AreTriedAgainOnlyWhileTheLeaseLives) {
  FakeConsumer consumer({.handler = always(Ack{})});
  consumer.queue.delete_trouble.assign(1'000, {.error = error(ErrorKind::kNetwork)});
  consumer.queue.change_trouble = {{.handle = "handle-a", .sender_fault = true}};
  consumer.give({message("a")});
  consumer.run_jobs();
  consumer.advance(15'000);
  EXPECT_EQ(consumer.figures().leases_lost, 1u);
  consumer.advance(200);
  const size_t calls = consumer.queue.deletes.size();
  EXPECT_GT(calls, 70u);
  consumer.advance(10'000);
  EXPECT_EQ(consumer.queue.deletes.size(), calls);
  EXPECT_EQ(consumer.figures().settle_failures, 1u);
  EXPECT_EQ(consumer.figures().unsettled, 0u);
}

TEST(Acks, AreGivenUpWhenTheQueueIsGone) {
  FakeConsumer consumer({.handler = always(Ack{})});
  consumer.queue.delete_trouble = {{.error = error(ErrorKind::kQueueNotFound)}};
  consumer.give({message("a")});
  consumer.run_jobs();
  consumer.advance(1'000);
  EXPECT_EQ(consumer.queue.deletes.size(), 1u);
  EXPECT_EQ(consumer.figures().settle_failures, 1u);
}

TEST(Acks, ThatCannotBeConfirmedStopThePollsAtAThousand) {
  FakeConsumer consumer({.handler = always(Ack{})});
  consumer.queue.delete_trouble.assign(1'000, {.error = error(ErrorKind::kNetwork)});
  size_t given = 0;
  while (!consumer.queue.polls.empty() && given < 2'000) {
    std::vector<Message> ten;
    for (int i = 0; i < 10; ++i) ten.push_back(message(std::to_string(given++)));
    consumer.give(std::move(ten));
    consumer.run_jobs();
  }
  EXPECT_EQ(given, 1'010u);  // with those of the poll that was open then
  EXPECT_EQ(consumer.figures().unsettled, 1'010u);
  consumer.queue.delete_trouble.clear();
  consumer.advance(200);
  EXPECT_EQ(consumer.figures().acked, 1'010u);
  EXPECT_EQ(consumer.queue.polls.size(), 1u);
}

TEST(Returns, AreGivenUpAfterThreeTries) {
  FakeConsumer consumer({.handler = always(Retry{})});
  consumer.queue.change_trouble.assign(100, {.error = error(ErrorKind::kNetwork)});
  consumer.give({message("a")});
  consumer.run_jobs();
  consumer.advance(10'000);
  EXPECT_EQ(consumer.queue.changes.size(), 3u);  // the message comes back by itself
  EXPECT_EQ(consumer.figures().settle_failures, 1u);
  EXPECT_EQ(consumer.figures().retried, 0u);
}

// ---- Retry, defer, dead ----

TEST(Outcomes, RetryComesBackWhenItSays) {
  FakeConsumer consumer({.handler = always(Retry{.after = seconds(77)})});
  consumer.give({message("a")});
  consumer.run_jobs();
  consumer.advance(50);
  EXPECT_EQ(consumer.queue.changes, (Changes{{{"handle-a", 77}}}));
  EXPECT_EQ(consumer.figures().retried, 1u);
}

TEST(Outcomes, RetryBacksOffByReceiveCountWithJitter) {
  FakeConsumer consumer({.handler = always(Retry{}),
                         .backoff = {.base = seconds(10), .max = seconds(60)},
                         .settle = {.linger = milliseconds(0)}});
  consumer.give({message("a", "", 1), message("b", "", 2), message("c", "", 9)});
  consumer.run_jobs();
  consumer.random.number = 1'000'000;  // of 0 to 5,000 ms: 4,800
  consumer.random.number = 5'000;
  consumer.give({message("d", "", 1)});
  consumer.run_jobs();
  EXPECT_EQ(
      consumer.queue.changes,
      (Changes{{{"handle-a", 10}}, {{"handle-b", 20}}, {{"handle-c", 60}}, {{"handle-d", 5}}}));
}

TEST(Outcomes, RetryMayHaveABackoffOfItsOwn) {
  FakeConsumer consumer({.handler = always(Retry{.backoff = Backoff{.base = milliseconds(0)}})});
  consumer.give({message("a")});
  consumer.run_jobs();
  consumer.advance(50);
  EXPECT_EQ(consumer.queue.changes, (Changes{{{"handle-a", 0}}}));
}

TEST(Outcomes, DeferIsAMomentAndAtMostTwelveHours) {
  FakeConsumer consumer({.handler = [](Delivery& d) -> Outcome {
                           return Defer{d.now() +
                                        (d.body() == "a" ? seconds(90) : seconds(90'000))};
                         },
                         .settle = {.linger = milliseconds(0)}});
  consumer.give({message("a"), message("b")});
  consumer.run_jobs();
  EXPECT_EQ(consumer.queue.changes, (Changes{{{"handle-a", 90}}, {{"handle-b", 43'199}}}));
  EXPECT_EQ(consumer.figures().deferred, 2u);
}

TEST(Outcomes, AnExceptionIsARetryAndIsTold) {
  std::string told;
  FakeConsumer consumer(
      {.handler = [](Delivery&) -> Outcome { return Outcome(std::vector<Outcome>().at(3)); },
       .on_error = [&](std::string_view what,
                       const Error& e) { told = std::string(what) + e.message; }});
  consumer.give({message("a")});
  consumer.run_jobs();
  consumer.advance(50);
  EXPECT_EQ(consumer.queue.changes, (Changes{{{"handle-a", 2}}}));
  EXPECT_TRUE(told.starts_with("handlerThe handler has thrown: vector")) << told;
  EXPECT_EQ(consumer.figures().handler_exceptions, 1u);
}

TEST(Outcomes, DeadIsSentToTheDeadLetterQueueThenDeleted) {
  FakeConsumer consumer({.handler = always(Dead{"no such customer"})});
  consumer.queue.dead_letter_arn = "arn:aws:sqs:eu-west-1:123456789012:failed";
  Message dead = message("a", "", 4);
  dead.message_attributes["kind"] = MessageAttributeValue::string("order");
  dead.attributes.aws_trace_header = "Root=1";
  consumer.give({dead});
  consumer.run_jobs();
  ASSERT_EQ(consumer.queue.sent.size(), 1u);
  const SendMessageRequest& sent = consumer.queue.sent[0];
  EXPECT_EQ(sent.queue_url, "http://queue/123456789012/failed");
  EXPECT_EQ(sent.message_body, "a");
  EXPECT_EQ(
      sent.message_attributes,
      (MessageAttributes{
          {"kind", MessageAttributeValue::string("order")},
          {std::string(Dead::kReasonAttribute), MessageAttributeValue::string("no such customer")},
          {std::string(Dead::kReceiveCountAttribute), MessageAttributeValue::number(4)}}));
  EXPECT_EQ(sent.message_system_attributes.at("AWSTraceHeader").value(), "Root=1");
  EXPECT_FALSE(sent.message_deduplication_id.has_value());
  EXPECT_EQ(consumer.queue.deletes, Deletes{});
  consumer.advance(50);
  EXPECT_EQ(consumer.queue.deletes, (Deletes{{"handle-a"}}));
  EXPECT_EQ(consumer.figures().dead, 1u);
}

TEST(Outcomes, DeadIsRetriedWhenItCannotBeSent) {
  std::vector<std::string> told;
  FakeConsumer consumer(
      {.handler = always(Dead{"bad"}), .on_error = [&](std::string_view what, const Error& e) {
         told.push_back(std::string(what) + ": " + e.message);
       }});
  consumer.give({message("a")});  // no dead-letter queue
  consumer.run_jobs();
  consumer.queue.dead_letter_arn = "arn:aws:sqs:eu-west-1:123456789012:failed";
  consumer.queue.send_trouble = Error{.kind = ErrorKind::kTooLarge, .message = "too large"};
  consumer.give({message("b")});
  consumer.run_jobs();
  consumer.advance(50);
  EXPECT_EQ(consumer.queue.changes, (Changes{{{"handle-a", 2}, {"handle-b", 2}}}));
  EXPECT_EQ(consumer.queue.deletes, Deletes{});
  EXPECT_EQ(told, (std::vector<std::string>{"dead letter: The queue has no dead-letter queue.",
                                            "dead letter: too large"}));
  EXPECT_EQ(consumer.figures().dead, 0u);
}

TEST(Outcomes, ADeadLetterHasRoomForItsAttributesOrGoesWithout) {
  Message full = message("a");
  for (int i = 0; i < 9; ++i) {
    full.message_attributes["n" + std::to_string(i)] = MessageAttributeValue::number(i);
  }
  EXPECT_EQ(detail::dead_letter_of(full, "why", "q").message_attributes, full.message_attributes);
  full.message_attributes.erase("n8");
  EXPECT_EQ(detail::dead_letter_of(full, "why", "q").message_attributes.size(), 10u);
  std::string umlauts;
  for (int i = 0; i < 600; ++i) umlauts += "ü";
  const auto cut = detail::dead_letter_of(message("a"), "x" + umlauts, "q.fifo");
  EXPECT_EQ(cut.message_attributes.at(std::string(Dead::kReasonAttribute)).value().size(), 1'023u);
  EXPECT_EQ(cut.message_deduplication_id, "a");
}

// ---- Leases ----

TEST(Leases, AreRenewedTogetherAtHalfTime) {
  FakeConsumer consumer({.handler = always(Ack{}), .concurrency = 20});
  std::vector<Message> some;
  for (int i = 0; i < 8; ++i) some.push_back(message(std::to_string(i)));
  consumer.give(some);
  consumer.advance(2'000);
  consumer.give({message("x"), message("y"), message("z")});
  consumer.advance(12'990);
  EXPECT_EQ(consumer.queue.changes, Changes{});
  consumer.advance(10);  // 15 s: eleven leases, the last three due in 2 s
  ASSERT_EQ(consumer.queue.changes.size(), 2u);
  EXPECT_EQ(consumer.queue.changes[0].size(), 10u);
  EXPECT_EQ(consumer.queue.changes[1], (std::vector<FakeQueue::Change>{{"handle-z", 30}}));
  consumer.advance(15'000);
  EXPECT_EQ(consumer.queue.changes.size(), 4u);
  EXPECT_EQ(consumer.figures().extended, 22u);
  consumer.run_jobs();
  consumer.advance(100'000);
  EXPECT_EQ(consumer.queue.changes.size(), 4u);
  EXPECT_EQ(consumer.figures().acked, 11u);
}

TEST(Leases, ThatSqsRefusesAreLostAndTheirAckIsSuppressed) {
  std::stop_token stop;
  FakeConsumer consumer({.handler = [&](Delivery& d) -> Outcome {
    stop = d.stop_token();
    return Ack{};
  }});
  consumer.queue.change_trouble = {{.handle = "handle-a", .sender_fault = true}};
  consumer.give({message("a"), message("b")});
  consumer.advance(15'000);
  EXPECT_EQ(consumer.figures().leases_lost, 1u);
  consumer.run_jobs();
  consumer.advance(50);
  EXPECT_EQ(consumer.queue.deletes, (Deletes{{"handle-b"}}));
  EXPECT_EQ(consumer.figures().outcomes_ignored, 1u);
  EXPECT_EQ(consumer.figures().acked, 1u);
}

TEST(Leases, ThatCannotBeRenewedInTimeAreLostWhenTheyEnd) {
  std::optional<PendingDelivery> pending;
  FakeConsumer consumer(
      {.handler = AsyncHandler([&](PendingDelivery d) { pending.emplace(std::move(d)); })});
  consumer.give({message("a")});
  consumer.run_jobs();
  const std::stop_token stop = (*pending)->stop_token();
  consumer.queue.changes_hang = true;
  consumer.advance(29'990);
  EXPECT_FALSE(stop.stop_requested());
  EXPECT_EQ(consumer.queue.changes.size(), 1u);
  consumer.advance(10);
  EXPECT_TRUE(stop.stop_requested());
  consumer.queue.hanging[0](BatchReply{.successful = {"0"}});  // too late
  consumer.run();
  pending->complete(Ack{});
  consumer.run();
  consumer.advance(1'000);
  EXPECT_EQ(consumer.queue.deletes, Deletes{});
  EXPECT_EQ(consumer.figures().leases_lost, 1u);
}

TEST(Leases, ARenewalThatFailsIsTriedAgainInTime) {
  FakeConsumer consumer({.handler = always(Ack{})});
  consumer.queue.change_trouble = {{.error = error(ErrorKind::kNetwork)}, {.handle = "handle-a"}};
  consumer.give({message("a")});
  consumer.advance(40'000);
  EXPECT_EQ(consumer.queue.changes.size(), 4u);  // at 15, 16.5, 18 and 33 s
  EXPECT_EQ(consumer.figures().leases_lost, 0u);
}

TEST(Leases, AreCountedFromTheRequestNotFromItsAnswer) {
  FakeConsumer consumer({.handler = always(Ack{})});
  consumer.give({message("a")});
  consumer.queue.changes_hang = true;
  consumer.advance(25'000);
  ASSERT_EQ(consumer.queue.hanging.size(), 1u);
  consumer.queue.hanging[0](BatchReply{.successful = {"0"}});  // asked for at 15 s
  consumer.run();
  consumer.advance(19'990);
  EXPECT_EQ(consumer.figures().leases_lost, 0u);
  consumer.advance(10);
  EXPECT_EQ(consumer.figures().leases_lost, 1u);
}

TEST(Leases, LostWhileAMessageWaitsForASlotItIsNeverBegun) {
  std::vector<PendingDelivery> pending;
  FakeConsumer consumer(
      {.handler = AsyncHandler([&](PendingDelivery d) { pending.push_back(std::move(d)); }),
       .concurrency = 2});
  consumer.core->set_slots(1);
  consumer.run();
  consumer.give({message("a"), message("b")});  // the poll was begun with two slots
  consumer.run_jobs();
  ASSERT_EQ(pending.size(), 1u);
  EXPECT_EQ(consumer.figures().running, 1u);
  EXPECT_EQ(consumer.figures().waiting, 1u);
  consumer.queue.change_trouble = {{.handle = "handle-b", .sender_fault = true}};
  consumer.advance(15'000);
  EXPECT_EQ(consumer.figures().waiting, 0u);
  pending[0].complete(Ack{});
  consumer.run();
  EXPECT_EQ(consumer.workers.jobs.size(), 0u);
  EXPECT_EQ(consumer.queue.asked(), std::vector<int>{1});
}

TEST(Leases, LostWhileADeadMessageIsBeingSentItIsNotDeleted) {
  FakeConsumer consumer(
      {.handler = always(Dead{"bad"}), .dead_letter_queue_url = "http://queue/dead"});
  consumer.queue.sends_hang = true;
  consumer.queue.change_trouble = {{.handle = "handle-a", .sender_fault = true}};
  consumer.give({message("a")});
  consumer.run_jobs();
  consumer.advance(15'000);
  EXPECT_EQ(consumer.figures().leases_lost, 1u);
  ASSERT_EQ(consumer.queue.hanging_sends.size(), 1u);
  consumer.queue.hanging_sends[0](SendMessageReply{});
  consumer.run();
  consumer.advance(1'000);
  EXPECT_EQ(consumer.queue.deletes, Deletes{});
  EXPECT_EQ(consumer.figures().outcomes_ignored, 1u);
  EXPECT_EQ(consumer.figures().dead, 0u);
}

TEST(Leases, EndAtAMaxLeaseBelowTheVisibilityTimeout) {
  FakeConsumer consumer({.handler = always(Ack{}), .lease = {.max_lease = seconds(10)}});
  consumer.give({message("a")});
  consumer.advance(9'990);
  EXPECT_EQ(consumer.figures().leases_lost, 0u);
  consumer.advance(10);
  EXPECT_EQ(consumer.figures().leases_lost, 1u);
  EXPECT_EQ(consumer.queue.changes, Changes{});
}

TEST(Leases, EndAtMaxLease) {
  FakeConsumer consumer({.handler = always(Ack{}), .lease = {.max_lease = seconds(50)}});
  consumer.give({message("a")});
  consumer.advance(49'990);
  EXPECT_EQ(consumer.queue.changes, (Changes{{{"handle-a", 30}}, {{"handle-a", 20}}}));
  EXPECT_EQ(consumer.figures().leases_lost, 0u);
  consumer.advance(10);
  EXPECT_EQ(consumer.figures().leases_lost, 1u);
}

TEST(Deadlines, FireTheStopTokenAndTheOutcomeStillCounts) {
  std::vector<PendingDelivery> pending;
  FakeConsumer consumer(
      {.handler = AsyncHandler([&](PendingDelivery d) { pending.push_back(std::move(d)); }),
       .handle_timeout = milliseconds(500)});
  consumer.give({message("a")});
  consumer.run_jobs();
  const std::stop_token stop = pending[0]->stop_token();
  EXPECT_EQ(pending[0]->time_left(), milliseconds(500));
  consumer.advance(490);
  EXPECT_FALSE(stop.stop_requested());
  consumer.advance(10);
  EXPECT_TRUE(stop.stop_requested());
  EXPECT_EQ(pending[0]->time_left(), milliseconds(0));
  pending[0].complete(Ack{});
  consumer.run();
  consumer.advance(50);
  EXPECT_EQ(consumer.figures().acked, 1u);
}

}  // namespace
}  // namespace forebay::sqs
