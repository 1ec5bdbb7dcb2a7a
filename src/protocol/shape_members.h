// SPDX-License-Identifier: Apache-2.0
// The one description of every shape: its members, their names on each wire, where values are kept.
//
// The order is that of the XML replies (contract 1.5.2); JSON replies are sorted by name when
// compiled. A member added here is read and written on every wire.
// Thread: constants.
#pragma once

#include <tuple>

#include "protocol/member.h"
#include "protocol/shapes.h"

namespace forebay::protocol {

// ---- Parts that several shapes share ----

template <class Shape>
inline constexpr Member kQueueUrl{.json = "QueueUrl", .field = &Shape::queue_url};

template <class Shape>
inline constexpr Member kTags{.json = "Tags", .field = &Shape::tags, .query = "Tag", .key = "Key"};

template <class Shape>
inline constexpr Member kAttributes{
    .json = "Attributes", .field = &Shape::attributes, .query = "Attribute"};

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
inline constexpr std::tuple kMembers<MessageAttributeValue>{
    Member{.json = "StringValue", .field = &MessageAttributeValue::string_value},
    Member{.json = "BinaryValue",
           .field = &MessageAttributeValue::binary_value,
           .spelling = Spelling::kBase64},
    Member{.json = "StringListValues",
           .field = &MessageAttributeValue::has_list_values,
           .query = "StringListValue",
           .spelling = Spelling::kNotEmpty},
    Member{.json = "BinaryListValues",
           .field = &MessageAttributeValue::has_list_values,
           .query = "BinaryListValue",
           .spelling = Spelling::kNotEmpty},
    Member{.json = "DataType", .field = &MessageAttributeValue::data_type}};

// ---- Requests ----

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

// ---- Replies ----

template <>
inline constexpr std::tuple kMembers<QueueUrlReply>{kQueueUrl<QueueUrlReply>};

template <>
inline constexpr std::tuple kMembers<ListQueuesReply>{
    Member{.json = "QueueUrls",
           .field = &ListQueuesReply::queue_urls,
           .query = "QueueUrl",
           .mirror = "queueUrls"},
    Member{.json = "NextToken", .field = &ListQueuesReply::next_token}};

template <>
inline constexpr std::tuple kMembers<GetQueueAttributesReply>{kAttributes<GetQueueAttributesReply>};

template <>
inline constexpr std::tuple kMembers<ListQueueTagsReply>{kTags<ListQueueTagsReply>};

template <>
inline constexpr std::tuple kMembers<SendMessageReply>{
    Member{.json = "MessageId", .field = &SendMessageReply::message_id},
    Member{.json = "MD5OfMessageBody", .field = &SendMessageReply::md5_of_message_body},
    Member{.json = "MD5OfMessageAttributes", .field = &SendMessageReply::md5_of_message_attributes},
    Member{.json = "MD5OfMessageSystemAttributes",
           .field = &SendMessageReply::md5_of_message_system_attributes},
    Member{.json = "SequenceNumber", .field = &SendMessageReply::sequence_number}};

template <>
inline constexpr auto kMembers<SendMessageBatchReply::Entry> =
    std::tuple_cat(std::tuple{Member{.json = "Id", .field = &SendMessageBatchReply::Entry::id}},
                   through(&SendMessageBatchReply::Entry::result, kMembers<SendMessageReply>));

template <>
inline constexpr std::tuple kMembers<BatchResultErrorEntry>{
    Member{.json = "Id", .field = &BatchResultErrorEntry::id},
    Member{.json = "Code", .field = &BatchResultErrorEntry::code},
    Member{.json = "Message", .field = &BatchResultErrorEntry::message},
    Member{.json = "SenderFault", .field = &BatchResultErrorEntry::sender_fault}};

template <class Shape>
inline constexpr Member kFailed{
    .json = "Failed", .field = &Shape::failed, .query = "BatchResultErrorEntry"};

template <>
inline constexpr std::tuple kMembers<SendMessageBatchReply>{
    Member{
        .json = "Successful", .field = &SendMessageBatchReply::successful, .query = "*ResultEntry"},
    kFailed<SendMessageBatchReply>};

template <>
inline constexpr std::tuple kMembers<IdBatchReply>{Member{.json = "Successful",
                                                          .field = &IdBatchReply::successful_ids,
                                                          .query = "*ResultEntry",
                                                          .spelling = Spelling::kIdOnly},
                                                   kFailed<IdBatchReply>};

template <>
inline constexpr std::tuple kMembers<ReceivedMessage>{
    Member{.json = "MessageId", .field = &ReceivedMessage::message_id},
    Member{.json = "ReceiptHandle", .field = &ReceivedMessage::receipt_handle},
    Member{.json = "MD5OfBody", .field = &ReceivedMessage::md5_of_body},
    Member{.json = "Body", .field = &ReceivedMessage::body},
    kAttributes<ReceivedMessage>,
    Member{.json = "MD5OfMessageAttributes", .field = &ReceivedMessage::md5_of_message_attributes},
    Member{.json = "MessageAttributes",
           .field = &ReceivedMessage::message_attributes,
           .query = "MessageAttribute"}};

template <>
inline constexpr std::tuple kMembers<ReceiveMessageReply>{
    Member{.json = "Messages",
           .field = &ReceiveMessageReply::messages,
           .query = "Message",
           .mirror = "messages"}};

}  // namespace forebay::protocol

// clang-format off
/// Every request shape, for explicit instantiation.
#define FOREBAY_FOR_EACH_REQUEST(X)                                                        \
  X(CreateQueueRequest) X(DeleteQueueRequest) X(GetQueueUrlRequest) X(ListQueuesRequest)   \
  X(GetQueueAttributesRequest) X(SetQueueAttributesRequest) X(SendMessageRequest)          \
  X(SendMessageBatchRequest) X(ReceiveMessageRequest) X(DeleteMessageRequest)              \
  X(DeleteMessageBatchRequest) X(ChangeMessageVisibilityRequest)                           \
  X(ChangeMessageVisibilityBatchRequest) X(PurgeQueueRequest) X(TagQueueRequest)           \
  X(UntagQueueRequest) X(ListQueueTagsRequest)

/// Every reply shape.
#define FOREBAY_FOR_EACH_REPLY(X)                                                          \
  X(EmptyReply) X(QueueUrlReply) X(ListQueuesReply) X(GetQueueAttributesReply)             \
  X(ListQueueTagsReply) X(SendMessageReply) X(SendMessageBatchReply) X(IdBatchReply)       \
  X(ReceiveMessageReply)
// clang-format on
