// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <string>
#include <utility>

#include <forebay/sqs/queue_presets.h>

namespace forebay::sqs {
namespace {

using std::chrono::days;
using std::chrono::seconds;

constexpr std::string_view kFifoSuffix = ".fifo";
constexpr int kManyReceives = 5;
constexpr int kFewReceives = 2;

}  // namespace

std::string dead_letter_queue_name(std::string_view queue_name) {
  const bool fifo = queue_name.ends_with(kFifoSuffix);
  if (fifo) queue_name.remove_suffix(kFifoSuffix.size());
  std::string name(queue_name);
  name += "-dlq";
  if (fifo) name += kFifoSuffix;
  return name;
}

QueueDefinition standard_queue(std::string_view queue_name) {
  QueueDefinition definition;
  definition.queue_name = queue_name;
  definition.attributes.delay_seconds = seconds(0);
  definition.attributes.message_retention_period = days(14);
  definition.attributes.receive_message_wait_time_seconds = kWaitTimeMax;
  definition.attributes.visibility_timeout = seconds(300);
  definition.dead_letter.emplace().queue_name = dead_letter_queue_name(queue_name);
  return definition;
}

QueueDefinition fifo_queue(std::string_view queue_name) {
  std::string name(queue_name);
  if (!name.ends_with(kFifoSuffix)) name += kFifoSuffix;
  QueueDefinition definition = standard_queue(name);
  definition.attributes.fifo_queue = true;
  definition.attributes.content_based_deduplication = true;
  definition.attributes.deduplication_scope = DeduplicationScope::kMessageGroup;
  definition.attributes.fifo_throughput_limit = FifoThroughputLimit::kPerMessageGroupId;
  return definition;
}

QueueDefinition high_performance_queue(std::string_view queue_name) {
  QueueDefinition definition = standard_queue(queue_name);
  definition.attributes.visibility_timeout = seconds(60);
  definition.attributes.message_retention_period = days(4);
  definition.dead_letter->max_receive_count = kManyReceives;
  return definition;
}

QueueDefinition batch_processing_queue(std::string_view queue_name) {
  QueueDefinition definition = standard_queue(queue_name);
  definition.attributes.visibility_timeout = seconds(900);
  definition.attributes.delay_seconds = seconds(300);
  definition.dead_letter->max_receive_count = kFewReceives;
  return definition;
}

std::vector<QueueDefinition> priority_queues(std::string_view base_name) {
  const std::string base(base_name);
  QueueDefinition high = standard_queue(base + "-high-priority");
  high.attributes.visibility_timeout = seconds(30);
  high.dead_letter->max_receive_count = kManyReceives;
  QueueDefinition normal = standard_queue(base + "-normal-priority");
  QueueDefinition low = standard_queue(base + "-low-priority");
  low.attributes.visibility_timeout = seconds(600);
  low.attributes.delay_seconds = seconds(60);
  std::vector<QueueDefinition> queues;
  for (QueueDefinition* each : {&high, &normal, &low}) {
    each->dead_letter->queue_name = dead_letter_queue_name(base_name);
    queues.push_back(std::move(*each));
  }
  return queues;
}

}  // namespace forebay::sqs
