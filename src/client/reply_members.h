// SPDX-License-Identifier: Apache-2.0
// Descriptions of the replies' members by their JSON names (protocol/member.h): what
// json_replies.cc walks.
// Thread: constants.
#pragma once

#include <functional>
#include <tuple>

#include <forebay/sqs/message_move_tasks.h>
#include <forebay/sqs/messages.h>
#include <forebay/sqs/queues.h>

#include "protocol/member.h"

namespace forebay::protocol {

template <>
inline constexpr std::tuple kMembers<sqs::EmptyReply>{};
template <>
inline constexpr std::tuple kMembers<sqs::QueueUrlReply>{
    Member{.json = "QueueUrl", .field = &sqs::QueueUrlReply::queue_url}};
// ListDeadLetterSourceQueues spells the list in lower case.
template <>
inline constexpr std::tuple kMembers<sqs::QueueUrlsReply>{
    Member{.json = "QueueUrls", .field = &sqs::QueueUrlsReply::queue_urls},
    Member{.json = "queueUrls", .field = &sqs::QueueUrlsReply::queue_urls},
    Member{.json = "NextToken", .field = &sqs::QueueUrlsReply::next_token}};
// One map holds what can be set and what cannot.
template <>
inline constexpr std::tuple kMembers<sqs::GetQueueAttributesReply>{
    Member{.json = "Attributes", .field = std::identity()}};
template <>
inline constexpr std::tuple kMembers<sqs::ListQueueTagsReply>{
    Member{.json = "Tags", .field = &sqs::ListQueueTagsReply::tags}};

using sqs::SendMessageReply;
template <>
inline constexpr std::tuple kMembers<SendMessageReply>{
    Member{.json = "MessageId", .field = &SendMessageReply::message_id},
    Member{.json = "MD5OfMessageBody", .field = &SendMessageReply::md5_of_message_body},
    Member{.json = "MD5OfMessageAttributes", .field = &SendMessageReply::md5_of_message_attributes},
    Member{.json = "MD5OfMessageSystemAttributes",
           .field = &SendMessageReply::md5_of_message_system_attributes},
    Member{.json = "SequenceNumber", .field = &SendMessageReply::sequence_number}};
template <>
inline constexpr auto kMembers<sqs::SendMessageBatchReply::Entry> = std::tuple_cat(
    std::tuple{Member{.json = "Id", .field = &sqs::SendMessageBatchReply::Entry::id}},
    through(&sqs::SendMessageBatchReply::Entry::result, kMembers<SendMessageReply>));

using sqs::BatchResultErrorEntry;
template <>
inline constexpr std::tuple kMembers<BatchResultErrorEntry>{
    Member{.json = "Id", .field = &BatchResultErrorEntry::id},
    Member{.json = "Code", .field = &BatchResultErrorEntry::code},
    Member{.json = "Message", .field = &BatchResultErrorEntry::message},
    Member{.json = "SenderFault", .field = &BatchResultErrorEntry::sender_fault}};
template <>
inline constexpr std::tuple kMembers<sqs::SendMessageBatchReply>{
    Member{.json = "Successful", .field = &sqs::SendMessageBatchReply::successful},
    Member{.json = "Failed", .field = &sqs::SendMessageBatchReply::failed}};
template <>
inline constexpr std::tuple kMembers<sqs::BatchReply>{
    Member{
        .json = "Successful", .field = &sqs::BatchReply::successful, .spelling = Spelling::kIdOnly},
    Member{.json = "Failed", .field = &sqs::BatchReply::failed}};

using sqs::Message;
template <>
inline constexpr std::tuple kMembers<Message>{
    Member{.json = "MessageId", .field = &Message::message_id},
    Member{.json = "ReceiptHandle", .field = &Message::receipt_handle},
    Member{.json = "Body", .field = &Message::body},
    Member{.json = "MD5OfBody", .field = &Message::md5_of_body},
    Member{.json = "MD5OfMessageAttributes", .field = &Message::md5_of_message_attributes},
    Member{.json = "Attributes", .field = &Message::attributes},
    Member{.json = "MessageAttributes", .field = &Message::message_attributes}};
template <>
inline constexpr std::tuple kMembers<sqs::MessageAttributeValue>{
    Member{.json = "DataType", .field = &sqs::MessageAttributeValue::data_type},
    Member{.json = "StringValue", .field = &sqs::MessageAttributeValue::string_value},
    Member{.json = "BinaryValue",
           .field = &sqs::MessageAttributeValue::binary_value,
           .spelling = Spelling::kBase64}};
template <>
inline constexpr std::tuple kMembers<sqs::ReceiveMessageReply>{
    Member{.json = "Messages", .field = &sqs::ReceiveMessageReply::messages}};

template <>
inline constexpr std::tuple kMembers<sqs::StartMessageMoveTaskReply>{
    Member{.json = "TaskHandle", .field = &sqs::StartMessageMoveTaskReply::task_handle}};
template <>
inline constexpr std::tuple kMembers<sqs::CancelMessageMoveTaskReply>{
    Member{.json = "ApproximateNumberOfMessagesMoved",
           .field = &sqs::CancelMessageMoveTaskReply::approximate_number_of_messages_moved}};
using TaskEntry = sqs::ListMessageMoveTasksReply::Entry;
template <>
inline constexpr std::tuple kMembers<TaskEntry>{
    Member{.json = "TaskHandle", .field = &TaskEntry::task_handle},
    Member{.json = "Status", .field = &TaskEntry::status},
    Member{.json = "SourceArn", .field = &TaskEntry::source_arn},
    Member{.json = "DestinationArn", .field = &TaskEntry::destination_arn},
    Member{.json = "MaxNumberOfMessagesPerSecond",
           .field = &TaskEntry::max_number_of_messages_per_second},
    Member{.json = "ApproximateNumberOfMessagesMoved",
           .field = &TaskEntry::approximate_number_of_messages_moved},
    Member{.json = "ApproximateNumberOfMessagesToMove",
           .field = &TaskEntry::approximate_number_of_messages_to_move},
    Member{.json = "FailureReason", .field = &TaskEntry::failure_reason},
    Member{.json = "StartedTimestamp", .field = &TaskEntry::started_timestamp}};
template <>
inline constexpr std::tuple kMembers<sqs::ListMessageMoveTasksReply>{
    Member{.json = "Results", .field = &sqs::ListMessageMoveTasksReply::results}};

}  // namespace forebay::protocol
