// SPDX-License-Identifier: Apache-2.0
// Move tasks and restored archives, against the whole server on virtual time.
#include <algorithm>
#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dead_letter_manager/testing/server_fixture.h"

namespace forebay::sqs {
namespace {

using forebay::testing::Fault;
using forebay::testing::Server;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::DeadLetterServer;

class MoveDeadLetters : public DeadLetterServer {
 protected:
  MoveOptions move_options(std::vector<int64_t>& moved) {
    MoveOptions given;
    given.poll_interval = milliseconds(0);
    given.progress = [&](const MoveTask& task) {
      moved.push_back(task.approximate_number_of_messages_moved);
      server.advance(seconds(1));
    };
    return given;
  }
};

TEST_F(MoveDeadLetters, ProgressIsToldUntilTheEnd) {
  for (int i = 0; i < 30; ++i) send("dead", std::to_string(i));
  std::vector<int64_t> moved;
  MoveOptions given = move_options(moved);
  given.target_queue = "other";
  given.max_messages_per_second = 10;
  const Result<MoveTask> task = manager.move(url("dead"), given);
  ASSERT_TRUE(task.ok()) << task.error();
  EXPECT_EQ(task->status, MessageMoveTaskStatus::kCompleted);
  EXPECT_EQ(task->approximate_number_of_messages_moved, 30);
  EXPECT_GT(moved.size(), 2u);
  EXPECT_TRUE(std::ranges::is_sorted(moved));
  EXPECT_EQ(server.message_count("other").visible, 30);
}

TEST_F(MoveDeadLetters, AStopCancelsTheTask) {
  for (int i = 0; i < 30; ++i) send("dead", std::to_string(i));
  std::vector<int64_t> moved;
  std::stop_source stop;
  MoveOptions given = move_options(moved);
  given.target_queue = "other";
  given.max_messages_per_second = 1;
  given.stop = stop.get_token();
  given.progress = [&](const MoveTask&) { stop.request_stop(); };
  const Result<MoveTask> task = manager.move(url("dead"), given);
  ASSERT_FALSE(task.ok());
  EXPECT_EQ(task.error().kind, ErrorKind::kCancelled);
  server.advance(seconds(100));
  EXPECT_LT(server.message_count("other").visible, 5);
}

TEST_F(MoveDeadLetters, AQueueThatIsNoDeadLetterQueueIsRefused) {
  const Result<MoveTask> task = manager.move(url("other"));
  ASSERT_FALSE(task.ok());
  EXPECT_EQ(task.error().kind, ErrorKind::kInvalidRequest);
}

class RestoreDeadLetters : public DeadLetterServer {
 protected:
  void archive_all(std::string_view queue = "dead") {
    ProcessOptions given = options();
    given.otherwise = ArchiveLetter{};
    given.archive = archive();
    EXPECT_EQ(process(given, queue).failed, 0u);
  }
  RestoreReport restore(const RestoreOptions& given) {
    auto report = manager.restore(*archive(), given);
    CHECK(report.ok());
    return *std::move(report);
  }
};

TEST_F(RestoreDeadLetters, MessagesGoBackAsTheyWere) {
  for (int i = 0; i < 25; ++i) {
    send("orders", {.message_body = std::to_string(i),
                    .message_attributes = {{"n", MessageAttributeValue::number(i)}}});
    server.advance(milliseconds(1));
  }
  let_die("orders");
  archive_all();
  reopen_archive();
  const RestoreReport report = restore({});
  EXPECT_EQ(report.seen, 25u);
  EXPECT_EQ(report.sent, 25u);
  EXPECT_EQ(report.end, PassEnd::kExhausted);
  const std::vector<Message> again = receive("orders");
  ASSERT_EQ(again.size(), 25u);
  for (int i = 0; i < 25; ++i) {
    EXPECT_EQ(again[i].body, std::to_string(i));
    EXPECT_EQ(again[i].message_attributes.at("n"), MessageAttributeValue::number(i));
  }
  EXPECT_EQ(archived().size(), 25u);
}

TEST_F(RestoreDeadLetters, APartByTimeIsEnough) {
  std::vector<std::string> names;
  for (int i = 0; i < 3; ++i) {
    send("dead", std::to_string(i));
    server.advance(std::chrono::hours(24));
  }
  archive_all();
  RestoreOptions given;
  given.target_queue = "other";
  given.from = "20260102";
  given.before = "20260103";
  given.dry_run = true;
  EXPECT_EQ(restore(given).seen, 1u);
  EXPECT_EQ(server.message_count("other").total(), 0);
  given.dry_run = false;
  EXPECT_EQ(restore(given).sent, 1u);
  EXPECT_EQ(bodies("other"), (std::vector<std::string>{"1"}));
}

TEST_F(RestoreDeadLetters, OnAFifoQueueTwiceIsOnce) {
  for (int i = 0; i < 3; ++i) {
    send("dead.fifo", {.message_body = std::to_string(i),
                       .message_deduplication_id = std::to_string(i),
                       .message_group_id = "g"});
    server.advance(milliseconds(1));
  }
  archive_all("dead.fifo");
  RestoreOptions given;
  given.target_queue = "orders.fifo";
  EXPECT_EQ(restore(given).sent, 3u);
  EXPECT_EQ(restore(given).sent, 3u);
  EXPECT_EQ(server.message_count("orders.fifo").total(), 3);
  EXPECT_EQ(bodies("orders.fifo"), (std::vector<std::string>{"0", "1", "2"}));
}

TEST_F(RestoreDeadLetters, WhatCannotBeReadOrSentIsTold) {
  send("dead", "good");
  archive_all();
  ASSERT_TRUE(archive()->put(std::vector<ArchiveFile>{{"0.json", "{"}}, {})[0].ok());
  const RestoreReport report = restore({});
  EXPECT_EQ(report.seen, 2u);
  EXPECT_EQ(report.failed, 2u);
  ASSERT_EQ(report.failures.size(), 2u);
  EXPECT_EQ(report.failures[0].step, DeadLetterFailure::Step::kArchive);
  EXPECT_EQ(report.failures[0].message_id, "0.json");
  EXPECT_EQ(report.failures[1].step, DeadLetterFailure::Step::kTarget);
}

TEST_F(RestoreDeadLetters, AServerInTroubleEndsIt) {
  for (int i = 0; i < 25; ++i) send("dead", std::to_string(i));
  archive_all();
  server.inject(Fault::internal_failure(), Server::kAlways, "SendMessageBatch");
  RestoreOptions given;
  given.target_queue = "other";
  const RestoreReport report = restore(given);
  EXPECT_EQ(report.end, PassEnd::kFailed);
  EXPECT_EQ(report.seen, 10u);
  EXPECT_EQ(report.failed, 10u);
}

}  // namespace
}  // namespace forebay::sqs
