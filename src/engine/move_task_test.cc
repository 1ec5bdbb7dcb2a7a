// SPDX-License-Identifier: Apache-2.0
// Move tasks and the sources of a dead-letter queue: contract sections 2.5, 2.21 to 2.23, 5.10.
#include <gtest/gtest.h>

#include "engine/engine_fixture.h"
#include "engine/limits.h"

namespace forebay::engine {
namespace {

using Strings = std::vector<std::string>;

constexpr Bytes16 kTask{1};
constexpr Bytes16 kOtherTask{2};

class MoveTasks : public testing::Test {
 protected:
  AttributeChanges redrive(const std::string& target, int32_t max_receive_count = 1) {
    AttributeChanges changes;
    changes.redrive_policy = EngineDriver::redrive_to(target, max_receive_count);
    return changes;
  }

  /// A queue that moves to "dlq" what was received once.
  QueueId create_source(const std::string& name) { return q_.create(name, redrive("dlq")); }

  /// Sends to the queue and has it moved to the dead-letter queue.
  void send_to_dead_letters(QueueId source, const Strings& bodies) {
    for (const std::string& body : bodies) q_.send(source, body);
    while (!q_.receive(source, 10, 0).empty()) {
    }
  }

  Result<StartMessageMoveTask::Reply> start(std::optional<std::string> destination = {},
                                            std::optional<int32_t> rate = {},
                                            const Bytes16& id = kTask) {
    StartMessageMoveTask request{id, EngineDriver::address("dlq"), {}, rate};
    if (destination) request.destination = EngineDriver::address(*destination);
    return q_.ask(request);
  }
  Result<CancelMessageMoveTask::Reply> cancel(const Bytes16& id = kTask) {
    return q_.ask(CancelMessageMoveTask{EngineDriver::address("dlq"), id});
  }
  std::vector<MessageMoveTask> list(int32_t max = kMoveTasksKept) {
    return q_.ask(ListMessageMoveTasks{EngineDriver::address("dlq"), max})->tasks;
  }

  EngineDriver q_;
  QueueId dlq_ = q_.create("dlq");
};

TEST_F(MoveTasks, PutEachMessageBackWhereItCameFrom) {
  const QueueId a = create_source("a");
  const QueueId b = create_source("b");
  send_to_dead_letters(a, {"a1", "a2"});
  send_to_dead_letters(b, {"b1", "b2"});
  ASSERT_TRUE(start().ok());
  EXPECT_EQ(q_.move(), 5);  // four messages, and the end
  EXPECT_EQ(q_.contents(a), (Strings{"a1", "a2"}));
  EXPECT_EQ(q_.contents(b), (Strings{"b1", "b2"}));
  EXPECT_EQ(q_.counts("dlq"), (Counts{0, 0, 0}));
  MessageMoveTask expected;
  expected.task_id = kTask;
  expected.status = MoveTaskStatus::kCompleted;
  expected.started = q_.now();
  expected.moved_count = expected.to_move_count = 4;
  EXPECT_EQ(list(), std::vector{expected});
}

TEST_F(MoveTasks, MakeNewMessagesOfThem) {
  const QueueId a = create_source("a");
  const Bytes16 sent_id = q_.send(a, "body").message_id;
  q_.receive(a, 1, 0);
  q_.receive(a, 1, 0);
  q_.pass_s(100);
  const std::string dead_handle = q_.receive(dlq_, 1, 0).front().handle();
  ASSERT_TRUE(start().ok());
  q_.move();
  const auto received = q_.receive(a);
  ASSERT_EQ(received.size(), 1u);
  const Delivery& delivery = received.front().delivery;
  EXPECT_EQ(received.front().content, "body");
  EXPECT_EQ(delivery.receive_count, 1);
  EXPECT_EQ(delivery.sent, q_.now());
  EXPECT_EQ(delivery.first_received, q_.now());
  EXPECT_EQ(delivery.dead_letter_source_arn, "");
  EXPECT_NE(received.front().message_id, sent_id);
  EXPECT_TRUE(q_.remove(dlq_, dead_handle).ok());  // gone from there: deleting succeeds and does
  EXPECT_EQ(q_.counts("a"), (Counts{0, 1, 0}));    // nothing
  // The next round is another new message, and retention began anew.
  EXPECT_EQ(message_id_after_moves(sent_id, 1), received.front().message_id);
  EXPECT_NE(message_id_after_moves(sent_id, 2), received.front().message_id);
  EXPECT_EQ(message_id_after_moves(sent_id, 0), sent_id);
}

TEST_F(MoveTasks, KeepTheNewIdThroughAnotherDeadLetterMove) {
  const QueueId a = create_source("a");
  send_to_dead_letters(a, {"body"});
  ASSERT_TRUE(start().ok());
  q_.move();
  const Bytes16 second_id = q_.receive(a, 1, 0).front().message_id;
  EXPECT_TRUE(q_.receive(a, 1, 0).empty());
  const auto dead = q_.receive(dlq_, 1, 0);
  EXPECT_EQ(dead.front().message_id, second_id);
  EXPECT_EQ(dead.front().count(), 2);
  ASSERT_TRUE(start({}, {}, kOtherTask).ok());
  q_.move();
  const Bytes16 third_id = q_.receive(a, 1, 0).front().message_id;
  EXPECT_NE(third_id, second_id);
}

TEST_F(MoveTasks, MoveEverythingToAGivenDestination) {
  const QueueId a = create_source("a");
  const QueueId elsewhere = q_.create("elsewhere");
  send_to_dead_letters(a, {"1"});
  q_.send(dlq_, "sent straight to the dead-letter queue");
  ASSERT_TRUE(start("elsewhere").ok());
  q_.move();
  EXPECT_EQ(q_.contents(elsewhere), (Strings{"1", "sent straight to the dead-letter queue"}));
  EXPECT_EQ(list().front().destination, EngineDriver::address("elsewhere"));
}

TEST_F(MoveTasks, FailOnAMessageThatCameFromNoQueue) {
  const QueueId a = create_source("a");
  send_to_dead_letters(a, {"moved"});
  q_.pass_s(1);
  q_.send(dlq_, "sent here");
  ASSERT_TRUE(start().ok());
  q_.move();
  const MessageMoveTask task = list().front();
  EXPECT_EQ(task.status, MoveTaskStatus::kFailed);
  EXPECT_EQ(task.failure_reason, "CouldNotDetermineMessageSource");
  EXPECT_EQ(task.moved_count, 1);
  EXPECT_EQ(q_.contents(dlq_), Strings{"sent here"});
}

TEST_F(MoveTasks, FailWhenTheDestinationIsDeletedMeanwhile) {
  const QueueId a = create_source("a");
  q_.create("elsewhere");
  send_to_dead_letters(a, {"1", "2", "3"});
  ASSERT_TRUE(start("elsewhere", 1).ok());
  q_.move();
  ASSERT_TRUE(q_.ask(DeleteQueue{EngineDriver::address("elsewhere")}).ok());
  q_.pass_s(1);
  q_.move();
  EXPECT_EQ(list().front().status, MoveTaskStatus::kFailed);
  EXPECT_EQ(list().front().failure_reason, "AWS.SimpleQueueService.NonExistentQueue");
  EXPECT_EQ(q_.counts("dlq"), (Counts{2, 0, 0}));
}

TEST_F(MoveTasks, RefuseInTheContractsOrder) {
  const auto not_found = [](const std::string& parameter) {
    return Error{ErrorCode::kResourceNotFound, "The resource that you specified for the " +
                                                   parameter + " parameter doesn't exist."};
  };
  const auto invalid = [](const std::string& text) {
    return Error{ErrorCode::kInvalidParameterValue, text};
  };
  StartMessageMoveTask unknown{
      kTask, EngineDriver::address("gone"), EngineDriver::address("x"), {}};
  EXPECT_EQ(error_of(q_.ask(unknown)), not_found("SourceArn"));
  EXPECT_EQ(error_of(start("x")), not_found("DestinationArn"));
  EXPECT_EQ(error_of(start("dlq")),
            invalid("Source queue arn and destination queue arn cannot be the same."));
  q_.create_fifo("x.fifo");
  EXPECT_EQ(error_of(start("x.fifo")),
            invalid("Source queue must be configured as a Dead Letter Queue."));
  create_source("a");
  EXPECT_EQ(error_of(start("x.fifo")),
            invalid("The source queue and destination queue must be of the same queue type."));
  q_.send(dlq_, "1");
  ASSERT_TRUE(start("a", 1).ok());
  EXPECT_EQ(error_of(start("a", 1, kOtherTask)),
            invalid("There is already a task running. Only one active task is allowed for a source "
                    "queue arn at a given time."));
}

TEST_F(MoveTasks, KeepToTheirRate) {
  const QueueId a = create_source("a");
  Strings bodies;
  for (int i = 0; i < 100; ++i) bodies.push_back(std::to_string(i));
  send_to_dead_letters(a, bodies);
  ASSERT_TRUE(start({}, 10).ok());
  EXPECT_EQ(list().front().max_number_of_messages_per_second, 10);
  int64_t moved = q_.move();
  EXPECT_EQ(moved, 1);
  for (int tick = 1; tick <= 50; ++tick) {
    q_.pass_ms(100);
    moved += q_.move();
    EXPECT_EQ(moved, tick + 1);
  }
  EXPECT_EQ(q_.engine().next_move_due(), q_.now() + 100);
  q_.pass_s(3600);  // as if the server had been down: no hour's worth at once
  EXPECT_LE(q_.move(), 2);
}

TEST_F(MoveTasks, CanBeCancelledOnceAndOnlyWhileTheyRun) {
  const QueueId a = create_source("a");
  send_to_dead_letters(a, {"1", "2", "3"});
  ASSERT_TRUE(start({}, 1).ok());
  q_.move();
  EXPECT_EQ(error_of(cancel(kOtherTask)),
            (Error{ErrorCode::kResourceNotFound, "Task does not exist."}));
  const auto cancelled = cancel();
  ASSERT_TRUE(cancelled.ok());
  EXPECT_EQ(cancelled->moved_count, 1);
  q_.pass_s(10);
  EXPECT_EQ(q_.move(), 0);
  EXPECT_FALSE(q_.engine().next_move_due());
  EXPECT_EQ(list().front().status, MoveTaskStatus::kCancelled);
  EXPECT_EQ(list().front().to_move_count, 3);
  EXPECT_EQ(q_.counts("dlq"), (Counts{2, 0, 0}));
  EXPECT_EQ(error_of(cancel()),
            (Error{ErrorCode::kUnsupportedOperation, "Only active tasks can be cancelled."}));
  EXPECT_EQ(error_of(q_.ask(CancelMessageMoveTask{EngineDriver::address("gone"), kTask})).code,
            ErrorCode::kResourceNotFound);
}

TEST_F(MoveTasks, LeaveWhatIsInFlightOrDelayed) {
  const QueueId a = create_source("a");
  send_to_dead_letters(a, {"1", "2"});
  SendEntry delayed = q_.entry("delayed");
  delayed.delay_seconds = 60;
  ASSERT_TRUE(q_.send(dlq_, delayed).ok());
  q_.receive(dlq_, 1, 30);
  ASSERT_TRUE(start().ok());
  q_.move();
  EXPECT_EQ(list().front().to_move_count, 1);
  EXPECT_EQ(list().front().status, MoveTaskStatus::kCompleted);
  EXPECT_EQ(q_.counts("dlq"), (Counts{0, 1, 1}));
}

TEST_F(MoveTasks, EndEvenWhenMessagesComeBackAtOnce) {
  const QueueId a = create_source("a");
  send_to_dead_letters(a, {"1", "2"});
  ASSERT_TRUE(start({}, 10).ok());
  for (int i = 0; i < 10; ++i) {
    q_.move();
    while (!q_.receive(a, 10, 0).empty()) {
    }
    q_.pass_s(1);
  }
  EXPECT_EQ(list().front().status, MoveTaskStatus::kCompleted);
  EXPECT_EQ(list().front().moved_count, 2);
  EXPECT_EQ(q_.counts("dlq"), (Counts{2, 0, 0}));
}

TEST_F(MoveTasks, KeepTheOrderOfFifoGroups) {
  const QueueId dead = q_.create_fifo("dlq.fifo");
  const QueueId source = q_.create_fifo("s.fifo", redrive("dlq.fifo"));
  for (const char* body : {"g1-1", "g2-1", "g1-2", "g2-2", "g1-3"}) {
    q_.send(source, std::string(body, 2), body);
  }
  for (int i = 0; i < 3; ++i) q_.receive(source, 10, 0);
  ASSERT_EQ(q_.counts("dlq.fifo").visible, 5);
  const StartMessageMoveTask request{kTask, EngineDriver::address("dlq.fifo"), {}, {}};
  ASSERT_TRUE(q_.ask(request).ok());
  q_.move();
  const Strings back = q_.contents(source);
  EXPECT_EQ(back.size(), 5u);
  Strings of_first_group;
  for (const std::string& body : back) {
    if (body.starts_with("g1")) of_first_group.push_back(body);
  }
  EXPECT_EQ(of_first_group, (Strings{"g1-1", "g1-2", "g1-3"}));
  EXPECT_TRUE(q_.contents(dead).empty());
}

TEST_F(MoveTasks, TakeTheOldestFirstAcrossGroups) {
  const QueueId dead = q_.create_fifo("dlq.fifo");
  q_.create_fifo("s.fifo", redrive("dlq.fifo"));
  const QueueId out = q_.create_fifo("out.fifo");
  for (const char* body : {"a1", "b1", "a2", "b2", "a3"}) {
    q_.send(dead, std::string(body, 1), body);
    q_.pass_ms(1);
  }
  const StartMessageMoveTask request{kTask, EngineDriver::address("dlq.fifo"),
                                     EngineDriver::address("out.fifo"), 1};
  ASSERT_TRUE(q_.ask(request).ok());
  Strings moved;
  while (moved.size() < 5) {
    q_.move();
    for (const ReceivedMessage& message : q_.receive(out)) {
      moved.push_back(message.content);
      ASSERT_TRUE(q_.remove(out, message.handle()).ok());
    }
    q_.pass_s(1);
  }
  EXPECT_EQ(moved, (Strings{"a1", "b1", "a2", "b2", "a3"}));
}

TEST_F(MoveTasks, TakeTheOldestFirstAlsoWhenItWasReceivedOften) {
  create_source("a");
  for (const char* body : {"p", "q", "r"}) {
    q_.send(dlq_, body);
    q_.pass_ms(1);
  }
  for (int i = 0; i < 3; ++i) q_.receive(dlq_, 1, 0);
  ASSERT_TRUE(start("a", 1).ok());
  q_.move();
  EXPECT_EQ(q_.contents(*q_.engine().find(EngineDriver::address("a"))), Strings{"p"});
}

TEST_F(MoveTasks, DoNotMoveWhatHasExpired) {
  AttributeChanges retention;
  retention.message_retention_period = 60;
  ASSERT_TRUE(q_.set("dlq", retention).ok());
  const QueueId a = create_source("a");
  send_to_dead_letters(a, {"1", "2"});
  ASSERT_TRUE(start({}, 1).ok());
  q_.move();
  q_.pass_s(61);
  q_.move();
  EXPECT_EQ(list().front().moved_count, 1);
  EXPECT_EQ(list().front().status, MoveTaskStatus::kCompleted);
}

TEST_F(MoveTasks, RunForAtMost36Hours) {
  const QueueId a = create_source("a");
  send_to_dead_letters(a, {"1", "2", "3"});
  ASSERT_TRUE(start({}, 1).ok());
  q_.move();
  q_.pass_s(int64_t{36} * 3600);
  q_.move();
  EXPECT_EQ(list().front().status, MoveTaskStatus::kFailed);
  EXPECT_EQ(list().front().moved_count, 1);
}

TEST_F(MoveTasks, AreListedNewestFirstAndTheOldestForgotten) {
  create_source("a");
  for (uint8_t i = 1; i <= 12; ++i) {
    ASSERT_TRUE(start({}, {}, Bytes16{i}).ok());
    q_.move();
    q_.pass_s(1);
  }
  const auto tasks = list();
  ASSERT_EQ(tasks.size(), 10u);
  EXPECT_EQ(tasks.front().task_id, Bytes16{12});
  EXPECT_EQ(tasks.back().task_id, Bytes16{3});
  EXPECT_EQ(list(1).size(), 1u);
  const ListMessageMoveTasks unknown{EngineDriver::address("gone"), 1};
  EXPECT_EQ(error_of(q_.ask(unknown)).code, ErrorCode::kResourceNotFound);
}

TEST_F(MoveTasks, AreLimitedToAHundredRunningOnesOfAnAccount) {
  for (int i = 0; i < 101; ++i) {
    const std::string number = std::to_string(i);
    q_.create("dead" + number);
    const QueueId source = q_.create("q" + number, redrive("dead" + number));
    q_.send(source, "m");
    q_.receive(source, 1, 0);
    q_.receive(source, 1, 0);
    const StartMessageMoveTask request{Bytes16{7}, EngineDriver::address("dead" + number), {}, 1};
    const auto started = q_.ask(request);
    EXPECT_EQ(started.ok(), i < 100) << i;
    if (!started.ok()) EXPECT_EQ(started.error().code, ErrorCode::kOverLimit);
  }
}

TEST_F(MoveTasks, GoOnAfterARestartAndGoAwayWithTheirQueue) {
  const QueueId a = create_source("a");
  send_to_dead_letters(a, {"1", "2", "3", "4"});
  ASSERT_TRUE(start({}, 2).ok());
  q_.move();
  const std::string before = q_.engine().dump(q_.now());
  EXPECT_EQ(q_.rebuild()->dump(q_.now()), before);
  EXPECT_EQ(q_.rebuild(true)->dump(q_.now()), before);
  q_.restart();
  for (int i = 0; i < 4; ++i) {
    q_.pass_ms(500);
    q_.move();
  }
  EXPECT_EQ(list().front().status, MoveTaskStatus::kCompleted);
  EXPECT_EQ(list().front().moved_count, 4);
  EXPECT_EQ(q_.contents(a), (Strings{"1", "2", "3", "4"}));

  q_.send(dlq_, "m");
  ASSERT_TRUE(start("a", 1, kOtherTask).ok());
  ASSERT_TRUE(q_.ask(DeleteQueue{EngineDriver::address("dlq")}).ok());
  EXPECT_FALSE(q_.engine().next_move_due());
  EXPECT_EQ(q_.move(), 0);
}

class DeadLetterSources : public MoveTasks {
 protected:
  Strings sources(const std::string& after = "", int32_t max = 1000) {
    return q_.ask(ListDeadLetterSourceQueues{EngineDriver::address("dlq"), after, max})->names;
  }
};

TEST_F(DeadLetterSources, AreTheQueuesWhosePolicyNamesTheQueueNow) {
  EXPECT_EQ(sources(), Strings{});
  for (const char* name : {"c", "a", "b"}) create_source(name);
  EXPECT_EQ(sources(), (Strings{"a", "b", "c"}));
  EXPECT_EQ(sources("", 2), (Strings{"a", "b"}));
  EXPECT_EQ(sources("b"), Strings{"c"});
  EXPECT_TRUE(q_.ask(ListDeadLetterSourceQueues{EngineDriver::address("dlq"), "", 2})->more);
  EXPECT_FALSE(q_.ask(ListDeadLetterSourceQueues{EngineDriver::address("dlq"), "a", 2})->more);
  q_.create("other");
  ASSERT_TRUE(q_.set("b", redrive("other")).ok());
  AttributeChanges none;
  none.redrive_policy = std::optional<RedrivePolicy>();
  ASSERT_TRUE(q_.set("a", none).ok());
  EXPECT_EQ(sources(), Strings{"c"});
  ASSERT_TRUE(q_.ask(DeleteQueue{EngineDriver::address("c")}).ok());
  EXPECT_EQ(sources(), Strings{});
  const ListDeadLetterSourceQueues unknown{EngineDriver::address("gone"), "", 1};
  EXPECT_EQ(error_of(q_.ask(unknown)).code, ErrorCode::kQueueDoesNotExist);
}

TEST_F(DeadLetterSources, ChangesThatExpectAnotherPolicyChangeNothing) {
  AttributeChanges changes;
  changes.policy = "first";
  SetQueueAttributes request{EngineDriver::address("dlq"), changes, std::string()};
  EXPECT_TRUE(q_.ask(request)->changed);
  request.attributes.policy = "second";
  EXPECT_FALSE(q_.ask(request)->changed);
  EXPECT_EQ(q_.attributes("dlq").policy, "first");
  request.expected_policy = "first";
  EXPECT_TRUE(q_.ask(request)->changed);
  EXPECT_EQ(q_.attributes("dlq").policy, "second");
}

}  // namespace
}  // namespace forebay::engine
