// SPDX-License-Identifier: Apache-2.0
// What a queue should be like, and ready-made answers for the usual cases.
//
//   QueueDefinition orders = fifo_queue("orders");          // orders.fifo, with orders-dlq.fifo
//   orders.attributes.visibility_timeout = std::chrono::minutes(2);
//   manager.ensure_queue(orders);
//
// A preset is a plain value to change before it is used. All have a dead-letter queue, without
// which a message that nobody can handle comes back until its retention is over;
// `dead_letter.reset()` takes it away.
// Thread: plain values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <forebay/sqs/messages.h>
#include <forebay/sqs/queue_attributes.h>

namespace forebay::sqs {

/// A queue's redrive policy, with the dead-letter queue by its name.
struct DeadLetterDefinition {
  /// In the same account and region. Made when it is missing, with the longest retention (14 days)
  /// and of the same type; otherwise left as it is.
  std::string queue_name = {};
  int max_receive_count = 3;  // 1 to 1,000; receives without a delete before a message is moved

  friend bool operator==(const DeadLetterDefinition&, const DeadLetterDefinition&) = default;
};

struct QueueDefinition {
  std::string queue_name = {};  // 1 to 80 of A-Z a-z 0-9 - _; ".fifo" at the end: a FIFO queue
  /// Those that are set are made so; those that are not are left to the queue. `fifo_queue` may
  /// be left out, the name says it. Not `redrive_policy` together with `dead_letter`.
  QueueAttributes attributes = {};
  Tags tags = {};                // added or changed; others of the queue stay,
  bool only_these_tags = false;  // unless this is true
  std::optional<DeadLetterDefinition> dead_letter = {};
};

/// Visibility timeout 300 s, retention 14 days, long polling, three receives.
QueueDefinition standard_queue(std::string_view queue_name);

/// As standard_queue(); deduplication by content and throughput limits for each message group. Adds
/// ".fifo" to a name that has none.
QueueDefinition fifo_queue(std::string_view queue_name);

/// Quick retries: visibility timeout 60 s, retention 4 days, five receives.
QueueDefinition high_performance_queue(std::string_view queue_name);

/// Long jobs: visibility timeout 900 s, delay 300 s, two receives.
QueueDefinition batch_processing_queue(std::string_view queue_name);

/// "<base>-high-priority" (visibility timeout 30 s, five receives), "-normal-priority" (300 s) and
/// "-low-priority" (600 s, delay 60 s), in this order, with "<base>-dlq" for all three.
std::vector<QueueDefinition> priority_queues(std::string_view base_name);

/// "orders-dlq", "orders-dlq.fifo": what presets call the dead-letter queue of a queue.
std::string dead_letter_queue_name(std::string_view queue_name);

}  // namespace forebay::sqs
