// SPDX-License-Identifier: Apache-2.0
// Requests and replies of the actions on queues, their tags and their permissions.
//
// Names and meanings are SQS's; see forebay/sqs/messages.h.
// Thread: plain values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <forebay/sqs/messages.h>
#include <forebay/sqs/queue_attributes.h>

namespace forebay::sqs {

struct QueueUrlReply {
  std::string queue_url = {};
};

/// Contract 2.1. Errors: kConflict (exists with other attributes, or was deleted within 60 s).
struct CreateQueueRequest {
  static constexpr std::string_view kAction = "CreateQueue";
  using Reply = QueueUrlReply;

  std::string queue_name = {};  // 1 to 80 of A-Z a-z 0-9 - _; FIFO queues end in ".fifo"
  QueueAttributes attributes = {};
  Tags tags = {};
};

/// Contract 2.2.
struct DeleteQueueRequest {
  static constexpr std::string_view kAction = "DeleteQueue";
  using Reply = EmptyReply;

  std::string queue_url = {};
};

/// Contract 2.3. Errors: kQueueNotFound.
struct GetQueueUrlRequest {
  static constexpr std::string_view kAction = "GetQueueUrl";
  using Reply = QueueUrlReply;

  std::string queue_name = {};
  std::optional<std::string> queue_owner_aws_account_id = {};
};

/// A page of queues. With a next_token there may be more.
struct QueueUrlsReply {
  std::vector<std::string> queue_urls = {};
  std::optional<std::string> next_token = {};
};

/// Contract 2.4. Without max_results one page of up to 1,000, and no next_token.
struct ListQueuesRequest {
  static constexpr std::string_view kAction = "ListQueues";
  using Reply = QueueUrlsReply;

  std::optional<std::string> queue_name_prefix = {};
  std::optional<int> max_results = {};  // 1 to 1,000
  std::optional<std::string> next_token = {};
};

/// Contract 2.5: the queues whose redrive policy names this one.
struct ListDeadLetterSourceQueuesRequest {
  static constexpr std::string_view kAction = "ListDeadLetterSourceQueues";
  using Reply = QueueUrlsReply;

  std::string queue_url = {};
  std::optional<int> max_results = {};  // 1 to 1,000
  std::optional<std::string> next_token = {};
};

struct GetQueueAttributesReply {
  QueueAttributes attributes = {};
  QueueStatus status = {};
};

/// Contract 2.6.
struct GetQueueAttributesRequest {
  static constexpr std::string_view kAction = "GetQueueAttributes";
  using Reply = GetQueueAttributesReply;

  std::string queue_url = {};
  std::vector<std::string> attribute_names = {std::string(kAll)};  // SQS's names
};

/// Contract 2.7. Takes up to 60 s to be seen everywhere on AWS.
struct SetQueueAttributesRequest {
  static constexpr std::string_view kAction = "SetQueueAttributes";
  using Reply = EmptyReply;

  std::string queue_url = {};
  QueueAttributes attributes = {};
};

/// Contract 2.17. Errors: kConflict within 60 s of another purge.
struct PurgeQueueRequest {
  static constexpr std::string_view kAction = "PurgeQueue";
  using Reply = EmptyReply;

  std::string queue_url = {};
};

/// Contract 2.18.
struct TagQueueRequest {
  static constexpr std::string_view kAction = "TagQueue";
  using Reply = EmptyReply;

  std::string queue_url = {};
  Tags tags = {};
};

/// Contract 2.19.
struct UntagQueueRequest {
  static constexpr std::string_view kAction = "UntagQueue";
  using Reply = EmptyReply;

  std::string queue_url = {};
  std::vector<std::string> tag_keys = {};
};

struct ListQueueTagsReply {
  Tags tags = {};
};

/// Contract 2.20.
struct ListQueueTagsRequest {
  static constexpr std::string_view kAction = "ListQueueTags";
  using Reply = ListQueueTagsReply;

  std::string queue_url = {};
};

/// Contract 2.8.
struct AddPermissionRequest {
  static constexpr std::string_view kAction = "AddPermission";
  using Reply = EmptyReply;

  std::string queue_url = {};
  std::string label = {};
  std::vector<std::string> aws_account_ids = {};
  std::vector<std::string> actions = {};  // "SendMessage", or "*"
};

/// Contract 2.9.
struct RemovePermissionRequest {
  static constexpr std::string_view kAction = "RemovePermission";
  using Reply = EmptyReply;

  std::string queue_url = {};
  std::string label = {};
};

}  // namespace forebay::sqs
