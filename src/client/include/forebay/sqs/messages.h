// SPDX-License-Identifier: Apache-2.0
// Requests and replies of the actions on messages: send, receive, delete, change visibility.
//
// Names and meanings are SQS's (API version 2012-11-05); an absent optional leaves the choice to
// the queue. What is out of range comes back from the server as ErrorKind::kInvalidRequest; the
// client checks nothing that the server checks.
// Thread: plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <forebay/sqs/message_attributes.h>

namespace forebay::sqs {

/// Limits of SQS that callers batch by.
inline constexpr size_t kBatchEntriesMax = 10;
inline constexpr size_t kBatchBytesMax = 1u << 20;    // bodies and attributes of all entries
inline constexpr size_t kMessageBytesMax = 1u << 20;  // body and attributes
inline constexpr std::chrono::seconds kDelayMax{900};
inline constexpr std::chrono::seconds kVisibilityTimeoutMax{43'200};
inline constexpr std::chrono::seconds kWaitTimeMax{20};

/// The answer of the actions that have nothing to say.
struct EmptyReply {};

struct SendMessageReply {
  MessageId message_id = {};
  Md5Digest md5_of_message_body = {};  // checked by the client, as are the two below
  Md5Digest md5_of_message_attributes = {};
  Md5Digest md5_of_message_system_attributes = {};
  SequenceNumber sequence_number = {};  // FIFO queues only
};

/// Contract 2.10. Errors of its own: kTooLarge, kQueueNotFound, kInvalidRequest, kThrottled.
struct SendMessageRequest {
  static constexpr std::string_view kAction = "SendMessage";
  using Reply = SendMessageReply;

  std::string queue_url = {};
  std::string message_body = {};                           // UTF-8, 1 byte to 1 MiB
  std::optional<std::chrono::seconds> delay_seconds = {};  // 0 to 900; not on FIFO queues
  MessageAttributes message_attributes = {};
  MessageAttributes message_system_attributes = {};          // "AWSTraceHeader" only
  std::optional<std::string> message_deduplication_id = {};  // FIFO; at most 128 characters
  std::optional<std::string> message_group_id = {};          // FIFO: required
};

/// An entry of a batch that was not carried out.
struct BatchResultErrorEntry {
  std::string id = {};
  std::string code = {};  // as Error::code
  std::string message = {};
  bool sender_fault = true;  // false: trying this entry again may succeed
};

struct SendMessageBatchReply {
  struct Entry {
    std::string id = {};
    SendMessageReply result = {};
  };
  std::vector<Entry> successful = {};
  std::vector<BatchResultErrorEntry> failed = {};
};

/// Contract 2.11. The call succeeds also when entries fail: look at `failed`.
struct SendMessageBatchRequest {
  static constexpr std::string_view kAction = "SendMessageBatch";
  using Reply = SendMessageBatchReply;

  struct Entry {
    std::string id = {};  // unique in the batch; letters, digits, - and _; at most 80
    std::string message_body = {};
    std::optional<std::chrono::seconds> delay_seconds = {};
    MessageAttributes message_attributes = {};
    MessageAttributes message_system_attributes = {};
    std::optional<std::string> message_deduplication_id = {};
    std::optional<std::string> message_group_id = {};
  };
  std::string queue_url = {};
  std::vector<Entry> entries = {};  // 1 to 10, together at most 1 MiB
};

/// What SQS knows about a message (contract 4.7). Each is set only when it was asked for by name or
/// with kAll, and exists.
struct MessageSystemAttributes {
  std::optional<std::string> sender_id = {};
  std::optional<Timestamp> sent_timestamp = {};
  std::optional<int64_t> approximate_receive_count = {};  // this receive included
  std::optional<Timestamp> approximate_first_receive_timestamp = {};
  std::optional<std::string> message_group_id = {};
  std::optional<std::string> message_deduplication_id = {};
  std::optional<std::string> sequence_number = {};
  std::optional<std::string> aws_trace_header = {};
  std::optional<std::string> dead_letter_queue_source_arn = {};
  OtherAttributes others = {};
};

/// A received message. Its MD5 values have been checked against what stands here.
struct Message {
  MessageId message_id = {};
  std::string receipt_handle = {};  // of this receive; new on every receive
  std::string body = {};
  Md5Digest md5_of_body = {};
  Md5Digest md5_of_message_attributes = {};
  MessageSystemAttributes attributes = {};
  MessageAttributes message_attributes = {};
};

struct ReceiveMessageReply {
  std::vector<Message> messages = {};  // may be empty
};

/// Contract 2.12. A call waits up to `wait_time_seconds`, and its time limits make room for that. A
/// message whose digest is wrong fails the whole call (kChecksumMismatch): the messages come back
/// when their visibility timeout is over.
struct ReceiveMessageRequest {
  static constexpr std::string_view kAction = "ReceiveMessage";
  using Reply = ReceiveMessageReply;

  std::string queue_url = {};
  std::optional<int> max_number_of_messages = {};               // 1 to 10; default 1
  std::optional<std::chrono::seconds> wait_time_seconds = {};   // 0 to 20; default: the queue's
  std::optional<std::chrono::seconds> visibility_timeout = {};  // 0 to 43,200; default: the queue's
  /// SQS's names ("ApproximateReceiveCount"), or kAll. Empty: none are returned.
  std::vector<std::string> message_system_attribute_names = {};
  /// Names, "prefix.*", or kAll. Empty: none are returned.
  std::vector<std::string> message_attribute_names = {};
  /// FIFO: a repeated receive with the same id gets the same messages for 5 minutes.
  std::optional<std::string> receive_request_attempt_id = {};
};

/// Contract 2.13. Deleting again, or a message that is gone, succeeds. Errors: kReceiptHandle.
struct DeleteMessageRequest {
  static constexpr std::string_view kAction = "DeleteMessage";
  using Reply = EmptyReply;

  std::string queue_url = {};
  std::string receipt_handle = {};
};

/// Of the batches whose successes have nothing to say.
struct BatchReply {
  std::vector<std::string> successful = {};  // ids
  std::vector<BatchResultErrorEntry> failed = {};
};

/// Contract 2.14. The call succeeds also when entries fail: look at `failed`.
struct DeleteMessageBatchRequest {
  static constexpr std::string_view kAction = "DeleteMessageBatch";
  using Reply = BatchReply;

  struct Entry {
    std::string id = {};
    std::string receipt_handle = {};
  };
  std::string queue_url = {};
  std::vector<Entry> entries = {};  // 1 to 10
};

/// Contract 2.15. Errors: kReceiptHandle, kInvalidRequest (not in flight any more, or 12 hours in
/// all are exceeded).
struct ChangeMessageVisibilityRequest {
  static constexpr std::string_view kAction = "ChangeMessageVisibility";
  using Reply = EmptyReply;

  std::string queue_url = {};
  std::string receipt_handle = {};
  std::chrono::seconds visibility_timeout{0};  // from now, 0 to 43,200; 0: visible at once
};

/// Contract 2.16. The call succeeds also when entries fail: look at `failed`.
struct ChangeMessageVisibilityBatchRequest {
  static constexpr std::string_view kAction = "ChangeMessageVisibilityBatch";
  using Reply = BatchReply;

  struct Entry {
    std::string id = {};
    std::string receipt_handle = {};
    std::chrono::seconds visibility_timeout{0};
  };
  std::string queue_url = {};
  std::vector<Entry> entries = {};  // 1 to 10
};

}  // namespace forebay::sqs
