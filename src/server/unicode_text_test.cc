// SPDX-License-Identifier: Apache-2.0
#include "server/unicode_text.h"

#include <string>

#include <gtest/gtest.h>

namespace forebay::server {
namespace {

TEST(MessageText, AcceptsExactlyTheCodePointsOfTheContract) {
  struct Case {
    std::string_view text;
    bool valid;
  };
  using namespace std::string_view_literals;
  const Case cases[] = {
      {""sv, true},
      {"plain ASCII, long enough for the fast path"sv, true},
      {"\t\n\r"sv, true},
      {"\x7F"sv, true},
      {"\0"sv, false},
      {"\x08"sv, false},
      {"\x0B"sv, false},
      {"\x13"sv, false},
      {"\x1F"sv, false},
      {"\xC2\x80"sv, true},           // U+0080
      {"\xED\x9F\xBF"sv, true},       // U+D7FF
      {"\xED\xA0\x80"sv, false},      // U+D800, a surrogate
      {"\xED\xBF\xBF"sv, false},      // U+DFFF
      {"\xEE\x80\x80"sv, true},       // U+E000
      {"\xEF\xBF\xBD"sv, true},       // U+FFFD
      {"\xEF\xBF\xBE"sv, false},      // U+FFFE
      {"\xEF\xBF\xBF"sv, false},      // U+FFFF
      {"\xF0\x90\x80\x80"sv, true},   // U+10000
      {"\xF4\x8F\xBF\xBF"sv, true},   // U+10FFFF
      {"\xF4\x90\x80\x80"sv, false},  // above
      {"\xC0\x80"sv, false},          // overlong
      {"\xE0\x80\x80"sv, false},
      {"\xF0\x80\x80\x80"sv, false},
      {"\xC3"sv, false},  // cut short
      {"\xE2\x82"sv, false},
      {"\x80"sv, false},
      {"\xFF"sv, false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(is_message_text(c.text), c.valid) << testing::PrintToString(std::string(c.text));
  }
}

TEST(MessageText, FindsABadCharacterAtEveryPlaceOfALongText) {
  for (size_t place = 0; place < 40; ++place) {
    std::string text(40, 'x');
    EXPECT_TRUE(is_message_text(text));
    text[place] = '\x01';
    EXPECT_FALSE(is_message_text(text)) << place;
    text[place] = '\x1F';
    EXPECT_FALSE(is_message_text(text)) << place;
    text[place] = '\n';
    EXPECT_TRUE(is_message_text(text)) << place;
    text[place] = '\xFF';
    EXPECT_FALSE(is_message_text(text)) << place;
  }
}

TEST(Letter, NonAsciiLettersAreLettersAndSignsAreNot) {
  for (const char32_t c : U"aZäßøéжひ漢") {
    if (c != 0) EXPECT_TRUE(is_letter(c)) << static_cast<uint32_t>(c);
  }
  for (const char32_t c : U"0_-.!\"§(?×÷€ ") {
    EXPECT_FALSE(is_letter(c)) << static_cast<uint32_t>(c);
  }
}

TEST(CharacterCount, CountsCodePointsNotBytes) {
  EXPECT_EQ(count_characters(""), 0u);
  EXPECT_EQ(count_characters("aä漢😀"), 4u);
  EXPECT_EQ(count_characters("\xFF\xFF"), 2u);
}

}  // namespace
}  // namespace forebay::server
