// SPDX-License-Identifier: Apache-2.0
#include "server/stored_message.h"

#include <gtest/gtest.h>

namespace forebay::server {
namespace {

constexpr std::string_view kMd5 = "78e731027d8fd50ed642340b7c9a63b3";

StoredMessage full_message() {
  StoredMessage message;
  message.body_md5 = kMd5;
  message.body = "message";
  message.sender_id = "000000000000";
  message.trace_header = "Root=1";
  message.deduplication_id = "d";
  message.attributes = {{"Foo", "String.custom", "Bar"},
                        {"bin", "Binary", std::string_view("\0\xFF", 2)}};
  return message;
}

TEST(StoredMessage, ComesBackAsItWasWritten) {
  const std::string content = encode_stored_message(full_message());
  const Result<StoredMessage> read = decode_stored_message(content);
  ASSERT_TRUE(read.ok());
  const StoredMessage& message = read.value();
  EXPECT_EQ(message.body_md5, kMd5);
  EXPECT_EQ(message.body, "message");
  EXPECT_EQ(message.sender_id, "000000000000");
  EXPECT_EQ(message.trace_header, "Root=1");
  EXPECT_EQ(message.deduplication_id, "d");
  ASSERT_EQ(message.attributes.size(), 2u);
  EXPECT_EQ(message.attributes[0].name, "Foo");
  EXPECT_EQ(message.attributes[0].data_type, "String.custom");
  EXPECT_EQ(message.attributes[0].value, "Bar");
  EXPECT_EQ(message.attributes[1].value, std::string_view("\0\xFF", 2));
}

TEST(StoredMessage, BytesStayAsDocumented) {
  StoredMessage message;
  message.body_md5 = "000102030405060708090a0b0c0d0eff";
  message.body = "b";
  message.sender_id = "s";
  message.attributes = {{"k", "String", "x"}};
  const std::string expected(
      "\x01"
      "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\xff"
      "\x01"
      "b"
      "\x01"
      "s"
      "\x00"
      "\x00"
      "\x01"
      "\x01"
      "k"
      "\x06"
      "String"
      "\x01"
      "x",
      35);
  EXPECT_EQ(encode_stored_message(message), expected);
}

TEST(StoredMessage, EveryShorteningAndLengtheningIsDamage) {
  const std::string content = encode_stored_message(full_message());
  for (size_t length = 0; length < content.size(); ++length) {
    const auto read = decode_stored_message(std::string_view(content).substr(0, length));
    ASSERT_FALSE(read.ok()) << length;
    EXPECT_EQ(read.error().code, ErrorCode::kStorageDamaged);
  }
  EXPECT_FALSE(decode_stored_message(content + "x").ok());
}

TEST(StoredMessage, UnknownVersionAndImpossibleCountsAreDamage) {
  std::string content = encode_stored_message(full_message());
  content[0] = 2;
  EXPECT_EQ(decode_stored_message(content).error().message, "stored message: unknown version");
  StoredMessage crowded = full_message();
  crowded.attributes.resize(11, {"n", "String", "v"});
  EXPECT_EQ(decode_stored_message(encode_stored_message(crowded)).error().message,
            "stored message: too many attributes");
}

}  // namespace
}  // namespace forebay::server
