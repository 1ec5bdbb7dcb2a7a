// SPDX-License-Identifier: Apache-2.0
// What passing time does, as clients see it over HTTP.
#include <chrono>
#include <string>
#include <vector>

#include <forebay/testing/server.h>
#include <gtest/gtest.h>

#include "testkit/testing/sqs_client.h"
#include "testkit/virtual_clock.h"

namespace forebay::testkit {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using testing::Server;
using Bodies = std::vector<std::string>;

TEST(VirtualTime, ADelayEndsAtItsMoment) {
  Server server({.queues = {{.name = "q"}}});
  SqsClient client(server);
  client.send("q", "later", R"("DelaySeconds":900)");
  EXPECT_EQ(server.message_count("q").delayed, 1);
  server.advance(900s - 1ms);
  EXPECT_EQ(client.receive_bodies("q"), Bodies());
  server.advance(1ms);
  EXPECT_EQ(client.receive_bodies("q"), Bodies{"later"});
}

TEST(VirtualTime, AVisibilityTimeoutExpires) {
  Server server({.queues = {{.name = "q", .attributes = {{"VisibilityTimeout", "43200"}}}}});
  SqsClient client(server);
  client.send("q", "work");
  EXPECT_EQ(client.receive_bodies("q"), Bodies{"work"});
  server.advance(12h - 1ms);
  EXPECT_EQ(client.receive_bodies("q"), Bodies());
  EXPECT_EQ(server.message_count("q").not_visible, 1);
  server.advance(1ms);
  EXPECT_EQ(client.receive_bodies("q"), Bodies{"work"});
}

TEST(VirtualTime, RetentionDeletesAfterFourteenDaysInOneStep) {
  Server server({.queues = {{.name = "q", .attributes = {{"MessageRetentionPeriod", "1209600"}}},
                            {.name = "kept", .attributes = {{"VisibilityTimeout", "60"}}}}});
  SqsClient client(server);
  client.send("q", "old");
  server.advance(days(14) - 1ms);
  EXPECT_EQ(server.message_count("q").visible, 1);
  client.send("q", "young");
  server.advance(1ms);
  EXPECT_EQ(server.message_count("q").visible, 1);
  EXPECT_EQ(client.receive_bodies("q"), Bodies{"young"});
}

TEST(VirtualTime, WhatNobodyTouchesIsDeletedToo) {
  Server server({.queues = {{.name = "q"}}});
  SqsClient client(server);
  for (int i = 0; i < 300; ++i) client.send("q", "old");
  server.advance(days(14));
  EXPECT_EQ(server.message_count("q").total(), 0);
}

TEST(VirtualTime, ADeduplicationWindowCloses) {
  Server server({.queues = {{.name = "q.fifo"}}});
  SqsClient client(server);
  const std::string_view same = R"("MessageGroupId":"g","MessageDeduplicationId":"once")";
  const std::string first = client.send("q.fifo", "a", same);
  server.advance(5min - 1ms);
  EXPECT_EQ(client.send("q.fifo", "b", same), first);
  EXPECT_EQ(server.message_count("q.fifo").visible, 1);
  server.advance(1ms);
  EXPECT_NE(client.send("q.fifo", "c", same), first);
  EXPECT_EQ(server.message_count("q.fifo").visible, 2);
}

TEST(VirtualTime, ALongPollEndsWithNothing) {
  Server server({.queues = {{.name = "q"}}});
  SqsClient poller(server);
  poller.begin_receive("q", 20);
  ASSERT_TRUE(server.wait_until_parked(1));
  server.advance(20s - 1ms);
  EXPECT_EQ(server.parked_count(), 1u);
  server.advance(1ms);
  EXPECT_EQ(server.parked_count(), 0u);
  EXPECT_TRUE(poller.read_messages().empty());
}

TEST(VirtualTime, ALongPollWakesWhenADelayEndsWithinALargerStep) {
  Server server({.queues = {{.name = "q"}}});
  SqsClient sender(server);
  SqsClient poller(server);
  sender.send("q", "later", R"("DelaySeconds":7)");
  poller.begin_receive("q", 20, R"("AttributeNames":["ApproximateFirstReceiveTimestamp"])");
  ASSERT_TRUE(server.wait_until_parked(1));
  const testing::Time sent = server.now();
  server.advance(days(14));
  const Answer answer = poller.read();
  EXPECT_EQ(answer.text("Body"), "later");
  // Received at its own moment, not at the end of the step.
  const auto received =
      std::chrono::milliseconds(std::stoll(answer.text("ApproximateFirstReceiveTimestamp")));
  EXPECT_EQ(received - sent.time_since_epoch(), 7s);
}

TEST(VirtualTime, AMessageThatComesBackWakesTheNextPollOfAStep) {
  Server server({.queues = {{.name = "q"}}});
  SqsClient owner(server);
  SqsClient poller(server);
  owner.send("q", "work");
  ASSERT_EQ(owner.receive("q", R"("VisibilityTimeout":5)").size(), 1u);
  poller.begin_receive("q", 20);
  ASSERT_TRUE(server.wait_until_parked(1));
  server.advance(5s);
  EXPECT_EQ(poller.read_messages().size(), 1u);
}

TEST(VirtualTime, PollsEndInTheOrderOfTheirDeadlines) {
  Server server({.queues = {{.name = "q"}}});
  SqsClient longer(server);
  SqsClient shorter(server);
  longer.begin_receive("q", 20);
  ASSERT_TRUE(server.wait_until_parked(1));
  shorter.begin_receive("q", 1);
  ASSERT_TRUE(server.wait_until_parked(2));
  server.advance(1s);
  EXPECT_TRUE(shorter.read_messages().empty());
  EXPECT_EQ(server.parked_count(), 1u);
  server.advance(19s);
  EXPECT_TRUE(longer.read_messages().empty());
}

TEST(VirtualTime, AMoveTaskRunsAtItsRate) {
  Server server({.queues = {{.name = "dead"},
                            {.name = "q",
                             .attributes = {{"VisibilityTimeout", "1"}},
                             .dead_letter_queue = "dead",
                             .max_receive_count = 1}}});
  SqsClient client(server);
  for (int i = 0; i < 10; ++i) client.send("q", "work");
  for (int round = 0; round < 2; ++round) {
    while (!client.receive("q").empty()) {
    }
    server.advance(1s);
  }
  ASSERT_EQ(server.message_count("dead").visible, 10);
  const std::string arn = "arn:aws:sqs:" + server.region() + ":000000000000:dead";
  const Answer started = client.call(
      "StartMessageMoveTask", R"({"SourceArn":")" + arn + R"(","MaxNumberOfMessagesPerSecond":2})");
  ASSERT_EQ(started.status, 200) << started.body;
  const int64_t at_once = server.message_count("q").visible;
  server.advance(2s);
  EXPECT_EQ(server.message_count("q").visible, at_once + 4);
  server.advance(days(1));
  EXPECT_EQ(server.message_count("q").visible, 10);
  EXPECT_EQ(server.message_count("dead").total(), 0);
}

TEST(VirtualTime, CooldownsOfSixtySecondsPass) {
  Server server({.queues = {{.name = "q"}}});
  SqsClient client(server);
  EXPECT_EQ(client.call("PurgeQueue", client.on_queue("q")).status, 200);
  EXPECT_EQ(client.call("PurgeQueue", client.on_queue("q")).status, 403);
  server.advance(60s);
  EXPECT_EQ(client.call("PurgeQueue", client.on_queue("q")).status, 200);
  EXPECT_EQ(client.call("DeleteQueue", client.on_queue("q")).status, 200);
  EXPECT_EQ(client.call("CreateQueue", R"({"QueueName":"q"})").status, 400);
  server.advance(60s);
  EXPECT_EQ(client.call("CreateQueue", R"({"QueueName":"q"})").status, 200);
}

TEST(VirtualTime, CooldownsCanBeSwitchedOff) {
  Server server({.queues = {{.name = "q"}}, .cooldowns = false});
  SqsClient client(server);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(client.call("PurgeQueue", client.on_queue("q")).status, 200);
  }
}

TEST(VirtualTime, StandsStillByItself) {
  Server server({.queues = {{.name = "q"}}});
  SqsClient client(server);
  EXPECT_EQ(server.now(), testing::ServerOptions().start_time);
  client.send("q", "a");
  server.advance(0ms);
  EXPECT_EQ(server.now(), testing::ServerOptions().start_time);
  server.advance(days(14));
  EXPECT_EQ(server.now() - testing::ServerOptions().start_time, days(14));
}

TEST(VirtualTime, IsWhatAnswersAreDatedWith) {
  Server server({.queues = {{.name = "q"}}});
  SqsClient client(server);
  server.advance(days(59));  // to the first of March
  const Answer answer = client.call("GetQueueAttributes", client.on_queue("q"));
  EXPECT_NE(answer.head.find("\r\nDate: Sun, 01 Mar 2026 00:00:00 GMT\r\n"), std::string::npos)
      << answer.head;
}

TEST(VirtualTime, NeverEndsAConnection) {
  Server server({.queues = {{.name = "q"}}});
  http::TestClient client(server.port());
  for (int i = 0; i < 3; ++i) {
    client.send("GET /health HTTP/1.1\r\n\r\n");
    EXPECT_EQ(http::status_of(client.read_response()), "200");
    server.advance(days(365));
  }
}

TEST(NetworkClock, DatesVirtuallyAndMeasuresReally) {
  VirtualClock time(WallMs(0));
  const NetworkClock network(time);
  const MonotonicMs before = network.monotonic();
  time.set(MonotonicMs(days(365) / 1ms));
  EXPECT_EQ(network.wall(), WallMs(days(365) / 1ms));
  EXPECT_LT(network.monotonic() - before, days(30) / 1ms);
}

}  // namespace
}  // namespace forebay::testkit
