// SPDX-License-Identifier: Apache-2.0
// A server on virtual time with a queue, its dead-letter queue and another one, and a manager.
#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <forebay/sqs/dead_letter_manager.h>
#include <forebay/testing/server.h>
#include <gtest/gtest.h>

#include "base/check.h"
#include "env/testing/temporary_directory.h"

namespace forebay::sqs::testing {

using forebay::testing::Server;

inline Client client_at(const Server& server) {
  auto client =
      Client::create({.region = server.region(),
                      .endpoint_url = server.endpoint(),
                      .credentials = Credentials{.access_key_id = server.access_key_id(),
                                                 .secret_access_key = server.secret_access_key()},
                      .retry = {.backoff_base = std::chrono::milliseconds(1),
                                .throttled_backoff_base = std::chrono::milliseconds(1)}});
  CHECK(client.ok());
  return *std::move(client);
}

class DeadLetterServer : public ::testing::Test {
 protected:
  std::string url(std::string_view queue) const { return server.queue_url(queue); }

  void send(std::string_view queue, SendMessageRequest request) {
    request.queue_url = url(queue);
    const auto sent = client.send_message(request);
    ASSERT_TRUE(sent.ok()) << sent.error();
  }
  void send(std::string_view queue, const std::string& body) {
    send(queue, SendMessageRequest{.message_body = body});
  }

  /// Everything visible, in tens; not deleted.
  std::vector<Message> receive(std::string_view queue) {
    std::vector<Message> all;
    while (true) {
      auto reply = client.receive_message({.queue_url = url(queue),
                                           .max_number_of_messages = 10,
                                           .wait_time_seconds = std::chrono::seconds(0),
                                           .message_system_attribute_names = {std::string(kAll)},
                                           .message_attribute_names = {std::string(kAll)}});
      EXPECT_TRUE(reply.ok()) << reply.error();
      if (!reply.ok() || reply->messages.empty()) return all;
      for (Message& message : reply->messages) all.push_back(std::move(message));
    }
  }
  std::vector<std::string> bodies(std::string_view queue) {
    std::vector<std::string> all;
    for (const Message& message : receive(queue)) all.push_back(message.body);
    std::ranges::sort(all);
    return all;
  }

  /// What is in `queue` becomes a dead letter, as its redrive policy says: receives that fail.
  void let_die(std::string_view queue) {
    receive(queue);
    server.advance(std::chrono::seconds(31));
    receive(queue);
  }

  DeadLetterArchive* archive() {
    if (opened_ == nullptr) {
      auto opened = open_archive_directory(directory_.path());
      EXPECT_TRUE(opened.ok()) << opened.error();
      opened_ = *std::move(opened);
    }
    return opened_.get();
  }
  const std::string& directory() const { return directory_.path(); }
  /// As another program would find it.
  void reopen_archive() { opened_.reset(); }
  std::vector<ArchivedLetter> archived() {
    std::vector<ArchivedLetter> letters;
    const Result<std::vector<std::string>> names = archive()->list("", {});
    for (const std::string& name : *names) {
      auto letter = archived_letter_of_json(*archive()->get(name, {}));
      EXPECT_TRUE(letter.ok()) << letter.error();
      EXPECT_EQ(letter->name(), name);
      letters.push_back(*std::move(letter));
    }
    return letters;
  }

  ProcessOptions options() {
    ProcessOptions options;
    options.empty_receives = 1;
    options.wait = std::chrono::seconds(0);  // virtual time stands still
    options.retry_pause = std::chrono::milliseconds(1);
    options.now = [this] { return server.now(); };
    return options;
  }
  DeadLetterReport process(const ProcessOptions& given, std::string_view queue = "dead") {
    auto report = manager.process(url(queue), given);
    CHECK(report.ok());
    EXPECT_EQ(report->seen, report->requeued + report->archived + report->deleted + report->kept +
                                report->failed + (given.dry_run ? report->seen : 0));
    return *std::move(report);
  }
  DeadLetterReport process_otherwise(LetterAction action) {
    ProcessOptions given = options();
    given.otherwise = std::move(action);
    given.archive = archive();
    return process(given);
  }

  Server server{{.queues = {{.name = "dead"},
                            {.name = "orders",
                             .attributes = {{"VisibilityTimeout", "30"}},
                             .dead_letter_queue = "dead",
                             .max_receive_count = 1},
                            {.name = "other"},
                            {.name = "dead.fifo"},
                            {.name = "orders.fifo",
                             .attributes = {{"VisibilityTimeout", "30"}},
                             .dead_letter_queue = "dead.fifo",
                             .max_receive_count = 1}}}};
  Client client = client_at(server);
  DeadLetterManager manager{client};

 private:
  env::TemporaryDirectory directory_;
  std::unique_ptr<DeadLetterArchive> opened_;
};

}  // namespace forebay::sqs::testing
