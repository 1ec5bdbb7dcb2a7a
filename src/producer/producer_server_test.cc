// SPDX-License-Identifier: Apache-2.0
// The producer against the whole server, over real connections: partial failures, throttling, lost
// replies, restarts, many threads; and what is in the queue afterwards.
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <forebay/sqs/client.h>
#include <forebay/sqs/observer.h>
#include <forebay/sqs/producer.h>
#include <forebay/testing/server.h>
#include <gtest/gtest.h>

#include "env/testing/temporary_directory.h"

namespace forebay::sqs {
namespace {

using forebay::testing::Fault;
using forebay::testing::Restart;
using forebay::testing::Server;
using std::chrono::milliseconds;

class ProducerServerTest : public ::testing::Test {
 protected:
  ProducerServerTest()
      : server_({.queues = {{.name = "q"}, {.name = "low"}, {.name = "q.fifo"}},
                 .directory = data_.path()}) {
    ClientOptions options{.region = server_.region(), .endpoint_url = server_.endpoint()};
    options.credentials = Credentials{.access_key_id = server_.access_key_id(),
                                      .secret_access_key = server_.secret_access_key()};
    client_.emplace(std::move(*Client::create(std::move(options))));
  }

  Producer make(std::string_view queue, ProducerOptions options = {}) {
    options.queue_url = server_.queue_url(queue);
    // Real time: short pauses, so that faults are over soon.
    options.retry.backoff_base = milliseconds(1);
    options.retry.throttled_backoff_base = milliseconds(1);
    options.retry.backoff_max = milliseconds(5);
    Result<Producer> made = Producer::create(*client_, std::move(options));
    EXPECT_TRUE(made.ok());
    return std::move(made).value();
  }

  static OutgoingMessage in_group(int group, int number) {
    const std::string name = "g" + std::to_string(group);
    return {.body = name + "-" + std::to_string(number), .message_group_id = name};
  }

  /// Every message that is in a queue; of FIFO queues, group by group in their order.
  std::vector<Message> drain(std::string_view queue) {
    std::vector<Message> all;
    while (true) {
      auto got = client_->receive_message({.queue_url = server_.queue_url(queue),
                                           .max_number_of_messages = 10,
                                           .wait_time_seconds = std::chrono::seconds(0),
                                           .message_system_attribute_names = {"All"},
                                           .message_attribute_names = {"All"}});
      if (!got.ok() || got->messages.empty()) return all;
      DeleteMessageBatchRequest remove{.queue_url = server_.queue_url(queue)};
      for (Message& message : got->messages) {
        remove.entries.push_back({std::to_string(remove.entries.size()), message.receipt_handle});
        all.push_back(std::move(message));
      }
      EXPECT_TRUE(client_->delete_message_batch(remove).ok());
    }
  }

  /// Bodies "g<group>-<number>": each number once, in order.
  void expect_each_once_in_order(int groups, int each) {
    std::map<std::string, int> next;
    for (const Message& message : drain("q.fifo")) {
      const std::string group = *message.attributes.message_group_id;
      EXPECT_EQ(message.body, group + "-" + std::to_string(next[group]++));
    }
    EXPECT_EQ(next.size(), static_cast<size_t>(groups));
    for (const auto& [group, count] : next) EXPECT_EQ(count, each) << group;
  }

  const env::TemporaryDirectory data_;
  Server server_;
  std::optional<Client> client_;
};

TEST_F(ProducerServerTest, TwentyFiveMessagesTakeThreeCalls) {
  Producer producer = make("q", {.linger = std::chrono::minutes(1)});
  std::vector<SendFuture> futures;
  for (int i = 0; i < 25; ++i) {
    futures.push_back(std::move(*producer.send({.body = std::to_string(i)})));
  }
  const FlushReport report = producer.flush();
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(report.sent, 25u);
  std::set<std::string> ids;
  for (SendFuture& future : futures) ids.emplace(future.get()->message_id.view());
  EXPECT_EQ(ids.size(), 25u);
  EXPECT_EQ(server_.request_count("SendMessageBatch"), 3u);
  EXPECT_EQ(drain("q").size(), 25u);
}

TEST_F(ProducerServerTest, ARefusedEntryHarmsNoOther) {
  Producer producer = make("q");
  Result<SendFuture> bad = producer.send({.body = std::string("\x01", 1)});
  Result<SendFuture> late =
      producer.send({.body = "late", .delay_seconds = std::chrono::seconds(901)});
  Result<SendFuture> good = producer.send({.body = "good"});
  EXPECT_EQ(bad->get().error().kind, ErrorKind::kInvalidRequest);
  EXPECT_EQ(late->get().error().kind, ErrorKind::kInvalidRequest);
  EXPECT_TRUE(good->get().ok());
  EXPECT_EQ(drain("q").size(), 1u);
}

TEST_F(ProducerServerTest, ThrottlingIsRiddenOut) {
  Producer producer = make("q");
  server_.inject(Fault::throttled(), 5, "SendMessageBatch");
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(producer.send({.body = "x"}, nullptr).ok());
  EXPECT_TRUE(producer.flush().ok());
  EXPECT_GE(producer.statistics().retried, 5u);
  EXPECT_EQ(drain("q").size(), 30u);
}

TEST_F(ProducerServerTest, LostRepliesDoNotDoubleFifoMessages) {
  Producer producer = make("q.fifo", {.deduplication = Deduplication::kUnique});
  server_.inject(Fault::drop_reply(), 4, "SendMessageBatch");
  server_.inject(Fault::drop_request(), 2, "SendMessageBatch");
  for (int number = 0; number < 5; ++number) {
    for (int group = 0; group < 10; ++group) {
      ASSERT_TRUE(producer.send(in_group(group, number), nullptr).ok());
    }
  }
  EXPECT_TRUE(producer.flush().ok());
  EXPECT_GT(producer.statistics().retried, 0u);
  expect_each_once_in_order(10, 5);
}

TEST_F(ProducerServerTest, AThousandGroupsKeepTheirOrderUnderFaults) {
  Producer producer = make("q.fifo", {.deduplication = Deduplication::kUnique});
  for (int i = 0; i < 20; ++i) {
    server_.inject(Fault::drop_reply(), 1, "SendMessageBatch");
    server_.inject(Fault::throttled(), 2, "SendMessageBatch");
    server_.inject(Fault::internal_failure(), 1, "SendMessageBatch");
  }
  for (int number = 0; number < 3; ++number) {
    for (int group = 0; group < 1'000; ++group) {
      ASSERT_TRUE(producer.send(in_group(group, number), nullptr).ok());
    }
  }
  EXPECT_TRUE(producer.flush().ok());
  EXPECT_EQ(producer.statistics().sent, 3'000u);
  expect_each_once_in_order(1'000, 3);
}

TEST_F(ProducerServerTest, ARestartLosesNothingAndDoublesNothing) {
  Producer producer = make("q.fifo", {.deduplication = Deduplication::kUnique});
  for (int number = 0; number < 30; ++number) {
    for (int group = 0; group < 10; ++group) {
      ASSERT_TRUE(producer.send(in_group(group, number), nullptr).ok());
    }
    if (number == 10) server_.restart(Restart::kKilled);
    if (number == 20) server_.restart(Restart::kClean);
  }
  const FlushReport report = producer.flush();
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(report.sent, 300u);
  expect_each_once_in_order(10, 30);
}

TEST_F(ProducerServerTest, EightThreadsShareAProducer) {
  constexpr int kThreads = 8;
  constexpr int kEach = 200;
  Metrics metrics;
  Producer producer = make(
      "q.fifo",
      {.buffer_messages_max = 100, .deduplication = Deduplication::kUnique, .observer = &metrics});
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        for (int number = 0; number < kEach; ++number) {
          const auto count = [&](const Result<SendMessageReply>& reply) { good += reply.ok(); };
          EXPECT_TRUE(producer.send(in_group(thread, number), count).ok());
          if (number % 50 == 0) EXPECT_TRUE(producer.flush().ok());
        }
      });
    }
  }
  EXPECT_TRUE(producer.flush().ok());
  EXPECT_EQ(good, kThreads * kEach);
  EXPECT_EQ(metrics.count(producer.queue_url(), Counter::kSent), uint64_t{kThreads} * kEach);
  expect_each_once_in_order(kThreads, kEach);
}

TEST_F(ProducerServerTest, TheDestructorSendsTheRest) {
  std::optional<SendFuture> future;
  {
    Producer producer = make("q", {.linger = std::chrono::minutes(1)});
    future.emplace(std::move(*producer.send({.body = "x"})));
  }
  EXPECT_TRUE(future->ready());
  EXPECT_TRUE(future->get().ok());
  EXPECT_EQ(server_.message_count("q").visible, 1);
}

TEST_F(ProducerServerTest, TheDestructorTellsWhatItCouldNotSend) {
  server_.inject(Fault::throttled(), Server::kAlways, "SendMessageBatch");
  std::vector<SendFuture> futures;
  {
    Producer producer = make("q", {.close_timeout = milliseconds(20)});
    for (int i = 0; i < 100; ++i) futures.push_back(std::move(*producer.send({.body = "x"})));
  }
  for (SendFuture& future : futures) {
    ASSERT_TRUE(future.ready());
    EXPECT_FALSE(future.get().ok());
  }
  EXPECT_EQ(server_.message_count("q").total(), 0);
}

TEST_F(ProducerServerTest, AnOrderEventArrivesWithItsAttributesAndDelay) {
  Producer producer = make("q");
  const auto sent = producer.send_and_wait(Event("OrderCreated", R"({"id":1})")
                                               .priority("low", {{"low", std::chrono::minutes(5)}})
                                               .text("customerId", "c-1")
                                               .number("orderAmount", "99.90")
                                               .message());
  ASSERT_TRUE(sent.ok()) << sent.error();
  EXPECT_EQ(server_.message_count("q").delayed, 1);
  server_.advance(std::chrono::minutes(5));
  const std::vector<Message> got = drain("q");
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].message_attributes.at("eventType").value(), "OrderCreated");
  EXPECT_EQ(got[0].message_attributes.at("orderAmount"), MessageAttributeValue::number("99.90"));
}

TEST_F(ProducerServerTest, PrioritiesCanBeQueues) {
  Producer normal = make("q");
  Producer low = make("low");
  const PriorityProducer producers({{"low", &low}}, normal);
  EXPECT_TRUE(producers.send("low", {.body = "later"})->get().ok());
  EXPECT_TRUE(producers.send("high", {.body = "now"})->get().ok());
  EXPECT_EQ(server_.message_count("low").visible, 1);
  EXPECT_EQ(server_.message_count("q").visible, 1);
}

TEST_F(ProducerServerTest, EqualContentIsOneMessageAndOtherGroupsAreTheirOwn) {
  Producer producer = make("q.fifo");
  EXPECT_TRUE(producer.send_and_wait(fifo_message("pay", "a")).ok());
  EXPECT_TRUE(producer.send_and_wait(fifo_message("pay", "a")).ok());
  EXPECT_TRUE(producer.send_and_wait(fifo_message("pay", "b")).ok());
  EXPECT_EQ(drain("q.fifo").size(), 2u);
}

}  // namespace
}  // namespace forebay::sqs
