// SPDX-License-Identifier: Apache-2.0
#include "load/requests.h"

#include <vector>

#include <gtest/gtest.h>

namespace forebay::load {
namespace {

Options small_options() {
  Options options;
  options.queue_url = "http://127.0.0.1:9324/0/q";
  options.host = "127.0.0.1";
  options.port = 9324;
  options.body_bytes = 3;
  options.run = "r";
  return options;
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
  const Options options = small_options();
  std::string request;
  Requests(options).send(0, 5, 1, request);
  EXPECT_TRUE(
      request.starts_with("POST / HTTP/1.1\r\nHost: 127.0.0.1:9324\r\n"
                          "Content-Type: application/x-amz-json-1.0\r\n"
                          "X-Amz-Target: AmazonSQS.SendMessage\r\n"));
  EXPECT_EQ(json_of(request), R"({"QueueUrl":"http://127.0.0.1:9324/0/q","MessageBody":"xxx"})");
}

TEST(Requests, SeveralMessagesAreABatchWithGroupsInTurn) {
  Options options = small_options();
  options.groups = 2;
  std::string request;
  Requests(options).send(0, 3, 2, request);
  EXPECT_NE(request.find("AmazonSQS.SendMessageBatch\r\n"), std::string::npos);
  EXPECT_EQ(
      json_of(request),
      R"({"QueueUrl":"http://127.0.0.1:9324/0/q","Entries":[)"
      R"({"Id":"0","MessageBody":"xxx","MessageGroupId":"g1","MessageDeduplicationId":"r-3"},)"
      R"({"Id":"1","MessageBody":"xxx","MessageGroupId":"g0","MessageDeduplicationId":"r-4"}]})");
}

TEST(Requests, TheNumberOfTheQueueStandsInItsUrl) {
  Options options = small_options();
  options.queue_url = "http://127.0.0.1:9324/0/q-{}.fifo";
  options.queues = 100;
  std::string request;
  Requests(options).receive(42, 10, request);
  EXPECT_EQ(json_of(request),
            R"({"QueueUrl":"http://127.0.0.1:9324/0/q-42.fifo","MaxNumberOfMessages":10})");
}

TEST(Requests, DeletesOneOrABatch) {
  const Options options = small_options();
  Requests requests(options);
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
