// SPDX-License-Identifier: Apache-2.0
#include "protocol/json_document.h"

#include <gtest/gtest.h>

namespace forebay::protocol {
namespace {

TEST(JsonDocument, AnObjectsMembersKeepTheirOrderAndLoseTheirSpace) {
  const auto members = json_members(
      "{ \"b\\u0041\" : [ 1, 1.5 ,null],\n\"a\":{ \"x\" : \"\\u00e9\\n\" },"
      "\"b\":2,\"b\":3 }");
  ASSERT_TRUE(members.has_value());
  std::string all;
  for (const JsonMember& member : *members) all += member.name + "=" + member.value + ";";
  EXPECT_EQ(all, "bA=[1,1.5,null];a={\"x\":\"\xC3\xA9\\n\"};b=2;b=3;");
  EXPECT_EQ(find_member(*members, "b")->value, "2") << "the first of that name";
  EXPECT_EQ(find_member(*members, "c"), nullptr);
}

TEST(JsonDocument, EachKindIsReadOnlyAsWhatItIs) {
  EXPECT_EQ(json_items(R"([ {"a" : 1}, "b" ])"),
            (std::vector<std::string>{R"({"a":1})", R"("b")"}));
  EXPECT_EQ(json_items("[]"), std::vector<std::string>());
  EXPECT_EQ(json_string(R"("a\u0041\"")"), "aA\"");
  for (const char* text : {"{}", "7", "null", "", "[", "\"\xff\""}) {
    EXPECT_EQ(json_items(text), std::nullopt) << text;
    EXPECT_EQ(json_string(text), std::nullopt) << text;
  }
  for (const char* text : {"[]", "\"a\"", "7", "null", "", "{", "{} x"}) {
    EXPECT_FALSE(json_members(text).has_value()) << text;
  }
}

TEST(JsonEquality, SpellingMakesNoDifference) {
  EXPECT_TRUE(is_same_json(R"({"a":1,"b":{"c":[1,"x"],"d":null}})",
                           " {\n\"b\" : {\"d\":null , \"c\":[1, \"x\"]},\t\"a\":1 } "));
  EXPECT_TRUE(is_same_json(R"({"a":"\u0041\/"})", R"({"\u0061":"A/"})"));
  EXPECT_TRUE(is_same_json("[]", "[ ]"));
}

TEST(JsonEquality, MeaningDoes) {
  const std::string whole = R"({"a":1,"b":[1,2],"c":"x"})";
  for (const char* other : {R"({"a":2,"b":[1,2],"c":"x"})", R"({"a":1,"b":[2,1],"c":"x"})",
                            R"({"a":1,"b":[1,2],"c":"X"})", R"({"a":1,"b":[1,2]})",
                            R"({"a":1,"b":[1,2],"c":"x","d":1})", R"({"a":"1","b":[1,2],"c":"x"})",
                            R"({"a":1.0,"b":[1,2],"c":"x"})", R"({"a":1,"b":{"1":2},"c":"x"})"}) {
    EXPECT_FALSE(is_same_json(whole, other)) << other;
    EXPECT_FALSE(is_same_json(other, whole)) << other;
  }
  EXPECT_FALSE(is_same_json(R"({"a":"b,\"c\":\"d"})", R"({"a":"b","c":"d"})"));
  EXPECT_FALSE(is_same_json("{}", "[]"));
  EXPECT_FALSE(is_same_json("[[],[]]", "[[[]]]"));
}

TEST(JsonEquality, WhatIsNotJsonEqualsNothing) {
  EXPECT_FALSE(is_same_json("{", "{"));
  EXPECT_FALSE(is_same_json("", ""));
  EXPECT_FALSE(is_same_json("{}", ""));
  const std::string deep = std::string(5000, '[') + std::string(5000, ']');
  EXPECT_FALSE(is_same_json(deep, deep));
}

}  // namespace
}  // namespace forebay::protocol
