// SPDX-License-Identifier: Apache-2.0
#include "protocol/escape.h"

#include <gtest/gtest.h>

namespace forebay::protocol {
namespace {

std::string json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string xml(std::string_view text) {
  std::string out;
  append_xml_text(out, text);
  return out;
}

TEST(JsonString, EscapesQuotesBackslashesAndControls) {
  EXPECT_EQ(json(""), R"("")");
  EXPECT_EQ(json("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(json("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(json(std::string_view("\0\x01\x1f\x7f", 4)), "\"\\u0000\\u0001\\u001f\x7f\"");
}

TEST(JsonString, LeavesUnicodeRaw) {
  EXPECT_EQ(json("\xC3\xA9 \xF0\x9F\x98\x80"), "\"\xC3\xA9 \xF0\x9F\x98\x80\"");
}

TEST(XmlText, EscapesMarkupQuotesAndCarriageReturns) {
  EXPECT_EQ(xml(""), "");
  EXPECT_EQ(xml("<a & \"b\">'"), "&lt;a &amp; &quot;b&quot;&gt;'");
  EXPECT_EQ(xml("&quot;"), "&amp;quot;");
  EXPECT_EQ(xml("a\r\nb\tc"), "a&#xD;\nb\tc");
}

TEST(XmlText, ReplacesWhatXmlCannotCarry) {
  EXPECT_EQ(xml(std::string_view("a\0\x08\x1f"
                                 "b",
                                 5)),
            "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(xml("\xEF\xBF\xBE\xEF\xBF\xBF"), "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(XmlText, LeavesOtherUnicodeRaw) {
  EXPECT_EQ(xml("\xEF\xBF\xBD \xEF\xBB\xBF \xEF\xAC\x80 \xC3\xA9 \xF0\x9F\x98\x80"),
            "\xEF\xBF\xBD \xEF\xBB\xBF \xEF\xAC\x80 \xC3\xA9 \xF0\x9F\x98\x80");
}

// Long runs take another path than short ones: a special character at every place around a block's
// borders.
TEST(Escapes, FindSpecialCharactersAtEveryPlace) {
  for (size_t size = 1; size <= 100; ++size) {
    for (size_t at = 0; at < size; ++at) {
      std::string text(size, 'x');
      text[at] = '"';
      const std::string before(at, 'x');
      const std::string after(size - at - 1, 'x');
      ASSERT_EQ(json(text), "\"" + before + "\\\"" + after + "\"");
      ASSERT_EQ(xml(text), before + "&quot;" + after);
    }
  }
}

}  // namespace
}  // namespace forebay::protocol
