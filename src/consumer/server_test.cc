// SPDX-License-Identifier: Apache-2.0
// The consumer against the whole server, on virtual time; and real threads under restarts.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <forebay/sqs/consumer.h>
#include <forebay/testing/server.h>
#include <gtest/gtest.h>

#include "consumer/testing/server_consumer.h"

namespace forebay::sqs {
namespace {

using forebay::testing::Fault;
using forebay::testing::Server;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::client_of;
using testing::ServerConsumer;

void send(Client& client, const std::string& url, const std::string& body,
          std::optional<std::string> group = {}) {
  const auto sent =
      client.send_message({.queue_url = url,
                           .message_body = body,
                           .message_deduplication_id = group ? std::optional(body) : std::nullopt,
                           .message_group_id = group});
  ASSERT_TRUE(sent.ok()) << sent.error();
}

/// What a handler has seen: "body/receive count".
struct Seen {
  std::vector<std::string> list;
  void note(const Delivery& d) {
    list.push_back(std::string(d.body()) + "/" + std::to_string(d.receive_count()));
  }
};

TEST(ConsumerAndServer, ALeaseHoldsForHoursAndItsAckDeletes) {
  Server server({.queues = {{.name = "q"}}});
  std::vector<PendingDelivery> pending;
  ServerConsumer consumer(
      server, {.queue_url = server.queue_url("q"), .handler = AsyncHandler([&](PendingDelivery d) {
                                                     pending.push_back(std::move(d));
                                                   })});
  send(consumer.client, server.queue_url("q"), "long");
  consumer.run();
  consumer.advance(hours(3), seconds(5));
  ASSERT_EQ(pending.size(), 1u);
  EXPECT_EQ(pending[0]->receive_count(), 1);
  EXPECT_EQ(server.message_count("q").not_visible, 1);
  EXPECT_EQ(consumer.figures().leases_lost, 0u);
  EXPECT_GT(consumer.figures().extended, 500u);
  pending[0].complete(Ack{});
  consumer.run();
  consumer.advance(milliseconds(50));
  EXPECT_EQ(server.message_count("q").total(), 0);
}

TEST(ConsumerAndServer, MaxLeaseLetsTheMessageGo) {
  Server server({.queues = {{.name = "q"}}});
  std::vector<PendingDelivery> pending;
  ServerConsumer consumer(
      server, {.queue_url = server.queue_url("q"),
               .handler = AsyncHandler([&](PendingDelivery d) { pending.push_back(std::move(d)); }),
               .lease = {.max_lease = minutes(2)}});
  send(consumer.client, server.queue_url("q"), "long");
  consumer.run();
  consumer.advance(minutes(1) + seconds(59));
  EXPECT_EQ(pending.size(), 1u);
  consumer.advance(seconds(2));
  ASSERT_EQ(pending.size(), 2u);
  EXPECT_TRUE(pending[0]->stop_token().stop_requested());
  EXPECT_EQ(pending[1]->receive_count(), 2);
  pending[0].complete(Ack{});  // comes too late: it is another's
  consumer.run();
  consumer.advance(seconds(1));
  EXPECT_EQ(server.message_count("q").not_visible, 1);
}

TEST(ConsumerAndServer, RetriesComeBackAfterTheirBackoff) {
  Server server({.queues = {{.name = "q"}}});
  Seen seen;
  ServerConsumer consumer(server, {.queue_url = server.queue_url("q"),
                                   .handler = Handler([&](Delivery& d) -> Outcome {
                                     seen.note(d);
                                     if (d.receive_count() < 3) return Retry{};
                                     return Ack{};
                                   }),
                                   .backoff = {.base = seconds(100), .max = hours(1)}});
  send(consumer.client, server.queue_url("q"), "a");
  consumer.run();
  consumer.advance(seconds(99));
  EXPECT_EQ(seen.list.size(), 1u);
  consumer.advance(seconds(3));
  EXPECT_EQ(seen.list.size(), 2u);
  consumer.advance(seconds(198));
  EXPECT_EQ(seen.list.size(), 2u);
  consumer.advance(seconds(4));
  EXPECT_EQ(seen.list, (std::vector<std::string>{"a/1", "a/2", "a/3"}));
  EXPECT_EQ(server.message_count("q").total(), 0);
}

TEST(ConsumerAndServer, TheDeadGoToTheQueueOfTheRedrivePolicy) {
  Server server({.queues = {{.name = "failed"}, {.name = "q", .dead_letter_queue = "failed"}}});
  ServerConsumer consumer(server, {.queue_url = server.queue_url("q"),
                                   .handler = Handler([](Delivery& d) -> Outcome {
                                     return Dead{"no such customer: " + std::string(d.body())};
                                   })});
  send(consumer.client, server.queue_url("q"), "c-1");
  consumer.run();
  consumer.advance(seconds(1));
  EXPECT_EQ(server.message_count("q").total(), 0);
  const auto dead = consumer.client.receive_message(
      {.queue_url = server.queue_url("failed"), .message_attribute_names = {"All"}});
  ASSERT_EQ(dead->messages.size(), 1u);
  EXPECT_EQ(dead->messages[0].body, "c-1");
  EXPECT_EQ(dead->messages[0].message_attributes.at(std::string(Dead::kReasonAttribute)).value(),
            "no such customer: c-1");
}

TEST(ConsumerAndServer, FaultsOfAnyKindLoseNoAckAndRepeatNoMessage) {
  Server server({.queues = {{.name = "q"}}});
  Seen seen;
  ServerConsumer consumer(
      server, {.queue_url = server.queue_url("q"), .handler = Handler([&](Delivery& d) -> Outcome {
                                                     seen.note(d);
                                                     return Ack{};
                                                   })});
  server.inject(Fault::drop_reply(), 4, "DeleteMessageBatch");
  server.inject(Fault::internal_failure(), 3, "DeleteMessageBatch");
  server.inject(Fault::throttled(), 2, "DeleteMessageBatch");
  for (const char* body : {"a", "b", "c"}) send(consumer.client, server.queue_url("q"), body);
  consumer.run();
  consumer.advance(seconds(20), milliseconds(200));
  EXPECT_EQ(server.message_count("q").total(), 0);
  EXPECT_EQ(seen.list, (std::vector<std::string>{"a/1", "b/1", "c/1"}));
  EXPECT_EQ(consumer.figures().acked, 3u);
}

TEST(ConsumerAndServer, AReceiveWhoseReplyIsLostOnAFifoQueueIsRepeated) {
  Server server({.queues = {{.name = "q.fifo"}}});
  Seen seen;
  const std::string url = server.queue_url("q.fifo");
  ServerConsumer consumer(server,
                          {.queue_url = url, .handler = Handler([&](Delivery& d) -> Outcome {
                                               seen.note(d);
                                               return Ack{};
                                             })});
  consumer.core->pause(true);
  consumer.advance(seconds(21));  // the poll that is parked ends
  server.inject(Fault::drop_reply(), 1, "ReceiveMessage");
  send(consumer.client, url, "a1", "a");
  consumer.core->pause(false);
  consumer.advance(seconds(2), milliseconds(100));
  ASSERT_EQ(seen.list.size(), 1u);  // long before the visibility timeout
  consumer.advance(seconds(1));
  EXPECT_EQ(server.message_count("q.fifo").total(), 0);
}

TEST(ConsumerAndServer, AFailureStopsItsGroupUntilItComesBackInOrder) {
  Server server({.queues = {{.name = "q.fifo"}}});
  const std::string url = server.queue_url("q.fifo");
  Seen seen;
  bool failed = false;
  Client sender = client_of(server);
  for (const char* body : {"a1", "a2", "a3", "b1", "b2"})
    send(sender, url, body, std::string(1, body[0]));
  ServerConsumer consumer(server,
                          {.queue_url = url, .handler = Handler([&](Delivery& d) -> Outcome {
                                               seen.note(d);
                                               if (d.body() != "a2" || failed) return Ack{};
                                               failed = true;
                                               return Retry{.after = seconds(60)};
                                             })});
  consumer.advance(seconds(59));
  EXPECT_EQ(seen.list, (std::vector<std::string>{"a1/1", "b1/1", "a2/1", "b2/1"}));
  consumer.advance(seconds(3));
  EXPECT_EQ(seen.list, (std::vector<std::string>{"a1/1", "b1/1", "a2/1", "b2/1", "a2/2", "a3/2"}));
  EXPECT_EQ(server.message_count("q.fifo").total(), 0);
}

TEST(ConsumerAndServer, AfterAnAbortMessagesComeBackByTheirTimeout) {
  Server server({.queues = {{.name = "q"}}});
  {
    std::vector<PendingDelivery> pending;
    ServerConsumer consumer(
        server,
        {.queue_url = server.queue_url("q"),
         .handler = AsyncHandler([&](PendingDelivery d) { pending.push_back(std::move(d)); })});
    send(consumer.client, server.queue_url("q"), "a");
    consumer.run();
    EXPECT_EQ(pending.size(), 1u);
    consumer.core->abort();
    consumer.executor.run_posted();
  }
  EXPECT_EQ(server.message_count("q").not_visible, 1);
  server.advance(seconds(31));
  EXPECT_EQ(server.message_count("q").visible, 1);
}

// ---- Real threads ----

/// Ends a consumer while the server's time goes on, so that parked polls end.
StopReport stop_beside(Server& server, Consumer& consumer) {
  std::future<StopReport> report = std::async(std::launch::async, [&] { return consumer.stop(); });
  while (report.wait_for(milliseconds(1)) != std::future_status::ready) server.advance(seconds(1));
  return report.get();
}

class RollingRestart : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Queues, RollingRestart, ::testing::Values("q", "q.fifo"));

TEST_P(RollingRestart, CausesNoRedelivery) {
  Server server({.queues = {{.name = GetParam()}}});
  const std::string url = server.queue_url(GetParam());
  const bool fifo = url.ends_with(".fifo");
  std::mutex mu;
  std::map<std::string, int> handled;
  std::map<std::string, int> last_of_group;
  int disorder = 0;
  int redelivered = 0;
  const ConsumerOptions options{.queue_url = url,
                                .handler = Handler([&](Delivery& d) -> Outcome {
                                  const std::lock_guard lock(mu);
                                  ++handled[std::string(d.body())];
                                  if (d.receive_count() != 1) ++redelivered;
                                  if (fifo) {
                                    int& last =
                                        last_of_group[*d.message().attributes.message_group_id];
                                    const int number = std::stoi(std::string(d.body()));
                                    if (number <= last) ++disorder;
                                    last = number;
                                  }
                                  return Ack{};
                                }),
                                .worker_threads_max = 4,
                                .poll = {.wait_time = seconds(1)},
                                .lease = {.visibility_timeout = hours(12)},
                                .settle = {.linger = milliseconds(2)}};
  Client client = client_of(server);
  std::vector<std::unique_ptr<Consumer>> consumers;
  const auto begin = [&] {
    auto made = std::make_unique<Consumer>(*Consumer::create(client, options));
    made->start();
    return made;
  };
  for (int i = 0; i < 3; ++i) consumers.push_back(begin());
  int number = 0;
  for (size_t round = 0; round < 12; ++round) {
    for (int batch = 0; batch < 8; ++batch) {
      SendMessageBatchRequest request{.queue_url = url};
      for (int i = 0; i < 10; ++i) {
        const std::string body = std::to_string(++number);
        request.entries.push_back({.id = body, .message_body = body});
        if (!fifo) continue;
        request.entries.back().message_group_id = "g" + std::to_string(number % 7);
        request.entries.back().message_deduplication_id = body;
      }
      ASSERT_TRUE(client.send_message_batch(request).ok());
    }
    auto& restarted = consumers[round % consumers.size()];
    EXPECT_TRUE(stop_beside(server, *restarted).clean);
    restarted = begin();
  }
  while (server.message_count(GetParam()).total() > 0) server.advance(seconds(1));
  for (auto& consumer : consumers) EXPECT_TRUE(stop_beside(server, *consumer).clean);
  EXPECT_EQ(handled.size(), static_cast<size_t>(number));
  for (const auto& [body, times] : handled) EXPECT_EQ(times, 1) << body;
  EXPECT_EQ(redelivered, 0);
  EXPECT_EQ(disorder, 0);
}

TEST(RealThreads, AThousandSlotsRunAtATime) {
  Server server({.queues = {{.name = "q"}}});
  const std::string url = server.queue_url("q");
  Client client = client_of(server);
  std::mutex mu;
  std::vector<PendingDelivery> pending;
  std::promise<void> full;
  auto consumer = Consumer::create(client, {.queue_url = url,
                                            .handler = AsyncHandler([&](PendingDelivery d) {
                                              const std::lock_guard lock(mu);
                                              pending.push_back(std::move(d));
                                              if (pending.size() == 1'000) full.set_value();
                                            }),
                                            .concurrency = 1'000,
                                            .worker_threads_max = 2,
                                            .poll = {.wait_time = seconds(1)},
                                            .lease = {.visibility_timeout = hours(12)}});
  ASSERT_TRUE(consumer.ok()) << consumer.error();
  consumer->start();
  for (int batch = 0; batch < 105; ++batch) {
    SendMessageBatchRequest request{.queue_url = url};
    for (int i = 0; i < 10; ++i) {
      request.entries.push_back({.id = std::to_string(i), .message_body = "x"});
    }
    ASSERT_TRUE(client.send_message_batch(request).ok());
  }
  ASSERT_EQ(full.get_future().wait_for(seconds(20)), std::future_status::ready);
  EXPECT_EQ(server.message_count("q").not_visible, 1'000);
  std::vector<PendingDelivery> first;
  {
    const std::lock_guard lock(mu);
    first.swap(pending);
    full = std::promise<void>();
  }
  for (PendingDelivery& one : first) one.complete(Ack{});
  first.clear();
  while (server.message_count("q").total() > 50) server.advance(milliseconds(1));
  consumer->abort();
  const std::lock_guard lock(mu);
  pending.clear();
}

TEST(RealThreads, StopEndsInEveryState) {
  Server server({.queues = {{.name = "q"}}});
  Client client = client_of(server);
  const ConsumerOptions options{.queue_url = server.queue_url("q"),
                                .handler = Handler([](Delivery& d) -> Outcome {
                                  // Until somebody wants it to end.
                                  std::promise<void> stop;
                                  const std::stop_callback told(d.stop_token(),
                                                                [&] { stop.set_value(); });
                                  stop.get_future().wait();
                                  return Ack{};
                                }),
                                .concurrency = 2,
                                .poll = {.wait_time = seconds(1)},
                                .stop = {.deadline = milliseconds(10)}};
  {
    auto never_started = Consumer::create(client, options);
    EXPECT_TRUE(never_started->stop().clean);
    never_started->start();
    EXPECT_TRUE(never_started->stop().clean);
  }
  {
    auto just_started = Consumer::create(client, options);
    just_started->start();
  }
  send(client, server.queue_url("q"), "a");
  auto running = Consumer::create(client, options);
  running->start();
  while (server.message_count("q").not_visible == 0) server.advance(milliseconds(1));
  auto other = std::async(std::launch::async, [&] { return running->stop().clean; });
  EXPECT_TRUE(running->stop().clean);
  EXPECT_TRUE(other.get());
  EXPECT_EQ(server.message_count("q").total(), 0);
  auto aborted = Consumer::create(client, options);
  aborted->start();
  aborted->abort();
  EXPECT_FALSE(aborted->stop().clean);
}

}  // namespace
}  // namespace forebay::sqs
