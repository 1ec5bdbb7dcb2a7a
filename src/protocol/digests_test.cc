// SPDX-License-Identifier: Apache-2.0
#include "protocol/digests.h"

#include <algorithm>
#include <thread>

#include <gtest/gtest.h>

namespace forebay::protocol {
namespace {

std::pair<std::string, MessageAttributeValue> text(const std::string& name, std::string type,
                                                   std::string value) {
  return {name, {.data_type = std::move(type), .string_value = std::move(value)}};
}

std::pair<std::string, MessageAttributeValue> binary(const std::string& name, std::string type,
                                                     std::string value) {
  return {name, {.data_type = std::move(type), .binary_value = std::move(value)}};
}

TEST(Digests, Md5OfABody) {
  EXPECT_EQ(md5_hex("message"), "78e731027d8fd50ed642340b7c9a63b3");
  EXPECT_EQ(md5_hex(""), "d41d8cd98f00b204e9800998ecf8427e");
}

TEST(Md5, OfSeveralTextsIsThatOfEach) {
  const std::vector<std::string_view> texts{"message", "", "x", "message"};
  for (size_t count = 0; count <= texts.size(); ++count) {
    std::vector<InlineText<32>> digests(count);
    md5_hex(std::span(texts).first(count), digests);
    for (size_t i = 0; i < count; ++i) EXPECT_EQ(digests[i], md5_hex(texts[i]));
  }
}

TEST(Digests, Sha256OfABody) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Digests, AlgorithmsCanAlternateOnOneThread) {
  const InlineText<32> md5 = md5_hex("x");
  const std::string sha256 = sha256_hex("x");
  EXPECT_EQ(md5_hex("x"), md5);
  EXPECT_EQ(sha256_hex("x"), sha256);
}

TEST(Digests, EachThreadHasItsOwnContext) {
  InlineText<32> other;
  std::thread([&] { other = md5_hex("message"); }).join();
  EXPECT_EQ(other, md5_hex("message"));
}

// The vectors of contract section 4.5.
TEST(AttributeDigest, MatchesTheRecordedValues) {
  const std::pair<MessageAttributes, std::string> vectors[] = {
      {{text("k", "String", "x")}, "a45daa70926828a2f0a1db3418e6feb4"},
      {{text("timestamp", "Number", "1493147359900")}, "235c5c510d26fb653d073faed50ae77c"},
      {{text("timestamp", "Number", "1493147359901")}, "994258b45346a2cc3f9cbb611aa7af30"},
      {{text("timestamp", "Number.java.lang.Long", "1493147359900")},
       "2e2e4876d8e0bd6b8c2c8f556831c349"},
      {{text("somevalue", "String.custom", "somevalue")}, "9e05cca738e70ff6c6041e82d5e77ef1"},
      {{text("Foo", "String", "Bar")}, "ae7155c6026991b6d54b11589678bf9c"},
      {{text("MyAttribute", "String", "foobar")}, "adb59cd4678ea5a855436b949cd07ab6"},
      {{text("Help.Me", "String", "Me"), text("Hello", "String", "There"),
        text("General", "String", "Kenobi")},
       "4c360f3fdafd970e05fae2f149d997f5"},
      {{text("Hello", "String", "There"), text("General", "String", "Kenobi")},
       "fca026605781cb4126a1e9044df24232"},
      {{text("Hello", "String", "There"), text("Help.Me", "String", "Me")},
       "83fee93c1bcd8b9a5a923ffacdc636c7"},
      {{text("Hello", "String", "There")}, "a311262e065454b75da111d535b8dacd"},
      {{text("test-key", "String", "test-value")}, "befa18540a897f7d022bf07057754a03"},
      {{text("test-key", "String", "test-value"), text("test-key-alt", "String", "test-value-alt")},
       "2256c3b617e2b4b3ae4f2d455dcf54d0"},
      {{binary("attr1", "Binary",
               "traceparent\x1e"
               "00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01")},
       "8cbe4db156db8a94db8b801b7addb984"},
      {{text("AWSTraceHeader", "String",
             "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")},
       "5ae4d5d7636402d80f4eb6d213245a88"},
  };
  for (const auto& [attributes, digest] : vectors) {
    EXPECT_EQ(md5_of_message_attributes(attributes), digest) << attributes[0].first;
  }
}

TEST(AttributeDigest, DoesNotDependOnTheOrder) {
  MessageAttributes attributes = {text("b", "String", "1"),
                                  binary("a", "Binary.gif", std::string("\0\xff", 2)),
                                  text("B", "Number", "2")};
  const InlineText<32> digest = md5_of_message_attributes(attributes);
  std::ranges::reverse(attributes);
  EXPECT_EQ(md5_of_message_attributes(attributes), digest);
}

TEST(AttributeDigest, IsEmptyWithoutAttributes) {
  EXPECT_EQ(md5_of_message_attributes({}), "");
}

TEST(AttributeDigestDeathTest, AnAttributeWithoutAValueIsABug) {
  EXPECT_DEATH(md5_of_message_attributes({{"a", {.data_type = "String"}}}), "string_value");
}

}  // namespace
}  // namespace forebay::protocol
