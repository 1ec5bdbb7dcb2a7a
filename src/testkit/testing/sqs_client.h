// SPDX-License-Identifier: Apache-2.0
// A blocking SQS client of a few lines for the kit's own tests: AWS JSON over one real connection.
//
//   SqsClient client(server);
//   client.send("jobs", "hello");
//   client.begin_receive("jobs", 20);     // parks
//   client.read_messages();
//
// Thread: one at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <forebay/testing/server.h>
#include <gtest/gtest.h>

#include "http/test_server.h"
#include "load/replies.h"

namespace forebay::testkit {

struct Answer {
  int status = 0;  // 0: the connection was closed instead
  std::string head = {};
  std::string body = {};

  /// The first string member of this name; empty: none.
  std::string text(std::string_view name) const {
    size_t at = 0;
    return std::string(load::string_member(body, name, &at).value_or(""));
  }
};

struct Received {
  std::string body;
  std::string message_id;
  std::string receipt_handle;
};

class SqsClient {
 public:
  explicit SqsClient(const forebay::testing::Server& server) : server_(server) {}

  /// Sends a request; read() waits for its answer.
  void begin(std::string_view action, std::string_view json) {
    begin_raw(
        "POST / HTTP/1.1\r\nHost: test\r\nContent-Type: application/x-amz-json-1.0\r\n"
        "X-Amz-Target: AmazonSQS." +
        std::string(action) + length_and(json));
  }
  /// The same by the AWS Query protocol; `form` is "Action=...&...".
  void begin_query(std::string_view form) {
    begin_raw(
        "POST / HTTP/1.1\r\nHost: test\r\n"
        "Content-Type: application/x-www-form-urlencoded" +
        length_and(form));
  }
  Answer read() {
    const std::string response = connection_->read_response();
    if (response.empty()) {
      connection_.reset();
      return {};
    }
    const size_t head_bytes = response.find("\r\n\r\n") + 4;
    return {std::stoi(http::status_of(response)), response.substr(0, head_bytes),
            response.substr(head_bytes)};
  }
  Answer call(std::string_view action, std::string_view json) {
    begin(action, json);
    return read();
  }

  /// The URL member of a request, and `more` behind it: R"("VisibilityTimeout":5)".
  std::string on_queue(std::string_view queue, std::string_view more = "") const {
    return R"({"QueueUrl":")" + server_.queue_url(queue) + '"' +
           (more.empty() ? "" : "," + std::string(more)) + "}";
  }

  /// The message's id.
  std::string send(std::string_view queue, std::string_view body, std::string_view more = "") {
    const std::string members = R"("MessageBody":")" + std::string(body) + '"' +
                                (more.empty() ? "" : "," + std::string(more));
    const Answer answer = call("SendMessage", on_queue(queue, members));
    EXPECT_EQ(answer.status, 200) << answer.body;
    return answer.text("MessageId");
  }
  void begin_receive(std::string_view queue, int wait_s, std::string_view more = "") {
    begin("ReceiveMessage", on_queue(queue, R"("MaxNumberOfMessages":10,"WaitTimeSeconds":)" +
                                                std::to_string(wait_s) +
                                                (more.empty() ? "" : "," + std::string(more))));
  }
  std::vector<Received> read_messages() {
    const Answer answer = read();
    EXPECT_EQ(answer.status, 200) << answer.body;
    std::vector<Received> received;
    size_t body_at = 0;
    size_t id_at = 0;
    size_t handle_at = 0;
    while (const auto handle = load::string_member(answer.body, "ReceiptHandle", &handle_at)) {
      received.push_back({std::string(*load::string_member(answer.body, "Body", &body_at)),
                          std::string(*load::string_member(answer.body, "MessageId", &id_at)),
                          std::string(*handle)});
    }
    return received;
  }
  std::vector<Received> receive(std::string_view queue, std::string_view more = "") {
    begin_receive(queue, 0, more);
    return read_messages();
  }
  /// The bodies alone.
  std::vector<std::string> receive_bodies(std::string_view queue) {
    std::vector<std::string> bodies;
    for (const Received& each : receive(queue)) bodies.push_back(each.body);
    return bodies;
  }
  int remove(std::string_view queue, const std::string& receipt_handle) {
    return call("DeleteMessage", on_queue(queue, R"("ReceiptHandle":")" + receipt_handle + '"'))
        .status;
  }

 private:
  static std::string length_and(std::string_view body) {
    return "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
  }
  void begin_raw(const std::string& bytes) {
    if (connection_ == nullptr) connection_ = std::make_unique<http::TestClient>(server_.port());
    connection_->send(bytes);
  }

  const forebay::testing::Server& server_;
  std::unique_ptr<http::TestClient> connection_;
};

}  // namespace forebay::testkit
