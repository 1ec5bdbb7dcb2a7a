// SPDX-License-Identifier: Apache-2.0
#include "dead_letter_manager/requeued_message.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

namespace forebay::sqs::detail {
namespace {

using std::chrono::seconds;

constexpr Timestamp kFailed(seconds(1'000));
constexpr Timestamp kNow(seconds(5'000));
const std::string kUrl = "http://host/000000000000/orders";

Message message_with(int attributes) {
  Message message;
  message.message_id = MessageId("id-1");
  message.body = "a body";
  message.attributes.approximate_first_receive_timestamp = kFailed;
  for (int i = 0; i < attributes; ++i) {
    message.message_attributes["a" + std::to_string(i)] = MessageAttributeValue::binary("\x01\xff");
  }
  return message;
}

TEST(RequeuedMessage, IsTheSameWithCountAndTimeAdded) {
  Message message = message_with(2);
  message.attributes.aws_trace_header = "Root=1";
  message.attributes.message_group_id = "g";
  const OutgoingMessage sent = requeued({.message = message, .now = kNow}, seconds(300), kUrl);
  EXPECT_EQ(sent.body, "a body");
  EXPECT_EQ(sent.delay_seconds, seconds(300));
  EXPECT_EQ(sent.message_group_id, "g");
  EXPECT_FALSE(sent.message_deduplication_id.has_value());
  EXPECT_EQ(sent.message_system_attributes.at("AWSTraceHeader").value(), "Root=1");
  MessageAttributes expected = message.message_attributes;
  expected["RequeueAttempt"] = MessageAttributeValue::number(1);
  expected["FirstFailureTimestamp"] = MessageAttributeValue::number(1'000'000);
  EXPECT_EQ(sent.message_attributes, expected);
}

TEST(RequeuedMessage, TheCountGrowsAndTheTimeStays) {
  Message message = message_with(0);
  message.message_attributes["RequeueAttempt"] = MessageAttributeValue::number(2);
  message.message_attributes["FirstFailureTimestamp"] = MessageAttributeValue::number(7);
  const OutgoingMessage sent = requeued({.message = message, .now = kNow}, seconds(0), kUrl);
  EXPECT_EQ(sent.message_attributes.at("RequeueAttempt").value(), "3");
  EXPECT_EQ(sent.message_attributes.at("FirstFailureTimestamp").value(), "7");
  EXPECT_FALSE(sent.delay_seconds.has_value());
}

TEST(RequeuedMessage, NineAttributesLeaveRoomForTheCountOnly) {
  const Message message = message_with(9);
  const DeadLetter letter{.message = message, .now = kNow};
  ASSERT_TRUE(has_room_for_attempt(letter));
  const OutgoingMessage sent = requeued(letter, seconds(0), kUrl);
  EXPECT_EQ(sent.message_attributes.size(), 10u);
  EXPECT_TRUE(sent.message_attributes.contains("RequeueAttempt"));
  for (const auto& [name, value] : message.message_attributes) {
    EXPECT_EQ(sent.message_attributes.at(name), value);
  }
}

TEST(RequeuedMessage, TenAttributesLeaveNoRoomUnlessTheCountIsOneOfThem) {
  Message message = message_with(10);
  EXPECT_FALSE(has_room_for_attempt({.message = message}));
  message = message_with(9);
  message.message_attributes["RequeueAttempt"] = MessageAttributeValue::number(1);
  EXPECT_TRUE(has_room_for_attempt({.message = message}));
}

TEST(RequeuedMessage, AFullMessageHasNoRoom) {
  Message message = message_with(0);
  // "RequeueAttempt", "Number" and "1".
  message.body.assign(kMessageBytesMax - 21, 'x');
  EXPECT_TRUE(has_room_for_attempt({.message = message}));
  EXPECT_EQ(requeued({.message = message}, seconds(0), kUrl).message_attributes.size(), 1u);
  message.body.push_back('x');
  EXPECT_FALSE(has_room_for_attempt({.message = message}));
}

TEST(RequeuedMessage, OnFifoQueuesAnAttemptHasOneDeduplicationId) {
  Message message = message_with(0);
  message.attributes.message_group_id = "g";
  const auto id_of = [&] {
    const OutgoingMessage sent = requeued({.message = message}, seconds(0), kUrl + ".fifo");
    EXPECT_EQ(sent.message_group_id, "g");
    EXPECT_FALSE(sent.delay_seconds.has_value());
    return sent.message_deduplication_id.value_or("");
  };
  const std::string first = id_of();
  EXPECT_EQ(first, id_of());
  message.message_attributes["RequeueAttempt"] = MessageAttributeValue::number(1);
  EXPECT_NE(first, id_of());
}

}  // namespace
}  // namespace forebay::sqs::detail
