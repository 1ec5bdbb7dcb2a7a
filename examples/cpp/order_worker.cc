// SPDX-License-Identifier: Apache-2.0
// Handlers by event type, one of them for batches, and a job that takes longer than its visibility
// timeout: its lease is renewed while it runs, and nobody else receives the message.
//
//   order_worker QUEUE_URL COUNT [ENDPOINT_URL]     ends when COUNT messages were handled
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <semaphore>
#include <stop_token>
#include <string>
#include <vector>

#include <forebay/sqs/consumer.h>

namespace sqs = forebay::sqs;

int fail(const sqs::Error& error) {
  std::fprintf(stderr, "order_worker: %s\n", sqs::to_string(error).c_str());
  return 1;
}

sqs::Outcome created(sqs::Delivery& delivery) {
  std::printf("created: %.*s\n", static_cast<int>(delivery.body().size()), delivery.body().data());
  return sqs::Ack{};
}

/// Longer than the lease of two seconds. A handler that has nothing better to wait for than time
/// ends early when its lease is lost or the consumer stops.
sqs::Outcome invoiced(sqs::Delivery& delivery) {
  std::mutex mu;
  std::condition_variable_any work;
  std::unique_lock lock(mu);
  work.wait_for(lock, delivery.stop_token(), std::chrono::seconds(3), [] { return false; });
  if (delivery.stop_token().stop_requested()) return sqs::Retry{};
  std::printf("invoiced: receive %lld\n", static_cast<long long>(delivery.receive_count()));
  return sqs::Ack{};
}

/// One outcome for each: what fails comes again, the others do not.
std::vector<sqs::Outcome> viewed(std::span<sqs::Delivery* const> batch) {
  std::vector<sqs::Outcome> outcomes;
  for (const sqs::Delivery* delivery : batch) {
    const bool first_try = delivery->body() == "flaky" && delivery->receive_count() == 1;
    outcomes.push_back(first_try ? sqs::Outcome(sqs::Retry{.after = std::chrono::seconds(0)})
                                 : sqs::Ack{});
  }
  std::printf("viewed: %zu\n", batch.size());
  return outcomes;
}

/// Around every handler: counts those that ended well.
class Counting final : public sqs::Middleware {
 public:
  void after(sqs::Delivery& /*delivery*/, sqs::Outcome& outcome) override {
    if (std::holds_alternative<sqs::Ack>(outcome)) handled.release();
  }
  std::counting_semaphore<> handled{0};
};

int main(int argc, char** argv) {
  if (argc < 3)
    return std::fprintf(stderr, "usage: order_worker QUEUE_URL COUNT [ENDPOINT_URL]\n"), 2;
  auto client = sqs::Client::create({.endpoint_url = argc > 3 ? argv[3] : ""});
  if (!client.ok()) return fail(client.error());
  const auto counting = std::make_shared<Counting>();
  auto consumer = sqs::Consumer::create(
      *client, {.queue_url = argv[1],
                .routes = {.attribute = "eventType",  // or .body_field, of JSON bodies
                           .handlers = {{"OrderCreated", sqs::Handler(created)},
                                        {"OrderInvoiced", sqs::Handler(invoiced)},
                                        {"PageViewed",
                                         sqs::Batched{.handle = viewed,
                                                      .window = std::chrono::milliseconds(200)}}},
                           .unknown = sqs::UnknownType::kDead},
                .middleware = {counting},
                .lease = {.visibility_timeout = std::chrono::seconds(2)},
                .stop = {.polls = std::chrono::milliseconds(0)}});  // nothing more will come
  if (!consumer.ok()) return fail(consumer.error());
  consumer->start();
  for (int i = 0; i < std::atoi(argv[2]); ++i) counting->handled.acquire();
  return consumer->stop().clean ? 0 : 1;
}
