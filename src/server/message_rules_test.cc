// SPDX-License-Identifier: Apache-2.0
#include "server/message_rules.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace forebay::server {
namespace {

using protocol::MessageAttributes;
using protocol::MessageAttributeValue;

MessageAttributeValue text_value(std::string type, std::string text) {
  MessageAttributeValue value;
  value.data_type = std::move(type);
  value.string_value = std::move(text);
  return value;
}

MessageAttributeValue binary_value(std::string type, std::string bytes) {
  MessageAttributeValue value;
  value.data_type = std::move(type);
  value.binary_value = std::move(bytes);
  return value;
}

/// The error's text, or "ok".
std::string verdict(const MessageAttributes& attributes) {
  const Result<void> result = check_message_attributes(attributes);
  if (result.ok()) return "ok";
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidParameterValue);
  return result.error().message;
}

std::string name_verdict(const std::string& name) {
  return verdict({{name, text_value("String", "x")}});
}

std::string value_verdict(const MessageAttributeValue& value) {
  return verdict({{"X", value}});
}

TEST(MessageBody, IllegalCharacterIsInvalidMessageContents) {
  EXPECT_TRUE(check_body("{\"a\": \"\xF0\x9F\x98\x80\r\n\"}").ok());
  const Result<void> result = check_body("a\x08");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidMessageContents);
  EXPECT_EQ(result.error().message,
            "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to "
            "#xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF");
}

TEST(MessageSize, CountsBodyNamesTypesAndDecodedValues) {
  EXPECT_EQ(message_size("", {}), 0);
  EXPECT_EQ(message_size("ä", {}), 2);
  EXPECT_EQ(message_size("body", {{"k", text_value("String", "x")}}), 4 + 1 + 6 + 1);
  EXPECT_EQ(message_size("b", {{"k", text_value("String.label", "x")},
                               {"bin", binary_value("Binary", std::string(5, '\0'))}}),
            1 + 1 + 12 + 1 + 3 + 6 + 5);
}

TEST(MessageAttributeName, IsCheckedAsInTheContract) {
  const std::string reserved =
      "You can't use message attribute names beginning with 'AWS.' or 'Amazon'. These strings are "
      "reserved for internal use.";
  const std::string character =
      "Message (user) attribute name must only contain A-Z, a-z, 0-9, underscores (_), hyphens "
      "(-), and periods (.).";
  const std::pair<std::string, std::string> cases[] = {
      {"attr.1øßä", "ok"},
      {"a_b-c.D9", "ok"},
      {"AWSTraceHeader", "ok"},
      {"Amazonas", "ok"},
      {std::string(256, 'n'), "ok"},
      {"", "The request must contain non-empty message (user) attribute names."},
      {std::string(257, 'n'), "Message (user) attribute name must be shorter than 256 bytes."},
      {"aWs.x", reserved},
      {"AMAZON.x", reserved},
      {".a", "Message (user) attribute name must not begin with character '.'."},
      {"a.", "Message (user) attribute name must not end with character '.'."},
      {"a..b", "Message (user) attribute name must not have successive '.' characters."},
      {"a!", character},
      {"a\"", character},
      {"a§", character},
      {"a(", character},
      {"a?b", character},
      {"a b", character},
      {"a\xFF", character},
  };
  for (const auto& [name, expected] : cases) EXPECT_EQ(name_verdict(name), expected) << name;
}

TEST(MessageAttributeType, IsCheckedAsInTheContract) {
  const std::string invalid =
      "The type of message (user) attribute 'X' is invalid. You must use only the following "
      "supported type prefixes: Binary, Number, String.";
  for (const char* type : {"String", "String.custom", "Number.java.lang.Long", "Number"}) {
    EXPECT_EQ(value_verdict(text_value(type, "1")), "ok") << type;
  }
  EXPECT_EQ(value_verdict(binary_value("Binary.gif", "\x01")), "ok");
  for (const char* type : {"Invalid", "string", "Strings", " String", "NUMBER"}) {
    EXPECT_EQ(value_verdict(text_value(type, "1")), invalid) << type;
  }
  EXPECT_EQ(value_verdict(text_value("String.\x01", "1")), invalid);
  EXPECT_EQ(value_verdict(text_value("String." + std::string(249, 'x'), "1")), "ok");
  EXPECT_EQ(value_verdict(text_value("String." + std::string(250, 'x'), "1")),
            "Message (user) attribute type must be shorter than 256 bytes.");
  MessageAttributeValue no_type;
  no_type.string_value = "x";
  const std::string missing =
      "The message (user) attribute 'X' must contain a non-empty message attribute type.";
  EXPECT_EQ(value_verdict(no_type), missing);
  EXPECT_EQ(value_verdict(text_value("", "x")), missing);
}

TEST(MessageAttributeValue, IsCheckedAsInTheContract) {
  MessageAttributeValue none;
  none.data_type = "String";
  EXPECT_EQ(value_verdict(none),
            "The message (user) attribute 'X' must contain a non-empty message attribute value.");
  MessageAttributeValue both = text_value("String", "x");
  both.binary_value = "y";
  EXPECT_EQ(value_verdict(both), "Message (user) attribute 'X' must have a single value.");
  EXPECT_EQ(value_verdict(text_value("Binary", "x")),
            "Message (user) attribute 'X' with type 'Binary' must use field 'Binary'.");
  EXPECT_EQ(value_verdict(binary_value("String.a", "x")),
            "Message (user) attribute 'X' with type 'String' must use field 'String'.");
  EXPECT_EQ(verdict({{"ErrorDetails", text_value("String", "")}}),
            "Message (user) attribute 'ErrorDetails' must contain a non-empty value of type "
            "'String'.");
  EXPECT_EQ(value_verdict(binary_value("Binary", "")),
            "Message (user) attribute 'X' must contain a non-empty value of type 'Binary'.");
  EXPECT_EQ(value_verdict(text_value("String", "a\x01")),
            "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to "
            "#xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF");
  EXPECT_EQ(value_verdict(binary_value("Binary", std::string("\0\xFF", 2))), "ok");
}

TEST(NumberAttribute, TakesDecimalNumbersOf38DigitsWithinRange) {
  for (const char* text : {"0", "1493147359900", "-1", "+1", "1.5", ".5", "5.", "1e10", "1E-5",
                           "-0.0", "00012.500", "99999999999999999999999999999999999999", "1e126",
                           "1e-128", "0e9999", "10000000000000000000000000000000000000000000"}) {
    EXPECT_EQ(value_verdict(text_value("Number", text)), "ok") << text;
  }
  for (const char* text :
       {"abc", "1a", " 1", "1 ", "-", ".", "e5", "1e", "1e+", "0x10", "1.2.3", "NaN",
        "999999999999999999999999999999999999999", "1e127", "1e-129", "1e99999999999"}) {
    EXPECT_EQ(value_verdict(text_value("Number", text)),
              "Can't cast the value of message (user) attribute 'X' to a number.")
        << text;
  }
}

TEST(MessageAttributes, TenAreAllowedAndElevenRefused) {
  MessageAttributes attributes;
  for (int i = 0; i < 10; ++i) {
    attributes.emplace_back("a" + std::to_string(i), text_value("String", "x"));
  }
  EXPECT_EQ(verdict(attributes), "ok");
  attributes.emplace_back("a10", text_value("String", "x"));
  EXPECT_EQ(verdict(attributes),
            "Number of message attributes [11] exceeds the allowed maximum [10].");
}

TEST(MessageAttributes, AreUniqueByName) {
  EXPECT_EQ(verdict({{"A", text_value("String", "x")}, {"a", text_value("String", "x")}}), "ok");
  EXPECT_EQ(verdict({{"A", text_value("String", "x")}, {"A", text_value("String", "y")}}),
            "Message (user) attribute 'A' must have a single value.");
}

TEST(MessageAttributes, ListValuesAreUnsupported) {
  MessageAttributeValue list = text_value("String", "x");
  list.has_list_values = true;
  const Result<void> result = check_message_attributes({{"X", list}});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kUnsupportedOperation);
  EXPECT_EQ(result.error().message,
            "Message attribute list values in SendMessage operation are not supported.");
}

TEST(SystemAttributes, OnlyATraceHeaderOfTypeStringIsAccepted) {
  EXPECT_TRUE(check_system_attributes({}).ok());
  EXPECT_TRUE(check_system_attributes({{"AWSTraceHeader", text_value("String", "Root=1")}}).ok());
  const std::pair<MessageAttributes, std::string> cases[] = {
      {{{"Hello", text_value("String", "x")}}, "Message system attribute name 'Hello' is invalid."},
      {{{"AWSTraceHeader", text_value("Number", "1")}},
       "The type of message (system) attribute 'AWSTraceHeader' is invalid. You must use only the "
       "following supported type prefixes: String."},
      {{{"AWSTraceHeader", binary_value("String", "1")}},
       "Message (system) attribute 'AWSTraceHeader' with type 'String' must use field 'String'."},
      {{{"AWSTraceHeader", text_value("String", "")}},
       "Message (system) attribute 'AWSTraceHeader' must contain a non-empty value of type "
       "'String'."},
      {{{"AWSTraceHeader", text_value("String", "\x01")}},
       "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | "
       "#xE000 to #xFFFD | #x10000 to #x10FFFF"},
  };
  for (const auto& [attributes, text] : cases) {
    const Result<void> result = check_system_attributes(attributes);
    ASSERT_FALSE(result.ok()) << text;
    EXPECT_EQ(result.error(), (Error{ErrorCode::kInvalidParameterValue, text}));
  }
}

TEST(GroupAndDeduplicationIds, Are1To128CharactersOfAsciiWithoutBlanks) {
  const std::string punctuation = "azAZ09!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
  EXPECT_TRUE(check_token("MessageGroupId", punctuation).ok());
  EXPECT_TRUE(check_token("MessageGroupId", std::string(128, 'g')).ok());
  for (const std::string& bad : {std::string(), std::string(129, 'g'), std::string("group 123"),
                                 std::string("ä"), std::string("a\tb"), std::string("\x7F")}) {
    const Result<void> result = check_token("MessageGroupId", bad);
    ASSERT_FALSE(result.ok()) << bad;
    EXPECT_EQ(result.error(),
              (Error{ErrorCode::kInvalidParameterValue,
                     "Value " + bad +
                         " for parameter MessageGroupId is invalid. Reason: MessageGroupId can "
                         "only include alphanumeric and punctuation characters. 1 to 128 in "
                         "length."}));
  }
}

}  // namespace
}  // namespace forebay::server
