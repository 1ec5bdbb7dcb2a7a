// SPDX-License-Identifier: Apache-2.0
// The space of a file log: live bytes, removed segments and the holes they leave, room made ahead,
// full disks.
#include "journal/file/file_space.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "base/log.h"
#include "journal/file/segment_end.h"
#include "journal/testing/faulty_file_system.h"
#include "journal/testing/journal_directory.h"

namespace forebay::journal {
namespace {

using Records = LogDriver::Records;

constexpr uint64_t kRecordBytes = 3'000'000;  // two fill a segment
constexpr uint32_t kLength = kRecordBytes;
/// What a segment certainly takes: a batch more could be too much for what is left.
constexpr uint64_t kRoomOfFile = kSegmentBytesMin - kSegmentHeaderBytes - kBatchBytesMax;

class FileSpaceTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { configure_log(LogFormat::kText, LogLevel::kOff); }

  void open() {
    session_.reset();
    session_ = directory_.open(options_, files_);
    ASSERT_TRUE(session_->status().ok()) << session_->status().error().message;
  }
  Space& space() { return *session_->log().space(); }
  Space::Usage usage() { return space().usage(); }

  /// Appends and retains `count` records, each in a batch of its own.
  void append(int count) {
    for (int i = 0; i < count; ++i) {
      ASSERT_EQ(session_->owner().append({record(at_.size())}), AppendOutcome::kDurable);
      at_.push_back(session_->owner().positions()[0]);
      ASSERT_TRUE(session_->log().retain(at_.back(), kLength));
    }
  }
  static std::string record(size_t index) {
    return std::string(kRecordBytes, static_cast<char>('a' + index));
  }
  void release(size_t index) { session_->log().release(at_[index], kLength); }
  void trim(LogPosition needed_from) {
    space().trim(needed_from);
    session_->run_worker_dry();
  }
  void trim() { trim(session_->owner().tail()); }
  bool exists(int number) { return std::filesystem::exists(directory_.segment(number)); }
  uint64_t bytes_on_disk() {
    uint64_t sum = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
      sum += entry.file_size();
    }
    return sum;
  }
  int reserve_count() {
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
      if (entry.path().extension() == kReserveSuffix) ++count;
    }
    return count;
  }
  void reserve(uint64_t bytes, uint64_t snapshot_bytes = 0) {
    space().reserve(bytes, snapshot_bytes);
    session_->run_worker_dry();
  }
  void expect_readable(size_t index) {
    std::string out;
    const auto read = session_->log().read(at_[index], kLength, out);
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_TRUE(out == record(index)) << index;
  }
  /// The text of the error that names the file of segment `number`.
  void expect_names(const Error& error, int number) {
    EXPECT_EQ(error.code, ErrorCode::kStorageDamaged);
    EXPECT_NE(error.message.find(directory_.segment(number) + ", byte 0: the file is missing"),
              std::string::npos)
        << error.message;
  }

  JournalDirectory directory_;
  FileLogOptions options_ = directory_.options();
  FaultyFileSystem files_{env::posix_file_system()};
  std::unique_ptr<Session> session_;
  std::vector<LogPosition> at_;
};

// --- Live bytes, removal ---

TEST_F(FileSpaceTest, LiveBytesAreWhatIsRetainedWithItsFraming) {
  open();
  append(3);
  EXPECT_EQ(usage().live_bytes, 3 * (kRecordBytes + kRecordHeaderBytes));
  release(1);
  EXPECT_EQ(usage().live_bytes, 2 * (kRecordBytes + kRecordHeaderBytes));
  open();
  EXPECT_EQ(usage().live_bytes, 0u);
  EXPECT_TRUE(session_->log().retain(at_[0], kLength));
  EXPECT_EQ(usage().live_bytes, kRecordBytes + kRecordHeaderBytes);
}

TEST_F(FileSpaceTest, DiskBytesAreTheSizesOfAllFiles) {
  open();
  append(5);
  reserve(3 * kSegmentBytesMin);
  EXPECT_GT(reserve_count(), 2);
  EXPECT_EQ(usage().disk_bytes, bytes_on_disk());
  static_cast<FileSpace&>(space()).count_also([] { return uint64_t{1000}; });
  EXPECT_EQ(usage().disk_bytes, bytes_on_disk() + 1000);
}

TEST_F(FileSpaceTest, TrimRemovesWhatIsDeadAndNotNeeded) {
  open();
  append(7);  // segments 1 to 4; the last holds one
  const LogPosition third = at_[4];
  trim();
  EXPECT_TRUE(exists(1) && exists(2) && exists(3) && exists(4));
  for (const size_t index : {2, 3, 4, 5, 6}) release(index);
  trim(third);  // stands in segment 3
  EXPECT_TRUE(exists(1));
  EXPECT_FALSE(exists(2));
  EXPECT_TRUE(exists(3));
  const uint64_t before = usage().disk_bytes;
  trim();
  EXPECT_FALSE(exists(3));
  EXPECT_TRUE(exists(4)) << "the last is never removed";
  EXPECT_EQ(usage().disk_bytes, before - kSegmentBytesMin);
  EXPECT_EQ(usage().disk_bytes, bytes_on_disk());
  expect_readable(0);
  expect_readable(1);
  append(3);
  expect_readable(9);
}

TEST_F(FileSpaceTest, WhatStandsInAHoleIsMissedByName) {
  options_.cache_bytes = 0;
  open();
  append(7);
  release(2);
  release(3);
  trim();
  for (const bool reopened : {false, true}) {
    SCOPED_TRACE(reopened);
    if (reopened) open();
    std::string out;
    expect_names(session_->log().read(at_[2], kLength, out).error(), 2);
    expect_names(session_->log().read_now(at_[3], kLength, out).error(), 2);
    expect_names(session_->log().reader(at_[3], kLength)(out).error(), 2);
    EXPECT_FALSE(session_->log().retain(at_[2], kLength));
    EXPECT_FALSE(session_->log().retain(at_[3], kLength));
    session_->log().release(at_[3], kLength);
    expect_readable(1);
    expect_readable(4);
    if (reopened) EXPECT_TRUE(session_->log().retain(at_[4], kLength));
  }
}

// A small record right behind the hole's beginning stands where the segment in front of the hole
// has unused bytes.
TEST_F(FileSpaceTest, TheUnusedEndInFrontOfAHoleHoldsNothing) {
  open();
  append(2);
  const LogPosition end = session_->owner().tail();
  ASSERT_EQ(session_->owner().append({"small", std::string(kRecordBytes, 'x')}),
            AppendOutcome::kDurable);
  const LogPosition small = session_->owner().positions()[0];
  ASSERT_EQ(small, end + kBatchHeaderBytes);
  at_.push_back(small);
  at_.push_back(small);
  append(4);
  release(4);  // shares segment 2 with the small record, which nobody retained
  trim();
  ASSERT_FALSE(exists(2));
  for (const bool marked : {true, false}) {
    SCOPED_TRACE(marked);
    if (!marked) {
      const std::string no_mark(kEndMarkBytes, '\0');
      write_at(directory_.segment(1), kSegmentBytesMin - kEndMarkBytes, no_mark);
    }
    open();
    EXPECT_FALSE(session_->log().retain(small, 5));
    std::string out;
    expect_names(session_->log().read(small, 5, out).error(), 2);
    EXPECT_TRUE(session_->log().retain(at_[1], kLength));
  }
}

TEST_F(FileSpaceTest, ScansBehindAHoleGoOnOthersAreRefused) {
  open();
  append(7);
  release(2);
  release(3);
  trim();
  open();
  const LogPosition behind(at_[4].value - kBatchHeaderBytes);
  EXPECT_EQ(session_->owner().scan(behind)->size(), 3u);
  expect_names(session_->owner().scan(LogPosition(at_[2].value - kBatchHeaderBytes)).error(), 2);
  expect_names(session_->owner().scan(LogPosition(0)).error(), 2);
}

TEST_F(FileSpaceTest, AScanBeforeTheOldestSegmentIsRefused) {
  open();
  append(7);
  for (const size_t index : {0, 1, 2, 3}) release(index);
  trim();
  open();
  expect_names(session_->owner().scan(LogPosition(0)).error(), 2);
  expect_names(session_->owner().scan(LogPosition(at_[3].value - kBatchHeaderBytes)).error(), 2);
  EXPECT_EQ(session_->owner().scan(LogPosition(at_[4].value - kBatchHeaderBytes))->size(), 3u);
}

TEST_F(FileSpaceTest, ASegmentThatIsNotWhereItsNumberSaysIsRefused) {
  open();
  append(7);
  release(2);
  release(3);
  trim();
  session_.reset();
  // Segment 3 said to begin inside segment 1.
  SegmentHeader header = *decode_segment_header(read_file(directory_.segment(3)));
  header.first_position = at_[1];
  write_at(directory_.segment(3), 0, encode_segment_header(header));
  session_ = directory_.open();
  ASSERT_FALSE(session_->status().ok());
  EXPECT_NE(session_->status().error().message.find("does not continue segment 1"),
            std::string::npos);
}

TEST_F(FileSpaceTest, ReadersGoOnAfterTheRemoval) {
  options_.cache_bytes = 0;
  open();
  append(7);
  const auto reader = session_->log().reader(at_[2], kLength);
  release(3);
  const auto sparse = space().sparsest(session_->owner().tail(), 0.9);
  ASSERT_EQ(sparse->segment, 2u);
  const auto pieces = space().open(*sparse);
  release(2);
  trim();
  ASSERT_FALSE(exists(2));
  std::string out;
  ASSERT_TRUE(reader(out).ok());
  EXPECT_TRUE(out == record(2));
  EXPECT_TRUE((*pieces->next())[0].bytes == record(2));
}

TEST_F(FileSpaceTest, AFailedRemovalIsTriedAgain) {
  for (const Call call : {Call::kRemove, Call::kSyncDirectory, Call::kSync, Call::kOpen}) {
    SCOPED_TRACE(static_cast<int>(call));
    open();
    append(7);
    const size_t first = at_.size() - 5;  // the first record of a segment behind another
    const auto number = static_cast<int>((first + 2) / 2);
    release(first);
    release(first + 1);
    session_->run_worker_dry();  // what follows is the removal's first call of that kind
    files_.fail(call, 1);
    const uint64_t before = usage().disk_bytes;
    trim();
    EXPECT_TRUE(files_.has_failed());
    EXPECT_EQ(usage().disk_bytes, before) << "not yet given back";
    trim();
    EXPECT_FALSE(exists(number));
    EXPECT_EQ(usage().disk_bytes, before - kSegmentBytesMin);
    std::filesystem::remove_all(directory_.path());
    at_.clear();
    session_.reset();
  }
}

TEST_F(FileSpaceTest, ARemovalThatAPowerFailureUndidIsDoneAgain) {
  open();
  append(7);
  std::filesystem::copy_file(directory_.segment(2), directory_.path() + "/aside");
  for (const size_t index : {2, 3, 4, 5}) release(index);
  trim();
  ASSERT_FALSE(exists(2) || exists(3));
  std::filesystem::rename(directory_.path() + "/aside", directory_.segment(2));
  open();
  for (const size_t index : {0, 1, 6}) EXPECT_TRUE(session_->log().retain(at_[index], kLength));
  trim();
  EXPECT_FALSE(exists(2));
  EXPECT_TRUE(exists(1));
}

// --- Sparse segments ---

TEST_F(FileSpaceTest, TheSparsestSegmentIsRead) {
  open();
  append(6);
  for (const size_t index : {1, 2}) release(index);
  EXPECT_FALSE(space().sparsest(session_->owner().tail(), 0.3));
  EXPECT_FALSE(space().sparsest(at_[1], 0.9)) << "not wholly before the position";
  const auto sparse = space().sparsest(session_->owner().tail(), 0.5);
  ASSERT_TRUE(sparse);
  EXPECT_EQ(sparse->segment, 1u);
  EXPECT_EQ(sparse->disk_bytes, kSegmentBytesMin);
  EXPECT_EQ(sparse->live_bytes, kRecordBytes + kRecordHeaderBytes);
  const auto pieces = space().open(*sparse);
  for (const size_t index : {0, 1}) {
    const auto records = pieces->next();
    ASSERT_TRUE(records.ok()) << records.error().message;
    ASSERT_EQ(records->size(), 1u);
    EXPECT_EQ((*records)[0].at, at_[index]);
    EXPECT_TRUE((*records)[0].bytes == record(index));
  }
  EXPECT_TRUE(pieces->next()->empty());
  EXPECT_TRUE(pieces->next()->empty());
}

TEST_F(FileSpaceTest, ADamagedSparseSegmentIsNotHandedOut) {
  open();
  append(4);
  release(0);
  const auto sparse = space().sparsest(session_->owner().tail(), 0.5);
  ASSERT_EQ(sparse->segment, 1u);
  write_at(directory_.segment(1), kSegmentHeaderBytes + at_[1].value + 1'000'000, "damage");
  const auto pieces = space().open(*sparse);
  EXPECT_TRUE(pieces->next().ok());
  const auto damaged = pieces->next();
  ASSERT_FALSE(damaged.ok());
  EXPECT_EQ(damaged.error().code, ErrorCode::kStorageDamaged);
  const uint64_t offset = kSegmentHeaderBytes + at_[1].value - kBatchHeaderBytes;
  EXPECT_NE(
      damaged.error().message.find(directory_.segment(1) + ", byte " + std::to_string(offset)),
      std::string::npos)
      << damaged.error().message;
}

// --- Room ---

TEST_F(FileSpaceTest, RoomIsMadeForWhatIsReserved) {
  open();
  EXPECT_EQ(reserve_count(), 0);
  for (const uint64_t bytes : {uint64_t{1}, kRoomOfFile, 2 * kRoomOfFile, 5 * kRoomOfFile + 1}) {
    reserve(bytes);
    EXPECT_GE(usage().room_bytes, bytes);
    EXPECT_LT(usage().room_bytes, bytes + kRoomOfFile);
    EXPECT_FALSE(usage().short_of_space);
  }
  EXPECT_EQ(usage().room_bytes,
            static_cast<uint64_t>(reserve_count() + 1) * kRoomOfFile - kBatchHeaderBytes);
}

TEST_F(FileSpaceTest, RoomIsKeptUpWhileSegmentsFill) {
  open();
  reserve(2 * kRoomOfFile);
  for (int i = 0; i < 20; ++i) {
    append(1);
    session_->run_worker_dry();
    EXPECT_GE(usage().room_bytes, 2 * kRoomOfFile) << i;
  }
}

// Whatever the sizes of the batches: what room_bytes promises goes in without another allocation.
TEST_F(FileSpaceTest, RoomIsEnoughForBatchesOfAnySize) {
  for (const uint64_t size : {uint64_t{100'000}, uint64_t{1'400'000}, kRecordBytesMax}) {
    SCOPED_TRACE(size);
    open();
    reserve(4 * kRoomOfFile);
    files_.set_full(true);
    const uint64_t room = usage().room_bytes;
    uint64_t written = 0;
    const uint64_t batch = size + kBatchHeaderBytes + kRecordHeaderBytes;
    for (; written + batch <= room; written += batch) {
      ASSERT_EQ(session_->owner().append({std::string(size, 'x')}), AppendOutcome::kDurable);
      EXPECT_LE(room - (written + batch), usage().room_bytes);
    }
    files_.set_full(false);
    std::filesystem::remove_all(directory_.path());
    session_.reset();
  }
}

TEST_F(FileSpaceTest, SurplusIsGivenBackButForOneFile) {
  open();
  reserve(6 * kRoomOfFile);
  const int many = reserve_count();
  ASSERT_GE(many, 5);
  reserve(5 * kRoomOfFile);
  EXPECT_EQ(reserve_count(), many);
  reserve(0);
  EXPECT_EQ(reserve_count(), 1);
  EXPECT_EQ(usage().disk_bytes, bytes_on_disk());
}

TEST_F(FileSpaceTest, TheReserveSurvivesARestart) {
  open();
  reserve(3 * kRoomOfFile);
  const int count = reserve_count();
  const uint64_t room = usage().room_bytes;
  files_.set_full(true);
  open();
  EXPECT_EQ(reserve_count(), count);
  EXPECT_EQ(usage().room_bytes, room - kBatchHeaderBytes);
  append(4);
  EXPECT_LT(reserve_count(), count);
  open();
  expect_readable(3);
}

TEST_F(FileSpaceTest, AReserveOfAnotherSizeIsRemoved) {
  open();
  reserve(3 * kRoomOfFile);
  options_.segment_bytes = 2 * kSegmentBytesMin;
  open();
  EXPECT_EQ(reserve_count(), 0);
  EXPECT_EQ(usage().disk_bytes, bytes_on_disk());
}

// A crash between a roll's rename and its becoming durable leaves a header in a reserve file.
TEST_F(FileSpaceTest, AHeaderInAReserveFileDoesNoHarm) {
  open();
  reserve(2 * kRoomOfFile);
  append(1);
  session_.reset();
  SegmentHeader header = *decode_segment_header(read_file(directory_.segment(1)));
  header.number = 2;
  header.first_position = LogPosition(12345);
  const auto reserve_path = directory_.path() + "/" + reserve_name(1);
  write_at(reserve_path, 0, encode_segment_header(header));
  open();
  append(3);
  EXPECT_FALSE(std::filesystem::exists(reserve_path));
  ASSERT_TRUE(exists(2));
  open();
  EXPECT_EQ(session_->owner().scan()->size(), 4u);
}

// --- A full disk ---

TEST_F(FileSpaceTest, AFullDiskIsSaidAndNotAnError) {
  open();
  reserve(kRoomOfFile);
  files_.set_full(true);
  reserve(4 * kRoomOfFile);
  Space::Usage full = usage();
  EXPECT_TRUE(full.short_of_space);
  EXPECT_GT(full.free_bytes, 0u);
  EXPECT_EQ(full.missing_bytes, 3 * kSegmentBytesMin);
  EXPECT_LT(full.room_bytes, 2 * kRoomOfFile);
  EXPECT_EQ(reserve_count(), 1) << "nothing is left of what was refused";
  EXPECT_EQ(full.disk_bytes, bytes_on_disk());
  ASSERT_EQ(session_->owner().append({"still here"}), AppendOutcome::kDurable);
  reserve(4 * kRoomOfFile);
  EXPECT_TRUE(usage().short_of_space);
  files_.set_full(false);
  EXPECT_TRUE(usage().short_of_space) << "not tried again yet";
  reserve(4 * kRoomOfFile);
  EXPECT_FALSE(usage().short_of_space);
  EXPECT_GE(usage().room_bytes, 4 * kRoomOfFile);
}

TEST_F(FileSpaceTest, AskingForLessEndsTheShortage) {
  open();
  files_.set_full(true);
  reserve(4 * kRoomOfFile);
  ASSERT_TRUE(usage().short_of_space);
  reserve(0);
  EXPECT_FALSE(usage().short_of_space);
}

TEST_F(FileSpaceTest, RoomForSnapshotsComesBeforeSegments) {
  open();
  files_.set_full(true);
  reserve(kRoomOfFile, 1'000'000);
  EXPECT_TRUE(usage().short_of_space);
  EXPECT_EQ(usage().missing_bytes, 2'000'000u);
  EXPECT_EQ(usage().disk_bytes, bytes_on_disk());
  append(2);
  session_->run_worker_dry();
  EXPECT_EQ(reserve_count(), 0);
  files_.set_full(false);
  reserve(kRoomOfFile, 1'000'000);
  EXPECT_FALSE(usage().short_of_space);
  EXPECT_GE(usage().room_bytes, kRoomOfFile);
  EXPECT_EQ(usage().disk_bytes, bytes_on_disk());
  EXPECT_EQ(session_->log().space()->usage().missing_bytes, 0u);
}

TEST_F(FileSpaceTest, RoomForSnapshotsSurvivesARestartOnAFullDisk) {
  open();
  reserve(0, 1'000'000);
  files_.set_full(true);
  open();
  reserve(0, 1'000'000);
  EXPECT_FALSE(usage().short_of_space);
  EXPECT_EQ(usage().disk_bytes, bytes_on_disk());
}

// A failing disk is not a full one here either.
TEST_F(FileSpaceTest, AnotherFailureOfTheRoomIsNoShortage) {
  open();
  session_->run_worker_dry();
  files_.fail(Call::kOpen, 1);
  reserve(kRoomOfFile, 1'000'000);
  EXPECT_TRUE(files_.has_failed());
  EXPECT_FALSE(usage().short_of_space);
  EXPECT_GE(usage().room_bytes, kRoomOfFile);
}

TEST_F(FileSpaceTest, AFullDiskIsMetWhereverItBegins) {
  for (int nth = 1; nth <= 4; ++nth) {
    SCOPED_TRACE(nth);
    open();
    files_.fail(Call::kAllocate, nth);
    reserve(5 * kRoomOfFile);
    EXPECT_TRUE(files_.has_failed());
    EXPECT_TRUE(usage().short_of_space);
    const uint64_t room = usage().room_bytes;
    EXPECT_LT(room, 5 * kRoomOfFile);
    files_.set_full(true);
    const uint64_t batch = 100'000 + kBatchHeaderBytes + kRecordHeaderBytes;
    for (uint64_t written = batch; written <= room; written += batch) {
      ASSERT_EQ(session_->owner().append({std::string(100'000, 'x')}), AppendOutcome::kDurable);
    }
    files_.set_full(false);
    std::filesystem::remove_all(directory_.path());
    session_.reset();
  }
}

TEST_F(FileSpaceTest, AnOwnerStartsOnAFullDisk) {
  open();
  append(1);
  files_.set_full(true);
  open();
  EXPECT_EQ(session_->owner().scan()->size(), 1u);
  reserve(4 * kRoomOfFile);
  EXPECT_TRUE(usage().short_of_space);
  ASSERT_EQ(session_->owner().append({"a delete"}), AppendOutcome::kDurable);
}

// The last segment has no room for a new owner's first batch: the reserve has.
TEST_F(FileSpaceTest, AnOwnerStartsOnAFullDiskWithAFullSegment) {
  open();
  append(1);
  reserve(2 * kRoomOfFile);
  const uint64_t left = kSegmentBytesMin - kSegmentHeaderBytes - session_->owner().tail().value;
  ASSERT_EQ(session_->owner().append({std::string(left - 56 - 4'000'000, 'y')}),
            AppendOutcome::kDurable);
  ASSERT_EQ(session_->owner().append({std::string(4'000'000 - 56, 'z')}), AppendOutcome::kDurable);
  ASSERT_FALSE(exists(2));
  files_.set_full(true);
  open();
  EXPECT_TRUE(exists(2));
  EXPECT_EQ(session_->owner().scan()->size(), 3u);
}

// A failing disk is not a full one: the operator hears of it, the log goes on as long as it can.
TEST_F(FileSpaceTest, AnotherFailureOfPreparingIsNoShortage) {
  open();
  session_->run_worker_dry();
  files_.fail(Call::kOpen, 1);
  reserve(kRoomOfFile + 1);
  EXPECT_TRUE(files_.has_failed());
  EXPECT_FALSE(usage().short_of_space);
  EXPECT_EQ(reserve_count(), 0);
  reserve(kRoomOfFile + 1);
  EXPECT_EQ(reserve_count(), 1);
}

// Nothing is pumped between the appends: the files must stand in the worker's queue in front of
// them.
TEST_F(FileSpaceTest, FilesAreMadeInFrontOfLaterAppends) {
  open();
  session_->run_worker_dry();
  files_.record_writes();
  append(9);
  session_->run_worker_dry();
  for (const auto& write : files_.recorded()) {
    if (write.path.starts_with(directory_.segment(1))) continue;  // the first is made at once
    EXPECT_EQ(write.path.find(kUnfinishedSuffix), std::string::npos)
        << write.path << " was made at the roll";
  }
  EXPECT_TRUE(exists(5));
}

}  // namespace
}  // namespace forebay::journal
