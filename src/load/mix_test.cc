// SPDX-License-Identifier: Apache-2.0
#include "load/mix.h"

#include <gtest/gtest.h>

namespace forebay::load {
namespace {

Mix parsed(std::string_view text) {
  Result<Mix> mix = parse_mix(text);
  EXPECT_TRUE(mix.ok()) << text;
  return mix.ok() ? *mix : Mix{};
}

TEST(ParseMix, KnowsTheNamedOnes) {
  EXPECT_EQ(parsed("send").kind, Mix::Kind::kSend);
  EXPECT_EQ(parsed("receive-delete").kind, Mix::Kind::kReceiveDelete);
  EXPECT_EQ(parsed("roundtrip").kind, Mix::Kind::kRoundtrip);
  EXPECT_EQ(parsed("roundtrip").name, "roundtrip");
  EXPECT_FALSE(parsed("send").receives());
  EXPECT_TRUE(parsed("roundtrip").receives());
}

TEST(ParseMix, ReadsWeights) {
  const Mix mix = parsed("delete=3,send=1,receive=2");
  EXPECT_EQ(mix.kind, Mix::Kind::kWeights);
  EXPECT_EQ(mix.weights, (std::array<uint32_t, kActionCount>{1, 2, 3}));
  EXPECT_TRUE(mix.receives());
  EXPECT_FALSE(parsed("send=5").receives());
}

TEST(ParseMix, RefusesWhatCannotBeDone) {
  for (const char* text : {"", "sned", "send=", "send=x", "send=-1", "send=1,", "send=1;receive=1",
                           "send=1,delete=1", "delete=1", "send=0", "send=1000001", "purge=1"}) {
    EXPECT_FALSE(parse_mix(text).ok()) << text;
  }
}

TEST(WeightedTurns, KeepTheProportionAllTheTime) {
  WeightedTurns turns({2, 1, 1});
  std::array<int, kActionCount> count = {};
  for (int i = 1; i <= 400; ++i) {
    ++count[static_cast<size_t>(turns.next())];
    EXPECT_NEAR(count[0], i / 2.0, 1.0);
    EXPECT_NEAR(count[1], i / 4.0, 1.0);
  }
  EXPECT_EQ(count, (std::array<int, kActionCount>{200, 100, 100}));
}

TEST(WeightedTurns, NeverTakeWhatHasNoWeight) {
  WeightedTurns turns({0, 1, 0});
  for (int i = 0; i < 10; ++i) EXPECT_EQ(turns.next(), Action::kReceive);
}

}  // namespace
}  // namespace forebay::load
