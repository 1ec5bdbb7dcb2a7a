// SPDX-License-Identifier: Apache-2.0
// Descriptions of the replies (see shape_members.h).
//
// The order is that of the XML (contract 1.5.2); JSON is sorted by name when compiled.
// Thread: constants.
#pragma once

#include <tuple>

#include "protocol/member.h"
#include "protocol/shapes.h"
#include "protocol/shared_members.h"

namespace forebay::protocol {

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

template <>
inline constexpr std::tuple kMembers<ListDeadLetterSourceQueuesReply>{
    Member{.json = "queueUrls",
           .field = &ListDeadLetterSourceQueuesReply::queue_urls,
           .query = "QueueUrl",
           .always = true},
    Member{.json = "NextToken", .field = &ListDeadLetterSourceQueuesReply::next_token}};

template <>
inline constexpr std::tuple kMembers<StartMessageMoveTaskReply>{
    Member{.json = "TaskHandle", .field = &StartMessageMoveTaskReply::task_handle}};

template <>
inline constexpr std::tuple kMembers<CancelMessageMoveTaskReply>{
    Member{.json = "ApproximateNumberOfMessagesMoved",
           .field = &CancelMessageMoveTaskReply::approximate_number_of_messages_moved}};

using MoveTaskEntry = ListMessageMoveTasksReply::Entry;

template <>
inline constexpr std::tuple kMembers<MoveTaskEntry>{
    Member{.json = "TaskHandle", .field = &MoveTaskEntry::task_handle},
    Member{.json = "Status", .field = &MoveTaskEntry::status},
    Member{.json = "SourceArn", .field = &MoveTaskEntry::source_arn},
    Member{.json = "DestinationArn", .field = &MoveTaskEntry::destination_arn},
    Member{.json = "MaxNumberOfMessagesPerSecond",
           .field = &MoveTaskEntry::max_number_of_messages_per_second},
    Member{.json = "ApproximateNumberOfMessagesMoved",
           .field = &MoveTaskEntry::approximate_number_of_messages_moved},
    Member{.json = "ApproximateNumberOfMessagesToMove",
           .field = &MoveTaskEntry::approximate_number_of_messages_to_move},
    Member{.json = "FailureReason", .field = &MoveTaskEntry::failure_reason},
    Member{.json = "StartedTimestamp", .field = &MoveTaskEntry::started_timestamp}};

// Clients index `Results` without asking whether it is there; what AWS does when there never was a
// task is not recorded.
template <>
inline constexpr std::tuple kMembers<ListMessageMoveTasksReply>{
    Member{.json = "Results",
           .field = &ListMessageMoveTasksReply::results,
           .query = "*ResultEntry",
           .always = true}};

}  // namespace forebay::protocol
