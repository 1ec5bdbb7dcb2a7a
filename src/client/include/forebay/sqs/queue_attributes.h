// SPDX-License-Identifier: Apache-2.0
// The attributes of a queue, typed (contract section 3).
//
// An absent optional is not sent, and was not there in a reply. A value that a service returns and
// this version cannot read stays as text in `others` under SQS's name.
// Thread: plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <forebay/sqs/message_attributes.h>

namespace forebay::sqs {

/// Where messages go that were received too often. RedrivePolicy{} (no target) removes the policy.
struct RedrivePolicy {
  std::string dead_letter_target_arn = {};
  int max_receive_count = 0;  // 1 to 1,000

  friend bool operator==(const RedrivePolicy&, const RedrivePolicy&) = default;
};

/// Who may name this queue as its dead-letter queue.
struct RedriveAllowPolicy {
  enum class RedrivePermission : uint8_t {
    kAllowAll,
    kDenyAll,
    kByQueue,
    kRemove,  // sent only: takes the policy away
  };
  RedrivePermission redrive_permission = RedrivePermission::kAllowAll;
  std::vector<std::string> source_queue_arns = {};  // kByQueue: 1 to 10

  friend bool operator==(const RedriveAllowPolicy&, const RedriveAllowPolicy&) = default;
};

enum class DeduplicationScope : uint8_t { kQueue, kMessageGroup };
enum class FifoThroughputLimit : uint8_t { kPerQueue, kPerMessageGroupId };

/// What CreateQueue and SetQueueAttributes take and GetQueueAttributes returns.
struct QueueAttributes {
  std::optional<std::chrono::seconds> delay_seconds = {};                      // 0 to 900
  std::optional<int64_t> maximum_message_size_bytes = {};                      // 1,024 to 1 MiB
  std::optional<std::chrono::seconds> message_retention_period = {};           // 60 to 1,209,600
  std::optional<std::chrono::seconds> receive_message_wait_time_seconds = {};  // 0 to 20
  std::optional<std::chrono::seconds> visibility_timeout = {};                 // 0 to 43,200
  std::optional<std::string> policy = {};                                      // JSON; "" removes
  std::optional<RedrivePolicy> redrive_policy = {};
  std::optional<RedriveAllowPolicy> redrive_allow_policy = {};
  std::optional<std::string> kms_master_key_id = {};                           // "" removes
  std::optional<std::chrono::seconds> kms_data_key_reuse_period_seconds = {};  // 60 to 86,400
  std::optional<bool> sqs_managed_sse_enabled = {};
  std::optional<bool> fifo_queue = {};  // true or absent; cannot be changed
  std::optional<bool> content_based_deduplication = {};
  std::optional<DeduplicationScope> deduplication_scope = {};
  std::optional<FifoThroughputLimit> fifo_throughput_limit = {};
  OtherAttributes others = {};  // sent as they are

  friend bool operator==(const QueueAttributes&, const QueueAttributes&) = default;
};

/// What SQS says about a queue and nobody can set.
struct QueueStatus {
  std::optional<std::string> queue_arn = {};
  std::optional<int64_t> approximate_number_of_messages = {};  // visible
  std::optional<int64_t> approximate_number_of_messages_not_visible = {};
  std::optional<int64_t> approximate_number_of_messages_delayed = {};
  std::optional<Timestamp> created_timestamp = {};
  std::optional<Timestamp> last_modified_timestamp = {};

  friend bool operator==(const QueueStatus&, const QueueStatus&) = default;
};

/// SQS's text for each attribute that is set, by SQS's name: as it travels, and for tools that show
/// attributes.
OtherAttributes to_text(const QueueAttributes& attributes);

}  // namespace forebay::sqs
