// SPDX-License-Identifier: Apache-2.0
// One worker for queues of three priorities: a free slot goes to the most urgent queue that has
// messages, and the others are never forgotten.
//
//   priority_worker NAME COUNT [ENDPOINT_URL]     ends when COUNT messages were handled
#include <cstdio>
#include <cstdlib>
#include <semaphore>

#include <forebay/sqs/priority_consumer.h>
#include <forebay/sqs/queue_manager.h>

namespace sqs = forebay::sqs;

int fail(const sqs::Error& error) {
  std::fprintf(stderr, "priority_worker: %s\n", sqs::to_string(error).c_str());
  return 1;
}

int main(int argc, char** argv) {
  if (argc < 3)
    return std::fprintf(stderr, "usage: priority_worker NAME COUNT [ENDPOINT_URL]\n"), 2;
  auto client = sqs::Client::create({.endpoint_url = argc > 3 ? argv[3] : ""});
  if (!client.ok()) return fail(client.error());

  sqs::PriorityConsumerOptions options;
  for (const sqs::QueueDefinition& definition : sqs::priority_queues(argv[1])) {  // urgent first
    auto queues = sqs::QueueManager(*client).ensure_queue(definition);
    if (!queues.ok()) return fail(queues.error());
    options.queues.push_back({.queue_url = queues->back().queue_url,
                              .visibility_timeout = definition.attributes.visibility_timeout});
  }
  options.starvation.one_in = 20;  // or .policy = kWeighted, and a weight for each queue
  std::counting_semaphore<> handled{0};
  options.consumer.handler = sqs::Handler([&](sqs::Delivery& delivery) -> sqs::Outcome {
    std::printf("%s\n", sqs::queue_name_of(delivery.queue_url()).c_str());
    handled.release();
    return sqs::Ack{};
  });
  options.consumer.concurrency = 1;                            // slots for all queues together
  options.consumer.stop.polls = std::chrono::milliseconds(0);  // nothing more will come

  auto consumer = sqs::PriorityConsumer::create(*client, options);
  if (!consumer.ok()) return fail(consumer.error());
  consumer->start();
  for (int i = 0; i < std::atoi(argv[2]); ++i) handled.acquire();
  return consumer->stop().clean ? 0 : 1;
}
