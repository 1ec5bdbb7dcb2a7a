// SPDX-License-Identifier: Apache-2.0
// Figures of a producer and a consumer as Prometheus text, and an alarm for what waits too long or
// is dead. A program serves the text at /metrics; here it is printed.
//
//   monitoring NAME [ENDPOINT_URL]
#include <cstdio>
#include <semaphore>
#include <string>

#include <forebay/sqs/consumer.h>
#include <forebay/sqs/observer.h>
#include <forebay/sqs/producer.h>
#include <forebay/sqs/queue_manager.h>

namespace sqs = forebay::sqs;

int fail(const sqs::Error& error) {
  std::fprintf(stderr, "monitoring: %s\n", sqs::to_string(error).c_str());
  return 1;
}

/// What a dashboard's alarm would ask for.
void check(sqs::QueueManager& manager, const sqs::EnsuredQueue& queue, int64_t visible_max) {
  const auto counts = manager.message_counts(queue.queue_url);
  if (counts.ok() && counts->visible > visible_max) {
    std::printf("ALARM %s: %lld messages wait\n", queue.queue_name.c_str(),
                static_cast<long long>(counts->visible));
  }
}

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: monitoring NAME [ENDPOINT_URL]\n"), 2;
  auto client = sqs::Client::create({.endpoint_url = argc > 2 ? argv[2] : ""});
  if (!client.ok()) return fail(client.error());
  sqs::QueueManager manager(*client);
  auto queues = manager.ensure_queue(sqs::standard_queue(argv[1]));
  if (!queues.ok()) return fail(queues.error());
  const std::string url = queues->back().queue_url;

  sqs::Metrics metrics;  // one for all producers and consumers; or an Observer of your own
  auto producer = sqs::Producer::create(*client, {.queue_url = url, .observer = &metrics});
  if (!producer.ok()) return fail(producer.error());
  for (const char* body : {"good", "good", "bad", "good"}) {
    const auto accepted = producer->send({.body = body});
    if (!accepted.ok()) return fail(accepted.error());
  }
  if (const sqs::FlushReport report = producer->flush(); !report.ok())
    return fail(report.errors[0]);

  std::counting_semaphore<> handled{0};
  auto consumer = sqs::Consumer::create(
      *client, {.queue_url = url,
                .handler = sqs::Handler([&](sqs::Delivery& delivery) -> sqs::Outcome {
                  handled.release();
                  if (delivery.body() == "bad") return sqs::Dead{"bad from the start"};
                  return sqs::Ack{};
                }),
                .observer = &metrics,
                .stop = {.polls = std::chrono::milliseconds(0)}});
  if (!consumer.ok()) return fail(consumer.error());
  consumer->start();
  for (int i = 0; i < 4; ++i) handled.acquire();
  const bool clean = consumer->stop().clean;

  std::fputs(metrics.prometheus().c_str(), stdout);
  check(manager, queues->back(), 1'000);  // the queue itself
  check(manager, queues->front(), 0);     // its dead-letter queue
  return clean ? 0 : 1;
}
