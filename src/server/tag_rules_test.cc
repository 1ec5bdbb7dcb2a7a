// SPDX-License-Identifier: Apache-2.0
#include "server/tag_rules.h"

#include <string>

#include <gtest/gtest.h>

namespace forebay::server {
namespace {

std::string verdict(const std::string& key, const std::string& value) {
  const Result<engine::Tags> tags = parse_tags({{key, value}});
  if (tags.ok()) return "ok";
  EXPECT_EQ(tags.error().code, ErrorCode::kInvalidParameterValue);
  return tags.error().message;
}

TEST(Tags, KeysAreCaseSensitiveAndTheLaterOfTwoEqualOnesWins) {
  const Result<engine::Tags> tags =
      parse_tags({{"MyTag", "1"}, {"mytag", ""}, {"MyTag", "2"}, {"größe", "a b_.:/=+-@9"}});
  ASSERT_TRUE(tags.ok());
  EXPECT_EQ(tags.value(), (engine::Tags{{"MyTag", "2"}, {"mytag", ""}, {"größe", "a b_.:/=+-@9"}}));
}

TEST(Tags, LengthsCountCharacters) {
  const std::string long_key = "Tag keys must be between 1 and 128 characters in length.";
  std::string umlauts;
  for (int i = 0; i < 128; ++i) umlauts += "ä";
  EXPECT_EQ(verdict(umlauts, ""), "ok");
  EXPECT_EQ(verdict(umlauts + "a", ""), long_key);
  EXPECT_EQ(verdict("", "x"), long_key);
  EXPECT_EQ(verdict("k", std::string(256, 'v')), "ok");
  EXPECT_EQ(verdict("k", std::string(257, 'v')),
            "Tag values must be between 0 and 256 characters in length.");
}

TEST(Tags, ReservedKeysAndOtherCharactersAreRefused) {
  for (const char* key : {"aws:x", "AWS:x", "aWs:"}) {
    EXPECT_EQ(verdict(key, ""), "Tag keys must not begin with 'aws:'.");
  }
  EXPECT_EQ(verdict("awsome", ""), "ok");
  const std::string characters =
      "Tag keys and values can only contain letters, digits, blanks, and _ . : / = + - @";
  for (const char* bad : {"a!", "a\n", "a<b", "a\xFF"}) {
    EXPECT_EQ(verdict(bad, ""), characters);
    EXPECT_EQ(verdict("k", bad), characters);
  }
}

}  // namespace
}  // namespace forebay::server
