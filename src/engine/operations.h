// SPDX-License-Identifier: Apache-2.0
// What the engine can be asked, and what it answers: one struct per SQS action, free of any wire
// format.
//
// Requests come with everything that needs no state already checked: syntax, ranges, message
// contents. Replies carry values, not text. Both are plain values that may cross threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_codec.h"
#include "base/ids.h"
#include "base/result.h"
#include "engine/queue_attributes.h"

namespace forebay::engine {

struct CreateQueue {
  QueueAddress address;
  AttributeChanges attributes;
  Tags tags;
  /// The operator's own queue, made at start: its name is not bound by the 60 seconds after
  /// DeleteQueue, or a restart would fail.
  bool predefined = false;
  struct Reply {
    bool created;  // false: it was there already, with equal attributes
  };
};

struct DeleteQueue {
  QueueAddress queue;
  struct Reply {};
};

/// GetQueueUrl: does the queue exist?
struct FindQueue {
  QueueAddress queue;
  struct Reply {};
};

/// Names in byte order, of one account and region.
struct ListQueues {
  std::string region;
  std::string account;
  std::string name_prefix;
  std::string after_name;      // only names greater than this; empty: from the start
  int32_t max_results = 1000;  // 1..kListQueuesMax
  struct Reply {
    std::vector<std::string> names;
    bool more;  // at least one further name matches
  };
};

/// The queues whose RedrivePolicy names `queue`; they are of its region and account. Names in byte
/// order.
struct ListDeadLetterSourceQueues {
  QueueAddress queue;
  std::string after_name;      // only names greater than this; empty: from the start
  int32_t max_results = 1000;  // 1..kListQueuesMax
  struct Reply {
    std::vector<std::string> names;
    bool more;  // at least one further queue
  };
};

struct DescribeQueue {
  QueueAddress queue;
  struct Reply {
    QueueAttributes attributes;
    WallMs created;
    WallMs last_modified;
    int64_t visible_count;  // ApproximateNumberOfMessages; on FIFO including those locked by their
                            // group
    int64_t not_visible_count;  // in flight
    int64_t delayed_count;
  };
};

struct SetQueueAttributes {
  QueueAddress queue;
  AttributeChanges attributes;
  /// Change nothing unless the queue's Policy still is this text: for who edits what it has read.
  std::optional<std::string> expected_policy = {};
  struct Reply {
    bool changed = true;  // false: the Policy is another by now
  };
};

struct TagQueue {
  QueueAddress queue;
  Tags tags;
  struct Reply {};
};

struct UntagQueue {
  QueueAddress queue;
  std::vector<std::string> tag_keys;
  struct Reply {};
};

struct ListQueueTags {
  QueueAddress queue;
  struct Reply {
    Tags tags;
  };
};

struct PurgeQueue {
  QueueAddress queue;
  struct Reply {};
};

/// One message to send.
struct SendEntry {
  Bytes16 message_id{};    // a random UUID (version 4), made by the caller
  std::string content;     // what is kept and given back, opaque here
  int64_t size_bytes = 0;  // body and user attributes as SQS counts them, for MaximumMessageSize
  std::optional<int32_t> delay_seconds;  // 0..kDelaySecondsMax
  std::optional<std::string> message_group_id;
  std::optional<std::string> message_deduplication_id;
  std::string body_sha256;  // 64 hex digits; the id under content-based deduplication
  /// What was found wrong with the message itself: reported only after the queue was found and its
  /// type's rules hold, as AWS does (contract 2.0, steps 5 to 7).
  std::optional<Error> content_error;
};

struct SentMessage {
  Bytes16 message_id;  // of the original when this was a duplicate
  MessageNumber number;
  bool fifo;  // only then is there a SequenceNumber
};

/// SendMessage and SendMessageBatch. Entries are taken in order; each stands or falls alone, except
/// that the FIFO rules of contract 2.11 #8 and #9 refuse a whole batch.
struct SendMessages {
  QueueAddress queue;
  std::vector<SendEntry> entries;
  bool batch = false;  // which of AWS's two sets of texts to use
  struct Reply {
    std::vector<Result<SentMessage>> results;  // one per entry
  };
};

/// Tells the shard whether somebody still waits for an answer.
/// Thread: any.
class Client {
 public:
  virtual ~Client() = default;
  virtual bool connected() const = 0;
};

struct ReceiveMessages {
  QueueAddress queue;
  int32_t max_number_of_messages = 1;         // 1..10
  std::optional<int32_t> visibility_timeout;  // seconds; the queue's when unset
  std::optional<int32_t> wait_time_seconds;   // the queue's when unset
  std::string receive_request_attempt_id;     // empty: none; ignored on standard queues
  std::shared_ptr<const Client> client;       // may be null: always connected

  struct Message {
    std::string receipt_handle;
    MessageNumber number;
    int32_t receive_count;
    WallMs sent;
    WallMs first_received;
    std::string dead_letter_source_arn;  // empty: not moved here
    bool fifo;
    /// How often a move task made a new message of it; see message_id_after_moves (engine/facts.h).
    uint16_t move_count = 0;
    /// The MessageSent fact (engine/facts.h), encoded: message id, group, content.
    std::string record;
  };
  struct Reply {
    std::vector<Message> messages;
  };
};

struct DeleteMessages {
  QueueAddress queue;
  std::vector<std::string> receipt_handles;
  struct Reply {
    std::vector<Result<void>> results;  // one per handle
  };
};

struct ChangeVisibility {
  QueueAddress queue;
  struct Entry {
    std::string receipt_handle;
    int32_t visibility_timeout;  // 0..kVisibilityTimeoutMax
  };
  std::vector<Entry> entries;
  struct Reply {
    std::vector<Result<void>> results;  // one per entry
  };
};

/// Moves messages out of a dead-letter queue, in the background (contract 2.21, 5.10).
struct StartMessageMoveTask {
  Bytes16 task_id{};  // a random UUID (version 4), made by the caller
  QueueAddress source;
  std::optional<QueueAddress> destination;  // unset: for each message the queue it came from
  std::optional<int32_t> max_number_of_messages_per_second;  // 1..kMoveTaskRateMax; unset: no limit
  struct Reply {};
};

struct CancelMessageMoveTask {
  QueueAddress source;
  Bytes16 task_id{};
  struct Reply {
    int64_t moved_count;
  };
};

enum class MoveTaskStatus : uint8_t { kRunning, kCompleted, kCancelled, kFailed };

struct MessageMoveTask {
  Bytes16 task_id{};
  MoveTaskStatus status = MoveTaskStatus::kRunning;
  std::optional<QueueAddress> destination = {};                   // as it was asked for
  std::optional<int32_t> max_number_of_messages_per_second = {};  // as it was asked for
  WallMs started{};
  int64_t moved_count = 0;
  int64_t to_move_count = 0;        // visible messages at the start
  std::string failure_reason = {};  // AWS's word for it, when failed

  friend bool operator==(const MessageMoveTask&, const MessageMoveTask&) = default;
};

/// The running task of `source`, if any, and its last kMoveTasksKept finished ones, newest first.
struct ListMessageMoveTasks {
  QueueAddress source;
  int32_t max_results = 1;  // 1..kMoveTasksKept
  struct Reply {
    std::vector<MessageMoveTask> tasks;
  };
};

}  // namespace forebay::engine
