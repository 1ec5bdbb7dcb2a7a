// SPDX-License-Identifier: Apache-2.0
#include "engine/queue_attributes.h"

#include "base/check.h"
#include "engine/limits.h"

namespace forebay::engine {
namespace {

Error unknown_attribute(std::string_view name) {
  return {ErrorCode::kInvalidAttributeName, "Unknown Attribute " + std::string(name) + "."};
}

Error invalid_value(std::string_view name, std::string_view reason) {
  return {
      ErrorCode::kInvalidAttributeValue,
      "Invalid value for the parameter " + std::string(name) + ". Reason: " + std::string(reason)};
}

/// Contract 2.1, 2.7: which attributes a queue of this type has at all. AWS's choice of errors, not
/// ours.
Result<void> check_type(bool fifo, const AttributeChanges& changes, bool creating) {
  if (changes.fifo_queue && !fifo) return unknown_attribute("FifoQueue");
  if (changes.fifo_queue && !*changes.fifo_queue && !creating) {
    return invalid_value("FifoQueue", "Modifying queue type is not supported.");
  }
  if (fifo) return {};
  if (changes.content_based_deduplication) return unknown_attribute("ContentBasedDeduplication");
  if (changes.deduplication_scope) {
    return Error{ErrorCode::kInvalidAttributeName,
                 "You can specify the DeduplicationScope only when FifoQueue is set to true."};
  }
  if (changes.fifo_throughput_limit) {
    return Error{ErrorCode::kInvalidAttributeName,
                 "You can specify the FifoThroughputLimit only when FifoQueue is set to true."};
  }
  return {};
}

template <class T>
void take(T& value, const std::optional<T>& wanted) {
  if (wanted) value = *wanted;
}

/// Contract 3.6. A key switches SQS's own encryption off, and removing the key does not switch it
/// on again.
Result<void> change_encryption(QueueAttributes& attributes, const AttributeChanges& changes) {
  take(attributes.kms_master_key_id, changes.kms_master_key_id);
  take(attributes.kms_data_key_reuse_period_seconds, changes.kms_data_key_reuse_period_seconds);
  const bool has_key = !attributes.kms_master_key_id.empty();
  if (has_key && changes.sqs_managed_sse_enabled.value_or(false)) {
    return Error{ErrorCode::kInvalidAttributeName,
                 "You can use one type of server-side encryption (SSE) at one time. You can either "
                 "enable KMS SSE "
                 "or SQS SSE."};
  }
  take(attributes.sqs_managed_sse_enabled, changes.sqs_managed_sse_enabled);
  if (has_key) attributes.sqs_managed_sse_enabled = false;
  return {};
}

Result<void> change_redrive_policy(QueueAttributes& attributes, const AttributeChanges& changes) {
  if (!changes.redrive_policy) return {};
  attributes.redrive_policy = *changes.redrive_policy;
  if (!attributes.redrive_policy || attributes.redrive_policy->max_receive_count != 0) return {};
  RedrivePolicy& policy = *attributes.redrive_policy;
  if (attributes.default_max_receive_count == 0) {
    return Error{ErrorCode::kInvalidParameterValue,
                 "Value " + policy.text +
                     " for parameter RedrivePolicy is invalid. Reason: Redrive policy does not "
                     "contain mandatory "
                     "attribute: maxReceiveCount."};
  }
  policy.max_receive_count = attributes.default_max_receive_count;
  policy.text = R"({"deadLetterTargetArn":")" + queue_arn(policy.dead_letter_target) +
                R"(","maxReceiveCount":)" + std::to_string(policy.max_receive_count) + "}";
  return {};
}

Result<void> change_fifo_throughput(QueueAttributes& attributes, const AttributeChanges& changes) {
  take(attributes.deduplication_scope, changes.deduplication_scope);
  take(attributes.fifo_throughput_limit, changes.fifo_throughput_limit);
  if (attributes.fifo_throughput_limit == FifoThroughputLimit::kPerMessageGroupId &&
      attributes.deduplication_scope != DeduplicationScope::kMessageGroup) {
    return invalid_value(
        "FifoThroughputLimit",
        "To set FifoThroughputLimit to perMessageGroupId, the DeduplicationScope must be "
        "messageGroup.");
  }
  return {};
}

}  // namespace

std::string queue_arn(const QueueAddress& address) {
  std::string_view partition = "aws";
  if (address.region.starts_with("cn-")) partition = "aws-cn";
  if (address.region.starts_with("us-gov-")) partition = "aws-us-gov";
  std::string arn = "arn:";
  arn.append(partition).append(":sqs:").append(address.region).append(":");
  return arn.append(address.account).append(":").append(address.name);
}

Result<QueueAttributes> with_changes(QueueAttributes current, const AttributeChanges& changes,
                                     bool creating) {
  if (creating) current.fifo_queue = changes.fifo_queue.value_or(false);
  TRY(check_type(current.fifo_queue, changes, creating));
  take(current.delay_seconds, changes.delay_seconds);
  take(current.maximum_message_size, changes.maximum_message_size);
  take(current.message_retention_period, changes.message_retention_period);
  take(current.receive_message_wait_time_seconds, changes.receive_message_wait_time_seconds);
  take(current.visibility_timeout, changes.visibility_timeout);
  take(current.policy, changes.policy);
  take(current.redrive_allow_policy, changes.redrive_allow_policy);
  take(current.content_based_deduplication, changes.content_based_deduplication);
  take(current.default_max_receive_count, changes.default_max_receive_count);
  TRY(change_redrive_policy(current, changes));
  TRY(change_encryption(current, changes));
  TRY(change_fifo_throughput(current, changes));
  return current;
}

std::string first_difference(const QueueAttributes& current, const AttributeChanges& changes) {
  const auto differs = [](const auto& wanted, const auto& value) {
    return wanted && *wanted != value;
  };
  if (differs(changes.fifo_queue, current.fifo_queue)) return "FifoQueue";
  if (differs(changes.delay_seconds, current.delay_seconds)) return "DelaySeconds";
  if (differs(changes.maximum_message_size, current.maximum_message_size))
    return "MaximumMessageSize";
  if (differs(changes.message_retention_period, current.message_retention_period))
    return "MessageRetentionPeriod";
  if (differs(changes.receive_message_wait_time_seconds,
              current.receive_message_wait_time_seconds)) {
    return "ReceiveMessageWaitTimeSeconds";
  }
  if (differs(changes.visibility_timeout, current.visibility_timeout)) return "VisibilityTimeout";
  if (differs(changes.policy, current.policy)) return "Policy";
  if (changes.redrive_policy) {
    // By meaning: the spelling of the JSON does not matter, "3" equals 3.
    const auto& wanted = *changes.redrive_policy;
    const auto& have = current.redrive_policy;
    const bool same = wanted.has_value() == have.has_value() &&
                      (!wanted || (wanted->dead_letter_target == have->dead_letter_target &&
                                   (wanted->max_receive_count == 0 ||
                                    wanted->max_receive_count == have->max_receive_count)));
    if (!same) return "RedrivePolicy";
  }
  if (differs(changes.redrive_allow_policy, current.redrive_allow_policy))
    return "RedriveAllowPolicy";
  if (differs(changes.kms_master_key_id, current.kms_master_key_id)) return "KmsMasterKeyId";
  if (differs(changes.kms_data_key_reuse_period_seconds,
              current.kms_data_key_reuse_period_seconds)) {
    return "KmsDataKeyReusePeriodSeconds";
  }
  if (differs(changes.sqs_managed_sse_enabled, current.sqs_managed_sse_enabled))
    return "SqsManagedSseEnabled";
  if (differs(changes.content_based_deduplication, current.content_based_deduplication)) {
    return "ContentBasedDeduplication";
  }
  if (differs(changes.deduplication_scope, current.deduplication_scope))
    return "DeduplicationScope";
  if (differs(changes.fifo_throughput_limit, current.fifo_throughput_limit))
    return "FifoThroughputLimit";
  return {};
}

}  // namespace forebay::engine
