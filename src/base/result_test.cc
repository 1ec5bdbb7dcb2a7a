// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace forebay {
namespace {

Result<int> parse(std::string_view text) {
  if (text.empty()) return Error{ErrorCode::kMissingParameter, "empty"};
  return static_cast<int>(text.size());
}

Result<std::string> describe(std::string_view text) {
  TRY(parse(text));
  TRY_ASSIGN(const int length, parse(text));
  return std::to_string(length);
}

TEST(Result, CarriesTheValueOrTheError) {
  EXPECT_EQ(*describe("abc"), "3");
  EXPECT_EQ(describe("").error(), (Error{ErrorCode::kMissingParameter, "empty"}));
}

TEST(Result, MovesItsValueOut) {
  Result<std::unique_ptr<int>> made = std::make_unique<int>(7);
  const std::unique_ptr<int> taken = std::move(made).value();
  EXPECT_EQ(*taken, 7);
}

TEST(ResultDeathTest, TheValueOfAnErrorIsABug) {
  EXPECT_DEATH((void)parse("").value(), "CHECK");
}

}  // namespace
}  // namespace forebay
