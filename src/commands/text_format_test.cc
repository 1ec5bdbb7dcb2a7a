// SPDX-License-Identifier: Apache-2.0
#include "commands/text_format.h"

#include <gtest/gtest.h>

namespace forebay::commands {
namespace {

TEST(TextFormat, CountsHaveSeparators) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1000), "1,000");
  EXPECT_EQ(count_text(12'345'678), "12,345,678");
  EXPECT_EQ(counted(1, "message"), "1 message");
  EXPECT_EQ(counted(0, "message"), "0 messages");
  EXPECT_EQ(counted(1234, "batche"), "1,234 batches");
}

TEST(TextFormat, SizesTakeTheUnitThatFits) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(1023), "1023 B");
  EXPECT_EQ(bytes_text(1024), "1.0 KiB");
  EXPECT_EQ(bytes_text(1'048'575), "1.0 MiB");  // never "1024.0 KiB"
  EXPECT_EQ(bytes_text(64u << 20), "64.0 MiB");
  EXPECT_EQ(bytes_text(uint64_t{3} << 40), "3.0 TiB");
  EXPECT_EQ(bytes_text(UINT64_MAX), "16777216.0 TiB");
}

TEST(TextFormat, DurationsTakeTheUnitThatFits) {
  EXPECT_EQ(duration_text(400), "0.4 s");
  EXPECT_EQ(duration_text(9'999), "10.0 s");
  EXPECT_EQ(duration_text(59'400), "59 s");
  EXPECT_EQ(duration_text(59'600), "1 min 0 s");
  EXPECT_EQ(duration_text(3'725'000), "1 h 2 min");
}

TEST(TextFormat, MomentsAreUtc) {
  EXPECT_EQ(moment_text(WallMs(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(moment_text(WallMs(1'795'298'881'007)), "2026-11-21T22:08:01.007Z");
  EXPECT_EQ(moment_text(WallMs(-1)), "1969-12-31T23:59:59.999Z");
}

TEST(TextFormat, TablesAlignTheirColumns) {
  TextTable table({"queue", "messages"});
  table.row({"a", "12"});
  table.row({"longer name", "3"});
  EXPECT_EQ(table.text(),
            "queue        messages\n"
            "a                  12\n"
            "longer name         3\n");
}

TEST(TextFormat, TablesCountCharactersAndEndWithoutBlanks) {
  TextTable table({"größe", "of"}, "l");
  table.row({"a", "x"});
  table.row({"abcdef", "longer"});
  EXPECT_EQ(table.text(),
            "größe   of\n"
            "a       x\n"
            "abcdef  longer\n");
}

}  // namespace
}  // namespace forebay::commands
