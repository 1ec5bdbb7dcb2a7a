// SPDX-License-Identifier: Apache-2.0
// SQS is paid by the call. Long polls, full batches, and pauses that grow while the queue is empty:
// a message costs 0.3 calls here, and a quiet hour a few dozen.
//
//   cost_saver NAME COUNT [ENDPOINT_URL]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <semaphore>
#include <string>

#include <forebay/sqs/consumer.h>
#include <forebay/sqs/producer.h>
#include <forebay/sqs/queue_manager.h>

namespace sqs = forebay::sqs;
using std::chrono::seconds;

int fail(const sqs::Error& error) {
  std::fprintf(stderr, "cost_saver: %s\n", sqs::to_string(error).c_str());
  return 1;
}

int main(int argc, char** argv) {
  if (argc < 3) return std::fprintf(stderr, "usage: cost_saver NAME COUNT [ENDPOINT_URL]\n"), 2;
  const int count = std::atoi(argv[2]);
  auto client = sqs::Client::create({.endpoint_url = argc > 3 ? argv[3] : ""});
  if (!client.ok()) return fail(client.error());
  auto queues = sqs::QueueManager(*client).ensure_queue(sqs::standard_queue(argv[1]));
  if (!queues.ok()) return fail(queues.error());
  const std::string url = queues->back().queue_url;
  const uint64_t calls_before = client->statistics().attempts;

  // Whoever can wait a second sends ten for the price of one.
  auto producer = sqs::Producer::create(*client, {.queue_url = url, .linger = seconds(1)});
  if (!producer.ok()) return fail(producer.error());
  for (int i = 0; i < count; ++i) {
    const auto accepted = producer->send({.body = std::to_string(i)});
    if (!accepted.ok()) return fail(accepted.error());
  }
  if (const sqs::FlushReport report = producer->flush(); !report.ok())
    return fail(report.errors[0]);

  std::counting_semaphore<> handled{0};
  auto consumer = sqs::Consumer::create(
      *client, {.queue_url = url,
                .handler = sqs::Handler([&](sqs::Delivery& /*delivery*/) -> sqs::Outcome {
                  handled.release();
                  return sqs::Ack{};
                }),
                .concurrency = 100,
                .poll = {.wait_time = seconds(20),
                         .parallel_max = 1,
                         .empty_pause_min = seconds(1),  // 1 s, 2 s, 4 s ... between long polls
                         .empty_pause_max = seconds(30)},
                .settle = {.linger = seconds(1)},
                .stop = {.polls = std::chrono::milliseconds(0)}});
  if (!consumer.ok()) return fail(consumer.error());
  consumer->start();
  for (int i = 0; i < count; ++i) handled.acquire();
  if (!consumer->stop().clean) return 1;
  std::printf("%d messages, %llu calls\n", count,
              static_cast<unsigned long long>(client->statistics().attempts - calls_before));
  return 0;
}
