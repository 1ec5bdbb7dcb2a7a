// SPDX-License-Identifier: Apache-2.0
// The stop, in every state, and the order of FIFO groups.
#include <chrono>
#include <optional>
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

Outcome ack(Delivery& /*delivery*/) {
  return Ack{};
}

TEST(Stop, OfOneThatNeverStartedIsDoneAtOnce) {
  FakeConsumer consumer({.handler = ack}, /*start=*/false);
  consumer.request_stop();
  ASSERT_EQ(consumer.stopped.size(), 1u);
  EXPECT_TRUE(consumer.stopped[0].clean);
  consumer.core->start();
  consumer.request_stop();
  EXPECT_EQ(consumer.queue.polls.size(), 0u);
  EXPECT_EQ(consumer.stopped.size(), 1u);
}

TEST(Stop, WaitsForThePollAndHandlesWhatItBrings) {
  FakeConsumer consumer({.handler = ack});
  consumer.request_stop();
  EXPECT_EQ(consumer.stopped.size(), 0u);
  EXPECT_EQ(consumer.queue.polls.size(), 1u);
  consumer.give({message("a")});
  EXPECT_EQ(consumer.queue.polls.size(), 0u);
  consumer.run_jobs();  // the ack is flushed: nobody waits for the linger
  EXPECT_EQ(consumer.queue.deletes, (Deletes{{"handle-a"}}));
  ASSERT_EQ(consumer.stopped.size(), 1u);
  EXPECT_TRUE(consumer.stopped[0].clean);
  EXPECT_EQ(consumer.queue.changes, Changes{});
}

TEST(Stop, CancelsPollsWhenTheirTimeIsOver) {
  FakeConsumer consumer({.handler = ack, .stop = {.polls = milliseconds(300)}});
  consumer.request_stop();
  consumer.advance(290);
  EXPECT_EQ(consumer.stopped.size(), 0u);
  consumer.advance(10);
  EXPECT_EQ(consumer.stopped.size(), 1u);
}

TEST(Stop, RetriesAcksBeforeItEnds) {
  FakeConsumer consumer({.handler = ack});
  consumer.queue.delete_trouble = {{.error = Error{.kind = ErrorKind::kNetwork}}};
  consumer.give({message("a")});
  consumer.request_stop();
  consumer.run_jobs();
  consumer.give({});
  EXPECT_EQ(consumer.stopped.size(), 0u);
  EXPECT_EQ(consumer.queue.deletes.size(), 1u);
  consumer.advance(200);
  EXPECT_EQ(consumer.queue.deletes.size(), 2u);
  ASSERT_EQ(consumer.stopped.size(), 1u);
  EXPECT_TRUE(consumer.stopped[0].clean);
}

TEST(Stop, AtTheDeadlineReleasesWhatHasNotBegunAndStopsHandlers) {
  std::vector<PendingDelivery> pending;
  FakeConsumer consumer(
      {.queue_url = "http://queue/q.fifo",
       .handler = AsyncHandler([&](PendingDelivery d) { pending.push_back(std::move(d)); }),
       .concurrency = 2,
       .stop = {.deadline = seconds(3)}});
  consumer.give({message("a1", "a"), message("a2", "a")});
  consumer.give({message("b1", "b"), message("b2", "b")});
  consumer.run_jobs();
  consumer.request_stop();
  consumer.advance(2'990);
  EXPECT_EQ(consumer.queue.changes, Changes{});
  consumer.advance(10);
  ASSERT_EQ(pending.size(), 2u);
  EXPECT_TRUE(pending[0]->stop_token().stop_requested());
  consumer.advance(50);
  ASSERT_EQ(consumer.queue.changes.size(), 1u);
  EXPECT_EQ(consumer.queue.changes[0].size(), 2u);
  EXPECT_EQ(consumer.queue.changes[0][0].visibility_s, 0);
  for (PendingDelivery& one : pending) one.complete(Ack{});
  consumer.run();
  ASSERT_EQ(consumer.stopped.size(), 1u);
  EXPECT_TRUE(consumer.stopped[0].clean);
  EXPECT_EQ(consumer.figures().acked, 2u);
  EXPECT_EQ(consumer.figures().released, 2u);
}

TEST(Stop, IsNotCleanWhenAnAckWasGivenUp) {
  FakeConsumer consumer({.handler = ack});
  consumer.queue.delete_trouble = {{.handle = "handle-a", .sender_fault = true}};
  consumer.give({message("a")});
  consumer.request_stop();
  consumer.run_jobs();
  consumer.give({});
  ASSERT_EQ(consumer.stopped.size(), 1u);
  EXPECT_FALSE(consumer.stopped[0].clean);
}

TEST(Stop, AfterTheDeadlineWhatStillComesIsReleased) {
  std::vector<PendingDelivery> pending;
  FakeConsumer consumer(
      {.handler = AsyncHandler([&](PendingDelivery d) { pending.push_back(std::move(d)); }),
       .stop = {.deadline = seconds(1)}});
  consumer.give({message("a")});
  consumer.run_jobs();
  consumer.queue.answers_are_on_the_way = true;
  consumer.request_stop();
  consumer.advance(1'000);
  consumer.give({message("late")});
  EXPECT_EQ(consumer.workers.jobs.size(), 0u);
  consumer.advance(50);
  EXPECT_EQ(consumer.queue.changes, (Changes{{{"handle-late", 0}}}));
  pending[0].complete(Ack{});
  consumer.run();
  ASSERT_EQ(consumer.stopped.size(), 1u);
  EXPECT_TRUE(consumer.stopped[0].clean);
}

TEST(Stop, GivesUpOnHandlersThatDoNotEnd) {
  std::vector<PendingDelivery> pending;
  FakeConsumer consumer(
      {.handler = AsyncHandler([&](PendingDelivery d) { pending.push_back(std::move(d)); }),
       .stop = {.deadline = seconds(1), .grace = seconds(1)}});
  consumer.give({message("a")});
  consumer.run_jobs();
  consumer.request_stop();
  consumer.advance(2'000);
  ASSERT_EQ(consumer.stopped.size(), 1u);
  EXPECT_FALSE(consumer.stopped[0].clean);
  EXPECT_EQ(consumer.stopped[0].handlers_left, 1u);
  pending[0].complete(Ack{});
  consumer.run();
  consumer.advance(60'000);
  EXPECT_EQ(consumer.queue.deletes, Deletes{});
  EXPECT_EQ(consumer.queue.changes, Changes{});
  EXPECT_EQ(consumer.figures().outcomes_ignored, 1u);
}

TEST(Abort, ReleasesNothingAndFiresStopTokens) {
  std::vector<PendingDelivery> pending;
  FakeConsumer consumer(
      {.handler = AsyncHandler([&](PendingDelivery d) { pending.push_back(std::move(d)); })});
  consumer.give({message("a"), message("b")});
  consumer.run_jobs();
  pending[0].complete(Ack{});
  consumer.run();
  const std::stop_token stop = pending[1]->stop_token();
  consumer.core->abort();
  consumer.run();
  EXPECT_TRUE(stop.stop_requested());
  ASSERT_EQ(consumer.stopped.size(), 1u);
  EXPECT_EQ(consumer.stopped[0].handlers_left, 1u);
  EXPECT_EQ(consumer.stopped[0].messages_unsettled, 1u);
  consumer.advance(60'000);
  EXPECT_EQ(consumer.queue.deletes, Deletes{});
  EXPECT_EQ(consumer.queue.changes, Changes{});
  EXPECT_EQ(consumer.queue.polls.size(), 0u);
}

TEST(Stop, APendingDeliveryMayOutliveTheConsumer) {
  std::optional<PendingDelivery> pending;
  {
    FakeConsumer consumer(
        {.handler = AsyncHandler([&](PendingDelivery d) { pending.emplace(std::move(d)); })});
    consumer.give({message("a")});
    consumer.run_jobs();
    consumer.core->abort();
    consumer.run();
    consumer.core->close();
    pending->complete(Ack{});
  }
  pending.reset();
}

// ---- FIFO ----

ConsumerOptions fifo(AnyHandler handler) {
  return {.queue_url = "http://queue/q.fifo", .handler = std::move(handler)};
}

TEST(Fifo, GroupsRunBesideEachOtherAndAGroupOneByOne) {
  std::vector<std::string> order;
  FakeConsumer consumer(fifo(Handler([&](Delivery& d) -> Outcome {
    order.emplace_back(d.body());
    return Ack{};
  })));
  consumer.give({message("a1", "a"), message("a2", "a"), message("b1", "b"), message("a3", "a")});
  EXPECT_EQ(consumer.workers.jobs.size(), 2u);
  EXPECT_EQ(consumer.figures().waiting, 2u);
  consumer.run_job();
  EXPECT_EQ(consumer.workers.jobs.size(), 2u);
  consumer.run_job();
  consumer.run_jobs();
  EXPECT_EQ(order, (std::vector<std::string>{"a1", "b1", "a2", "a3"}));
}

TEST(Fifo, AFailureStopsItsGroupOnly) {
  std::vector<std::string> order;
  FakeConsumer consumer(fifo(Handler([&](Delivery& d) -> Outcome {
    order.emplace_back(d.body());
    return d.body() == "a2" ? Outcome(Retry{.after = seconds(9)}) : Ack{};
  })));
  consumer.give({message("a1", "a"), message("a2", "a"), message("a3", "a"), message("b1", "b"),
                 message("a4", "a"), message("b2", "b")});
  consumer.run_jobs();
  EXPECT_EQ(order, (std::vector<std::string>{"a1", "b1", "a2", "b2"}));
  consumer.advance(50);
  EXPECT_EQ(consumer.queue.changes,
            (Changes{{{"handle-a3", 0}, {"handle-a4", 0}, {"handle-a2", 9}}}));
  EXPECT_EQ(consumer.figures().acked, 3u);
  EXPECT_EQ(consumer.figures().released, 2u);
  EXPECT_EQ(consumer.figures().retried, 1u);
  consumer.give({message("a2", "a", 2)});  // the group is free again
  EXPECT_EQ(consumer.workers.jobs.size(), 1u);
}

TEST(Fifo, TheGroupWaitsUntilADeadMessageIsSafe) {
  auto options = fifo(Handler(
      [&](Delivery& d) -> Outcome { return d.body() == "a1" ? Outcome(Dead{"bad"}) : Ack{}; }));
  options.dead_letter_queue_url = "http://queue/dead.fifo";
  FakeConsumer consumer(std::move(options));
  consumer.give({message("a1", "a"), message("a2", "a")});
  consumer.run_job();
  ASSERT_EQ(consumer.queue.sent.size(), 1u);
  EXPECT_EQ(consumer.queue.sent[0].message_group_id, "a");
  EXPECT_EQ(consumer.queue.sent[0].message_deduplication_id, "a1");
  consumer.run_jobs();
  consumer.queue.send_trouble = Error{.kind = ErrorKind::kAuth};
  consumer.give({message("a1", "a"), message("a2", "a")});
  consumer.run_jobs();
  consumer.advance(50);
  EXPECT_EQ(consumer.figures().acked, 1u);
  EXPECT_EQ(consumer.figures().dead, 1u);
  EXPECT_EQ(consumer.figures().released, 1u);
}

TEST(Fifo, WhenALeaseIsLostTheRestOfTheGroupGoesBack) {
  FakeConsumer consumer(fifo(Handler(ack)));
  consumer.queue.change_trouble = {{.handle = "handle-a2", .sender_fault = true}};
  consumer.give({message("a1", "a"), message("a2", "a"), message("a3", "a")});
  consumer.advance(15'050);
  consumer.run_jobs();
  consumer.advance(50);
  EXPECT_EQ(consumer.queue.deletes, (Deletes{{"handle-a1"}}));
  EXPECT_EQ(consumer.figures().released, 1u);
  EXPECT_EQ(consumer.figures().leases_lost, 1u);
}

TEST(End, AfterSoManyMessagesNoMoreAreReceived) {
  FakeConsumer consumer({.handler = ack, .concurrency = 4, .end = {.messages_max = 5}});
  consumer.give({message("a"), message("b"), message("c")});
  ASSERT_EQ(consumer.queue.asked(), std::vector<int>{1});
  consumer.run_jobs();
  EXPECT_EQ(consumer.queue.asked(), std::vector<int>{1});
  consumer.give({message("d")});
  EXPECT_EQ(consumer.queue.asked(), std::vector<int>{1});
  EXPECT_EQ(consumer.stopped.size(), 0u);
  consumer.give({message("e")});
  EXPECT_EQ(consumer.queue.asked(), std::vector<int>{});
  EXPECT_EQ(consumer.stopped.size(), 0u);
  consumer.run_jobs();
  ASSERT_EQ(consumer.stopped.size(), 1u);
  EXPECT_TRUE(consumer.stopped[0].clean);
  EXPECT_EQ(consumer.figures().acked, 5u);
}

TEST(End, AFifoReceiveWhoseAnswerWasLostIsRepeatedWithinTheLimit) {
  FakeConsumer consumer({.queue_url = "http://queue/q.fifo",
                         .handler = ack,
                         .concurrency = 10,
                         .end = {.messages_max = 3}});
  ASSERT_EQ(consumer.queue.asked(), std::vector<int>{3});
  consumer.queue.refuse(ErrorKind::kTimeout);
  consumer.run();
  consumer.advance(1'000);
  EXPECT_EQ(consumer.queue.asked(), std::vector<int>{3});
  consumer.give({message("a", "g"), message("b", "g"), message("c", "h")});
  consumer.run_jobs();
  EXPECT_EQ(consumer.stopped.size(), 1u);
}

TEST(End, WhenThereIsNothingToReceiveAndNothingInHand) {
  FakeConsumer consumer({.handler = ack, .concurrency = 2, .end = {.when_empty = true}});
  consumer.give({message("a")});
  consumer.give({});  // "a" is in its handler: it may take long, so others are looked for
  EXPECT_EQ(consumer.stopped.size(), 0u);
  ASSERT_EQ(consumer.queue.asked(), std::vector<int>{1});
  consumer.run_jobs();
  consumer.advance(50);
  EXPECT_EQ(consumer.figures().acked, 1u);
  EXPECT_EQ(consumer.stopped.size(), 0u) << "the poll under way may still bring something";
  consumer.give({message("b")});
  consumer.run_jobs();
  consumer.advance(50);
  EXPECT_EQ(consumer.stopped.size(), 0u);
  while (!consumer.queue.polls.empty()) consumer.give({});
  ASSERT_EQ(consumer.stopped.size(), 1u);
  EXPECT_EQ(consumer.figures().acked, 2u);
}

TEST(End, AnErrorIsNotEmptiness) {
  FakeConsumer consumer({.handler = ack, .end = {.when_empty = true}});
  consumer.queue.refuse(ErrorKind::kNetwork);
  consumer.run();
  EXPECT_EQ(consumer.stopped.size(), 0u);
  consumer.advance(1'000);
  consumer.give({});
  EXPECT_EQ(consumer.stopped.size(), 1u);
}

TEST(End, WhatWasFoundBeforeAnErrorDoesNotCount) {
  FakeConsumer consumer({.handler = ack,
                         .concurrency = 2,
                         .settle = {.linger = milliseconds(0)},
                         .end = {.when_empty = true}});
  consumer.give({message("a")});
  consumer.give({});
  consumer.queue.refuse(ErrorKind::kNetwork);
  consumer.run_jobs();
  EXPECT_EQ(consumer.figures().acked, 1u);
  EXPECT_EQ(consumer.stopped.size(), 0u);
  consumer.advance(1'000);
  while (!consumer.queue.polls.empty()) consumer.give({});
  EXPECT_EQ(consumer.stopped.size(), 1u);
}

TEST(Fifo, WhenTheLeaseOfARunningMessageIsLostItsGroupDoesNotGoOn) {
  std::vector<PendingDelivery> pending;
  FakeConsumer consumer(
      fifo(AsyncHandler([&](PendingDelivery d) { pending.push_back(std::move(d)); })));
  consumer.queue.change_trouble = {{.handle = "handle-a1", .sender_fault = true}};
  consumer.give({message("a1", "a"), message("a2", "a")});
  consumer.run_jobs();
  consumer.advance(15'000);
  EXPECT_EQ(consumer.figures().leases_lost, 1u);
  pending[0].complete(Ack{});  // another consumer may have a1 now
  consumer.run();
  EXPECT_EQ(consumer.workers.jobs.size(), 0u);
  consumer.advance(50);
  EXPECT_EQ(consumer.queue.changes.back(), (std::vector<FakeQueue::Change>{{"handle-a2", 0}}));
  EXPECT_EQ(consumer.queue.deletes, Deletes{});
}

TEST(Fifo, AGroupThatStandsDoesNotPileUp) {
  std::vector<PendingDelivery> pending;
  auto options = fifo(AsyncHandler([&](PendingDelivery d) { pending.push_back(std::move(d)); }));
  options.concurrency = 2;
  FakeConsumer consumer(std::move(options));
  consumer.give({message("a0", "a")});
  consumer.run_jobs();
  int given = 0;
  while (!consumer.queue.polls.empty() && given < 100) {
    consumer.give({message("a" + std::to_string(++given), "a")});
  }
  EXPECT_EQ(given, 12);  // the slots and a batch
  EXPECT_EQ(consumer.figures().waiting, 12u);
}

}  // namespace
}  // namespace forebay::sqs
