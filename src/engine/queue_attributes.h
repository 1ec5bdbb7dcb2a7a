// SPDX-License-Identifier: Apache-2.0
// A queue's name and settings, and a wanted change to them, already parsed from text.
//
// Syntax and ranges of single values are checked where text is read
// (`server/queue_attribute_text.h`); here is what depends on the queue: its type, its other
// settings, the other queues (contract sections 2.1, 2.7, 3).
// Thread: immutable values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"

namespace forebay::engine {

/// Where a queue lives. The same name in another account or region is another queue.
struct QueueAddress {
  std::string region;
  std::string account;  // 12 digits
  std::string name;     // with ".fifo" when FIFO

  friend auto operator<=>(const QueueAddress&, const QueueAddress&) = default;
};

/// "arn:aws:sqs:<region>:<account>:<name>"; partition by region prefix (aws-cn, aws-us-gov).
std::string queue_arn(const QueueAddress& address);

enum class DeduplicationScope : uint8_t { kQueue, kMessageGroup };
enum class FifoThroughputLimit : uint8_t { kPerQueue, kPerMessageGroupId };

/// A RedrivePolicy as given, with its meaning.
struct RedrivePolicy {
  std::string text;  // returned verbatim by GetQueueAttributes
  QueueAddress dead_letter_target;
  int32_t max_receive_count =
      0;  // 1..kMaxReceiveCountMax; 0: the policy has none (see QueueAttributes)

  friend bool operator==(const RedrivePolicy&, const RedrivePolicy&) = default;
};

/// Settings in force. Seconds and bytes as in SQS.
struct QueueAttributes {
  bool fifo_queue = false;  // fixed at creation
  int32_t delay_seconds = 0;
  int32_t maximum_message_size = 1'048'576;
  int32_t message_retention_period = 345'600;
  int32_t receive_message_wait_time_seconds = 0;
  int32_t visibility_timeout = 30;
  std::string policy;                           // empty: unset
  std::optional<RedrivePolicy> redrive_policy;  // max_receive_count is never 0 here
  std::string redrive_allow_policy;             // empty: unset
  std::string kms_master_key_id;                // empty: unset
  int32_t kms_data_key_reuse_period_seconds = 300;
  bool sqs_managed_sse_enabled = true;
  bool content_based_deduplication = false;
  DeduplicationScope deduplication_scope = DeduplicationScope::kQueue;
  FifoThroughputLimit fifo_throughput_limit = FifoThroughputLimit::kPerQueue;
  /// The guides' `MaxReceiveCount` (accepted with --attribute-aliases only): default for a
  /// RedrivePolicy without its own. 0: unset.
  int32_t default_max_receive_count = 0;

  friend bool operator==(const QueueAttributes&, const QueueAttributes&) = default;
};

/// The attributes a CreateQueue or SetQueueAttributes names. Unset: not named.
struct AttributeChanges {
  std::optional<bool> fifo_queue;
  std::optional<int32_t> delay_seconds;
  std::optional<int32_t> maximum_message_size;
  std::optional<int32_t> message_retention_period;
  std::optional<int32_t> receive_message_wait_time_seconds;
  std::optional<int32_t> visibility_timeout;
  std::optional<std::string> policy;                           // "" removes
  std::optional<std::optional<RedrivePolicy>> redrive_policy;  // inner nullopt removes
  std::optional<std::string> redrive_allow_policy;             // "" removes
  std::optional<std::string> kms_master_key_id;                // "" removes
  std::optional<int32_t> kms_data_key_reuse_period_seconds;
  std::optional<bool> sqs_managed_sse_enabled;
  std::optional<bool> content_based_deduplication;
  std::optional<DeduplicationScope> deduplication_scope;
  std::optional<FifoThroughputLimit> fifo_throughput_limit;
  std::optional<int32_t> default_max_receive_count;
};

using Tags = std::map<std::string, std::string>;

/// `current` with `changes` made, for a new queue (`creating`: fifo_queue is taken from the
/// changes) or an existing one. Does not look at other queues.
/// Errors: kInvalidAttributeName,
/// kInvalidAttributeValue, kInvalidParameterValue with AWS's texts.
Result<QueueAttributes> with_changes(QueueAttributes current, const AttributeChanges& changes,
                                     bool creating);

/// The name of the first attribute in `changes` whose wanted value differs from `current`, or
/// empty: the idempotency rule of CreateQueue (contract 2.1).
std::string first_difference(const QueueAttributes& current, const AttributeChanges& changes);

}  // namespace forebay::engine
