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

}  // namespace
}  // namespace forebay::server
