// SPDX-License-Identifier: Apache-2.0
// Descriptions of the requests' members by their JSON names (protocol/member.h): what
// json_requests.cc walks.
// Thread: constants.
#pragma once

#include <tuple>

#include <forebay/sqs/message_move_tasks.h>
#include <forebay/sqs/messages.h>
#include <forebay/sqs/queues.h>

#include "protocol/member.h"

// clang-format off
/// Every request type, for explicit instantiation.
#define FOREBAY_SQS_FOR_EACH_REQUEST(X)                                                     \
  X(AddPermissionRequest) X(CancelMessageMoveTaskRequest) X(ChangeMessageVisibilityRequest) \
  X(ChangeMessageVisibilityBatchRequest) X(CreateQueueRequest) X(DeleteMessageRequest)      \
  X(DeleteMessageBatchRequest) X(DeleteQueueRequest) X(GetQueueAttributesRequest)           \
  X(GetQueueUrlRequest) X(ListDeadLetterSourceQueuesRequest) X(ListMessageMoveTasksRequest) \
  X(ListQueueTagsRequest) X(ListQueuesRequest) X(PurgeQueueRequest) X(ReceiveMessageRequest) \
  X(RemovePermissionRequest) X(SendMessageRequest) X(SendMessageBatchRequest)               \
  X(SetQueueAttributesRequest) X(StartMessageMoveTaskRequest) X(TagQueueRequest)            \
  X(UntagQueueRequest)
// clang-format on

namespace forebay::protocol {

template <class Shape>
inline constexpr Member kUrl{.json = "QueueUrl", .field = &Shape::queue_url};
template <class Shape>
inline constexpr Member kHandle{.json = "ReceiptHandle", .field = &Shape::receipt_handle};
template <class Shape>
inline constexpr Member kTimeout{.json = "VisibilityTimeout", .field = &Shape::visibility_timeout};
template <class Shape>
inline constexpr Member kId{.json = "Id", .field = &Shape::id};
template <class Shape>
inline constexpr Member kEntries{.json = "Entries", .field = &Shape::entries, .always = true};
template <class Shape>
inline constexpr Member kMaxResults{.json = "MaxResults", .field = &Shape::max_results};
template <class Shape>
inline constexpr Member kNextToken{.json = "NextToken", .field = &Shape::next_token};
template <class Shape>
inline constexpr Member kLabel{.json = "Label", .field = &Shape::label};
template <class Shape>
inline constexpr Member kSourceArn{.json = "SourceArn", .field = &Shape::source_arn};

/// What a message is sent with.
template <class Shape>
inline constexpr std::tuple kMessageMembers{
    Member{.json = "MessageBody", .field = &Shape::message_body},
    Member{.json = "DelaySeconds", .field = &Shape::delay_seconds},
    Member{.json = "MessageAttributes", .field = &Shape::message_attributes},
    Member{.json = "MessageSystemAttributes", .field = &Shape::message_system_attributes},
    Member{.json = "MessageDeduplicationId", .field = &Shape::message_deduplication_id},
    Member{.json = "MessageGroupId", .field = &Shape::message_group_id}};

using sqs::AddPermissionRequest;
template <>
inline constexpr std::tuple kMembers<AddPermissionRequest>{
    kUrl<AddPermissionRequest>, kLabel<AddPermissionRequest>,
    Member{.json = "AWSAccountIds", .field = &AddPermissionRequest::aws_account_ids},
    Member{.json = "Actions", .field = &AddPermissionRequest::actions}};
template <>
inline constexpr std::tuple kMembers<sqs::CancelMessageMoveTaskRequest>{
    Member{.json = "TaskHandle", .field = &sqs::CancelMessageMoveTaskRequest::task_handle}};
using sqs::ChangeMessageVisibilityRequest;
template <>
inline constexpr std::tuple kMembers<ChangeMessageVisibilityRequest>{
    kUrl<ChangeMessageVisibilityRequest>, kHandle<ChangeMessageVisibilityRequest>,
    kTimeout<ChangeMessageVisibilityRequest>};
using ChangeEntry = sqs::ChangeMessageVisibilityBatchRequest::Entry;
template <>
inline constexpr std::tuple kMembers<ChangeEntry>{kId<ChangeEntry>, kHandle<ChangeEntry>,
                                                  kTimeout<ChangeEntry>};
template <>
inline constexpr std::tuple kMembers<sqs::ChangeMessageVisibilityBatchRequest>{
    kUrl<sqs::ChangeMessageVisibilityBatchRequest>,
    kEntries<sqs::ChangeMessageVisibilityBatchRequest>};
template <>
inline constexpr std::tuple kMembers<sqs::CreateQueueRequest>{
    Member{.json = "QueueName", .field = &sqs::CreateQueueRequest::queue_name},
    Member{.json = "Attributes", .field = &sqs::CreateQueueRequest::attributes},
    Member{.json = "tags", .field = &sqs::CreateQueueRequest::tags}};
template <>
inline constexpr std::tuple kMembers<sqs::DeleteMessageRequest>{kUrl<sqs::DeleteMessageRequest>,
                                                                kHandle<sqs::DeleteMessageRequest>};
using DeleteEntry = sqs::DeleteMessageBatchRequest::Entry;
template <>
inline constexpr std::tuple kMembers<DeleteEntry>{kId<DeleteEntry>, kHandle<DeleteEntry>};
template <>
inline constexpr std::tuple kMembers<sqs::DeleteMessageBatchRequest>{
    kUrl<sqs::DeleteMessageBatchRequest>, kEntries<sqs::DeleteMessageBatchRequest>};
template <>
inline constexpr std::tuple kMembers<sqs::DeleteQueueRequest>{kUrl<sqs::DeleteQueueRequest>};
template <>
inline constexpr std::tuple kMembers<sqs::GetQueueAttributesRequest>{
    kUrl<sqs::GetQueueAttributesRequest>,
    Member{.json = "AttributeNames", .field = &sqs::GetQueueAttributesRequest::attribute_names}};
template <>
inline constexpr std::tuple kMembers<sqs::GetQueueUrlRequest>{
    Member{.json = "QueueName", .field = &sqs::GetQueueUrlRequest::queue_name},
    Member{.json = "QueueOwnerAWSAccountId",
           .field = &sqs::GetQueueUrlRequest::queue_owner_aws_account_id}};
using sqs::ListDeadLetterSourceQueuesRequest;
template <>
inline constexpr std::tuple kMembers<ListDeadLetterSourceQueuesRequest>{
    kUrl<ListDeadLetterSourceQueuesRequest>, kMaxResults<ListDeadLetterSourceQueuesRequest>,
    kNextToken<ListDeadLetterSourceQueuesRequest>};
template <>
inline constexpr std::tuple kMembers<sqs::ListMessageMoveTasksRequest>{
    kSourceArn<sqs::ListMessageMoveTasksRequest>, kMaxResults<sqs::ListMessageMoveTasksRequest>};
template <>
inline constexpr std::tuple kMembers<sqs::ListQueueTagsRequest>{kUrl<sqs::ListQueueTagsRequest>};
template <>
inline constexpr std::tuple kMembers<sqs::ListQueuesRequest>{
    Member{.json = "QueueNamePrefix", .field = &sqs::ListQueuesRequest::queue_name_prefix},
    kMaxResults<sqs::ListQueuesRequest>, kNextToken<sqs::ListQueuesRequest>};
template <>
inline constexpr std::tuple kMembers<sqs::PurgeQueueRequest>{kUrl<sqs::PurgeQueueRequest>};
using sqs::ReceiveMessageRequest;
template <>
inline constexpr std::tuple kMembers<ReceiveMessageRequest>{
    kUrl<ReceiveMessageRequest>,
    Member{.json = "MaxNumberOfMessages", .field = &ReceiveMessageRequest::max_number_of_messages},
    Member{.json = "WaitTimeSeconds", .field = &ReceiveMessageRequest::wait_time_seconds},
    kTimeout<ReceiveMessageRequest>,
    // Both names: servers older than the new one read the old one only, and take the union.
    Member{.json = "AttributeNames",
           .field = &ReceiveMessageRequest::message_system_attribute_names},
    Member{.json = "MessageSystemAttributeNames",
           .field = &ReceiveMessageRequest::message_system_attribute_names},
    Member{.json = "MessageAttributeNames",
           .field = &ReceiveMessageRequest::message_attribute_names},
    Member{.json = "ReceiveRequestAttemptId",
           .field = &ReceiveMessageRequest::receive_request_attempt_id}};
template <>
inline constexpr std::tuple kMembers<sqs::RemovePermissionRequest>{
    kUrl<sqs::RemovePermissionRequest>, kLabel<sqs::RemovePermissionRequest>};
template <>
inline constexpr auto kMembers<sqs::SendMessageRequest> = std::tuple_cat(
    std::tuple{kUrl<sqs::SendMessageRequest>}, kMessageMembers<sqs::SendMessageRequest>);
using SendEntry = sqs::SendMessageBatchRequest::Entry;
template <>
inline constexpr auto kMembers<SendEntry> =
    std::tuple_cat(std::tuple{kId<SendEntry>}, kMessageMembers<SendEntry>);
template <>
inline constexpr std::tuple kMembers<sqs::SendMessageBatchRequest>{
    kUrl<sqs::SendMessageBatchRequest>, kEntries<sqs::SendMessageBatchRequest>};
template <>
inline constexpr std::tuple kMembers<sqs::SetQueueAttributesRequest>{
    kUrl<sqs::SetQueueAttributesRequest>,
    Member{.json = "Attributes", .field = &sqs::SetQueueAttributesRequest::attributes}};
using sqs::StartMessageMoveTaskRequest;
template <>
inline constexpr std::tuple kMembers<StartMessageMoveTaskRequest>{
    kSourceArn<StartMessageMoveTaskRequest>,
    Member{.json = "DestinationArn", .field = &StartMessageMoveTaskRequest::destination_arn},
    Member{.json = "MaxNumberOfMessagesPerSecond",
           .field = &StartMessageMoveTaskRequest::max_number_of_messages_per_second}};
template <>
inline constexpr std::tuple kMembers<sqs::TagQueueRequest>{
    kUrl<sqs::TagQueueRequest>, Member{.json = "Tags", .field = &sqs::TagQueueRequest::tags}};
template <>
inline constexpr std::tuple kMembers<sqs::UntagQueueRequest>{
    kUrl<sqs::UntagQueueRequest>,
    Member{.json = "TagKeys", .field = &sqs::UntagQueueRequest::tag_keys}};

}  // namespace forebay::protocol
