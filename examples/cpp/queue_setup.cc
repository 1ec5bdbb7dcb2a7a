// SPDX-License-Identifier: Apache-2.0
// Makes queues as they should be, with their dead-letter queues, and says what it changed. Run
// again, it changes nothing: programs can call it at every start.
//
//   queue_setup NAME [ENDPOINT_URL]
#include <cstdio>
#include <vector>

#include <forebay/sqs/queue_manager.h>

namespace sqs = forebay::sqs;

int fail(const sqs::Error& error) {
  std::fprintf(stderr, "queue_setup: %s\n", sqs::to_string(error).c_str());
  return 1;
}

void print(const sqs::EnsuredQueue& queue) {
  std::printf("%s: %s\n", queue.queue_name.c_str(),
              queue.created     ? "created"
              : queue.changed() ? "changed"
                                : "as it should be");
  if (queue.created) return;
  for (const sqs::QueueChange& change : queue.changes) {
    std::printf("  %s: %s -> %s\n", change.name.c_str(), change.old_value.value_or("none").c_str(),
                change.new_value.value_or("none").c_str());
  }
}

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: queue_setup NAME [ENDPOINT_URL]\n"), 2;
  const std::string name = argv[1];
  auto client = sqs::Client::create({.endpoint_url = argc > 2 ? argv[2] : ""});
  if (!client.ok()) return fail(client.error());

  std::vector<sqs::QueueDefinition> definitions = sqs::priority_queues(name);
  definitions.push_back(sqs::standard_queue(name));
  definitions.push_back(sqs::fifo_queue(name));
  definitions.push_back(sqs::high_performance_queue(name + "-fast"));
  definitions.push_back(sqs::batch_processing_queue(name + "-batch"));
  definitions.back().attributes.visibility_timeout = std::chrono::minutes(20);  // plain values

  auto queues = sqs::QueueManager(*client).ensure_queues(definitions);
  if (!queues.ok()) return fail(queues.error());
  for (const sqs::EnsuredQueue& queue : *queues) print(queue);
  return 0;
}
