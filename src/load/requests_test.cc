// SPDX-License-Identifier: Apache-2.0
#include "load/requests.h"

#include <vector>

#include <gtest/gtest.h>

namespace forebay::load {
namespace {

/// Always 2015-08-30 12:36.
class FixedClock final : public env::Clock {
 public:
  WallMs wall() const override { return WallMs(1'440'938'160'000); }
  MonotonicMs monotonic() const override { return MonotonicMs(0); }
};

constexpr FixedClock kClock;

RequestForm small_form() {
  RequestForm form;
  form.queue_urls = {"http://127.0.0.1:9324/0/q"};
  form.host_header = "127.0.0.1:9324";
  form.body_bytes = 3;
  form.run = "r";
  return form;
}

/// What stands behind the head, which must name the body's length.
std::string json_of(const std::string& request) {
  const size_t head_end = request.find("\r\n\r\n") + 4;
  const std::string length =
      "Content-Length: " + std::to_string(request.size() - head_end) + "\r\n\r\n";
  EXPECT_EQ(request.substr(head_end - length.size(), length.size()), length);
  return request.substr(head_end);
}

TEST(Requests, OneMessageIsASendMessage) {
  const RequestForm form = small_form();
  std::string request;
  Requests(form, kClock).send(0, 5, 1, request);
  EXPECT_TRUE(
      request.starts_with("POST / HTTP/1.1\r\nHost: 127.0.0.1:9324\r\n"
                          "Content-Type: application/x-amz-json-1.0\r\n"
                          "X-Amz-Target: AmazonSQS.SendMessage\r\n"));
  EXPECT_EQ(json_of(request), R"({"QueueUrl":"http://127.0.0.1:9324/0/q","MessageBody":"xxx"})");
}

TEST(Requests, SeveralMessagesAreABatchWithGroupsInTurn) {
  RequestForm form = small_form();
  form.groups = 2;
  std::string request;
  Requests(form, kClock).send(0, 3, 2, request);
  EXPECT_NE(request.find("AmazonSQS.SendMessageBatch\r\n"), std::string::npos);
  EXPECT_EQ(
      json_of(request),
      R"({"QueueUrl":"http://127.0.0.1:9324/0/q","Entries":[)"
      R"({"Id":"0","MessageBody":"xxx","MessageGroupId":"g1","MessageDeduplicationId":"r-3"},)"
      R"({"Id":"1","MessageBody":"xxx","MessageGroupId":"g0","MessageDeduplicationId":"r-4"}]})");
}

TEST(Requests, AreForOneOfSeveralQueues) {
  RequestForm form = small_form();
  form.queue_urls = {"http://127.0.0.1:9324/0/a", "http://127.0.0.1:9324/0/b"};
  std::string request;
  Requests(form, kClock).receive(1, 10, request);
  EXPECT_EQ(json_of(request),
            R"({"QueueUrl":"http://127.0.0.1:9324/0/b","MaxNumberOfMessages":10})");
}

TEST(Requests, ReceivesMayWait) {
  RequestForm form = small_form();
  form.wait_s = 20;
  std::string request;
  Requests(form, kClock).receive(0, 1, request);
  EXPECT_EQ(json_of(request), R"({"QueueUrl":"http://127.0.0.1:9324/0/q","MaxNumberOfMessages":1,)"
                              R"("WaitTimeSeconds":20})");
}

TEST(Requests, CallAnyActionOnAnyPath) {
  RequestForm form = small_form();
  form.path = "/fixed";
  form.unsigned_header = "Authorization: none\r\n";
  std::string request;
  Requests(form, kClock).call("ListQueues", "{}", request);
  EXPECT_TRUE(request.starts_with("POST /fixed HTTP/1.1\r\n"));
  EXPECT_NE(request.find("X-Amz-Target: AmazonSQS.ListQueues\r\nAuthorization: none\r\n"),
            std::string::npos);
  EXPECT_EQ(json_of(request), "{}");
}

// The signature itself is checked in sigv4_test.cc and, by botocore, in tests/python.
TEST(Requests, AreSignedWhenThereAreCredentials) {
  RequestForm form = small_form();
  form.credentials = {.access_key_id = "AKID", .secret_access_key = "secret", .session_token = "t"};
  form.region = "eu-west-1";
  form.unsigned_header = "Authorization: none\r\n";
  std::string request;
  Requests(form, kClock).receive(0, 1, request);
  EXPECT_NE(request.find("X-Amz-Date: 20150830T123600Z\r\nX-Amz-Security-Token: t\r\n"
                         "Authorization: AWS4-HMAC-SHA256 Credential=AKID/20150830/eu-west-1/sqs/"
                         "aws4_request, SignedHeaders=content-type;host;x-amz-date;"
                         "x-amz-security-token;x-amz-target, Signature="),
            std::string::npos)
      << request;
  EXPECT_EQ(request.find("none"), std::string::npos);
  form.credentials->session_token = "";
  std::string without_token;
  Requests(form, kClock).receive(0, 1, without_token);
  EXPECT_EQ(without_token.find("oken"), std::string::npos);
}

TEST(Requests, DeletesOneOrABatch) {
  const RequestForm form = small_form();
  Requests requests(form, kClock);
  const std::vector<std::string> handles = {"h1", "h2"};
  std::string one;
  requests.delete_messages(0, std::span(handles).first(1), one);
  EXPECT_NE(one.find("AmazonSQS.DeleteMessage\r\n"), std::string::npos);
  EXPECT_EQ(json_of(one), R"({"QueueUrl":"http://127.0.0.1:9324/0/q","ReceiptHandle":"h1"})");
  std::string both;
  requests.delete_messages(0, handles, both);
  EXPECT_NE(both.find("AmazonSQS.DeleteMessageBatch\r\n"), std::string::npos);
  EXPECT_EQ(json_of(both),
            R"({"QueueUrl":"http://127.0.0.1:9324/0/q","Entries":[{"Id":"0","ReceiptHandle":"h1"},)"
            R"({"Id":"1","ReceiptHandle":"h2"}]})");
}

}  // namespace
}  // namespace forebay::load
