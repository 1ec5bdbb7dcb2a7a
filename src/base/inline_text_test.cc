// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <forebay/inline_text.h>
#include <gtest/gtest.h>

namespace forebay {
namespace {

TEST(InlineText, HoldsUpToItsLimit) {
  InlineText<4> text("ab");
  EXPECT_EQ(text, "ab");
  text.append("cd");
  EXPECT_EQ(text.view(), "abcd");
  EXPECT_EQ(text.size(), 4u);
  EXPECT_DEATH(text.push_back('e'), "");
  EXPECT_DEATH(InlineText<4>("abcde"), "");
}

TEST(InlineText, StartsEmptyAndCanBeEmptiedAgain) {
  InlineText<4> text;
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(text, "");
  text.push_back('x');
  EXPECT_FALSE(text.empty());
  text.clear();
  EXPECT_EQ(text, InlineText<4>());
}

TEST(InlineText, ComparesWithWhateverIsAText) {
  const InlineText<8> text(std::string("ab"));
  EXPECT_EQ(text, std::string("ab"));
  EXPECT_EQ(text, std::string_view("ab"));
  EXPECT_NE(text, "a");
  EXPECT_NE(text, "abc");
  const InlineText<8> copy = text;
  EXPECT_EQ(copy, text);
}

TEST(InlineText, ZerosAreOrdinaryBytes) {
  const std::string_view bytes("a\0b", 3);
  EXPECT_EQ(InlineText<3>(bytes).view(), bytes);
}

}  // namespace
}  // namespace forebay
