// SPDX-License-Identifier: Apache-2.0
// Starting, stopping, restarting, resetting; several servers beside each other.
#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <forebay/testing/server.h>
#include <gtest/gtest.h>

#include "env/testing/temporary_directory.h"
#include "testkit/testing/sqs_client.h"

namespace forebay::testkit {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using testing::Fault;
using testing::Restart;
using testing::Server;
using testing::ServerOptions;
using Bodies = std::vector<std::string>;

TEST(ServerLife, QueuesOfTheOptionsExistAtOnce) {
  Server server({.queues = {{.name = "q",
                             .attributes = {{"VisibilityTimeout", "77"}},
                             .dead_letter_queue = "dead"},
                            {.name = "dead"}},
                 .region = "eu-central-1",
                 .account = "111122223333"});
  SqsClient client(server);
  EXPECT_EQ(server.queue_url("q"), server.endpoint() + "/111122223333/q");
  const Answer answer =
      client.call("GetQueueAttributes", client.on_queue("q", R"("AttributeNames":["All"])"));
  EXPECT_EQ(answer.text("VisibilityTimeout"), "77");
  EXPECT_EQ(answer.text("QueueArn"), "arn:aws:sqs:eu-central-1:111122223333:q");
  EXPECT_TRUE(server.message_count("dead").exists());
  EXPECT_EQ(server.message_count("nothing").visible, -1);
}

TEST(ServerLife, AMistakeInTheOptionsIsNamed) {
  std::string problem;
  EXPECT_EQ(Server::start({.queues = {{.name = "q", .attributes = {{"Colour", "red"}}}}}, &problem),
            nullptr);
  EXPECT_NE(problem.find("\"q\""), std::string::npos) << problem;
  EXPECT_NE(problem.find("Colour"), std::string::npos) << problem;
  EXPECT_EQ(Server::start({.account = "12"}, &problem), nullptr);
  EXPECT_NE(problem.find("12 digits"), std::string::npos) << problem;
  EXPECT_EQ(Server::start({.directory = "/dev/null/x"}, &problem), nullptr);
  EXPECT_NE(problem.find("/dev/null"), std::string::npos) << problem;
}

TEST(ServerLife, TheEndAnswersParkedPolls) {
  auto server = std::make_unique<Server>(ServerOptions{.queues = {{.name = "q"}}});
  SqsClient poller(*server);
  poller.begin_receive("q", 20);
  ASSERT_TRUE(server->wait_until_parked(1));
  server.reset();
  EXPECT_TRUE(poller.read_messages().empty());
}

TEST(ServerLife, TheEndDoesNotWaitForDelayedReplies) {
  auto server = std::make_unique<Server>(ServerOptions{.queues = {{.name = "q"}}});
  server->inject(Fault::delay_reply(1h));
  SqsClient client(*server);
  client.begin("ListQueues", "{}");
  ASSERT_TRUE(server->wait_until_delayed(1));
  server.reset();
  EXPECT_EQ(client.read().status, 0);
}

TEST(ServerLife, TheSameRequestsGiveTheSameIds) {
  std::array<std::string, 3> seen;
  const std::array<uint64_t, 3> seeds = {7, 7, 8};
  for (size_t i = 0; i < seeds.size(); ++i) {
    Server server({.queues = {{.name = "q"}}, .seed = seeds[i]});
    SqsClient client(server);
    seen[i] = client.send("q", "a");
    for (const Received& each : client.receive("q")) seen[i] += each.receipt_handle;
  }
  EXPECT_EQ(seen[0], seen[1]);
  EXPECT_NE(seen[0], seen[2]);
}

TEST(ServerLife, ServersBesideEachOtherHaveTheirOwnTime) {
  const auto live = [](days step, int rounds) {
    Server server({.queues = {{.name = "q"}}});
    SqsClient client(server);
    for (int i = 0; i < rounds; ++i) {
      client.send("q", "a");
      server.advance(step);
      EXPECT_EQ(server.message_count("q").visible, step < days(4) ? i + 1 : 0);
    }
    EXPECT_EQ(server.now() - ServerOptions().start_time, step * rounds);
  };
  std::thread slow([&] { live(days(0), 50); });
  std::thread fast([&] { live(days(14), 50); });
  live(days(5), 50);
  slow.join();
  fast.join();
}

TEST(ServerLife, SeveralThreadsMayUseOneServer) {
  Server server({.queues = {{.name = "q"}}});
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&server] {
      SqsClient client(server);
      for (int n = 0; n < 25; ++n) {
        client.send("q", "a");
        server.advance(1s);
      }
    });
  }
  ASSERT_TRUE(server.wait_until_answered("SendMessage", 100));
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(server.message_count("q").visible, 100);
  EXPECT_EQ(server.now() - ServerOptions().start_time, 100s);
}

TEST(ServerLife, WaitingInVainEnds) {
  Server server;
  EXPECT_FALSE(server.wait_until_parked(1, 0ms));
  EXPECT_FALSE(server.wait_until_answered("", 1, 0ms));
}

TEST(Reset, MakesTheServerAsItWasAtTheStart) {
  Server server({.queues = {{.name = "q"}}});
  SqsClient client(server);
  const std::string first = client.send("q", "a");
  client.call("CreateQueue", R"({"QueueName":"other"})");
  server.inject(Fault::internal_failure(), Server::kAlways);
  server.advance(days(1));
  server.reset();
  EXPECT_EQ(server.now(), ServerOptions().start_time);
  EXPECT_EQ(server.request_count(""), 0u);
  EXPECT_EQ(server.message_count("q").total(), 0);
  EXPECT_FALSE(server.message_count("other").exists());
  EXPECT_EQ(client.send("q", "a"), first);  // on the same connection
}

TEST(Reset, DropsRequestsInHand) {
  Server server({.queues = {{.name = "q"}}});
  SqsClient poller(server);
  poller.begin_receive("q", 20);
  ASSERT_TRUE(server.wait_until_parked(1));
  server.reset();
  EXPECT_EQ(server.parked_count(), 0u);
  EXPECT_EQ(poller.read().status, 0);
  server.advance(1min);
}

TEST(Reset, EmptiesTheDirectory) {
  const env::TemporaryDirectory directory;
  Server server({.queues = {{.name = "q"}}, .directory = directory.path()});
  SqsClient client(server);
  client.send("q", "a");
  server.reset();
  EXPECT_EQ(server.message_count("q").total(), 0);
  client.send("q", "b");
  server.restart();
  EXPECT_EQ(client.read().status, 0);  // the connection has gone
  EXPECT_EQ(client.receive_bodies("q"), Bodies{"b"});
}

TEST(RestartInMemory, LosesEverythingButTheQueuesOfTheOptions) {
  Server server({.queues = {{.name = "q"}}});
  SqsClient client(server);
  const uint16_t port = server.port();
  client.send("q", "a");
  client.call("CreateQueue", R"({"QueueName":"other"})");
  server.advance(1h);
  server.restart();
  EXPECT_EQ(server.port(), port);
  EXPECT_EQ(server.now() - ServerOptions().start_time, 1h);
  EXPECT_EQ(server.message_count("q").total(), 0);
  EXPECT_FALSE(server.message_count("other").exists());
}

class RestartOnDisk : public ::testing::TestWithParam<Restart> {
 protected:
  const env::TemporaryDirectory directory_;
};

TEST_P(RestartOnDisk, KeepsWhatWasAnswered) {
  Server server({.queues = {{.name = "q"}}, .directory = directory_.path()});
  SqsClient client(server);
  for (int round = 0; round < 3; ++round) {
    client.send("q", "a");
    client.send("q", "later", R"("DelaySeconds":60)");
    server.restart(GetParam());
    EXPECT_EQ(client.read().status, 0);  // the connection has gone
    EXPECT_EQ(server.message_count("q").visible, 2 * round + 1);
    EXPECT_EQ(server.message_count("q").delayed, 1);
    server.advance(60s);
  }
}

TEST_P(RestartOnDisk, ReceiptHandlesStayGood) {
  Server server({.queues = {{.name = "q"}}, .directory = directory_.path()});
  SqsClient client(server);
  client.send("q", "a");
  const std::string handle = client.receive("q").at(0).receipt_handle;
  server.restart(GetParam());
  EXPECT_EQ(client.read().status, 0);
  EXPECT_EQ(client.remove("q", handle), 200);
  EXPECT_EQ(server.message_count("q").total(), 0);
}

TEST_P(RestartOnDisk, EndsParkedPolls) {
  Server server({.queues = {{.name = "q"}}, .directory = directory_.path()});
  SqsClient poller(server);
  poller.begin_receive("q", 20);
  ASSERT_TRUE(server.wait_until_parked(1));
  server.restart(GetParam());
  EXPECT_EQ(server.parked_count(), 0u);
  EXPECT_EQ(poller.read().status, GetParam() == Restart::kClean ? 200 : 0);
}

INSTANTIATE_TEST_SUITE_P(HowItEnds, RestartOnDisk,
                         ::testing::Values(Restart::kClean, Restart::kKilled,
                                           Restart::kPowerFailure));

TEST(RestartWithDelayedSyncs, OnlyAPowerFailureTakesBackWhatWasAnswered) {
  for (const Restart how : {Restart::kClean, Restart::kKilled, Restart::kPowerFailure}) {
    const env::TemporaryDirectory directory;
    Server server(
        {.queues = {{.name = "q"}}, .directory = directory.path(), .sync_interval = 100ms});
    SqsClient client(server);
    client.send("q", "old");
    server.advance(100ms);
    client.send("q", "young");
    server.restart(how);
    EXPECT_EQ(server.message_count("q").visible, how == Restart::kPowerFailure ? 1 : 2);
  }
}

TEST(ServerOnDisk, AnotherServerFindsWhatTheFirstOneLeft) {
  const env::TemporaryDirectory directory;
  const ServerOptions options{.queues = {{.name = "q"}}, .directory = directory.path()};
  {
    Server first(options);
    SqsClient client(first);
    client.send("q", "a");
    first.advance(days(3));
    client.send("q", "b");
    std::string problem;
    EXPECT_EQ(Server::start(options, &problem), nullptr);  // one at a time
    EXPECT_NE(problem.find(directory.path()), std::string::npos) << problem;
  }
  Server second(options);
  EXPECT_EQ(second.now() - options.start_time, days(3));  // time never goes back
  second.advance(days(1));
  SqsClient client(second);
  EXPECT_EQ(client.receive_bodies("q"), Bodies{"b"});  // the first one's four days are over
}

}  // namespace
}  // namespace forebay::testkit
