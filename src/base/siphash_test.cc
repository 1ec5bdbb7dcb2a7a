// SPDX-License-Identifier: Apache-2.0
#include "base/siphash.h"

#include <string>

#include <gtest/gtest.h>

#include "base/base64.h"

namespace forebay {
namespace {

std::string tag_of(std::string_view data) {
  Bytes16 key{};
  for (uint8_t i = 0; i < 16; ++i) key[i] = i;
  const Bytes16 tag = siphash128(key, data);
  return hex_encode({reinterpret_cast<const char*>(tag.data()), tag.size()});
}

std::string counting(int length) {
  std::string data;
  for (int i = 0; i < length; ++i) data.push_back(static_cast<char>(i));
  return data;
}

// Vectors of the reference implementation (vectors_sip128).
TEST(SipHash, MatchesThePublishedVectors) {
  EXPECT_EQ(tag_of(""), "a3817f04ba25a8e66df67214c7550293");
  EXPECT_EQ(tag_of(counting(1)), "da87c1d86b99af44347659119b22fc45");
  EXPECT_EQ(tag_of(counting(2)), "8177228da4a45dc7fca38bdef60affe4");
}

TEST(SipHash, EveryByteCounts) {
  std::string data = counting(40);
  const std::string before = tag_of(data);
  for (size_t i = 0; i < data.size(); ++i) {
    data[i] = static_cast<char>(data[i] ^ 1);
    EXPECT_NE(tag_of(data), before) << i;
    data[i] = static_cast<char>(data[i] ^ 1);
  }
}

}  // namespace
}  // namespace forebay
