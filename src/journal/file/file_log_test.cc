// SPDX-License-Identifier: Apache-2.0
// What only the file log has: segments, the torn tail, and what it makes of damage. Faults while it
// runs are in file_log_fault_test.cc, what every log promises in log_contract_test.cc.
#include "journal/file/file_log.h"

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include <gtest/gtest.h>

#include "base/log.h"
#include "journal/file/read_ahead.h"
#include "journal/file/segment.h"
#include "journal/testing/faulty_file_system.h"
#include "journal/testing/journal_directory.h"

namespace forebay::journal {
namespace {

using Records = LogDriver::Records;

/// Where `at` stands in the first segment, whose first position is 0.
uint64_t offset_of(LogPosition at) {
  return kSegmentHeaderBytes + at.value;
}

bool is_zero(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == bytes.npos;
}

class FileLogTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { configure_log(LogFormat::kText, LogLevel::kError); }

  /// A session that must come up, and what it finds.
  Records reopened() {
    const auto session = directory_.open();
    EXPECT_TRUE(session->status().ok()) << session->status().error().message;
    if (!session->status().ok()) return {"cannot be opened"};
    auto found = session->owner().scan();
    EXPECT_TRUE(found.ok()) << found.error().message;
    return found.ok() ? *found : Records{"cannot be scanned"};
  }

  /// The error of acquiring, or of the scan after it.
  Error refusal() {
    const auto session = directory_.open();
    if (!session->status().ok()) return session->status().error();
    const auto scanned = session->owner().scan();
    EXPECT_FALSE(scanned.ok()) << "nothing was refused";
    return scanned.ok() ? Error{} : scanned.error();
  }

  void expect_damage(const std::string& path, uint64_t offset) {
    const Error error = refusal();
    EXPECT_EQ(error.code, ErrorCode::kStorageDamaged);
    const std::string place = path + ", byte " + std::to_string(offset) + ":";
    EXPECT_NE(error.message.find(place), std::string::npos) << error.message;
    EXPECT_NE(error.message.find("backup"), std::string::npos) << error.message;
  }

  /// A journal of `count` segments, each with two records of 3 MB.
  Records fill_segments(int count) {
    Records all;
    const auto session = directory_.open();
    for (int i = 0; i < 2 * count; ++i) {
      all.push_back(std::to_string(i) + std::string(3'000'000, 'x'));
      EXPECT_EQ(session->owner().append({all.back()}), AppendOutcome::kDurable);
    }
    return all;
  }

  JournalDirectory directory_;
};

// --- The torn tail ---

/// A segment whose last batch, "last" and "words", begins at `begin` and ends at `end`.
class TornTail : public FileLogTest {
 protected:
  void SetUp() override {
    const auto session = directory_.open();
    ASSERT_EQ(session->owner().append({"a", "b"}), AppendOutcome::kDurable);
    ASSERT_EQ(session->owner().append({"c"}), AppendOutcome::kDurable);
    begin_ = offset_of(session->owner().tail());
    ASSERT_EQ(session->owner().append({"last", "words"}), AppendOutcome::kDurable);
    end_ = offset_of(session->owner().tail());
    epoch_ = session->owner().epoch();
    path_ = directory_.segment(1);
  }

  /// Puts `tail` in the place of the last batch; whatever stood behind becomes zero.
  void set_tail(const std::string& tail) {
    write_at(path_, begin_, tail + std::string(4096 - tail.size(), '\0'));
  }
  std::string last_batch() { return read_file(path_).substr(begin_, end_ - begin_); }

  /// Whatever stands at the tail: it must be gone, and must leave no byte behind.
  void expect_cut() {
    {
      const auto session = directory_.open();
      ASSERT_TRUE(session->status().ok()) << session->status().error().message;
      EXPECT_EQ(*session->owner().scan(), (Records{"a", "b", "c"}));
      EXPECT_GT(session->owner().epoch(), epoch_);
      const uint64_t tail = offset_of(session->owner().tail());
      EXPECT_EQ(tail, begin_ + kBatchHeaderBytes);
      EXPECT_TRUE(is_zero(std::string_view(read_file(path_)).substr(tail)));
      ASSERT_EQ(session->owner().append({"d"}), AppendOutcome::kDurable);
    }
    EXPECT_EQ(reopened(), (Records{"a", "b", "c", "d"}));
  }

  uint64_t begin_ = 0;
  uint64_t end_ = 0;
  Epoch epoch_;
  std::string path_;
};

TEST_F(TornTail, AWholeLastBatchIsKept) {
  EXPECT_EQ(reopened(), (Records{"a", "b", "c", "last", "words"}));
}

TEST_F(TornTail, IsCutWhereverTheWriteStopped) {
  const std::string batch = last_batch();
  for (size_t kept = 0; kept < batch.size(); ++kept) {
    SCOPED_TRACE(kept);
    set_tail(batch.substr(0, kept));
    expect_cut();
  }
}

TEST_F(TornTail, IsCutWhicheverByteIsGarbled) {
  const std::string batch = last_batch();
  for (size_t at = 0; at < batch.size(); ++at) {
    SCOPED_TRACE(at);
    std::string garbled = batch;
    garbled[at] = static_cast<char>(garbled[at] ^ 0x40);
    set_tail(garbled);
    expect_cut();
  }
}

TEST_F(TornTail, IsCutWhenOnlyItsEndReachedTheDisk) {
  const std::string batch = last_batch();
  for (size_t lost = 1; lost < batch.size(); ++lost) {
    SCOPED_TRACE(lost);
    set_tail(std::string(lost, '\0') + batch.substr(lost));
    expect_cut();
  }
}

// The header is there, so its length says that what looks like a batch inside it is a client's
// data.
TEST_F(TornTail, DataThatLooksLikeABatchIsNotTakenForOne) {
  const LogPosition begin(begin_ - kSegmentHeaderBytes);
  BatchWriter writer(begin);
  writer.add([&](std::string& out) {
    out = out + BatchWriter(begin + out.size() + 16).seal(Epoch(99)) + std::string(100, 'x');
    out += BatchWriter(begin + out.size()).seal(Epoch(99));
  });
  std::string batch = writer.seal(epoch_);
  batch.back() = static_cast<char>(batch.back() ^ 1);
  set_tail(batch);
  expect_cut();
}

TEST_F(TornTail, ALongTornTailDoesNotShineThroughShorterBatches) {
  std::string tail;
  for (int i = 0; i < 4000; ++i) tail += static_cast<char>(1 + i % 255);
  set_tail(tail);
  expect_cut();
}

TEST_F(TornTail, LeftoversFarBehindAreCleared) {
  write_at(path_, kSegmentBytesMin - 10, "leftovers!");
  EXPECT_EQ(reopened(), (Records{"a", "b", "c", "last", "words"}));
  EXPECT_TRUE(is_zero(read_file(path_).substr(kSegmentBytesMin - 10)));
}

TEST_F(TornTail, ABatchOfAnOlderEpochIsNotTheOwners) {
  const LogPosition at(begin_ - kSegmentHeaderBytes);
  // An owner came after epoch_, and left its empty batch; then a batch of the older epoch in the
  // right place.
  set_tail(BatchWriter(at).seal(Epoch(epoch_.value + 1)) +
           BatchWriter(at + kBatchHeaderBytes).seal(epoch_));
  const auto session = directory_.open();
  ASSERT_TRUE(session->status().ok());
  EXPECT_EQ(offset_of(session->owner().tail()), begin_ + 2 * kBatchHeaderBytes);
  EXPECT_EQ(session->owner().epoch(), Epoch(epoch_.value + 2));
}

TEST_F(TornTail, ABatchOfAnotherPositionIsNotTakenForOne) {
  BatchWriter writer(LogPosition(begin_ - kSegmentHeaderBytes + 8));
  writer.add([](std::string& out) { out += "elsewhere"; });
  set_tail(writer.seal(epoch_));
  expect_cut();
}

// The file had its full size, durably, before it got its name: only something else than a crash
// shortens it.
TEST_F(TornTail, AShortenedFileIsDamageNotATornTail) {
  for (uint64_t bytes = begin_; bytes <= end_; ++bytes) {
    std::filesystem::resize_file(path_, bytes);
    expect_damage(path_, bytes);
  }
}

// --- Damage ---

TEST_F(FileLogTest, DamageBeforeAnIntactBatchIsRefusedAndNothingIsChanged) {
  uint64_t begin = 0;
  uint64_t end = 0;
  {
    const auto session = directory_.open();
    ASSERT_EQ(session->owner().append({"a"}), AppendOutcome::kDurable);
    begin = offset_of(session->owner().tail());
    ASSERT_EQ(session->owner().append({"b", "c"}), AppendOutcome::kDurable);
    end = offset_of(session->owner().tail());
    ASSERT_EQ(session->owner().append({"d"}), AppendOutcome::kDurable);
  }
  const std::string path = directory_.segment(1);
  const std::string intact = read_file(path);
  for (uint64_t at = begin; at < end; ++at) {
    SCOPED_TRACE(at);
    std::string damaged = intact;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    write_at(path, at, damaged.substr(at, 1));
    expect_damage(path, begin);
    EXPECT_TRUE(read_file(path) == damaged);
    write_at(path, at, intact.substr(at, 1));
  }
  EXPECT_EQ(reopened(), (Records{"a", "b", "c", "d"}));
}

TEST_F(FileLogTest, AHoleOfManyBatchesIsRefused) {
  const Records all = [&] {
    Records made;
    const auto session = directory_.open();
    for (int i = 0; i < 200; ++i) {
      made.push_back(std::string(20'000, 'a'));
      EXPECT_EQ(session->owner().append({made.back()}), AppendOutcome::kDurable);
    }
    return made;
  }();
  const uint64_t begin = offset_of(LogPosition(kBatchHeaderBytes));
  write_at(directory_.segment(1), begin, std::string(3 << 20, '\0'));
  expect_damage(directory_.segment(1), begin);
}

TEST_F(FileLogTest, DamageInAnEarlierSegmentIsRefused) {
  fill_segments(3);
  write_at(directory_.segment(2), 1'000'000, "damage");
  expect_damage(directory_.segment(2), kSegmentHeaderBytes);
}

TEST_F(FileLogTest, AnEarlierSegmentThatEndsTooSoonIsRefused) {
  const Records all = fill_segments(2);
  const uint64_t second_batch = kSegmentHeaderBytes + kBatchHeaderBytes + kBatchHeaderBytes +
                                kRecordHeaderBytes + all[0].size();
  write_at(directory_.segment(1), second_batch, std::string(3'100'000, '\0'));
  expect_damage(directory_.segment(1), second_batch);
}

TEST_F(FileLogTest, ADamagedRecordIsNotRead) {
  FileLogOptions options = directory_.options();
  options.cache_bytes = 0;
  const auto session = directory_.open(options);
  ASSERT_EQ(session->owner().append({"record"}), AppendOutcome::kDurable);
  const LogPosition at = session->owner().positions()[0];
  for (uint64_t i = 0; i < kRecordHeaderBytes + 6; ++i) {
    const std::string path = directory_.segment(1);
    const std::string byte = read_file(path).substr(offset_of(at) + i, 1);
    write_at(path, offset_of(at) + i, std::string(1, static_cast<char>(byte[0] ^ 1)));
    std::string out;
    const auto read = session->log().read(at, 6, out);
    ASSERT_FALSE(read.ok()) << i;
    EXPECT_EQ(read.error().code, ErrorCode::kStorageDamaged);
    EXPECT_NE(read.error().message.find(path + ", byte " + std::to_string(offset_of(at))),
              std::string::npos);
    write_at(path, offset_of(at) + i, byte);
  }
}

TEST_F(FileLogTest, AMissingSegmentIsRefused) {
  fill_segments(3);
  for (const int number : {1, 2}) {
    const std::string aside = directory_.path() + "/aside";
    std::filesystem::rename(directory_.segment(number), aside);
    expect_damage(directory_.segment(number), 0);
    std::filesystem::rename(aside, directory_.segment(number));
  }
  EXPECT_EQ(reopened().size(), 6u);
}

// A segment that was removed as it should be leaves the same traces; only a scan that needs it, or
// a content that was in it, tells them apart.
TEST_F(FileLogTest, AMissingSegmentBeforeTheScanIsAccepted) {
  fill_segments(3);
  const LogPosition third = decode_segment_header(read_file(directory_.segment(3)))->first_position;
  for (const int number : {2, 1}) {
    std::filesystem::remove(directory_.segment(number));
    const auto session = directory_.open();
    ASSERT_TRUE(session->status().ok()) << session->status().error().message;
    EXPECT_EQ(session->owner().scan(third)->size(), 2u);
    EXPECT_FALSE(session->owner().scan().ok());
  }
}

TEST_F(FileLogTest, SnapshotsWithoutASegmentAreNotANewJournal) {
  std::filesystem::create_directories(directory_.path());
  std::ofstream(directory_.path() + "/00000000000000000007.snapshot") << "image";
  const Error error = refusal();
  EXPECT_EQ(error.code, ErrorCode::kStorageDamaged);
  EXPECT_NE(error.message.find("00000000000000000007.snapshot"), std::string::npos)
      << error.message;
  EXPECT_FALSE(std::filesystem::exists(directory_.segment(1)));
}

TEST_F(FileLogTest, ASnapshotBesideSegmentsIsTheJournalsOwn) {
  fill_segments(1);
  const std::string snapshot = directory_.path() + "/00000000000000000007.snapshot";
  std::ofstream(snapshot) << "image";
  EXPECT_EQ(reopened().size(), 2u);
  EXPECT_TRUE(std::filesystem::exists(snapshot));
}

// What the error's text tells an operator to do.
TEST_F(FileLogTest, WithoutItsLastSegmentsTheJournalGoesOnWithTheRest) {
  const Records all = fill_segments(3);
  for (const int number : {2, 3}) {
    std::filesystem::rename(directory_.segment(number), directory_.segment(number) + ".aside");
  }
  EXPECT_EQ(reopened(), Records(all.begin(), all.begin() + 2));
}

TEST_F(FileLogTest, ASegmentOfAnotherJournalIsRefused) {
  fill_segments(2);
  const JournalDirectory other;
  std::filesystem::copy(directory_.path(), other.path());
  std::filesystem::remove_all(directory_.path());
  fill_segments(2);
  std::filesystem::copy_file(other.segment(2), directory_.segment(2),
                             std::filesystem::copy_options::overwrite_existing);
  const Error error = refusal();
  EXPECT_EQ(error.code, ErrorCode::kStorageDamaged);
  EXPECT_NE(error.message.find("another journal"), std::string::npos) << error.message;
}

TEST_F(FileLogTest, ASegmentUnderAnotherNumberIsRefused) {
  fill_segments(2);
  std::filesystem::copy_file(directory_.segment(2), directory_.segment(3));
  expect_damage(directory_.segment(3), 0);
}

TEST_F(FileLogTest, EveryDamagedByteOfASegmentHeaderIsRefused) {
  fill_segments(1);
  const std::string path = directory_.segment(1);
  const std::string header = read_file(path).substr(0, kSegmentHeaderBytes);
  for (uint64_t at = 0; at < 80; ++at) {
    SCOPED_TRACE(at);
    write_at(path, at, std::string(1, static_cast<char>(header[at] ^ 4)));
    expect_damage(path, 0);
    write_at(path, at, header.substr(at, 1));
  }
}

TEST_F(FileLogTest, ANewerFormatIsRefusedByName) {
  fill_segments(1);
  const std::string path = directory_.segment(1);
  SegmentHeader header = *decode_segment_header(read_file(path));
  header.format_version = 70;
  write_at(path, 0, encode_segment_header(header));
  const Error error = refusal();
  EXPECT_EQ(error.code, ErrorCode::kStorageDamaged);
  EXPECT_NE(error.message.find("version 70"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("up to 1"), std::string::npos) << error.message;
}

TEST_F(FileLogTest, ADirectoryOfSomethingElseIsRefused) {
  std::filesystem::create_directories(directory_.path());
  std::ofstream(directory_.path() + "/holiday.jpg") << "beach";
  const Error error = refusal();
  EXPECT_EQ(error.code, ErrorCode::kStorageDamaged);
  EXPECT_NE(error.message.find("holiday.jpg"), std::string::npos) << error.message;
}

// --- Segments ---

TEST_F(FileLogTest, RollsOverSegmentsAndFindsEverythingAgain) {
  const Records all = fill_segments(4);
  EXPECT_TRUE(std::filesystem::exists(directory_.segment(4)));
  EXPECT_FALSE(std::filesystem::exists(directory_.segment(5)));
  const auto session = directory_.open();
  ASSERT_TRUE(session->status().ok());
  std::vector<LogPosition> positions;
  size_t seen = 0;
  ASSERT_TRUE(session->log()
                  .scan(LogPosition(0),
                        [&](LogPosition at, std::string_view record) {
                          EXPECT_EQ(record, all[seen++]);
                          positions.push_back(at);
                          return Result<void>();
                        })
                  .ok());
  ASSERT_EQ(seen, all.size());
  for (size_t i = 0; i < all.size(); ++i) {
    std::string out;
    ASSERT_TRUE(session->log().read(positions[i], static_cast<uint32_t>(all[i].size()), out).ok());
    EXPECT_EQ(out, all[i]);
  }
}

TEST_F(FileLogTest, ABatchFillsASegmentToItsLastByte) {
  constexpr uint64_t kFraming = kBatchHeaderBytes + kRecordHeaderBytes;
  const auto session = directory_.open();
  ASSERT_EQ(session->owner().append({std::string(kRecordBytesMax, 'x')}), AppendOutcome::kDurable);
  const uint64_t left = kSegmentBytesMin - offset_of(session->owner().tail());
  ASSERT_EQ(session->owner().append({std::string(left - kFraming, 'y')}), AppendOutcome::kDurable);
  EXPECT_FALSE(std::filesystem::exists(directory_.segment(2)));
  EXPECT_EQ(session->owner().scan()->size(), 2u);
  ASSERT_EQ(session->owner().append({"z"}), AppendOutcome::kDurable);
  EXPECT_TRUE(std::filesystem::exists(directory_.segment(2)));
  EXPECT_EQ(session->owner().scan()->size(), 3u);
}

TEST_F(FileLogTest, AFullLastSegmentIsAcquiredByRolling) {
  {
    const auto session = directory_.open();
    ASSERT_EQ(session->owner().append({std::string(kRecordBytesMax, 'x')}),
              AppendOutcome::kDurable);
    const uint64_t left = kSegmentBytesMin - offset_of(session->owner().tail());
    ASSERT_EQ(session->owner().append({std::string(left - 56, 'y')}), AppendOutcome::kDurable);
  }
  EXPECT_EQ(reopened().size(), 2u);
  EXPECT_TRUE(std::filesystem::exists(directory_.segment(2)));
  EXPECT_EQ(reopened().size(), 2u);
}

TEST_F(FileLogTest, ALastSegmentWithoutBatchesIsTheTrailOfACrashAndFine) {
  Epoch epoch;
  {
    const auto session = directory_.open();
    ASSERT_EQ(session->owner().append({"a"}), AppendOutcome::kDurable);
    SegmentHeader header = *decode_segment_header(read_file(directory_.segment(1)));
    header.number = 2;
    header.first_position = session->owner().tail();
    header.epoch = epoch = session->owner().epoch();
    std::ofstream(directory_.segment(2)) << encode_segment_header(header);
    std::filesystem::resize_file(directory_.segment(2), kSegmentBytesMin);
  }
  EXPECT_EQ(reopened(), (Records{"a"}));
  const auto session = directory_.open();
  EXPECT_GT(session->owner().epoch(), epoch);
}

TEST_F(FileLogTest, LeftoversOfUnfinishedSegmentsAreRemoved) {
  fill_segments(1);
  const std::string leftover = directory_.segment(2) + std::string(kUnfinishedSuffix);
  std::ofstream(leftover) << "half a segment";
  EXPECT_EQ(reopened().size(), 2u);
  EXPECT_FALSE(std::filesystem::exists(leftover));
}

TEST_F(FileLogTest, TheNextSegmentIsPreparedBeforeItIsNeeded) {
  const auto session = directory_.open();
  for (int i = 0; i < 7; ++i) {
    ASSERT_EQ(session->owner().append({std::string(1'000'000, 'x')}), AppendOutcome::kDurable);
  }
  session->run_worker_dry();
  const std::string next = directory_.path() + "/" + reserve_name(1);
  ASSERT_TRUE(std::filesystem::exists(next));
  EXPECT_EQ(std::filesystem::file_size(next), kSegmentBytesMin);
  ASSERT_EQ(session->owner().append({std::string(2'000'000, 'y')}), AppendOutcome::kDurable);
  EXPECT_TRUE(std::filesystem::exists(directory_.segment(2)));
  EXPECT_FALSE(std::filesystem::exists(next));
  EXPECT_EQ(session->owner().scan()->size(), 8u);
}

// --- Reading ---

/// Refuses every read of a file.
class FileLogReads : public FileLogTest {
 protected:
  void open(uint64_t cache_bytes) {
    FileLogOptions options = directory_.options();
    options.cache_bytes = cache_bytes;
    session_ = directory_.open(options, files_);
    ASSERT_EQ(session_->owner().append({"record"}), AppendOutcome::kDurable);
    at_ = session_->owner().positions()[0];
  }

  FaultyFileSystem files_{env::posix_file_system()};
  std::unique_ptr<Session> session_;
  LogPosition at_;
  std::string out_;
};

TEST_F(FileLogReads, TheNewestBatchesAreReadWithoutTheFile) {
  open(1u << 20);
  files_.fail(Call::kRead, 1);
  EXPECT_TRUE(session_->log().read(at_, 6, out_).ok());
  EXPECT_EQ(out_, "record");
  out_.clear();
  EXPECT_TRUE(*session_->log().read_now(at_, 6, out_));
  EXPECT_EQ(out_, "record");
  EXPECT_TRUE(session_->log().reader(at_, 6)(out_).ok());
  EXPECT_FALSE(files_.has_failed());
}

TEST_F(FileLogReads, OlderOnesAreReadFromTheFile) {
  open(0);
  files_.fail(Call::kRead, 1);
  EXPECT_FALSE(session_->log().read(at_, 6, out_).ok());
  EXPECT_TRUE(session_->log().read(at_, 6, out_).ok());
  EXPECT_EQ(out_, "record");
  out_.clear();
  files_.set_uncached(true);
  const auto without_waiting = session_->log().read_now(at_, 6, out_);
  ASSERT_TRUE(without_waiting.ok());
  EXPECT_FALSE(*without_waiting);
  files_.set_uncached(false);
  EXPECT_TRUE(*session_->log().read_now(at_, 6, out_));
  EXPECT_EQ(out_, "record");
}

TEST_F(FileLogReads, ManyInARowAreReadAtOnce) {
  open(0);
  std::vector<LogPosition> at;
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(session_->owner().append({std::string(1000, static_cast<char>('!' + i % 90))}),
              AppendOutcome::kDurable);
    at.push_back(session_->owner().positions()[0]);
  }
  const int before = files_.calls(Call::kRead);
  for (size_t i = 0; i < at.size(); ++i) {
    ASSERT_TRUE(*session_->log().read_now(at[i], 1000, out_));
    EXPECT_EQ(out_, std::string(1000, static_cast<char>('!' + i % 90)));
  }
  EXPECT_LE(files_.calls(Call::kRead) - before, 4);
}

TEST_F(FileLogReads, WhatAStreamComesToIsFetchedBefore) {
  open(0);
  constexpr uint32_t kBytes = 100'000;
  std::vector<LogPosition> at;
  for (int i = 0; i < 200; ++i) {  // more than two segments
    ASSERT_EQ(session_->owner().append({std::string(kBytes, 'x')}), AppendOutcome::kDurable);
    at.push_back(session_->owner().positions()[0]);
  }
  uint64_t fetched = 0;
  for (size_t i = 0; i < at.size(); ++i) {
    ASSERT_TRUE(*session_->log().read_now(at[i], kBytes, out_));
    if (const auto fetch = session_->log().take_fetch()) fetch();
    fetched = 0;
    for (const auto& each : files_.fetches()) fetched += each.bytes;
    if (i > 0) ASSERT_GE(fetched, std::min(at.back() - at[1], at[i] - at[1] + kFetchBytes / 2));
    ASSERT_LE(fetched, at[i] - at[1] + kBytes + 1000 + kFetchBytes);
  }
  EXPECT_LE(fetched, at.back() - at[0]) << "nothing twice";
  EXPECT_FALSE(session_->log().take_fetch());
  EXPECT_NE(files_.fetches().front().path, files_.fetches().back().path) << "over their ends";
}

TEST_F(FileLogReads, WhatIsReadAheadAndDamagedIsSaidToBe) {
  open(0);
  std::vector<LogPosition> at;
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(session_->owner().append({"in a row"}), AppendOutcome::kDurable);
    at.push_back(session_->owner().positions()[0]);
  }
  write_at(directory_.segment(1), offset_of(at[3]) + kRecordHeaderBytes, "not");
  for (size_t i = 0; i < at.size(); ++i) {
    EXPECT_EQ(session_->log().read_now(at[i], 8, out_).ok(), i != 3) << i;
  }
}

TEST_F(FileLogReads, ADamagedRecordIsNotReadFromTheSystemsCache) {
  open(0);
  write_at(directory_.segment(1), offset_of(at_) + kRecordHeaderBytes, "R");
  const auto read = session_->log().read_now(at_, 6, out_);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, ErrorCode::kStorageDamaged);
}

// --- One owner ---

TEST_F(FileLogTest, ASecondOpenIsRefusedUntilTheFirstHasEnded) {
  auto first = directory_.open();
  ASSERT_TRUE(first->status().ok());
  const auto second = directory_.open();
  ASSERT_FALSE(second->status().ok());
  EXPECT_EQ(second->status().error().code, ErrorCode::kStorageFailure);
  first.reset();
  EXPECT_TRUE(directory_.open()->status().ok());
}

TEST_F(FileLogTest, AnotherProcessWithTheJournalIsRefused) {
  fill_segments(1);
  int ready[2];
  int end[2];
  ASSERT_EQ(::pipe(ready) | ::pipe(end), 0);
  const pid_t other = ::fork();
  if (other == 0) {
    const auto locked = env::posix_file_system().lock(directory_.path());
    const char answer = locked.ok() ? 'y' : 'n';
    char ignored = 0;
    ::close(end[1]);
    if (::write(ready[1], &answer, 1) == 1) (void)!::read(end[0], &ignored, 1);
    ::_exit(0);
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  ASSERT_EQ(answer, 'y');
  const Error error = refusal();
  EXPECT_EQ(error.code, ErrorCode::kStorageFailure);
  EXPECT_NE(error.message.find("another process"), std::string::npos) << error.message;
  ::close(end[1]);
  ASSERT_EQ(::waitpid(other, nullptr, 0), other);
  EXPECT_EQ(reopened().size(), 2u);
  for (const int fd : {ready[0], ready[1], end[0]}) ::close(fd);
}

TEST_F(FileLogTest, ImpossibleOptionsAreRefused) {
  env::PumpedExecutor executor;
  const auto worker = env::make_thread_worker(executor);
  for (const FileLogOptions& options :
       {FileLogOptions{.directory = "", .segment_bytes = kSegmentBytesMin},
        FileLogOptions{.directory = directory_.path(), .segment_bytes = kSegmentBytesMin - 1},
        FileLogOptions{.directory = directory_.path(), .segment_bytes = kSegmentBytesMax + 1}}) {
    const auto opened = open_file_log(options, env::posix_file_system(), *worker, *worker);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, ErrorCode::kInvalidConfiguration);
  }
}

TEST_F(FileLogTest, SegmentsMayBeAsSmallAsTheLargestBatchAllows) {
  env::PumpedExecutor executor;
  const auto worker = env::make_thread_worker(executor);
  FileLogOptions options{.directory = directory_.path(),
                         .segment_bytes = kSegmentHeaderBytes + 999,
                         .batch_bytes_max = 1000};
  EXPECT_FALSE(open_file_log(options, env::posix_file_system(), *worker, *worker).ok());
  ++options.segment_bytes;
  const auto log = open_file_log(options, env::posix_file_system(), *worker, *worker);
  ASSERT_TRUE(log.ok());
  LogDriver owner(**log, executor);
  ASSERT_TRUE(owner.acquire().ok());
  const std::string record(1000 - kBatchHeaderBytes - kRecordHeaderBytes, 'x');
  for (int i = 0; i < 3; ++i) ASSERT_EQ(owner.append({record}), AppendOutcome::kDurable);
  EXPECT_EQ(*owner.scan(), LogDriver::Records(3, record));
  EXPECT_TRUE(std::filesystem::exists(directory_.segment(4)));  // the first one has the epoch only
}

TEST_F(FileLogTest, AScanBeyondTheTailIsRefused) {
  const auto session = directory_.open();
  const auto scanned = session->owner().scan(session->owner().tail() + 1);
  ASSERT_FALSE(scanned.ok());
  EXPECT_EQ(scanned.error().code, ErrorCode::kStorageDamaged);
}

}  // namespace
}  // namespace forebay::journal
