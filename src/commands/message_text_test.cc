// SPDX-License-Identifier: Apache-2.0
#include "commands/message_text.h"

#include <gtest/gtest.h>

#include "commands/session.h"

namespace forebay::commands {
namespace {

using sqs::MessageAttributeValue;

TEST(MessageAttribute, HasATypeOrIsAString) {
  const auto value = [](const std::string& text) {
    return parse_message_attribute(text).value().second;
  };
  EXPECT_EQ(value("tries=Number:3"), MessageAttributeValue::number(3));
  EXPECT_EQ(value("n=Number.int:3").data_type, "Number.int");
  EXPECT_EQ(value("s=String:a:b=c"), MessageAttributeValue::string("a:b=c"));
  EXPECT_EQ(value("url=http://x"), MessageAttributeValue::string("http://x"));
  EXPECT_EQ(value("b=Binary:AAH/"), MessageAttributeValue::binary(std::string("\0\1\xff", 3)));
  EXPECT_EQ(parse_message_attribute("tries=Number:3")->first, "tries");
  for (const char* text : {"novalue", "=x", "b=Binary:?"}) {
    EXPECT_EQ(parse_message_attribute(text).error().kind, sqs::ErrorKind::kConfiguration) << text;
  }
}

TEST(JsonLine, SetsWhatItNames) {
  Entry entry{.delay_seconds = std::chrono::seconds(9), .message_group_id = "common"};
  entry.message_attributes["kept"] = MessageAttributeValue::string("k");
  const auto read = read_json_line(
      R"({"body":"zwei \u20ac\n","message_deduplication_id":"d","delay_seconds":5,)"
      R"("message_attributes":{"a":"text","n":-3.50,)"
      R"("b":{"data_type":"Binary.x","binary_value":"aGk="},)"
      R"("s":{"data_type":"String","string_value":"x"}},"receipt_handle":"passed over"})",
      entry);
  ASSERT_TRUE(read.ok()) << read.error();
  EXPECT_EQ(entry.message_body, "zwei €\n");
  EXPECT_EQ(entry.delay_seconds, std::chrono::seconds(5));
  EXPECT_EQ(entry.message_group_id, "common");
  EXPECT_EQ(entry.message_deduplication_id, "d");
  EXPECT_EQ(entry.message_attributes.size(), 5u);
  EXPECT_EQ(entry.message_attributes["a"], MessageAttributeValue::string("text"));
  EXPECT_EQ(entry.message_attributes["b"].binary_value, "hi");
  EXPECT_EQ(entry.message_attributes["n"].data_type, "Number");
}

TEST(JsonLine, WhatCannotBeReadIsRefusedInWords) {
  const std::pair<const char*, const char*> cases[] = {
      {"nothing", "it is not a JSON object"},
      {"[1]", "it is not a JSON object"},
      {"{}", "it has no body"},
      {R"({"body":5})", "body must be a text"},
      {R"({"body":"x","bdoy":"y"})", "unknown member 'bdoy'"},
      {R"({"body":"x","delay_seconds":"5"})", "delay_seconds must be a whole number"},
      {R"({"body":"x","message_attributes":[]})", "message_attributes must be an object"},
      {R"({"body":"x","message_attributes":{"a":true}})",
       "attribute a must be a text, a number or an object"},
      {R"({"body":"x","message_attributes":{"a":{"binary_value":"?"}}})",
       "binary_value of attribute a is not base64"},
      {R"({"body":"x","message_attributes":{"a":{"value":"?"}}})",
       "attribute a has an unknown member value"},
  };
  for (const auto& [line, why] : cases) {
    Entry entry;
    const auto read = read_json_line(line, entry);
    ASSERT_FALSE(read.ok()) << line;
    EXPECT_EQ(read.error().message, why);
  }
}

sqs::Message received() {
  sqs::Message message{
      .message_id = "id-1", .receipt_handle = "handle", .body = "a \"b\"\n\x1b[2J"};
  message.attributes.message_group_id = "g";
  message.attributes.message_deduplication_id = "d";
  message.attributes.sequence_number = "18";
  message.attributes.sent_timestamp = sqs::Timestamp(std::chrono::milliseconds(1'700'000'000'123));
  message.attributes.approximate_receive_count = 2;
  message.message_attributes["n"] = MessageAttributeValue::number(3);
  message.message_attributes["b"] = MessageAttributeValue::binary("hi");
  return message;
}

TEST(ReceivedMessage, WhatIsPrintedCanBeSentAgain) {
  const sqs::Message message = received();
  Entry entry;
  const auto read = read_json_line(json_of(message), entry);
  ASSERT_TRUE(read.ok()) << read.error();
  EXPECT_EQ(entry.message_body, message.body);
  EXPECT_EQ(entry.message_attributes, message.message_attributes);
  EXPECT_EQ(entry.message_group_id, "g");
  EXPECT_EQ(entry.message_deduplication_id, "d");
}

TEST(ReceivedMessage, AsTextItTellsEverythingAndCannotCommandATerminal) {
  const std::string text = described(received());
  for (const char* part :
       {"message   id-1\n", "sent      2023-11-14T22:13:20.123Z\n", "received  2 times\n",
        "group     g\n", "attribute n=Number:3\n", "attribute b=Binary:aGk=\n",
        "handle    handle\n", "a \"b\"\n\\x1b[2J\n"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\nin\n" << text;
  }
}

TEST(ShownText, HasNoControlsButLinesAndTabs) {
  EXPECT_EQ(shown_text("a\tb\n"), "a\tb\n");
  EXPECT_EQ(shown_text("\x1b[2J\r\x7f\u009b2J"), "\\x1b[2J\\x0d\\x7f\\x9b2J");
  EXPECT_EQ(shown_text("größe \u00a0 漢"), "größe \u00a0 漢");
  EXPECT_EQ(shown_text("\xc2"), "\xc2");
}

TEST(MessageBytes, AreThoseThatSqsCounts) {
  Entry entry{.message_body = "12345"};
  entry.message_attributes["ab"] = MessageAttributeValue::string("xyz");
  EXPECT_EQ(message_bytes(entry), 5u + 2 + 6 + 3);
}

TEST(ExitCodes, SayWhatKindOfErrorItWas) {
  EXPECT_EQ(exit_code_of(sqs::ErrorKind::kInvalidRequest), 1);
  EXPECT_EQ(exit_code_of(sqs::ErrorKind::kConfiguration), 2);
  EXPECT_EQ(exit_code_of(sqs::ErrorKind::kQueueNotFound), 3);
  EXPECT_EQ(exit_code_of(sqs::ErrorKind::kAuth), 4);
  EXPECT_EQ(exit_code_of(sqs::ErrorKind::kNetwork), 5);
  EXPECT_EQ(exit_code_of(sqs::ErrorKind::kConflict), 6);
  EXPECT_EQ(exit_code_of(sqs::ErrorKind::kCancelled), 130);
}

}  // namespace
}  // namespace forebay::commands
