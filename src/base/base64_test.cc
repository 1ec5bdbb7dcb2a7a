// SPDX-License-Identifier: Apache-2.0
#include "base/base64.h"

#include <array>

#include <gtest/gtest.h>

namespace forebay {
namespace {

// RFC 4648 section 10.
TEST(Base64, MatchesThePublishedVectors) {
  EXPECT_EQ(base64_encode(""), "");
  EXPECT_EQ(base64_encode("f"), "Zg==");
  EXPECT_EQ(base64_encode("fo"), "Zm8=");
  EXPECT_EQ(base64_encode("foo"), "Zm9v");
  EXPECT_EQ(base64_encode("foobar"), "Zm9vYmFy");
}

TEST(Base64, DecodesWhatItEncodes) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
    bytes.push_back(static_cast<char>(i * 7));
  }
}

TEST(Base64, RefusesWhatIsNotBase64) {
  for (std::string_view text :
       {"Zg", "Zg=", "Z===", "====", "Zm9v\n", "Zh==", "Zm9v!mFy", "Zg==Zg=="}) {
    EXPECT_EQ(base64_decode(text), std::nullopt) << text;
  }
}

TEST(Base64, DecodesIntoExactlyTheRoomThereIs) {
  std::array<char, 4> four;
  EXPECT_TRUE(base64_decode("Zm9vYg==", four));
  EXPECT_EQ(std::string_view(four.data(), four.size()), "foob");
  for (std::string_view text : {"", "Zm9v", "Zm9vYmE=", "Zm9vYh==", "Zm9vY!==", "Zm9vYg"}) {
    EXPECT_FALSE(base64_decode(text, four)) << text;
  }
}

TEST(Hex, OfSixteenBytesIsTheSameInPlace) {
  Bytes16 bytes;
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i * 17);
  EXPECT_EQ(hex_encode(bytes), "00112233445566778899aabbccddeeff");
  EXPECT_EQ(hex_encode(std::string_view("\x0f\xa0", 2)), "0fa0");
}

}  // namespace
}  // namespace forebay
