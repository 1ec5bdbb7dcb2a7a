// SPDX-License-Identifier: Apache-2.0
#include "commands/consume_report.h"

#include <gtest/gtest.h>

namespace forebay::commands {
namespace {

using Lines = std::vector<std::string>;

TEST(LineCutter, GivesLinesHoweverTheyCome) {
  Lines lines;
  const auto line = [&](std::string_view text) { lines.emplace_back(text); };
  LineCutter cutter;
  cutter.add("a", line);
  cutter.add("b\n\nc\nd", line);
  EXPECT_EQ(lines, (Lines{"ab", "", "c"}));
  cutter.end(line);
  EXPECT_EQ(lines, (Lines{"ab", "", "c", "d"}));
}

TEST(LineCutter, ALineWithoutEndTakesNoMoreThanItsLimit) {
  Lines lines;
  const auto line = [&](std::string_view text) { lines.emplace_back(text); };
  LineCutter cutter;
  const std::string piece(LineCutter::kBytesMax / 2, 'x');
  for (int i = 0; i < 5; ++i) cutter.add(piece, line);
  EXPECT_EQ(lines, (Lines{piece + piece, piece + piece}));
}

}  // namespace
}  // namespace forebay::commands
