// SPDX-License-Identifier: Apache-2.0
#include "server/uuid.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace forebay::server {
namespace {

class SameByte final : public env::Random {
 public:
  explicit SameByte(uint8_t byte) : byte_(byte) {}
  void fill(std::span<uint8_t> out) override { std::fill(out.begin(), out.end(), byte_); }

 private:
  uint8_t byte_;
};

TEST(Uuid, CarriesVersionAndVariantWhateverTheRandomBytes) {
  SameByte ones(0xFF);
  SameByte zeros(0x00);
  EXPECT_EQ(uuid_text(random_uuid(ones)), "ffffffff-ffff-4fff-bfff-ffffffffffff");
  EXPECT_EQ(uuid_text(random_uuid(zeros)), "00000000-0000-4000-8000-000000000000");
}

TEST(Uuid, IsReadBackOnlyFromItsOwnText) {
  const std::string text = "0c5d1b3e-7b1a-4c55-9e42-0d7f3a1b2c4d";
  const std::optional<Bytes16> uuid = parse_uuid(text);
  ASSERT_TRUE(uuid.has_value());
  EXPECT_EQ((*uuid)[0], 0x0C);
  EXPECT_EQ((*uuid)[15], 0x4D);
  EXPECT_EQ(uuid_text(*uuid), text);
  for (const char* bad :
       {"", "foobared", "0C5D1B3E-7B1A-4C55-9E42-0D7F3A1B2C4D",
        "0c5d1b3e-7b1a-4c55-9e42-0d7f3a1b2c4", "0c5d1b3e-7b1a-4c55-9e42-0d7f3a1b2c4dd",
        "0c5d1b3e-7b1a-4c55-9e42-0d7f3a1b2cxx", "0c5d1b3e07b1a04c5509e4200d7f3a1b2c4d",
        "------------------------------------", "0c5d1b3e7b1a4c559e420d7f3a1b2c4d----"}) {
    EXPECT_FALSE(parse_uuid(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace forebay::server
