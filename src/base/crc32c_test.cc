// SPDX-License-Identifier: Apache-2.0
#include "base/crc32c.h"

#include <string>

#include <gtest/gtest.h>

namespace forebay {
namespace {

// RFC 3720 (iSCSI), appendix B.4.
TEST(Crc32c, MatchesThePublishedVectors) {
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
}

TEST(Crc32c, ContinuesFromAnEarlierPart) {
  const std::string text = "a journal record that is longer than eight bytes";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(crc32c(text.substr(cut), crc32c(text.substr(0, cut))), crc32c(text));
  }
}

}  // namespace
}  // namespace forebay
