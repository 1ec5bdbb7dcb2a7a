// SPDX-License-Identifier: Apache-2.0
// The bytes of a snapshot file: what any damage to them leads to.
#include "journal/file/snapshot_file.h"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "env/testing/temporary_directory.h"

namespace forebay::journal {
namespace {

using Chunks = std::vector<std::string>;

constexpr Bytes16 kLogId = {1, 2, 3};

std::string encoded(const SnapshotHeader& header, const Chunks& chunks, LogPosition through) {
  std::string bytes = encode_snapshot_header(header);
  uint32_t index = 0;
  for (const std::string& chunk : chunks) {
    bytes += encode_chunk_header(header.number, index++, chunk) + chunk;
  }
  const SnapshotFooter footer{.chunk_count = chunks.size(),
                              .file_bytes = bytes.size() + kSnapshotFooterBytes,
                              .through = through};
  return bytes + encode_snapshot_footer(header.number, footer);
}

class SnapshotFile : public testing::Test {
 protected:
  /// Puts `bytes` under the name of snapshot 7 and reads it; the chunks, or what is wrong.
  Result<Chunks> read(const std::string& bytes) {
    std::ofstream(path(), std::ios::binary | std::ios::trunc) << bytes;
    visited_.clear();
    TRY(read_snapshot(env::posix_file_system(), {path(), 7, kLogId}, [&](std::string_view chunk) {
      visited_.emplace_back(chunk);
      return Result<void>();
    }));
    return visited_;
  }

  void expect_damaged(const std::string& bytes) {
    const auto chunks = read(bytes);
    ASSERT_FALSE(chunks.ok());
    EXPECT_EQ(chunks.error().code, ErrorCode::kStorageDamaged);
    EXPECT_NE(chunks.error().message.find(path()), std::string::npos) << chunks.error().message;
    // Whatever was shown before was right.
    for (size_t i = 0; i < visited_.size(); ++i) EXPECT_EQ(visited_[i], chunks_[i]);
  }

  std::string path() const { return directory_ / "00000000000000000007.snapshot"; }

  env::TemporaryDirectory directory_;
  Chunks visited_;
  const Chunks chunks_ = {"first", std::string(300, 'b'), "third"};
  const SnapshotHeader header_{.number = 7, .from = LogPosition(1000), .log_id = kLogId};
  const std::string whole_ = encoded(header_, chunks_, LogPosition(2000));
};

TEST_F(SnapshotFile, ComesBackAsItWasWritten) {
  const auto chunks = read(whole_);
  ASSERT_TRUE(chunks.ok()) << chunks.error().message;
  EXPECT_EQ(*chunks, chunks_);
  const auto ends = read_snapshot(env::posix_file_system(), {path(), 7, kLogId},
                                  [](std::string_view) { return Result<void>(); });
  ASSERT_TRUE(ends.ok());
  EXPECT_EQ(ends->header.from, LogPosition(1000));
  EXPECT_EQ(ends->footer.through, LogPosition(2000));
  EXPECT_EQ(ends->footer.chunk_count, 3u);
  EXPECT_EQ(ends->footer.file_bytes, whole_.size());
}

TEST_F(SnapshotFile, LargestChunksAreReadWhereverTheyStand) {
  Chunks chunks;
  for (int i = 0; i < 7; ++i) {
    chunks.emplace_back(kSnapshotChunkBytesMax - static_cast<size_t>(i % 3),
                        static_cast<char>('a' + i));
    chunks.push_back("small");
  }
  const auto found = read(encoded(header_, chunks, LogPosition(2000)));
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_TRUE(*found == chunks);
}

TEST_F(SnapshotFile, WithoutChunksIsIntact) {
  const auto chunks = read(encoded(header_, {}, LogPosition(1000)));
  ASSERT_TRUE(chunks.ok());
  EXPECT_TRUE(chunks->empty());
}

TEST_F(SnapshotFile, EveryFlippedByteIsDetected) {
  for (size_t i = 0; i < whole_.size(); ++i) {
    // All of the small parts, and every 64th of the header's reserved bytes.
    if (i > 64 && i < kSnapshotHeaderBytes - 64 && i % 64 != 0) continue;
    SCOPED_TRACE(i);
    std::string flipped = whole_;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x10);
    expect_damaged(flipped);
  }
}

TEST_F(SnapshotFile, WhereverItIsCutItIsDetected) {
  for (size_t bytes = kSnapshotHeaderBytes - 2; bytes < whole_.size(); ++bytes) {
    SCOPED_TRACE(bytes);
    expect_damaged(whole_.substr(0, bytes));
    const std::string zeroed = whole_.substr(0, bytes) + std::string(whole_.size() - bytes, '\0');
    if (zeroed != whole_) expect_damaged(zeroed);  // the footer ends with zeros
  }
  expect_damaged("");
  expect_damaged(whole_.substr(0, 100));
}

TEST_F(SnapshotFile, BytesBehindItAreDamage) {
  expect_damaged(whole_ + '\0');
  expect_damaged(whole_ + whole_.substr(whole_.size() - kSnapshotFooterBytes));
}

TEST_F(SnapshotFile, ChunksOutOfPlaceAreDetected) {
  const Chunks swapped = {"first", "third", std::string(300, 'b')};
  // The bytes of the second and third chunk change places, each with its own header.
  const size_t second = kSnapshotHeaderBytes + kChunkHeaderBytes + 5;
  const size_t third = second + kChunkHeaderBytes + 300;
  const size_t end = third + kChunkHeaderBytes + 5;
  expect_damaged(whole_.substr(0, second) + whole_.substr(third, end - third) +
                 whole_.substr(second, third - second) + whole_.substr(end));
  // One chunk too few, or too many, for the footer.
  SnapshotFooter footer{
      .chunk_count = 2, .file_bytes = whole_.size(), .through = LogPosition(2000)};
  const std::string chunks = whole_.substr(0, whole_.size() - kSnapshotFooterBytes);
  expect_damaged(chunks + encode_snapshot_footer(7, footer));
  footer.chunk_count = 4;
  expect_damaged(chunks + encode_snapshot_footer(7, footer));
}

TEST_F(SnapshotFile, PartsOfAnotherSnapshotAreDetected) {
  SnapshotHeader other = header_;
  other.number = 8;
  expect_damaged(encoded(other, chunks_, LogPosition(2000)));  // under a wrong name
  const std::string eighth = encoded(other, chunks_, LogPosition(2000));
  expect_damaged(whole_.substr(0, kSnapshotHeaderBytes) + eighth.substr(kSnapshotHeaderBytes));
  const size_t footer = whole_.size() - kSnapshotFooterBytes;
  expect_damaged(whole_.substr(0, footer) + eighth.substr(footer));
  other = header_;
  other.log_id[0] = 9;
  expect_damaged(encoded(other, chunks_, LogPosition(2000)));  // of another journal
}

TEST_F(SnapshotFile, AFooterThatEndsBeforeItsStateIsRefused) {
  expect_damaged(encoded(header_, chunks_, LogPosition(999)));
}

TEST_F(SnapshotFile, ANewerVersionIsNamedWithBothVersions) {
  SnapshotHeader newer = header_;
  newer.format_version = 2;
  const auto chunks = read(encoded(newer, chunks_, LogPosition(2000)));
  ASSERT_FALSE(chunks.ok());
  EXPECT_NE(chunks.error().message.find("version 2"), std::string::npos);
  EXPECT_NE(chunks.error().message.find("up to 1"), std::string::npos);
}

TEST_F(SnapshotFile, TheVisitorsErrorEndsTheReading) {
  ASSERT_TRUE(read(whole_).ok());
  int visits = 0;
  const auto read = read_snapshot(env::posix_file_system(), {path(), 7, kLogId},
                                  [&](std::string_view) -> Result<void> {
                                    ++visits;
                                    return Error{ErrorCode::kStorageDamaged, "not a state"};
                                  });
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().message, "not a state");
  EXPECT_EQ(visits, 1);
}

TEST(SnapshotName, IsTwentyDigitsAndNothingElse) {
  EXPECT_EQ(snapshot_name(7), "00000000000000000007.snapshot");
  EXPECT_EQ(parse_snapshot_name("00000000000000000007.snapshot"), 7u);
  EXPECT_EQ(parse_snapshot_name("18446744073709551615.snapshot"), UINT64_MAX);
  for (const char* name :
       {"7.snapshot", "0000000000000000000a.snapshot", "00000000000000000007.snapshot.unfinished",
        "00000000000000000007.segment", "99999999999999999999.snapshot", "",
        "00000000000000000007.snapshot.damaged"}) {
    EXPECT_EQ(parse_snapshot_name(name), std::nullopt) << name;
  }
}

std::string in_hex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) hex += fmt::format("{:02x} ", static_cast<unsigned char>(c));
  return hex;
}

/// The example of docs/journal-format.md.
TEST(SnapshotFormat, HasTheDocumentedBytes) {
  EXPECT_EQ(in_hex(encode_chunk_header(7, 1, "hello")),
            "46 62 43 68 75 f0 4d 28 07 00 00 00 00 00 00 00 01 00 00 00 05 00 00 00 ");
  const SnapshotFooter footer{.chunk_count = 2, .file_bytes = 4200, .through = LogPosition(61)};
  EXPECT_EQ(in_hex(encode_snapshot_footer(7, footer)),
            "46 62 53 45 90 1f 5a 28 07 00 00 00 00 00 00 00 02 00 00 00 00 00 00 00 "
            "68 10 00 00 00 00 00 00 3d 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 ");
  const std::string header = encode_snapshot_header(
      {.number = 7, .from = LogPosition(48), .log_id = {1, 2, 3, 4, 5, 6, 7, 8}});
  EXPECT_EQ(in_hex(header.substr(0, 48)),
            "46 62 53 6e 61 70 0d 0a 01 00 00 00 7a b1 f7 46 07 00 00 00 00 00 00 00 "
            "30 00 00 00 00 00 00 00 01 02 03 04 05 06 07 08 00 00 00 00 00 00 00 00 ");
}

}  // namespace
}  // namespace forebay::journal
