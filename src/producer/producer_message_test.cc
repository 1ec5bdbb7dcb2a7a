// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <string>

#include <forebay/sqs/producer_message.h>
#include <gtest/gtest.h>

namespace forebay::sqs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(EventMessage, HasTypedAttributes) {
  const OutgoingMessage message =
      Event("OrderCreated", "{}")
          .priority("low", {{"low", std::chrono::minutes(5)}})
          .text("customerId", "c-1")
          .number("orderAmount", "99.90")
          .number("items", 3)
          .binary("key", std::string("\0\1", 2))
          .timestamp("createdAt", Timestamp(milliseconds(1'767'225'600'007)))
          .message();
  EXPECT_EQ(message.body, "{}");
  EXPECT_EQ(message.delay_seconds, seconds(300));
  const MessageAttributes expected = {
      {"eventType", MessageAttributeValue::string("OrderCreated")},
      {"priority", MessageAttributeValue::string("low")},
      {"customerId", MessageAttributeValue::string("c-1")},
      {"orderAmount", MessageAttributeValue::number("99.90")},
      {"items", MessageAttributeValue::number("3")},
      {"key", MessageAttributeValue::binary(std::string("\0\1", 2))},
      {"createdAt", MessageAttributeValue::string("2026-01-01T00:00:00.007Z")}};
  EXPECT_EQ(message.message_attributes, expected);
}

TEST(EventMessage, MomentsBefore1970AreExactToo) {
  const OutgoingMessage message =
      Event("e", "b").timestamp("at", Timestamp(milliseconds(-1))).message();
  EXPECT_EQ(message.message_attributes.at("at").value(), "1969-12-31T23:59:59.999Z");
}

TEST(EventMessage, OtherPrioritiesHaveNoDelay) {
  EXPECT_EQ(Event("e", "b").priority("high", {{"low", seconds(9)}}).message().delay_seconds,
            std::nullopt);
}

TEST(EventMessage, ContentIdSeesAttributesThatComeLater) {
  const OutgoingMessage message =
      Event("e", "b").deduplicated_by_content().group("g").text("n", "v").message();
  OutgoingMessage without_id = message;
  without_id.message_deduplication_id.reset();
  EXPECT_EQ(message.message_deduplication_id, content_deduplication_id(without_id));
}

TEST(ContentDeduplicationId, DiffersWithGroupBodyAndAttributes) {
  const OutgoingMessage first = fifo_message("body", "group");
  EXPECT_EQ(first.message_deduplication_id->size(), 64u);
  EXPECT_EQ(first.message_deduplication_id, fifo_message("body", "group").message_deduplication_id);
  EXPECT_NE(first.message_deduplication_id,
            fifo_message("body", "group2").message_deduplication_id);
  EXPECT_NE(first.message_deduplication_id,
            fifo_message("body2", "group").message_deduplication_id);
  OutgoingMessage with_attribute{.body = "body", .message_group_id = "group"};
  with_attribute.message_attributes["n"] = MessageAttributeValue::string("v");
  EXPECT_NE(first.message_deduplication_id, content_deduplication_id(with_attribute));
  // The parts are told apart: "ab" + "c" is not "a" + "bc".
  EXPECT_NE(fifo_message("c", "ab").message_deduplication_id,
            fifo_message("bc", "a").message_deduplication_id);
}

TEST(ContentDeduplicationId, GivenOnesAreKept) {
  EXPECT_EQ(fifo_message("body", "group", "mine").message_deduplication_id, "mine");
}

TEST(OutgoingMessageBytes, AreCountedAsSqsDoes) {
  OutgoingMessage message{.body = "12345"};
  message.message_attributes["name"] = MessageAttributeValue::string("value");  // 4 + 6 + 5
  message.message_system_attributes["AWSTraceHeader"] = MessageAttributeValue::string("x");
  EXPECT_EQ(bytes_of(message), 20u);
}

}  // namespace
}  // namespace forebay::sqs
