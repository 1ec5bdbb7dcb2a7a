// SPDX-License-Identifier: Apache-2.0
#include "commands/message_sender.h"

#include <thread>

#include <forebay/testing/server.h>
#include <gtest/gtest.h>

namespace forebay::commands {
namespace {

using forebay::testing::Fault;

class MessageSenderTest : public ::testing::Test {
 protected:
  void open(const std::string& queue) {
    sqs::ClientOptions options{.region = server_.region(), .endpoint_url = server_.endpoint()};
    options.credentials = sqs::UnsignedRequests();
    options.retry.max_attempts = 1;
    client_.emplace(*sqs::Client::create(std::move(options)));
    sender_.emplace(*client_, server_.queue_url(queue),
                    [this](const MessageSender::Sent& sent) -> sqs::Result<void> {
                      told_.push_back(sent.line);
                      if (sent.refusal != nullptr) refused_.push_back(sent.line);
                      return {};
                    });
  }
  sqs::Result<void> add(uint64_t line, std::string body = "x") {
    Entry entry{.message_body = std::move(body)};
    if (fifo_) {
      entry.message_group_id = "g";
      entry.message_deduplication_id = std::to_string(line);
    }
    return sender_->add(std::move(entry), line);
  }

  forebay::testing::Server server_{{.queues = {{.name = "jobs"}, {.name = "steps.fifo"}}}};
  bool fifo_ = false;
  std::optional<sqs::Client> client_;
  std::optional<MessageSender> sender_;
  std::vector<uint64_t> told_;
  std::vector<uint64_t> refused_;
};

TEST_F(MessageSenderTest, SendsTensAndTellsInOrder) {
  open("jobs");
  std::vector<uint64_t> lines;
  for (uint64_t line = 1; line <= 1'234; ++line) {
    ASSERT_TRUE(add(line).ok());
    lines.push_back(line);
  }
  ASSERT_TRUE(sender_->finish().ok());
  EXPECT_EQ(told_, lines);
  EXPECT_EQ(sender_->sent_count(), 1'234u);
  EXPECT_EQ(server_.request_count("SendMessageBatch"), 124u);
  EXPECT_EQ(server_.message_count("jobs").visible, 1'234);
}

TEST_F(MessageSenderTest, ABatchIsNeverTooLarge) {
  open("jobs");
  for (uint64_t line = 1; line <= 7; ++line) {
    ASSERT_TRUE(add(line, std::string(400'000, 'x')).ok());
  }
  ASSERT_TRUE(sender_->finish().ok());
  EXPECT_EQ(server_.request_count("SendMessageBatch"), 4u);
  EXPECT_EQ(server_.message_count("jobs").visible, 7);
}

TEST_F(MessageSenderTest, AFifoQueueHasOneBatchOnTheWay) {
  fifo_ = true;
  open("steps.fifo");
  server_.inject(Fault::delay_reply(std::chrono::seconds(1)), 1, "SendMessageBatch");
  std::thread adding([this] {
    for (uint64_t line = 1; line <= 25; ++line) EXPECT_TRUE(add(line).ok());
    EXPECT_TRUE(sender_->finish().ok());
  });
  EXPECT_TRUE(server_.wait_until_delayed(1));
  EXPECT_EQ(server_.request_count("SendMessageBatch"), 1u);
  server_.advance(std::chrono::seconds(1));
  adding.join();
  EXPECT_EQ(server_.request_count("SendMessageBatch"), 3u);
  EXPECT_EQ(server_.message_count("steps.fifo").visible, 25);
}

TEST_F(MessageSenderTest, OnAFifoQueueNothingFollowsAFailure) {
  fifo_ = true;
  open("steps.fifo");
  for (uint64_t line = 1; line <= 30; ++line) {
    // The server refuses a character that XML does not have.
    ASSERT_TRUE(add(line, line == 12 ? "\x01" : "x").ok());
  }
  ASSERT_TRUE(sender_->finish().ok());
  EXPECT_TRUE(sender_->is_stopped());
  EXPECT_EQ(refused_, std::vector<uint64_t>{12});
  EXPECT_LE(told_.back(), 20u);
}

TEST_F(MessageSenderTest, OnAStandardQueueTheOthersGoOn) {
  open("jobs");
  for (uint64_t line = 1; line <= 30; ++line) {
    ASSERT_TRUE(add(line, line == 12 ? "\x01" : "x").ok());
  }
  ASSERT_TRUE(sender_->finish().ok());
  EXPECT_EQ(refused_, std::vector<uint64_t>{12});
  EXPECT_EQ(sender_->sent_count(), 29u);
  EXPECT_EQ(sender_->failed_count(), 1u);
}

TEST_F(MessageSenderTest, ACallThatFailsEndsItAndWhatWasSentIsCounted) {
  open("jobs");
  for (uint64_t line = 1; line <= 10; ++line) ASSERT_TRUE(add(line).ok());
  ASSERT_TRUE(sender_->flush().ok());
  ASSERT_TRUE(server_.wait_until_answered("SendMessageBatch", 1));
  server_.inject(Fault::error(403, "AccessDenied"), 1, "SendMessageBatch");
  for (uint64_t line = 11; line <= 20; ++line) ASSERT_TRUE(add(line).ok());
  const sqs::Result<void> finished = sender_->finish();
  ASSERT_FALSE(finished.ok());
  EXPECT_EQ(finished.error().kind, sqs::ErrorKind::kAuth);
  EXPECT_EQ(sender_->sent_count(), 10u);
  EXPECT_TRUE(sender_->is_stopped());
}

}  // namespace
}  // namespace forebay::commands
