// SPDX-License-Identifier: Apache-2.0
// FIFO queues: order and rotation, cases F1 to F14; deduplication, F15 to F27; delay and repeated
// receives (contract sections 5.4, 5.8).
#include <gtest/gtest.h>

#include "engine/engine_fixture.h"
#include "engine/limits.h"

namespace forebay::engine {
namespace {

using Contents = std::vector<std::string>;

Error invalid(const std::string& text) {
  return {ErrorCode::kInvalidParameterValue, text};
}

const Error kNoDeduplicationId = invalid(
    "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId "
    "provided explicitly");

class FifoQueue : public ::testing::Test {
 protected:
  /// "g1-m2" goes to group "g1".
  void send_all(const Contents& names) {
    for (const std::string& name : names) driver.send(queue, name.substr(0, name.find('-')), name);
  }
  Contents receive(int32_t max, int32_t visibility_timeout = 30) {
    return driver.contents(queue, max, visibility_timeout);
  }

  EngineDriver driver;
  QueueId queue = driver.create_fifo("q.fifo");
};

// ---- Order ----

TEST_F(FifoQueue, OneGroupMayFillAnAnswer) {  // F1
  send_all({"g1-m1", "g2-m1", "g1-m2", "g1-m3"});
  EXPECT_EQ(receive(10), (Contents{"g1-m1", "g1-m2", "g1-m3", "g2-m1"}));
}

TEST_F(FifoQueue, AGroupIsLockedByItsMessagesInFlight) {  // F2
  send_all({"g1-m1", "g1-m2", "g1-m3", "g1-m4", "g2-m1", "g3-m1"});
  EXPECT_EQ(receive(2), (Contents{"g1-m1", "g1-m2"}));
  EXPECT_EQ(receive(1), Contents{"g2-m1"});
  send_all({"g1-m5"});
  EXPECT_EQ(receive(10), Contents{"g3-m1"});
}

TEST_F(FifoQueue, AGroupJoinsTheTailWhenItsTimeoutIsOver) {  // F3
  send_all({"g1-m1", "g1-m2", "g1-m3", "g1-m4", "g2-m1", "g3-m1"});
  EXPECT_EQ(receive(2, 5), (Contents{"g1-m1", "g1-m2"}));
  EXPECT_EQ(receive(1, 5), Contents{"g2-m1"});
  driver.pass_s(5);
  EXPECT_EQ(receive(10, 0), (Contents{"g3-m1", "g1-m1", "g1-m2", "g1-m3", "g1-m4", "g2-m1"}));
}

TEST_F(FifoQueue, AServedGroupJoinsTheTailEvenWithATimeoutOfZero) {  // F4
  send_all({"g1-m1", "g1-m2", "g2-m1", "g2-m2", "g3-m1"});
  EXPECT_EQ(receive(3, 0), (Contents{"g1-m1", "g1-m2", "g2-m1"}));
  EXPECT_EQ(receive(10), (Contents{"g3-m1", "g1-m1", "g1-m2", "g2-m1", "g2-m2"}));
}

TEST_F(FifoQueue, AReleasedMessageIsDeliverableBeforeOneInFlight) {  // F5
  send_all({"g1-m1", "g1-m2", "g1-m3", "g2-m1"});
  const auto received = driver.receive(queue, 2);
  ASSERT_TRUE(driver.change(queue, received[0].handle(), 0).ok());
  EXPECT_EQ(receive(3), (Contents{"g2-m1", "g1-m1"}));
}

TEST_F(FifoQueue, AnExpiredMessageIsDeliverableBeforeOneInFlight) {  // F6
  send_all({"g1-m1", "g1-m2", "g1-m3", "g2-m1"});
  const auto received = driver.receive(queue, 2);
  ASSERT_TRUE(driver.change(queue, received[0].handle(), 1).ok());
  driver.pass_s(2);
  EXPECT_EQ(receive(3), (Contents{"g2-m1", "g1-m1"}));
}

TEST_F(FifoQueue, WhatPrecedesTheFirstMessageInFlightIsDeliverable) {  // F7, F8, F9
  const std::vector<Contents> expected{{}, {"foo"}, {"foo", "bar"}};
  for (size_t extended = 0; extended < 3; ++extended) {
    EngineDriver fresh;
    const QueueId q = fresh.create_fifo("q.fifo");
    for (const char* name : {"foo", "bar", "baz"}) fresh.send(q, "g", name);
    const auto received = fresh.receive(q, 10, 1);
    ASSERT_TRUE(fresh.change(q, received[extended].handle(), 4).ok());
    fresh.pass_s(2);
    EXPECT_EQ(fresh.contents(q), expected[extended]) << extended;
  }
}

TEST_F(FifoQueue, DeletingAllInFlightUnlocksTheGroupAtOnce) {  // F10
  send_all({"g1-m1", "g1-m2", "g1-m3", "g1-m4"});
  for (const ReceivedMessage& message : driver.receive(queue, 2)) {
    ASSERT_TRUE(driver.remove(queue, message.handle()).ok());
  }
  EXPECT_EQ(receive(10), (Contents{"g1-m3", "g1-m4"}));
}

TEST_F(FifoQueue, DeletingOneOfTwoInFlightDoesNotUnlockTheGroup) {  // F11
  for (const size_t deleted : {0u, 1u}) {
    EngineDriver fresh;
    const QueueId q = fresh.create_fifo("q.fifo");
    for (const char* name : {"g1-m1", "g1-m2", "g1-m3", "g2-m1", "g2-m2", "g3-m1"}) {
      fresh.send(q, std::string(name, 2), name);
    }
    const auto received = fresh.receive(q, 2);
    ASSERT_TRUE(fresh.remove(q, received[deleted].handle()).ok());
    EXPECT_EQ(fresh.contents(q), (Contents{"g2-m1", "g2-m2", "g3-m1"})) << deleted;
  }
}

TEST_F(FifoQueue, AnEmptiedGroupWorksAgain) {  // F12
  send_all({"g1-m1"});
  ASSERT_TRUE(driver.remove(queue, driver.receive(queue).front().handle()).ok());
  EXPECT_EQ(receive(10), Contents{});
  send_all({"g1-m2"});
  EXPECT_EQ(receive(10), Contents{"g1-m2"});
}

TEST_F(FifoQueue, AGroupComesBackInItsOrder) {  // F13
  send_all({"g1-m1", "g1-m2", "g1-m3"});
  EXPECT_EQ(receive(10, 2), (Contents{"g1-m1", "g1-m2", "g1-m3"}));
  driver.pass_s(2);
  EXPECT_EQ(receive(10, 2), (Contents{"g1-m1", "g1-m2", "g1-m3"}));
}

TEST_F(FifoQueue, LockedMessagesCountAsVisible) {  // F14
  send_all({"g1-m1", "g1-m2", "g2-m1", "g2-m2", "g3-m1", "g3-m2"});
  EXPECT_EQ(driver.receive(queue, 1).size(), 1u);
  EXPECT_EQ(driver.receive(queue, 1).size(), 1u);
  EXPECT_EQ(driver.counts("q.fifo"), (Counts{4, 2, 0}));
}

TEST_F(FifoQueue, GroupsReleasedOneAfterTheOtherAreServedInThatOrder) {
  send_all({"g1-m1", "g2-m1", "g3-m1"});
  const auto received = driver.receive(queue, 10);
  for (const size_t i : {2u, 0u, 1u})
    ASSERT_TRUE(driver.change(queue, received[i].handle(), 0).ok());
  EXPECT_EQ(receive(10), (Contents{"g3-m1", "g1-m1", "g2-m1"}));
}

TEST_F(FifoQueue, TheRotationDoesNotDependOnWhoLooksWhen) {
  send_all({"g1-m1", "g2-m1", "g3-m1"});
  const auto received = driver.receive(queue, 10, 5);
  ASSERT_TRUE(driver.change(queue, received[0].handle(), 9).ok());
  ASSERT_TRUE(driver.change(queue, received[1].handle(), 7).ok());
  const std::unique_ptr<Engine> restarted = driver.rebuild();
  for (int i = 0; i < 10; ++i) {
    driver.pass_s(1);
    driver.counts("q.fifo");
  }
  EXPECT_EQ(restarted->dump(driver.now()), driver.engine().dump(driver.now()));
  EXPECT_EQ(receive(10), (Contents{"g3-m1", "g2-m1", "g1-m1"}));
}

TEST_F(FifoQueue, ARestartKeepsOrderAndLocks) {
  send_all({"g1-m1", "g1-m2", "g2-m1", "g3-m1"});
  receive(1);
  driver.restart();
  EXPECT_EQ(receive(10), (Contents{"g2-m1", "g3-m1"}));
}

// ---- What a FIFO queue asks for ----

TEST_F(FifoQueue, AGroupIsRequired) {  // S26, B10
  const SendEntry entry = driver.entry("a");
  EXPECT_EQ(error_of(driver.send(queue, entry)),
            (Error{ErrorCode::kMissingParameter,
                   "The request must contain the parameter MessageGroupId."}));
  EXPECT_EQ(error_of(driver.engine().admit_batch(queue, {driver.entry("b", "g", "b"), entry})),
            invalid("The request must contain the parameter MessageGroupId."));
}

TEST_F(FifoQueue, ADeduplicationIdIsRequiredUnlessContentBased) {  // S25, B11
  const SendEntry entry = driver.entry("a", "g", "");
  EXPECT_EQ(error_of(driver.send(queue, entry)), kNoDeduplicationId);
  EXPECT_EQ(error_of(driver.engine().admit_batch(queue, {driver.entry("b", "g", "b"), entry})),
            kNoDeduplicationId);
  AttributeChanges changes;
  changes.content_based_deduplication = true;
  ASSERT_TRUE(driver.set("q.fifo", changes).ok());
  EXPECT_TRUE(driver.engine().admit_batch(queue, {entry}).ok());
  EXPECT_TRUE(driver.send(queue, entry).ok());
}

TEST_F(FifoQueue, AMessageDelayIsRefused) {  // S27
  SendEntry entry = driver.entry("a", "g", "a");
  entry.delay_seconds = 2;
  EXPECT_EQ(error_of(driver.send(queue, entry)),
            invalid("Value 2 for parameter DelaySeconds is invalid. Reason: The request include "
                    "parameter that is not "
                    "valid for this queue type."));
}

// ---- Deduplication ----

TEST_F(FifoQueue, ADuplicateIsAcceptedAndNotStored) {  // F15, F17
  const SendEntry first = driver.entry("first", "g1", "id");
  const auto original = driver.send(queue, first);
  const auto duplicate = driver.send(queue, driver.entry("other body", "g2", "id"));
  ASSERT_TRUE(duplicate.ok());
  EXPECT_EQ(duplicate->message_id, first.message_id);
  EXPECT_EQ(duplicate->number, original->number);
  EXPECT_TRUE(duplicate->fifo);
  EXPECT_EQ(receive(10), Contents{"first"});
}

TEST_F(FifoQueue, ADuplicateIsDroppedAfterTheFirstWasDeleted) {  // F16
  for (const bool content_based : {false, true}) {
    EngineDriver fresh;
    AttributeChanges changes;
    changes.content_based_deduplication = content_based;
    const QueueId q = fresh.create_fifo("q.fifo", changes);
    const std::string id = content_based ? "" : "id";
    ASSERT_TRUE(fresh.send(q, fresh.entry("a", "g", id)).ok());
    ASSERT_TRUE(fresh.remove(q, fresh.receive(q).front().handle()).ok());
    ASSERT_TRUE(fresh.send(q, fresh.entry("a", "g", id)).ok());
    fresh.restart();
    ASSERT_TRUE(fresh.send(q, fresh.entry("a", "g", id)).ok());
    EXPECT_EQ(fresh.contents(q), Contents{}) << content_based;
  }
}

TEST_F(FifoQueue, ScopeMessageGroupDeduplicatesByGroup) {  // F18, F19, F20
  for (const FifoThroughputLimit limit :
       {FifoThroughputLimit::kPerQueue, FifoThroughputLimit::kPerMessageGroupId}) {
    for (const bool content_based : {false, true}) {
      EngineDriver fresh;
      AttributeChanges changes;
      changes.deduplication_scope = DeduplicationScope::kMessageGroup;
      changes.fifo_throughput_limit = limit;
      changes.content_based_deduplication = content_based;
      const QueueId q = fresh.create_fifo("q.fifo", changes);
      const std::string id = content_based ? "" : "id";
      for (const char* group : {"g1", "g2", "g1", "g2"})
        ASSERT_TRUE(fresh.send(q, fresh.entry("a", group, id)).ok());
      EXPECT_EQ(fresh.contents(q), (Contents{"a", "a"}));
    }
  }
}

TEST_F(FifoQueue, GroupAndIdDoNotRunIntoEachOther) {
  AttributeChanges changes;
  changes.deduplication_scope = DeduplicationScope::kMessageGroup;
  const QueueId q = driver.create_fifo("grouped.fifo", changes);
  ASSERT_TRUE(driver.send(q, driver.entry("1", "ab", "c")).ok());
  ASSERT_TRUE(driver.send(q, driver.entry("2", "a", "bc")).ok());
  EXPECT_EQ(driver.contents(q), (Contents{"1", "2"}));
}

TEST_F(FifoQueue, TheSameIdInAnotherQueueIsAnotherMessage) {
  const QueueId other = driver.create_fifo("other.fifo");
  ASSERT_TRUE(driver.send(queue, driver.entry("1", "g", "id")).ok());
  ASSERT_TRUE(driver.send(other, driver.entry("2", "g", "id")).ok());
  EXPECT_EQ(driver.contents(other), Contents{"2"});
}

TEST_F(FifoQueue, TheWindowIsFiveMinutesFromTheFirstSend) {  // F21
  const WallMs first = driver.now();
  ASSERT_TRUE(driver.send(queue, driver.entry("a", "g", "id")).ok());
  driver.pass_ms(kDeduplicationWindowMs / 2);
  ASSERT_TRUE(driver.send(queue, driver.entry("b", "g", "id")).ok());  // does not extend it
  driver.pass_ms(kDeduplicationWindowMs / 2 - 1);
  ASSERT_TRUE(driver.send(queue, driver.entry("c", "g", "id")).ok());
  EXPECT_EQ(driver.counts("q.fifo"), (Counts{1, 0, 0}));
  driver.pass_ms(1);
  EXPECT_EQ(driver.now() - first, 300'000);
  ASSERT_TRUE(driver.send(queue, driver.entry("d", "g", "id")).ok());
  EXPECT_EQ(receive(10), (Contents{"a", "d"}));
}

TEST_F(FifoQueue, AnExplicitIdBeatsTheContent) {
  AttributeChanges changes;
  changes.content_based_deduplication = true;
  const QueueId q = driver.create_fifo("content.fifo", changes);
  ASSERT_TRUE(driver.send(q, driver.entry("same", "g", "id1")).ok());
  ASSERT_TRUE(driver.send(q, driver.entry("same", "g", "id2")).ok());
  ASSERT_TRUE(driver.send(q, driver.entry("same", "g", "")).ok());
  ASSERT_TRUE(driver.send(q, driver.entry("same", "g", "")).ok());
  EXPECT_EQ(driver.contents(q), (Contents{"same", "same", "same"}));
}

TEST_F(FifoQueue, TheScopeStaysThatOfTheCreation) {  // F22, F23
  AttributeChanges to_group;
  to_group.deduplication_scope = DeduplicationScope::kMessageGroup;
  to_group.fifo_throughput_limit = FifoThroughputLimit::kPerMessageGroupId;
  AttributeChanges to_queue;
  to_queue.deduplication_scope = DeduplicationScope::kQueue;
  to_queue.fifo_throughput_limit = FifoThroughputLimit::kPerQueue;

  ASSERT_TRUE(driver.send(queue, driver.entry("1", "g1", "known")).ok());
  ASSERT_TRUE(driver.set("q.fifo", to_group).ok());
  EXPECT_EQ(driver.attributes("q.fifo").deduplication_scope, DeduplicationScope::kMessageGroup);
  driver.restart();
  ASSERT_TRUE(driver.send(queue, driver.entry("2", "g2", "known")).ok());
  ASSERT_TRUE(driver.send(queue, driver.entry("3", "g1", "fresh")).ok());
  ASSERT_TRUE(driver.send(queue, driver.entry("4", "g2", "fresh")).ok());
  EXPECT_EQ(receive(10), (Contents{"1", "3"}));

  const QueueId grouped = driver.create_fifo("grouped.fifo", to_group);
  ASSERT_TRUE(driver.send(grouped, driver.entry("1", "g1", "known")).ok());
  ASSERT_TRUE(driver.set("grouped.fifo", to_queue).ok());
  ASSERT_TRUE(driver.send(grouped, driver.entry("2", "g2", "known")).ok());
  EXPECT_EQ(driver.contents(grouped), (Contents{"1", "2"}));
}

TEST_F(FifoQueue, SequenceNumbersGrowAndStay) {  // F25, F26
  const SentMessage first = driver.send(queue, "g", "a");
  const SentMessage second = driver.send(queue, "g", "b");
  EXPECT_TRUE(first.fifo);
  EXPECT_GT(second.number, first.number);
  for (int i = 0; i < 2; ++i) {
    const auto received = driver.receive(queue, 10, 1);
    ASSERT_EQ(received.size(), 2u);
    EXPECT_EQ(received[0].delivery.message.number, first.number);
    EXPECT_EQ(received[1].delivery.message.number, second.number);
    EXPECT_EQ(received[1].count(), i + 1);
    EXPECT_EQ(received[1].group, "g");
    driver.pass_s(1);
  }
}

// ---- Delay ----

class FifoDelay : public FifoQueue {
 protected:
  void set_delay(int32_t seconds) {
    AttributeChanges changes;
    changes.delay_seconds = seconds;
    ASSERT_TRUE(driver.set("q.fifo", changes).ok());
  }
};

TEST_F(FifoDelay, TheQueuesDelayAppliesWhateverTheMessageSays) {  // F28, S28
  set_delay(2);
  SendEntry entry = driver.entry("a", "g", "a");
  entry.delay_seconds = 0;
  ASSERT_TRUE(driver.send(queue, entry).ok());
  EXPECT_EQ(driver.counts("q.fifo"), (Counts{0, 0, 1}));
  EXPECT_EQ(driver.engine().next_due(queue), driver.now() + 2000);
  driver.pass_ms(1999);
  EXPECT_EQ(receive(10), Contents{});
  driver.pass_ms(1);
  EXPECT_EQ(receive(10), Contents{"a"});
}

TEST_F(FifoDelay, AChangeAppliesToMessagesAlreadyDelayed) {  // 3.8
  set_delay(100);
  driver.send(queue, "g", "a");
  const WallMs sent = driver.now();
  driver.pass_s(5);
  set_delay(10);
  EXPECT_EQ(driver.engine().next_due(queue), sent + 10'000);
  EXPECT_EQ(receive(10), Contents{});
  driver.pass_s(5);
  EXPECT_EQ(receive(10), Contents{"a"});
}

TEST_F(FifoDelay, ALongerDelayAppliesToMessagesStillDelayed) {
  set_delay(10);
  driver.send(queue, "g1", "delayed");
  driver.pass_s(5);
  set_delay(20);
  driver.pass_s(14);
  EXPECT_EQ(receive(10), Contents{});
  driver.pass_s(1);
  EXPECT_EQ(receive(10), Contents{"delayed"});
}

TEST_F(FifoDelay, NoneReleasesAtOnceAndALaterOneDoesNotHideAgain) {
  set_delay(100);
  driver.send(queue, "g", "a");
  set_delay(0);
  EXPECT_EQ(driver.counts("q.fifo"), (Counts{1, 0, 0}));
  set_delay(100);
  EXPECT_EQ(driver.counts("q.fifo"), (Counts{1, 0, 0}));
  driver.receive(queue, 1, 1);
  driver.pass_s(1);
  EXPECT_EQ(receive(10), Contents{"a"}) << "a timeout is no delay";
}

TEST_F(FifoDelay, ADelayedMessageWaitsBehindItsGroup) {
  send_all({"g1-m1"});
  set_delay(10);
  send_all({"g1-m2", "g2-m1"});
  EXPECT_EQ(receive(10, 2), Contents{"g1-m1"});
  driver.pass_s(2);
  EXPECT_EQ(receive(10, 100), Contents{"g1-m1"});
  driver.pass_s(8);
  EXPECT_EQ(receive(10), Contents{"g2-m1"});
}

TEST_F(FifoDelay, DelaysAndTimeoutsJoinTheRotationByTheirMoments) {
  send_all({"g1-m1", "g2-m1"});
  EXPECT_EQ(receive(1, 5), Contents{"g1-m1"});
  EXPECT_EQ(receive(1, 1), Contents{"g2-m1"});
  set_delay(3);
  send_all({"g3-m1"});
  driver.pass_s(10);
  EXPECT_EQ(receive(10), (Contents{"g2-m1", "g3-m1", "g1-m1"}));
}

// ---- ReceiveRequestAttemptId ----

class FifoAttempt : public FifoQueue {
 protected:
  std::vector<ReceivedMessage> attempt(const std::string& id = "attempt", int32_t seconds = 30,
                                       int32_t max = 10) {
    return driver.receive(queue, max, seconds, id);
  }
  static Contents names(const std::vector<ReceivedMessage>& received) {
    Contents out;
    for (const ReceivedMessage& message : received) out.push_back(message.content);
    return out;
  }
};

TEST_F(FifoAttempt, ARepeatReturnsTheSameMessagesUnderTheSameHandles) {  // 5.8.6
  send_all({"g1-m1", "g1-m2", "g2-m1", "g3-m1"});
  const auto first = attempt("attempt", 30, 3);
  ASSERT_EQ(names(first), (Contents{"g1-m1", "g1-m2", "g2-m1"}));
  driver.pass_s(10);
  const auto again = attempt("attempt", 30, 3);
  ASSERT_EQ(names(again), names(first));
  for (size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(again[i].handle(), first[i].handle());
    EXPECT_EQ(again[i].count(), 1) << "a repeat is no receive";
    EXPECT_EQ(again[i].delivery.first_received, first[i].delivery.first_received);
  }
  driver.pass_s(29);
  EXPECT_EQ(receive(10), Contents{"g3-m1"}) << "the repeat reset the timeout";
  EXPECT_TRUE(driver.remove(queue, first[0].handle()).ok());
}

TEST_F(FifoAttempt, AnotherIdOrNoneIsAnotherReceive) {
  send_all({"g1-m1", "g2-m1", "g3-m1"});
  EXPECT_EQ(names(attempt("one", 30, 1)), Contents{"g1-m1"});
  EXPECT_EQ(names(attempt("two", 30, 1)), Contents{"g2-m1"});
  EXPECT_EQ(receive(1), Contents{"g3-m1"});
  EXPECT_EQ(names(attempt("one", 30, 1)), Contents{"g1-m1"});
}

TEST_F(FifoAttempt, AnEmptyAnswerIsNotRemembered) {
  EXPECT_EQ(names(attempt()), Contents{});
  send_all({"g1-m1"});
  EXPECT_EQ(names(attempt()), Contents{"g1-m1"});
}

TEST_F(FifoAttempt, IsNotRepeatedOnceAMessageWasDeleted) {
  send_all({"g1-m1", "g2-m1"});
  const auto first = attempt();
  ASSERT_TRUE(driver.remove(queue, first[0].handle()).ok());
  EXPECT_EQ(names(attempt()), Contents{});
}

TEST_F(FifoAttempt, IsNotRepeatedOnceAVisibilityWasChanged) {
  send_all({"g1-m1", "g2-m1"});
  const auto first = attempt();
  ASSERT_TRUE(driver.change(queue, first[1].handle(), 20).ok());
  EXPECT_EQ(names(attempt()), Contents{});
}

TEST_F(FifoAttempt, IsAFreshReceiveOnceTheTimeoutIsOver) {
  send_all({"g1-m1"});
  const auto first = attempt("attempt", 5);
  driver.pass_s(5);
  const auto second = attempt("attempt", 5);
  ASSERT_EQ(names(second), Contents{"g1-m1"});
  EXPECT_EQ(second[0].count(), 2);
  EXPECT_NE(second[0].handle(), first[0].handle());
}

TEST_F(FifoAttempt, IsForgottenAfterFiveMinutes) {
  send_all({"g1-m1"});
  attempt("attempt", 1000);
  driver.pass_ms(kReceiveAttemptWindowMs - 1);
  EXPECT_EQ(names(attempt("attempt", 1000)), Contents{"g1-m1"});
  driver.pass_ms(kReceiveAttemptWindowMs);
  EXPECT_EQ(names(attempt("attempt", 1000)), Contents{});
}

TEST_F(FifoAttempt, OutlivesARestart) {
  send_all({"g1-m1", "g2-m1"});
  const auto first = attempt();
  driver.restart();
  const auto again = attempt();
  ASSERT_EQ(names(again), names(first));
  EXPECT_EQ(again[1].handle(), first[1].handle());
}

TEST_F(FifoAttempt, RepeatsWithinOneMillisecondLeaveOneEntry) {
  send_all({"g1-m1"});
  attempt();
  attempt();
  attempt();
  EXPECT_EQ(driver.rebuild(true)->dump(driver.now()), driver.engine().dump(driver.now()));
}

}  // namespace
}  // namespace forebay::engine
