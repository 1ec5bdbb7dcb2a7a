// SPDX-License-Identifier: Apache-2.0
#include "load/queue_admin.h"

#include <gtest/gtest.h>

#include "load/testing/fake_server.h"

namespace forebay::load {
namespace {

using testing::FakeServer;
using testing::http_answer;

/// Creates a queue at a server that gives this answer.
Result<std::string> created(const std::string& answer, bool fifo = false) {
  FakeServer server([&](std::string_view) { return answer; });
  const RequestForm form = {.host_header = server.endpoint().authority()};
  QueueAdmin admin(server.address(), form, env::system_clock());
  return admin.create("name", fifo);
}

std::string refusal(const std::string& answer) {
  const Result<std::string> url = created(answer);
  EXPECT_FALSE(url.ok());
  return url.ok() ? "" : url.error().message;
}

TEST(QueueAdmin, ReturnsTheUrlThatTheServerGives) {
  const auto url = created(http_answer(200, R"({"QueueUrl": "http://elsewhere:1/0/name"})"));
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(*url, "http://elsewhere:1/0/name");
}

TEST(QueueAdmin, CreatesAndDeletesByTheProtocol) {
  std::string requests;
  FakeServer server([&](std::string_view request) {
    requests += request.substr(request.find("AmazonSQS."));
    return http_answer(200, R"({"QueueUrl":"u"})", "Connection: close\r\n");
  });
  const RequestForm form = {.host_header = server.endpoint().authority()};
  QueueAdmin admin(server.address(), form, env::system_clock());
  EXPECT_TRUE(admin.create("a", false).ok());
  EXPECT_TRUE(admin.create("b.fifo", true).ok());
  EXPECT_TRUE(admin.remove("u").ok());
  server.stop();
  EXPECT_NE(requests.find(R"({"QueueName":"a"})"), std::string::npos);
  EXPECT_NE(requests.find(R"({"QueueName":"b.fifo","Attributes":{"FifoQueue":"true"}})"),
            std::string::npos);
  EXPECT_NE(requests.find("AmazonSQS.DeleteQueue"), std::string::npos);
  EXPECT_NE(requests.find(R"({"QueueUrl":"u"})"), std::string::npos);
}

TEST(QueueAdmin, SaysWhatTheServerRefused) {
  EXPECT_EQ(refusal(http_answer(403, R"({"__type":"a#AccessDenied","message":"No key."})")),
            "CreateQueue was refused: AccessDenied: No key.");
  EXPECT_EQ(refusal(http_answer(404, "nothing here")),
            "CreateQueue was refused: HTTP 404: nothing here");
  EXPECT_NE(refusal(http_answer(200, "<html>")).find("AWS JSON protocol"), std::string::npos);
  EXPECT_EQ(refusal(""), "CreateQueue: the server closed the connection");
}

}  // namespace
}  // namespace forebay::load
