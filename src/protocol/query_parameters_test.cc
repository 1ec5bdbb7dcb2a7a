// SPDX-License-Identifier: Apache-2.0
#include "protocol/query_parameters.h"

#include <gtest/gtest.h>

namespace forebay::protocol {
namespace {

std::shared_ptr<const QueryParameters> parse(std::string_view url, std::string_view body = {}) {
  auto parsed = QueryParameters::parse(url, body);
  EXPECT_TRUE(parsed.ok()) << (parsed.ok() ? "" : parsed.error().message);
  return std::move(parsed).value();
}

TEST(QueryParameters, AreTheUnionOfUrlAndBody) {
  const auto p = parse("Action=SendMessage&a=1", "b=2");
  EXPECT_EQ(p->find("Action"), "SendMessage");
  EXPECT_EQ(p->find("a"), "1");
  EXPECT_EQ(p->find("b"), "2");
  EXPECT_EQ(p->find("c"), std::nullopt);
  EXPECT_EQ(p->find(""), std::nullopt);
}

TEST(QueryParameters, LastOfARepeatedNameCountsAndTheBodyComesLast) {
  EXPECT_EQ(parse("a=1&b=x&a=2")->find("a"), "2");
  EXPECT_EQ(parse("a=1&a=2", "a=3")->find("a"), "3");
}

TEST(QueryParameters, PlusAndEscapesAreDecodedInNamesAndValues) {
  const auto p = parse("a%2Eb=x+y%20z%2B&%C3%A9=%e2%82%ac");
  EXPECT_EQ(p->find("a.b"), "x y z+");
  EXPECT_EQ(p->find("\xC3\xA9"), "\xE2\x82\xAC");
}

TEST(QueryParameters, AnythingElseIsTakenLiterally) {
  EXPECT_EQ(parse("", R"(MessageBody={"foo": "ba\rr", "b": [1]}&x=1)")->find("MessageBody"),
            R"({"foo": "ba\rr", "b": [1]})");
  EXPECT_EQ(parse("a=b=c==")->find("a"), "b=c==");
  EXPECT_EQ(parse("a=line\r\nline\t;?#")->find("a"), "line\r\nline\t;?#");
}

TEST(QueryParameters, EscapesWithoutTwoDigitsStandForThemselves) {
  EXPECT_EQ(parse("a=100%")->find("a"), "100%");
  EXPECT_EQ(parse("a=%4")->find("a"), "%4");
  EXPECT_EQ(parse("a=%zz%4g%g4")->find("a"), "%zz%4g%g4");
  EXPECT_EQ(parse("a=%%41")->find("a"), "%A");
  EXPECT_EQ(parse("a=%4&b=1")->find("a"), "%4");
}

TEST(QueryParameters, EmptyPartsAreSkippedAndEmptyValuesKept) {
  const auto p = parse("&&a=&b&&=v&");
  EXPECT_EQ(p->find("a"), "");
  EXPECT_EQ(p->find("b"), "");
  EXPECT_EQ(p->find(""), "v");
}

TEST(QueryParameters, NulIsAnOrdinaryCharacter) {
  EXPECT_EQ(parse("a=x%00y")->find("a"), std::string_view("x\0y", 3));
}

TEST(QueryParameters, IndexesAreSortedByNumberWithGaps) {
  const auto p =
      parse("A.10.Name=j&A.2.Name=b&A.9=i&A.2.Value=v&A.1000=k&AB.3=no&A.Name=no&A=no&A.7x=no");
  EXPECT_EQ(p->indexes("A"), (std::vector<uint32_t>{2, 9, 10, 1000}));
  EXPECT_EQ(p->indexes("AB"), (std::vector<uint32_t>{3}));
  EXPECT_TRUE(p->indexes("B").empty());
}

TEST(QueryParameters, OnlyPlainNumbersAreIndexes) {
  const auto p =
      parse("A.01=a&A.-1=b&A.%2B1=c&A.=d&A..1=e&A.1234567890=f&A.1e3=g&A.0=h&A.123456789=i");
  EXPECT_EQ(p->indexes("A"), (std::vector<uint32_t>{0, 123456789}));
}

TEST(QueryParameters, NamesAroundThePrefixDoNotDisturb) {
  const auto p =
      parse("E.1-x=1&E.1.Id=2&E.1.M.3.Name=3&E.1.M.2.Name=4&E.10.M.5.Name=5&E-1=6&E/1=7");
  EXPECT_EQ(p->indexes("E"), (std::vector<uint32_t>{1, 10}));
  EXPECT_EQ(p->indexes("E.1.M"), (std::vector<uint32_t>{2, 3}));
}

TEST(QueryParameters, TextThatIsNotUtf8IsRefused) {
  for (std::string_view bad : {"a=%FF", "a=\xC3", "a=%C0%80", "a=%ED%A0%80", "%E2%82=1",
                               "a=%E2%82&%AC=x", "a=%F4%90%80%80"}) {
    const auto parsed = QueryParameters::parse(bad, "");
    ASSERT_FALSE(parsed.ok()) << bad;
    EXPECT_EQ(parsed.error().code, ErrorCode::kSerialization);
    EXPECT_FALSE(QueryParameters::parse("", bad).ok()) << bad;
  }
  EXPECT_FALSE(QueryParameters::parse("a=%C3", "%A9=b").ok())
      << "halves of a character in URL and body";
}

TEST(QueryParameters, NumberOfParametersIsLimited) {
  std::string text = "a=1";
  for (size_t i = 1; i < kQueryParametersMax; ++i) text += "&a=1";
  EXPECT_TRUE(QueryParameters::parse(text, "").ok());
  EXPECT_FALSE(QueryParameters::parse(text, "b=1").ok());
  const auto parsed = QueryParameters::parse(text + "&b=1", "");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().code, ErrorCode::kSerialization);
}

TEST(QueryParameters, LengthOfNamesIsLimited) {
  EXPECT_TRUE(QueryParameters::parse(std::string(kQueryNameBytesMax, 'n') + "=1", "").ok());
  const auto parsed = QueryParameters::parse(std::string(kQueryNameBytesMax + 1, 'n') + "=1", "");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().code, ErrorCode::kSerialization);
}

TEST(QueryParameters, ManyEmptyParametersFit) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "=&";
  EXPECT_EQ(parse(text, text)->find(""), "");
}

}  // namespace
}  // namespace forebay::protocol
