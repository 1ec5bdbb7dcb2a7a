// SPDX-License-Identifier: Apache-2.0
// Injected faults, as clients see them over HTTP.
#include <chrono>
#include <string>

#include <forebay/testing/server.h>
#include <gtest/gtest.h>

#include "testkit/testing/sqs_client.h"

namespace forebay::testkit {
namespace {

using namespace std::chrono_literals;
using testing::Fault;
using testing::Server;

class Faults : public ::testing::Test {
 protected:
  Answer send(std::string_view body) {
    return client_.call("SendMessage",
                        client_.on_queue("q", R"("MessageBody":")" + std::string(body) + '"'));
  }

  Server server_{{.queues = {{.name = "q"}}}};
  SqsClient client_{server_};
};

TEST_F(Faults, ThrottlingIsWhatSqsAnswersAndNothingIsCarriedOut) {
  server_.inject(Fault::throttled(), 2);
  for (int i = 0; i < 2; ++i) {
    const Answer refused = send("a");
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(refused.text("__type"), "com.amazonaws.sqs#RequestThrottled");
    EXPECT_NE(refused.head.find("x-amzn-query-error: RequestThrottled;Sender"), std::string::npos);
  }
  EXPECT_EQ(server_.message_count("q").total(), 0);
  EXPECT_EQ(send("a").status, 200);
  EXPECT_EQ(server_.request_count("SendMessage"), 3u);
  EXPECT_EQ(server_.answer_count("SendMessage"), 3u);
}

TEST_F(Faults, AnErrorHasTheNameOfTheRequestsProtocol) {
  server_.inject(Fault::error(400, "QueueDoesNotExist", "gone"), 2);
  EXPECT_EQ(send("a").text("__type"), "com.amazonaws.sqs#QueueDoesNotExist");
  client_.begin_query("Action=ListQueues");
  const Answer query = client_.read();
  EXPECT_EQ(query.status, 400);
  EXPECT_NE(query.body.find("<Code>AWS.SimpleQueueService.NonExistentQueue</Code>"),
            std::string::npos);
  EXPECT_NE(query.body.find("<Message>gone</Message>"), std::string::npos);
}

TEST_F(Faults, AnErrorCanBeOneThatSqsDoesNotKnow) {
  server_.inject(Fault::error(503, "SlowDown"));
  const Answer refused = send("a");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.text("__type"), "com.amazonaws.sqs#SlowDown");
  EXPECT_NE(refused.head.find("x-amzn-query-error: SlowDown;Receiver"), std::string::npos);
}

TEST_F(Faults, OnlyTheActionThatWasNamedMeetsTheFault) {
  server_.inject(Fault::internal_failure(), Server::kAlways, "ReceiveMessage");
  EXPECT_EQ(send("a").status, 200);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client_.call("ReceiveMessage", client_.on_queue("q")).status, 500);
  }
  server_.clear_faults();
  EXPECT_EQ(client_.receive("q").size(), 1u);
}

TEST_F(Faults, TheFirstThatFitsIsMetFirst) {
  server_.inject(Fault::internal_failure());
  server_.inject(Fault::throttled(), 1, "SendMessage");
  EXPECT_EQ(send("a").status, 500);
  EXPECT_EQ(send("a").status, 403);
  EXPECT_EQ(send("a").status, 200);
}

TEST_F(Faults, ADroppedRequestIsNotCarriedOut) {
  server_.inject(Fault::drop_request());
  EXPECT_EQ(send("a").status, 0);
  EXPECT_EQ(server_.message_count("q").total(), 0);
  EXPECT_EQ(server_.request_count("SendMessage"), 1u);
  EXPECT_EQ(server_.answer_count("SendMessage"), 0u);
  EXPECT_EQ(send("a").status, 200);
}

TEST_F(Faults, ADroppedReplyLeavesTheMessage) {
  server_.inject(Fault::drop_reply(), 1, "SendMessage");
  EXPECT_EQ(send("a").status, 0);
  EXPECT_EQ(server_.message_count("q").visible, 1);
  EXPECT_EQ(send("a").status, 200);
  EXPECT_EQ(server_.message_count("q").visible, 2);  // what a client that retries must live with
}

TEST_F(Faults, ADelayedReplyComesWhenItsTimeHasPassed) {
  server_.inject(Fault::delay_reply(30s), 1, "SendMessage");
  client_.begin("SendMessage", client_.on_queue("q", R"("MessageBody":"a")"));
  ASSERT_TRUE(server_.wait_until_delayed(1));
  EXPECT_EQ(server_.message_count("q").visible, 1);
  server_.advance(30s - 1ms);
  EXPECT_EQ(server_.delayed_count(), 1u);
  EXPECT_EQ(server_.answer_count("SendMessage"), 0u);
  server_.advance(1ms);
  EXPECT_EQ(server_.delayed_count(), 0u);
  EXPECT_EQ(client_.read().status, 200);
}

TEST_F(Faults, ADelayCountsFromTheEndOfALongPoll) {
  server_.inject(Fault::delay_reply(10s));
  client_.begin_receive("q", 20);
  ASSERT_TRUE(server_.wait_until_parked(1));
  server_.advance(29s);
  EXPECT_EQ(server_.delayed_count(), 1u);
  server_.advance(1s);
  EXPECT_TRUE(client_.read_messages().empty());
}

TEST_F(Faults, AClientThatGivesUpLeavesADelayedReplyBehind) {
  server_.inject(Fault::delay_reply(10s), 1, "SendMessage");
  {
    SqsClient impatient(server_);
    impatient.begin("SendMessage", impatient.on_queue("q", R"("MessageBody":"a")"));
    ASSERT_TRUE(server_.wait_until_delayed(1));
  }
  server_.advance(10s);
  EXPECT_EQ(server_.delayed_count(), 0u);
  EXPECT_EQ(server_.message_count("q").visible, 1);
}

TEST_F(Faults, RequestsOutsideTheApiMeetNone) {
  server_.inject(Fault::internal_failure(), Server::kAlways);
  http::TestClient client(server_.port());
  client.send("GET /health HTTP/1.1\r\n\r\n");
  EXPECT_EQ(http::status_of(client.read_response()), "200");
  EXPECT_EQ(server_.request_count(""), 0u);
}

}  // namespace
}  // namespace forebay::testkit
