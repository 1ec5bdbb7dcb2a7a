// SPDX-License-Identifier: Apache-2.0
// A worker: ten messages at a time, retries with backoff, leases renewed while it works, a
// dead-letter queue, and a stop that loses nothing and makes nobody work twice.
//
//   worker QUEUE_NAME [ENDPOINT_URL]     until SIGTERM or SIGINT
#include <csignal>
#include <cstdio>

#include <forebay/sqs/consumer.h>
#include <forebay/sqs/queue_manager.h>

namespace sqs = forebay::sqs;

int fail(const sqs::Error& error) {
  std::fprintf(stderr, "worker: %s\n", sqs::to_string(error).c_str());
  return 1;
}

sqs::Outcome handle(sqs::Delivery& delivery) {
  if (delivery.body().empty()) return sqs::Dead{"nothing in it"};
  std::printf("%.*s\n", static_cast<int>(delivery.body().size()), delivery.body().data());
  return sqs::Ack{};  // or Retry{}, or Defer{delivery.now() + std::chrono::hours(1)}
}

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: worker QUEUE_NAME [ENDPOINT_URL]\n"), 2;
  sigset_t signals;  // blocked before the first thread starts, so that sigwait() gets them
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  auto client = sqs::Client::create({.endpoint_url = argc > 2 ? argv[2] : ""});
  if (!client.ok()) return fail(client.error());
  auto queues = sqs::QueueManager(*client).ensure_queue(sqs::standard_queue(argv[1]));
  if (!queues.ok()) return fail(queues.error());
  auto consumer = sqs::Consumer::create(
      *client, {.queue_url = queues->back().queue_url, .handler = sqs::Handler(handle)});
  if (!consumer.ok()) return fail(consumer.error());
  consumer->start();
  int signal = 0;
  sigwait(&signals, &signal);
  return consumer->stop().clean ? 0 : 1;
}
