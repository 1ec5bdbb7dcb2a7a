// SPDX-License-Identifier: Apache-2.0
#include "dead_letter_manager/requeued_message.h"

#include <utility>

#include <fmt/format.h>

#include "base/check.h"

namespace forebay::sqs::detail {
namespace {

OutgoingMessage copy_of(const Message& message, std::chrono::seconds delay,
                        const std::string& target_url) {
  OutgoingMessage copy{.body = message.body,
                       .message_attributes = message.message_attributes,
                       .message_group_id = message.attributes.message_group_id};
  // FIFO queues refuse a delay of a message, even of 0.
  if (!is_fifo(target_url) && delay.count() > 0) copy.delay_seconds = delay;
  if (message.attributes.aws_trace_header) {
    copy.message_system_attributes["AWSTraceHeader"] =
        MessageAttributeValue::string(*message.attributes.aws_trace_header);
  }
  return copy;
}

bool fits(const OutgoingMessage& message) {
  return message.message_attributes.size() <= kMessageAttributesMax &&
         bytes_of(message) <= kMessageBytesMax;
}

/// The earliest moment that is known: SQS tells when the message was first received.
Timestamp first_failure_of(const DeadLetter& letter) {
  return letter.message.attributes.approximate_first_receive_timestamp.value_or(letter.now);
}

MessageAttributeValue next_attempt(const DeadLetter& letter) {
  return MessageAttributeValue::number(letter.requeue_attempts() + 1);
}

}  // namespace

bool is_fifo(std::string_view queue_url) {
  return queue_url.ends_with(".fifo");
}

bool has_room_for_attempt(const DeadLetter& letter) {
  OutgoingMessage added;  // without the body, which may be large
  added.message_attributes = letter.message.message_attributes;
  added.message_attributes.insert_or_assign(std::string(kRequeueAttemptAttribute),
                                            next_attempt(letter));
  return added.message_attributes.size() <= kMessageAttributesMax &&
         bytes_of(added) + letter.message.body.size() <= kMessageBytesMax;
}

OutgoingMessage requeued(const DeadLetter& letter, std::chrono::seconds delay,
                         const std::string& target_url) {
  OutgoingMessage copy = copy_of(letter.message, delay, target_url);
  MessageAttributes& attributes = copy.message_attributes;
  const MessageAttributeValue attempt = next_attempt(letter);
  attributes.insert_or_assign(std::string(kRequeueAttemptAttribute), attempt);
  CHECK(fits(copy));
  if (is_fifo(target_url)) {
    copy.message_deduplication_id =
        fmt::format("requeue-{}-{}", attempt.value(), letter.message.message_id.view());
  }
  if (attributes.contains(kFirstFailureAttribute)) return copy;
  const auto added = attributes.emplace(
      kFirstFailureAttribute,
      MessageAttributeValue::number(first_failure_of(letter).time_since_epoch().count()));
  if (!fits(copy)) attributes.erase(added.first);
  return copy;
}

OutgoingMessage restored(const ArchivedLetter& letter, std::chrono::seconds delay,
                         const std::string& target_url) {
  OutgoingMessage copy = copy_of(letter.message, delay, target_url);
  if (is_fifo(target_url)) {
    copy.message_deduplication_id = fmt::format("restore-{}", letter.message.message_id.view());
  }
  return copy;
}

}  // namespace forebay::sqs::detail
