// SPDX-License-Identifier: Apache-2.0
#include "protocol/md5_lanes.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "protocol/digests.h"

namespace forebay::protocol {
namespace {

std::vector<std::string> side_by_side(const std::vector<std::string>& texts) {
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  std::vector<Bytes16> digests(views.size());
  md5_side_by_side(views, digests);
  std::vector<std::string> digits;
  for (const Bytes16& digest : digests) digits.emplace_back(hex_encode(digest));
  return digits;
}

/// Of `bytes` bytes, which differ.
std::string text_of(size_t bytes, size_t seed) {
  std::string text(bytes, '\0');
  for (size_t i = 0; i < bytes; ++i)
    text[i] = static_cast<char>((i * 131 + seed * 7 + i / 251) & 0xff);
  return text;
}

TEST(Md5SideBySide, GivesTheDigestsOfRfc1321) {
  EXPECT_EQ(side_by_side({"", "a", "abc", "message digest", "abcdefghijklmnopqrstuvwxyz"}),
            (std::vector<std::string>{
                "d41d8cd98f00b204e9800998ecf8427e", "0cc175b9c0f1b6a831c399e269772661",
                "900150983cd24fb0d6963f7d28e17f72", "f96b697d7cb7938d525a2f31aaf161d0",
                "c3fcd3d76192e4007dfb496cca67e13b"}));
}

TEST(Md5SideBySide, EveryLengthAroundABlockAndEveryCount) {
  for (size_t count = 0; count <= 26; ++count) {
    for (size_t first = 0; first <= 130; first += count + 1) {
      std::vector<std::string> texts;
      std::vector<std::string> wanted;
      for (size_t i = 0; i < count; ++i) {
        texts.push_back(text_of(first + i, i));
        wanted.emplace_back(md5_hex(texts.back()));
      }
      ASSERT_EQ(side_by_side(texts), wanted) << count << " texts from " << first << " bytes on";
    }
  }
}

TEST(Md5SideBySide, TextsOfVeryDifferentLengthsDoNotDisturbEachOther) {
  const std::vector<std::string> texts{
      "", text_of(1 << 20, 1), "x", text_of(262'144, 2), text_of(63, 3), text_of(64, 4)};
  std::vector<std::string> wanted;
  for (const std::string& text : texts) wanted.emplace_back(md5_hex(text));
  EXPECT_EQ(side_by_side(texts), wanted);
}

}  // namespace
}  // namespace forebay::protocol
