// SPDX-License-Identifier: Apache-2.0
// Descriptions of the requests (see shape_members.h).
// Thread: constants.
#pragma once

#include <tuple>

#include "protocol/member.h"
#include "protocol/shapes.h"
#include "protocol/shared_members.h"

namespace forebay::protocol {

template <class Shape>
inline constexpr std::tuple kMessageToSend{
    Member{.json = "MessageBody", .field = &Shape::message_body},
    Member{.json = "DelaySeconds", .field = &Shape::delay_seconds},
    Member{.json = "MessageAttributes",
           .field = &Shape::message_attributes,
           .query = "MessageAttribute",
           .query_also = "MessageAttributes"},
    Member{.json = "MessageSystemAttributes",
           .field = &Shape::message_system_attributes,
           .query = "MessageSystemAttribute",
           .query_also = "MessageSystemAttributes"},
    Member{.json = "MessageDeduplicationId", .field = &Shape::message_deduplication_id},
    Member{.json = "MessageGroupId", .field = &Shape::message_group_id}};

template <>
inline constexpr std::tuple kMembers<CreateQueueRequest>{
    Member{.json = "QueueName", .field = &CreateQueueRequest::queue_name},
    kAttributes<CreateQueueRequest>,
    Member{.json = "tags", .field = &CreateQueueRequest::tags, .query = "Tag", .key = "Key"}};

template <>
inline constexpr std::tuple kMembers<DeleteQueueRequest>{kQueueUrl<DeleteQueueRequest>};

template <>
inline constexpr std::tuple kMembers<GetQueueUrlRequest>{
    Member{.json = "QueueName", .field = &GetQueueUrlRequest::queue_name},
    Member{.json = "QueueOwnerAWSAccountId",
           .field = &GetQueueUrlRequest::queue_owner_aws_account_id}};

template <>
inline constexpr std::tuple kMembers<ListQueuesRequest>{
    Member{.json = "QueueNamePrefix", .field = &ListQueuesRequest::queue_name_prefix},
    Member{.json = "MaxResults", .field = &ListQueuesRequest::max_results},
    Member{.json = "NextToken", .field = &ListQueuesRequest::next_token}};

template <>
inline constexpr std::tuple kMembers<GetQueueAttributesRequest>{
    kQueueUrl<GetQueueAttributesRequest>,
    Member{.json = "AttributeNames",
           .field = &GetQueueAttributesRequest::attribute_names,
           .query = "AttributeName"}};

template <>
inline constexpr std::tuple kMembers<SetQueueAttributesRequest>{
    kQueueUrl<SetQueueAttributesRequest>, kAttributes<SetQueueAttributesRequest>};

template <>
inline constexpr auto kMembers<SendMessageRequest> =
    std::tuple_cat(std::tuple{kQueueUrl<SendMessageRequest>}, kMessageToSend<SendMessageRequest>);

template <>
inline constexpr auto kMembers<SendMessageBatchRequest::Entry> =
    std::tuple_cat(std::tuple{Member{.json = "Id", .field = &SendMessageBatchRequest::Entry::id}},
                   kMessageToSend<SendMessageBatchRequest::Entry>);

template <>
inline constexpr std::tuple kMembers<SendMessageBatchRequest>{
    kQueueUrl<SendMessageBatchRequest>, Member{.json = "Entries",
                                               .field = &SendMessageBatchRequest::entries,
                                               .query = "SendMessageBatchRequestEntry"}};

template <>
inline constexpr std::tuple kMembers<ReceiveMessageRequest>{
    kQueueUrl<ReceiveMessageRequest>,
    Member{.json = "AttributeNames",
           .field = &ReceiveMessageRequest::attribute_names,
           .query = "AttributeName"},
    Member{.json = "MessageSystemAttributeNames",
           .field = &ReceiveMessageRequest::attribute_names,
           .query = "MessageSystemAttributeName"},
    Member{.json = "MessageAttributeNames",
           .field = &ReceiveMessageRequest::message_attribute_names,
           .query = "MessageAttributeName"},
    Member{.json = "MaxNumberOfMessages", .field = &ReceiveMessageRequest::max_number_of_messages},
    Member{.json = "VisibilityTimeout", .field = &ReceiveMessageRequest::visibility_timeout},
    Member{.json = "WaitTimeSeconds", .field = &ReceiveMessageRequest::wait_time_seconds},
    Member{.json = "ReceiveRequestAttemptId",
           .field = &ReceiveMessageRequest::receive_request_attempt_id}};

template <>
inline constexpr std::tuple kMembers<DeleteMessageRequest>{
    kQueueUrl<DeleteMessageRequest>,
    Member{.json = "ReceiptHandle", .field = &DeleteMessageRequest::receipt_handle}};

template <>
inline constexpr std::tuple kMembers<DeleteMessageBatchRequest::Entry>{
    Member{.json = "Id", .field = &DeleteMessageBatchRequest::Entry::id},
    Member{.json = "ReceiptHandle", .field = &DeleteMessageBatchRequest::Entry::receipt_handle}};

template <>
inline constexpr std::tuple kMembers<DeleteMessageBatchRequest>{
    kQueueUrl<DeleteMessageBatchRequest>, Member{.json = "Entries",
                                                 .field = &DeleteMessageBatchRequest::entries,
                                                 .query = "DeleteMessageBatchRequestEntry"}};

template <>
inline constexpr std::tuple kMembers<ChangeMessageVisibilityRequest>{
    kQueueUrl<ChangeMessageVisibilityRequest>,
    Member{.json = "ReceiptHandle", .field = &ChangeMessageVisibilityRequest::receipt_handle},
    Member{.json = "VisibilityTimeout",
           .field = &ChangeMessageVisibilityRequest::visibility_timeout}};

template <>
inline constexpr std::tuple kMembers<ChangeMessageVisibilityBatchRequest::Entry>{
    Member{.json = "Id", .field = &ChangeMessageVisibilityBatchRequest::Entry::id},
    Member{.json = "ReceiptHandle",
           .field = &ChangeMessageVisibilityBatchRequest::Entry::receipt_handle},
    Member{.json = "VisibilityTimeout",
           .field = &ChangeMessageVisibilityBatchRequest::Entry::visibility_timeout}};

template <>
inline constexpr std::tuple kMembers<ChangeMessageVisibilityBatchRequest>{
    kQueueUrl<ChangeMessageVisibilityBatchRequest>,
    Member{.json = "Entries",
           .field = &ChangeMessageVisibilityBatchRequest::entries,
           .query = "ChangeMessageVisibilityBatchRequestEntry"}};

template <>
inline constexpr std::tuple kMembers<PurgeQueueRequest>{kQueueUrl<PurgeQueueRequest>};

template <>
inline constexpr std::tuple kMembers<TagQueueRequest>{kQueueUrl<TagQueueRequest>,
                                                      kTags<TagQueueRequest>};

template <>
inline constexpr std::tuple kMembers<UntagQueueRequest>{
    kQueueUrl<UntagQueueRequest>,
    Member{.json = "TagKeys", .field = &UntagQueueRequest::tag_keys, .query = "TagKey"}};

template <>
inline constexpr std::tuple kMembers<ListQueueTagsRequest>{kQueueUrl<ListQueueTagsRequest>};

template <>
inline constexpr std::tuple kMembers<AddPermissionRequest>{
    kQueueUrl<AddPermissionRequest>, Member{.json = "Label", .field = &AddPermissionRequest::label},
    Member{.json = "AWSAccountIds",
           .field = &AddPermissionRequest::aws_account_ids,
           .query = "AWSAccountId"},
    Member{.json = "Actions", .field = &AddPermissionRequest::actions, .query = "ActionName"}};

template <>
inline constexpr std::tuple kMembers<RemovePermissionRequest>{
    kQueueUrl<RemovePermissionRequest>,
    Member{.json = "Label", .field = &RemovePermissionRequest::label}};

template <>
inline constexpr std::tuple kMembers<ListDeadLetterSourceQueuesRequest>{
    kQueueUrl<ListDeadLetterSourceQueuesRequest>,
    Member{.json = "MaxResults", .field = &ListDeadLetterSourceQueuesRequest::max_results},
    Member{.json = "NextToken", .field = &ListDeadLetterSourceQueuesRequest::next_token}};

template <>
inline constexpr std::tuple kMembers<StartMessageMoveTaskRequest>{
    Member{.json = "SourceArn", .field = &StartMessageMoveTaskRequest::source_arn},
    Member{.json = "DestinationArn", .field = &StartMessageMoveTaskRequest::destination_arn},
    Member{.json = "MaxNumberOfMessagesPerSecond",
           .field = &StartMessageMoveTaskRequest::max_number_of_messages_per_second}};

template <>
inline constexpr std::tuple kMembers<CancelMessageMoveTaskRequest>{
    Member{.json = "TaskHandle", .field = &CancelMessageMoveTaskRequest::task_handle}};

template <>
inline constexpr std::tuple kMembers<ListMessageMoveTasksRequest>{
    Member{.json = "SourceArn", .field = &ListMessageMoveTasksRequest::source_arn},
    Member{.json = "MaxResults", .field = &ListMessageMoveTasksRequest::max_results}};

}  // namespace forebay::protocol
