// SPDX-License-Identifier: Apache-2.0
// As many messages as there are, through one queue: batches form by themselves on the way in, polls
// run beside each other on the way out, and acks travel ten at a time.
//
//   high_throughput NAME COUNT [ENDPOINT_URL]
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <semaphore>
#include <string>

#include <forebay/sqs/consumer.h>
#include <forebay/sqs/producer.h>
#include <forebay/sqs/queue_manager.h>

namespace sqs = forebay::sqs;

int fail(const sqs::Error& error) {
  std::fprintf(stderr, "high_throughput: %s\n", sqs::to_string(error).c_str());
  return 1;
}

int main(int argc, char** argv) {
  if (argc < 3)
    return std::fprintf(stderr, "usage: high_throughput NAME COUNT [ENDPOINT_URL]\n"), 2;
  const int count = std::atoi(argv[2]);
  auto client = sqs::Client::create({.endpoint_url = argc > 3 ? argv[3] : ""});
  if (!client.ok()) return fail(client.error());
  auto queues = sqs::QueueManager(*client).ensure_queue(sqs::high_performance_queue(argv[1]));
  if (!queues.ok()) return fail(queues.error());
  const std::string url = queues->back().queue_url;

  std::counting_semaphore<> handled{0};
  auto consumer = sqs::Consumer::create(
      *client, {.queue_url = url,
                .handler = sqs::Handler([&](sqs::Delivery& /*delivery*/) -> sqs::Outcome {
                  handled.release();
                  return sqs::Ack{};
                }),
                .concurrency = 200,  // messages in hand; threads are fewer
                .worker_threads_max = 2,
                .stop = {.polls = std::chrono::milliseconds(0)}});
  if (!consumer.ok()) return fail(consumer.error());
  consumer->start();

  auto producer = sqs::Producer::create(*client, {.queue_url = url});
  if (!producer.ok()) return fail(producer.error());
  std::atomic<int> failed = 0;
  for (int i = 0; i < count; ++i) {
    const auto accepted = producer->send({.body = std::to_string(i)},
                                         [&](const sqs::Result<sqs::SendMessageReply>& reply) {
                                           if (!reply.ok()) ++failed;  // after all retries
                                         });
    if (!accepted.ok()) return fail(accepted.error());
  }
  const sqs::FlushReport report = producer->flush();
  for (int i = 0; i < count; ++i) handled.acquire();
  const bool clean = consumer->stop().clean;
  std::printf("%llu sent, %d failed, %llu acked\n", static_cast<unsigned long long>(report.sent),
              failed.load(), static_cast<unsigned long long>(consumer->statistics().acked));
  return clean && report.ok() ? 0 : 1;
}
