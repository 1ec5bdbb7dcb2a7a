// SPDX-License-Identifier: Apache-2.0
// The requests and replies of SQS's actions as they travel, before any meaning is given to them.
//
// Names follow the API (API version 2012-11-05). "Absent" and "present but empty" differ: optional
// strings keep them apart. Required strings are optional here too, so that the caller reports a
// missing one with AWS's text. Lists and maps keep the order of the request.
// Thread: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <forebay/inline_text.h>

namespace forebay::protocol {

/// Ordered name/value pairs: Attributes, Tags.
using StringPairs = std::vector<std::pair<std::string, std::string>>;
using OptionalString = std::optional<std::string>;
using OptionalInt = std::optional<int32_t>;  // decoders refuse what does not fit

/// A message attribute value. Binary values are raw bytes here, base64 on both wires.
struct MessageAttributeValue {
  OptionalString data_type = {};
  OptionalString string_value = {};
  OptionalString binary_value = {};
  bool has_list_values = false;  // a list of values with items was sent; SQS refuses it
};
using MessageAttributes = std::vector<std::pair<std::string, MessageAttributeValue>>;

// ---- Requests ----

struct CreateQueueRequest {
  OptionalString queue_name;
  std::optional<StringPairs> attributes;
  std::optional<StringPairs> tags;  // JSON member "tags"
};
struct DeleteQueueRequest {
  OptionalString queue_url;
};
struct GetQueueUrlRequest {
  OptionalString queue_name;
  OptionalString queue_owner_aws_account_id;
};
struct ListQueuesRequest {
  OptionalString queue_name_prefix;
  OptionalInt max_results;
  OptionalString next_token;
};
struct GetQueueAttributesRequest {
  OptionalString queue_url;
  std::vector<std::string> attribute_names;
};
struct SetQueueAttributesRequest {
  OptionalString queue_url;
  std::optional<StringPairs> attributes;
};
struct SendMessageRequest {
  OptionalString queue_url;
  OptionalString message_body;
  OptionalInt delay_seconds;
  MessageAttributes message_attributes;
  MessageAttributes message_system_attributes;
  OptionalString message_deduplication_id;
  OptionalString message_group_id;
};
struct SendMessageBatchRequest {
  struct Entry {
    OptionalString id;
    OptionalString message_body;
    OptionalInt delay_seconds;
    MessageAttributes message_attributes;
    MessageAttributes message_system_attributes;
    OptionalString message_deduplication_id;
    OptionalString message_group_id;
  };
  OptionalString queue_url;
  std::optional<std::vector<Entry>> entries;
};
struct ReceiveMessageRequest {
  OptionalString queue_url;
  std::vector<std::string> attribute_names;  // AttributeNames and MessageSystemAttributeNames
  std::vector<std::string> message_attribute_names;
  OptionalInt max_number_of_messages;
  OptionalInt visibility_timeout;
  OptionalInt wait_time_seconds;
  OptionalString receive_request_attempt_id;
};
struct DeleteMessageRequest {
  OptionalString queue_url;
  OptionalString receipt_handle;
};
struct DeleteMessageBatchRequest {
  struct Entry {
    OptionalString id;
    OptionalString receipt_handle;
  };
  OptionalString queue_url;
  std::optional<std::vector<Entry>> entries;
};
struct ChangeMessageVisibilityRequest {
  OptionalString queue_url;
  OptionalString receipt_handle;
  OptionalInt visibility_timeout;
};
struct ChangeMessageVisibilityBatchRequest {
  struct Entry {
    OptionalString id;
    OptionalString receipt_handle;
    OptionalInt visibility_timeout;
  };
  OptionalString queue_url;
  std::optional<std::vector<Entry>> entries;
};
struct PurgeQueueRequest {
  OptionalString queue_url;
};
struct TagQueueRequest {
  OptionalString queue_url;
  std::optional<StringPairs> tags;
};
struct UntagQueueRequest {
  OptionalString queue_url;
  std::optional<std::vector<std::string>> tag_keys;
};
struct ListQueueTagsRequest {
  OptionalString queue_url;
};
struct AddPermissionRequest {
  OptionalString queue_url;
  OptionalString label;
  std::optional<std::vector<std::string>> aws_account_ids;
  std::optional<std::vector<std::string>> actions;  // without "SQS:"
};
struct RemovePermissionRequest {
  OptionalString queue_url;
  OptionalString label;
};
struct ListDeadLetterSourceQueuesRequest {
  OptionalString queue_url;
  OptionalInt max_results;
  OptionalString next_token;
};
struct StartMessageMoveTaskRequest {
  OptionalString source_arn;
  OptionalString destination_arn;
  OptionalInt max_number_of_messages_per_second;
};
struct CancelMessageMoveTaskRequest {
  OptionalString task_handle;
};
struct ListMessageMoveTasksRequest {
  OptionalString source_arn;
  OptionalInt max_results;
};

// ---- Replies ----

/// Answer of the actions without output (DeleteQueue, SetQueueAttributes, DeleteMessage ...).
struct EmptyReply {};

/// CreateQueue and GetQueueUrl.
struct QueueUrlReply {
  std::string queue_url;
};
struct ListQueuesReply {
  std::vector<std::string> queue_urls;
  OptionalString next_token;
};
struct GetQueueAttributesReply {
  StringPairs attributes;
};
struct ListQueueTagsReply {
  StringPairs tags;
};
struct SendMessageReply {
  InlineText<36> message_id = {};
  InlineText<32> md5_of_message_body = {};
  InlineText<32> md5_of_message_attributes = {};         // empty: left out
  InlineText<32> md5_of_message_system_attributes = {};  // empty: left out
  InlineText<20> sequence_number = {};                   // empty: left out
};

/// A failed entry of any batch. `code` is the Query code (contract 2.11).
struct BatchResultErrorEntry {
  std::string id;
  std::string code;
  std::string message;
  bool sender_fault = true;
};
struct SendMessageBatchReply {
  struct Entry {
    std::string id;
    SendMessageReply result;
  };
  std::vector<Entry> successful;
  std::vector<BatchResultErrorEntry> failed;
};
/// DeleteMessageBatch and ChangeMessageVisibilityBatch: successes have only an Id.
struct IdBatchReply {
  std::vector<std::string> successful_ids;
  std::vector<BatchResultErrorEntry> failed;
};
struct ReceivedMessage {
  InlineText<36> message_id;
  std::string_view receipt_handle;  // borrowed, as the body is
  InlineText<32> md5_of_body;
  std::string_view body;                     // of what was read from the journal
  StringPairs attributes;                    // system attributes; empty: left out
  InlineText<32> md5_of_message_attributes;  // of the attributes below; empty: left out
  MessageAttributes message_attributes;      // empty: left out
};
struct ReceiveMessageReply {
  std::vector<ReceivedMessage> messages;
};
struct ListDeadLetterSourceQueuesReply {
  std::vector<std::string> queue_urls;  // JSON member "queueUrls"
  OptionalString next_token;
};
struct StartMessageMoveTaskReply {
  std::string task_handle;
};
struct CancelMessageMoveTaskReply {
  int64_t approximate_number_of_messages_moved = 0;
};
struct ListMessageMoveTasksReply {
  struct Entry {
    std::string task_handle;  // empty: left out
    std::string status;
    std::string source_arn;
    std::string destination_arn;  // empty: left out
    OptionalInt max_number_of_messages_per_second;
    int64_t approximate_number_of_messages_moved = 0;
    int64_t approximate_number_of_messages_to_move = 0;
    std::string failure_reason;     // empty: left out
    int64_t started_timestamp = 0;  // ms since 1970
  };
  std::vector<Entry> results;
};

}  // namespace forebay::protocol
