// SPDX-License-Identifier: Apache-2.0
#include "load/error_counts.h"

#include <gtest/gtest.h>

namespace forebay::load {
namespace {

TEST(ErrorCounts, KeepTheFirstMessageOfEachCode) {
  ErrorCounts errors;
  errors.add("Busy", "first");
  errors.add("Gone", "other");
  errors.add("Busy", "second");
  EXPECT_EQ(errors.total(), 3u);
  ASSERT_EQ(errors.kinds().size(), 2u);
  EXPECT_EQ(errors.kinds().at("Busy").count, 2u);
  EXPECT_EQ(errors.kinds().at("Busy").first_message, "first");
  EXPECT_EQ(errors.kinds().at("Gone").count, 1u);
}

TEST(ErrorCounts, AddUp) {
  ErrorCounts one;
  ErrorCounts other;
  one.add("Busy", "first");
  other.add("Busy", "second");
  other.add("Gone", "other");
  one.add(other);
  EXPECT_EQ(one.total(), 3u);
  EXPECT_EQ(one.kinds().at("Busy").count, 2u);
  EXPECT_EQ(one.kinds().at("Busy").first_message, "first");
  EXPECT_EQ(one.kinds().at("Gone").first_message, "other");
}

}  // namespace
}  // namespace forebay::load
