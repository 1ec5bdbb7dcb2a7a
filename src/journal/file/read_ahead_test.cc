// SPDX-License-Identifier: Apache-2.0
#include "journal/file/read_ahead.h"

#include <gtest/gtest.h>

namespace forebay::journal {
namespace {

constexpr uint64_t kBytes = 1000;

/// Digits by position, so that every byte says where it stands.
std::string bytes_at(LogPosition at, uint64_t count) {
  std::string bytes;
  for (uint64_t i = 0; i < count; ++i) bytes += static_cast<char>('0' + (at.value + i) % 10);
  return bytes;
}

/// Reads a record as the log does; whether a block was read for it, or nothing.
enum class Read { kRecord, kBlock, kNothing };
Read read(ReadAhead& ahead, LogPosition at) {
  if (const auto found = ahead.find(at, kBytes); !found.empty()) {
    EXPECT_EQ(found, bytes_at(at, kBytes));
    return Read::kNothing;
  }
  if (!ahead.goes_on(at, kBytes)) return Read::kRecord;
  ahead.keep(at, bytes_at(at, 4 * kBytes));
  EXPECT_EQ(ahead.find(at, kBytes), bytes_at(at, kBytes));
  return Read::kBlock;
}

TEST(ReadAhead, TheSecondReadInARowTakesABlock) {
  ReadAhead ahead;
  EXPECT_EQ(read(ahead, LogPosition(5000)), Read::kRecord);
  EXPECT_EQ(read(ahead, LogPosition(6000)), Read::kBlock);
  EXPECT_EQ(read(ahead, LogPosition(7000)), Read::kNothing);
  EXPECT_EQ(read(ahead, LogPosition(8000)), Read::kNothing);
  EXPECT_EQ(read(ahead, LogPosition(9000)), Read::kNothing);
  EXPECT_EQ(read(ahead, LogPosition(10000)), Read::kBlock);
}

TEST(ReadAhead, ARecordThatABlockHasInPartIsReadAnew) {
  ReadAhead ahead;
  EXPECT_EQ(read(ahead, LogPosition(5000)), Read::kRecord);
  EXPECT_EQ(read(ahead, LogPosition(6000)), Read::kBlock);  // up to 10000
  EXPECT_EQ(read(ahead, LogPosition(9500)), Read::kBlock);
}

TEST(ReadAhead, AGapIsPassedOverAndAJumpIsNot) {
  ReadAhead ahead;
  EXPECT_EQ(read(ahead, LogPosition(5000)), Read::kRecord);
  EXPECT_EQ(read(ahead, LogPosition(20'000)), Read::kBlock);
  EXPECT_EQ(read(ahead, LogPosition(200'000)), Read::kRecord);
  EXPECT_EQ(read(ahead, LogPosition(100'000)), Read::kRecord);
}

TEST(ReadAhead, StreamsAreToldApart) {
  ReadAhead ahead;
  for (uint64_t stream = 1; stream <= 8; ++stream) {
    EXPECT_EQ(read(ahead, LogPosition(stream * 1'000'000)), Read::kRecord);
  }
  for (uint64_t stream = 1; stream <= 8; ++stream) {
    EXPECT_EQ(read(ahead, LogPosition(stream * 1'000'000 + kBytes)), Read::kBlock);
    EXPECT_EQ(read(ahead, LogPosition(stream * 1'000'000 + 2 * kBytes)), Read::kNothing);
  }
}

TEST(ReadAhead, TheStreamNotUsedForLongestMakesRoom) {
  ReadAhead ahead;
  for (uint64_t stream = 1; stream <= 8; ++stream) {
    EXPECT_EQ(read(ahead, LogPosition(stream * 1'000'000)), Read::kRecord);
  }
  EXPECT_EQ(read(ahead, LogPosition(1'000'000 + kBytes)), Read::kBlock);
  EXPECT_EQ(read(ahead, LogPosition(99'000'000)), Read::kRecord);  // in place of the second
  EXPECT_EQ(read(ahead, LogPosition(1'000'000 + 2 * kBytes)), Read::kNothing);
  EXPECT_EQ(read(ahead, LogPosition(2'000'000 + kBytes)), Read::kRecord);
}

TEST(ReadAhead, WhatAStreamWillComeToIsNamedOnce) {
  ReadAhead ahead;
  EXPECT_FALSE(ahead.goes_on(LogPosition(5000), kBytes));
  EXPECT_TRUE(ahead.goes_on(LogPosition(6000), kBytes));
  ReadAhead::Stretch named = ahead.take_fetch();
  EXPECT_EQ(named.from, LogPosition(7000));
  EXPECT_EQ(named.bytes, kFetchBytes);
  LogPosition at(7000);
  for (; at < LogPosition(6000 + kFetchBytes / 2); at = at + kBytes) {
    EXPECT_TRUE(ahead.goes_on(at, kBytes));
    ASSERT_EQ(ahead.take_fetch().bytes, 0u);
  }
  EXPECT_TRUE(ahead.goes_on(at, kBytes));
  const LogPosition end = named.from + named.bytes;
  named = ahead.take_fetch();
  EXPECT_EQ(named.from, end) << "goes on where the last one ended";
  EXPECT_EQ(named.from + named.bytes, at + kBytes + kFetchBytes);
}

TEST(ReadAhead, NothingIsLeftAfterClear) {
  ReadAhead ahead;
  EXPECT_EQ(read(ahead, LogPosition(5000)), Read::kRecord);
  EXPECT_EQ(read(ahead, LogPosition(6000)), Read::kBlock);
  ahead.clear();
  EXPECT_EQ(read(ahead, LogPosition(7000)), Read::kRecord);
}

}  // namespace
}  // namespace forebay::journal
