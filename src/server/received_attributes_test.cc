// SPDX-License-Identifier: Apache-2.0
#include "server/received_attributes.h"

#include <map>

#include <gtest/gtest.h>

#include "engine/facts.h"
#include "server/stored_message.h"
#include "server/uuid.h"

namespace forebay::server {
namespace {

using Names = std::vector<std::string>;

StoredMessage plain_message() {
  StoredMessage stored;
  stored.body_md5 = "78e731027d8fd50ed642340b7c9a63b3";
  stored.body = "message";
  stored.sender_id = "000000000000";
  stored.attributes = {
      {"Help.Me", "String", "Me"}, {"Hello", "String", "There"}, {"General", "String", "Kenobi"}};
  return stored;
}

engine::ReceiveMessages::Message received(const StoredMessage& stored,
                                          std::string_view group = {}) {
  const std::string content = encode_stored_message(stored);
  engine::MessageSent sent;
  sent.message_id.fill(0x11);
  sent.group = group;
  sent.content = content;
  engine::ReceiveMessages::Message message;
  message.receipt_handle = "handle";
  message.number = MessageNumber(5);
  message.receive_count = 2;
  message.sent = WallMs(1000);
  message.first_received = WallMs(2000);
  message.fifo = false;
  message.move_count = 0;
  engine::encode_fact(sent, message.sent, message.record);
  return message;
}

std::map<std::string, std::string> system_attributes(
    const engine::ReceiveMessages::Message& message, const Names& names) {
  const auto shown = show_message(message, AttributeSelection(names, {}));
  EXPECT_TRUE(shown.ok());
  return {shown.value().attributes.begin(), shown.value().attributes.end()};
}

/// Names and digest of the attributes shown for `names`.
std::pair<Names, std::string> message_attributes(const Names& names) {
  const engine::ReceiveMessages::Message message = received(plain_message());
  const auto shown = show_message(message, AttributeSelection({}, names));
  EXPECT_TRUE(shown.ok());
  Names found;
  for (const auto& [name, value] : shown.value().message_attributes) found.push_back(name);
  return {found, std::string(shown.value().md5_of_message_attributes)};
}

TEST(ReceivedMessage, CarriesIdHandleAndBody) {
  const engine::ReceiveMessages::Message message = received(plain_message());
  const auto shown = show_message(message, AttributeSelection({}, {}));
  ASSERT_TRUE(shown.ok());
  EXPECT_EQ(shown.value().message_id, "11111111-1111-1111-1111-111111111111");
  EXPECT_EQ(shown.value().receipt_handle, "handle");
  EXPECT_EQ(shown.value().body, "message");
  EXPECT_EQ(shown.value().md5_of_body, "78e731027d8fd50ed642340b7c9a63b3");
  EXPECT_TRUE(shown.value().attributes.empty());
  EXPECT_TRUE(shown.value().message_attributes.empty());
  EXPECT_EQ(shown.value().md5_of_message_attributes, "");
}

TEST(SystemAttributeSelection, AllOfAStandardMessageAreFour) {
  const std::map<std::string, std::string> expected = {
      {"ApproximateFirstReceiveTimestamp", "2000"},
      {"ApproximateReceiveCount", "2"},
      {"SenderId", "000000000000"},
      {"SentTimestamp", "1000"},
  };
  EXPECT_EQ(system_attributes(received(plain_message()), {"SenderId", "All"}), expected);
}

TEST(SystemAttributeSelection, UnknownAndInapplicableNamesShowNothing) {
  const auto message = received(plain_message());
  EXPECT_EQ(system_attributes(message, {"SenderId", "SequenceNumber"}).size(), 1u);
  EXPECT_TRUE(system_attributes(message, {"Policy", "Foobar", "all", ""}).empty());
}

TEST(SystemAttributeSelection, AStandardMessageMayHaveAGroupAndATrace) {
  StoredMessage stored = plain_message();
  stored.trace_header = "Root=1";
  const auto all = system_attributes(received(stored, "tenant"), {"All"});
  EXPECT_EQ(all.size(), 6u);
  EXPECT_EQ(all.at("MessageGroupId"), "tenant");
  EXPECT_EQ(all.at("AWSTraceHeader"), "Root=1");
}

TEST(SystemAttributeSelection, AFifoMessageHasThreeMore) {
  StoredMessage stored = plain_message();
  stored.deduplication_id = "dedup";
  auto message = received(stored, "g");
  message.fifo = true;
  const auto all = system_attributes(message, {"All"});
  EXPECT_EQ(all.size(), 7u);
  EXPECT_EQ(all.at("MessageGroupId"), "g");
  EXPECT_EQ(all.at("MessageDeduplicationId"), "dedup");
  EXPECT_EQ(all.at("SequenceNumber"), "10000000000000000005");
}

TEST(SystemAttributeSelection, ADeadLetterTellsItsSource) {
  StoredMessage stored = plain_message();
  stored.deduplication_id = "dedup";
  auto message = received(stored, "g");
  message.dead_letter_source_arn = "arn:aws:sqs:us-east-1:000000000000:q";
  EXPECT_EQ(system_attributes(message, {"All"}).at("DeadLetterQueueSourceArn"),
            "arn:aws:sqs:us-east-1:000000000000:q");
  message.fifo = true;
  EXPECT_EQ(system_attributes(message, {"All"}).at("MessageDeduplicationId"),
            "11111111-1111-1111-1111-111111111111");
}

TEST(ReceivedMessage, AMovedMessageHasTheIdOfTheNewOne) {
  auto message = received(plain_message(), "g");
  message.move_count = 2;
  message.fifo = true;
  message.dead_letter_source_arn = "arn:aws:sqs:us-east-1:000000000000:q.fifo";
  Bytes16 original;
  original.fill(0x11);
  const InlineText<36> moved = uuid_text(engine::message_id_after_moves(original, 2));
  ASSERT_NE(moved, uuid_text(original));
  const auto shown = show_message(message, AttributeSelection({}, {}));
  ASSERT_TRUE(shown.ok());
  EXPECT_EQ(shown.value().message_id, moved);
  EXPECT_EQ(system_attributes(message, {"All"}).at("MessageDeduplicationId"), moved);
}

TEST(MessageAttributeSelection, DigestsCoverExactlyWhatIsShown) {
  const Names all = {"Help.Me", "Hello", "General"};
  for (const char* everything : {"All", ".*", "*"}) {
    EXPECT_EQ(message_attributes({everything}),
              (std::pair<Names, std::string>{all, "4c360f3fdafd970e05fae2f149d997f5"}));
  }
  EXPECT_EQ(
      message_attributes({"Hel.*"}),
      (std::pair<Names, std::string>{{"Help.Me", "Hello"}, "83fee93c1bcd8b9a5a923ffacdc636c7"}));
  EXPECT_EQ(
      message_attributes({"Hello", "General"}),
      (std::pair<Names, std::string>{{"Hello", "General"}, "fca026605781cb4126a1e9044df24232"}));
  EXPECT_EQ(message_attributes({"Hello"}).second, "a311262e065454b75da111d535b8dacd");
}

TEST(MessageAttributeSelection, UnknownAndIllegalNamesShowNothing) {
  for (const char* name : {"hello", "AWS.", "..foo", "", "Nope", "Hel*", "Hel."}) {
    EXPECT_EQ(message_attributes({name}), (std::pair<Names, std::string>())) << name;
  }
}

TEST(MessageAttributeSelection, BinaryValuesStayBinary) {
  StoredMessage stored = plain_message();
  stored.attributes = {{"b", "Binary.gif", std::string_view("\0\xFF", 2)}};
  const engine::ReceiveMessages::Message message = received(stored);
  const auto shown = show_message(message, AttributeSelection({}, {"All"}));
  ASSERT_TRUE(shown.ok());
  const protocol::MessageAttributeValue& value = shown.value().message_attributes.at(0).second;
  EXPECT_EQ(value.data_type, "Binary.gif");
  EXPECT_EQ(value.binary_value, std::string("\0\xFF", 2));
  EXPECT_FALSE(value.string_value.has_value());
}

TEST(ReceivedMessage, ARecordOfAnotherKindIsDamage) {
  engine::ReceiveMessages::Message message = received(plain_message());
  message.record.clear();
  engine::encode_fact(engine::Reclaimed{1}, WallMs(1), message.record);
  const auto shown = show_message(message, AttributeSelection({}, {}));
  ASSERT_FALSE(shown.ok());
  EXPECT_EQ(shown.error().code, ErrorCode::kStorageDamaged);
}

}  // namespace
}  // namespace forebay::server
