// SPDX-License-Identifier: Apache-2.0
// Writing, keeping and losing snapshots. What damage to a file leads to is in
// snapshot_file_test.cc.
#include "journal/file/file_snapshots.h"

#include <filesystem>
#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "base/log.h"
#include "env/limited_file_system.h"
#include "env/testing/temporary_directory.h"
#include "journal/file/snapshot_file.h"
#include "journal/testing/faulty_file_system.h"
#include "journal/testing/snapshot_driver.h"

namespace forebay::journal {
namespace {

using Chunks = SnapshotDriver::Chunks;

constexpr Bytes16 kLogId = {1, 2, 3};
constexpr LogPosition kTail{1'000'000};

/// One life of a process that writes snapshots.
class Life {
 public:
  explicit Life(const std::string& directory, env::FileSystem& files = env::posix_file_system(),
                std::shared_ptr<SnapshotRoom> room = nullptr)
      : worker_(env::make_thread_worker(executor_)) {
    auto found = find_snapshots(files, directory);
    if (!found.ok()) {
      status_ = found.error();
      return;
    }
    FileSnapshots::Options options{.directory = directory,
                                   .log_id = kLogId,
                                   .tail = kTail,
                                   .found = *found,
                                   .lock = {},
                                   .room = std::move(room)};
    snapshots_ = std::make_unique<FileSnapshots>(std::move(options), files, *worker_);
    driver_.emplace(*snapshots_, executor_);
  }

  const Result<void>& status() const { return status_; }
  FileSnapshots& snapshots() { return *snapshots_; }
  SnapshotDriver& driver() { return *driver_; }
  env::PumpedExecutor& executor() { return executor_; }
  /// Everything submitted so far has run.
  void settle() {
    bool settled = false;
    worker_->submit([] {}, [&] { settled = true; });
    executor_.run_until([&] { return settled; });
  }
  void end_snapshots() { snapshots_.reset(); }

 private:
  env::PumpedExecutor executor_;
  std::unique_ptr<env::Worker> worker_;
  std::unique_ptr<FileSnapshots> snapshots_;
  std::optional<SnapshotDriver> driver_;
  Result<void> status_;
};

class FileSnapshotsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { configure_log(LogFormat::kText, LogLevel::kOff); }

  std::set<std::string> names() const {
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
      found.insert(entry.path().filename().string());
    }
    return found;
  }
  std::string path(uint64_t number) const { return directory_ / snapshot_name(number); }

  void flip(uint64_t number, uint64_t offset) {
    std::fstream file(path(number), std::ios::binary | std::ios::in | std::ios::out);
    file.seekg(static_cast<std::streamoff>(offset));
    const int byte = file.get();
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(static_cast<char>(byte ^ 1));
    ASSERT_TRUE(file.good());
  }

  static std::vector<uint64_t> numbers(const FileSnapshots& snapshots) {
    std::vector<uint64_t> found;
    for (const auto& info : snapshots.list()) found.push_back(info.number);
    return found;
  }

  env::TemporaryDirectory directory_;
};

TEST_F(FileSnapshotsTest, NoneAtFirst) {
  Life life(directory_.path());
  EXPECT_TRUE(life.snapshots().list().empty());
  EXPECT_EQ(life.snapshots().needed_from(), LogPosition(0));
  EXPECT_EQ(life.snapshots().disk_bytes(), 0u);
}

TEST_F(FileSnapshotsTest, ACommittedOneIsFoundByTheNextLife) {
  const Chunks chunks = {"a", std::string(kSnapshotChunkBytesMax, 'b'), "c"};
  {
    Life life(directory_.path());
    ASSERT_TRUE(life.driver().make(LogPosition(100), chunks, LogPosition(900)).ok());
    EXPECT_EQ(numbers(life.snapshots()), (std::vector<uint64_t>{1}));
    EXPECT_EQ(*life.driver().load(life.snapshots().list()[0]), chunks);
  }
  Life life(directory_.path());
  const auto list = life.snapshots().list();
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].number, 1u);
  EXPECT_EQ(list[0].from, LogPosition(100));
  EXPECT_EQ(list[0].bytes, std::filesystem::file_size(path(1)));
  EXPECT_EQ(life.snapshots().disk_bytes(), list[0].bytes);
  EXPECT_EQ(*life.driver().load(list[0]), chunks);
  EXPECT_EQ(life.driver().through(), LogPosition(900));
}

TEST_F(FileSnapshotsTest, TheThirdCommitRemovesTheFirst) {
  Life life(directory_.path());
  ASSERT_TRUE(life.driver().make(LogPosition(100), {"a"}, LogPosition(110)).ok());
  EXPECT_EQ(life.snapshots().needed_from(), LogPosition(0));
  ASSERT_TRUE(life.driver().make(LogPosition(200), {"b"}, LogPosition(210)).ok());
  EXPECT_EQ(life.snapshots().needed_from(), LogPosition(100));
  EXPECT_EQ(names(), (std::set{snapshot_name(1), snapshot_name(2)}));
  ASSERT_TRUE(life.driver().make(LogPosition(300), {"c"}, LogPosition(310)).ok());
  EXPECT_EQ(life.snapshots().needed_from(), LogPosition(200));
  EXPECT_EQ(names(), (std::set{snapshot_name(2), snapshot_name(3)}));
  EXPECT_EQ(numbers(life.snapshots()), (std::vector<uint64_t>{3, 2}));
  EXPECT_EQ(life.snapshots().disk_bytes(),
            std::filesystem::file_size(path(2)) + std::filesystem::file_size(path(3)));
}

TEST_F(FileSnapshotsTest, NothingCountsBeforeTheCommit) {
  {
    Life life(directory_.path());
    life.snapshots().begin(LogPosition(100));
    ASSERT_TRUE(life.driver().write("a").ok());
    EXPECT_TRUE(life.snapshots().list().empty());
    EXPECT_EQ(names(), (std::set{snapshot_name(1) + ".unfinished"}));
    EXPECT_EQ(life.snapshots().disk_bytes(), std::filesystem::file_size(path(1) + ".unfinished"));
  }
  // The destructor has abandoned it.
  EXPECT_TRUE(names().empty());
}

TEST_F(FileSnapshotsTest, AbandonRemovesTheFile) {
  Life life(directory_.path());
  life.snapshots().begin(LogPosition(100));
  ASSERT_TRUE(life.driver().write("a").ok());
  life.snapshots().abandon();
  life.settle();
  EXPECT_TRUE(names().empty());
  EXPECT_EQ(life.snapshots().disk_bytes(), 0u);
  ASSERT_TRUE(life.driver().make(LogPosition(200), {"b"}, LogPosition(210)).ok());
  EXPECT_EQ(numbers(life.snapshots()), (std::vector<uint64_t>{2}));
}

TEST_F(FileSnapshotsTest, BeginAbandonsWhatWasBegunBefore) {
  Life life(directory_.path());
  life.snapshots().begin(LogPosition(100));
  ASSERT_TRUE(life.driver().write("a").ok());
  ASSERT_TRUE(life.driver().make(LogPosition(200), {"b"}, LogPosition(210)).ok());
  EXPECT_EQ(names(), (std::set{snapshot_name(2)}));
  EXPECT_EQ(*life.driver().load(life.snapshots().list()[0]), Chunks{"b"});
}

TEST_F(FileSnapshotsTest, NoDoneIsCalledForWhatWasAbandoned) {
  Life life(directory_.path());
  int calls = 0;
  life.snapshots().begin(LogPosition(100));
  life.snapshots().write("a", [&](const Result<void>&) { ++calls; });
  life.snapshots().abandon();
  life.snapshots().begin(LogPosition(200));
  life.snapshots().write("b", [&](const Result<void>&) { calls += 10; });
  life.settle();
  EXPECT_EQ(calls, 10);
  life.snapshots().write("c", [&](const Result<void>&) { calls += 100; });
  life.end_snapshots();
  life.settle();
  EXPECT_EQ(calls, 10);
}

TEST_F(FileSnapshotsTest, ACommitThatWasAbandonedTooLateIsStillKnown) {
  Life life(directory_.path());
  ASSERT_TRUE(life.driver().make(LogPosition(100), {"a"}, LogPosition(110)).ok());
  ASSERT_TRUE(life.driver().make(LogPosition(200), {"b"}, LogPosition(210)).ok());
  life.snapshots().begin(LogPosition(300));
  ASSERT_TRUE(life.driver().write("c").ok());
  bool called = false;
  life.snapshots().commit(LogPosition(310), [&](const Result<void>&) { called = true; });
  life.snapshots().abandon();
  life.settle();
  EXPECT_FALSE(called);
  EXPECT_EQ(names(), (std::set{snapshot_name(2), snapshot_name(3)}));
  EXPECT_EQ(numbers(life.snapshots()), (std::vector<uint64_t>{3, 2}));
}

TEST_F(FileSnapshotsTest, TheFileIsSyncedAsItGrows) {
  FaultyFileSystem files(env::posix_file_system());
  Life life(directory_.path(), files);
  life.snapshots().begin(LogPosition(100));
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(life.driver().write(std::string(1u << 20, 'a')).ok());
  constexpr int kSyncs = (40u << 20) / kSnapshotSyncBytes;
  EXPECT_EQ(files.calls(Call::kSync), kSyncs);
  ASSERT_TRUE(life.driver().commit(LogPosition(110)).ok());
  EXPECT_EQ(files.calls(Call::kSync), kSyncs + 1);
}

TEST_F(FileSnapshotsTest, OnAFullDiskTheRoomSetAsideIsUsedUp) {
  constexpr uint64_t kCapacity = 1 << 20;
  env::LimitedFileSystem files(env::posix_file_system(), kCapacity);
  const Chunks chunks = {std::string(50'000, 'a'), std::string(40'000, 'b')};
  const auto room = std::make_shared<SnapshotRoom>(files, directory_.path());
  ASSERT_TRUE(files.create_directory(directory_.path()).ok());  // which then counts
  ASSERT_TRUE(room->make(100'000).ok());
  const auto ballast = files.open(directory_ / "ballast", env::OpenMode::kCreate);
  ASSERT_TRUE((*ballast)->allocate(*files.free_bytes(directory_.path())).ok());
  Life life(directory_.path(), files, room);
  ASSERT_TRUE(life.driver().make(LogPosition(100), chunks, LogPosition(100)).ok());
  EXPECT_EQ(room->disk_bytes(), 100'000u);
  ASSERT_TRUE(life.driver().make(LogPosition(200), chunks, LogPosition(200)).ok());
  EXPECT_EQ(room->disk_bytes(), 0u);
  EXPECT_EQ(*life.driver().load(life.snapshots().list()[0]), chunks);
  const auto third = life.driver().make(LogPosition(300), chunks, LogPosition(300));
  ASSERT_FALSE(third.ok());
  EXPECT_EQ(third.error().code, ErrorCode::kStorageFull);
}

// --- Damage ---

TEST_F(FileSnapshotsTest, ADamagedOneDoesNotCountAsOneOfTheTwo) {
  {
    Life life(directory_.path());
    ASSERT_TRUE(life.driver().make(LogPosition(100), {"a"}, LogPosition(110)).ok());
    ASSERT_TRUE(life.driver().make(LogPosition(200), {"b"}, LogPosition(210)).ok());
  }
  flip(2, kSnapshotHeaderBytes + kChunkHeaderBytes);
  {
    Life life(directory_.path());
    ASSERT_EQ(numbers(life.snapshots()), (std::vector<uint64_t>{2, 1}));
    EXPECT_FALSE(life.driver().load(life.snapshots().list()[0]).ok());
    EXPECT_EQ(numbers(life.snapshots()), (std::vector<uint64_t>{1}));
    EXPECT_EQ(life.snapshots().needed_from(), LogPosition(0));
    EXPECT_EQ(*life.driver().load(life.snapshots().list()[0]), Chunks{"a"});
    ASSERT_TRUE(life.driver().make(LogPosition(300), {"c"}, LogPosition(310)).ok());
    EXPECT_EQ(numbers(life.snapshots()), (std::vector<uint64_t>{3, 1}));
    EXPECT_EQ(life.snapshots().needed_from(), LogPosition(100));
    EXPECT_EQ(names().count(snapshot_name(2)), 1u);  // until it is older than both
    ASSERT_TRUE(life.driver().make(LogPosition(400), {"d"}, LogPosition(410)).ok());
    EXPECT_EQ(life.snapshots().needed_from(), LogPosition(300));
    EXPECT_EQ(names(), (std::set{snapshot_name(3), snapshot_name(4)}));
  }
}

TEST_F(FileSnapshotsTest, AnUnreadableHeaderIsListedAndKeepsTheWholeLog) {
  {
    Life life(directory_.path());
    ASSERT_TRUE(life.driver().make(LogPosition(100), {"a"}, LogPosition(110)).ok());
    ASSERT_TRUE(life.driver().make(LogPosition(200), {"b"}, LogPosition(210)).ok());
  }
  flip(1, 3);
  std::ofstream empty(path(9));  // and one that is empty
  Life life(directory_.path());
  ASSERT_TRUE(life.status().ok()) << life.status().error().message;
  EXPECT_EQ(numbers(life.snapshots()), (std::vector<uint64_t>{9, 2, 1}));
  EXPECT_FALSE(life.driver().load(life.snapshots().list()[0]).ok());
  EXPECT_EQ(*life.driver().load(life.snapshots().list()[0]), Chunks{"b"});
  EXPECT_EQ(life.snapshots().needed_from(), LogPosition(0));
  // Numbers are not used again, whatever was wrong with the file.
  ASSERT_TRUE(life.driver().make(LogPosition(300), {"c"}, LogPosition(310)).ok());
  EXPECT_EQ(numbers(life.snapshots()), (std::vector<uint64_t>{10, 2}));
}

TEST_F(FileSnapshotsTest, AHeaderThatReadsDifferentlyTheSecondTimeIsDamage) {
  {
    Life life(directory_.path());
    ASSERT_TRUE(life.driver().make(LogPosition(100), {"a"}, LogPosition(110)).ok());
  }
  flip(1, 3);
  Life life(directory_.path());
  flip(1, 3);
  const auto loaded = life.driver().load(life.snapshots().list()[0]);
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().code, ErrorCode::kStorageDamaged);
}

TEST_F(FileSnapshotsTest, OneThatTheLogDoesNotReachIsDamage) {
  {
    Life life(directory_.path());
    ASSERT_TRUE(life.driver().make(LogPosition(100), {"a"}, kTail).ok());
    ASSERT_TRUE(life.driver().make(LogPosition(200), {"b"}, kTail + 1).ok());
  }
  Life life(directory_.path());
  const auto lost = life.driver().load(life.snapshots().list()[0]);
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(lost.error().code, ErrorCode::kStorageDamaged);
  EXPECT_NE(lost.error().message.find("position 1000001"), std::string::npos);
  EXPECT_EQ(*life.driver().load(life.snapshots().list()[0]), Chunks{"a"});
}

TEST_F(FileSnapshotsTest, ANewerVersionIsRefusedAtStart) {
  {
    Life life(directory_.path());
    ASSERT_TRUE(life.driver().make(LogPosition(100), {"a"}, LogPosition(110)).ok());
  }
  std::ofstream(path(2), std::ios::binary) << encode_snapshot_header(
      {.format_version = 2, .number = 2, .from = LogPosition(200), .log_id = kLogId});
  const Life life(directory_.path());
  ASSERT_FALSE(life.status().ok());
  EXPECT_NE(life.status().error().message.find(path(2)), std::string::npos);
  EXPECT_NE(life.status().error().message.find("version 2"), std::string::npos);
  EXPECT_NE(life.status().error().message.find("up to 1"), std::string::npos);
}

TEST_F(FileSnapshotsTest, AnOldOneThatCannotBeRemovedIsRemovedLater) {
  FaultyFileSystem files(env::posix_file_system());
  Life life(directory_.path(), files);
  ASSERT_TRUE(life.driver().make(LogPosition(100), {"a"}, LogPosition(110)).ok());
  ASSERT_TRUE(life.driver().make(LogPosition(200), {"b"}, LogPosition(210)).ok());
  files.fail(Call::kRemove, 1);
  ASSERT_TRUE(life.driver().make(LogPosition(300), {"c"}, LogPosition(310)).ok());
  ASSERT_TRUE(files.has_failed());
  EXPECT_EQ(numbers(life.snapshots()), (std::vector<uint64_t>{3, 2}));
  EXPECT_EQ(names().size(), 3u);
  EXPECT_EQ(life.snapshots().disk_bytes(), 3 * std::filesystem::file_size(path(1)));
  ASSERT_TRUE(life.driver().make(LogPosition(400), {"d"}, LogPosition(410)).ok());
  EXPECT_EQ(names(), (std::set{snapshot_name(3), snapshot_name(4)}));
}

// --- Faults ---

class FileSnapshotsFaults : public FileSnapshotsTest, public testing::WithParamInterface<Call> {};

/// The 1st, 2nd, … call of a kind is refused while the third snapshot is made, and the machine may
/// lose its power right after: whatever was committed is intact, and two are there to fall back to.
TEST_P(FileSnapshotsFaults, WhatWasCommittedStaysAndWhatFailedLeavesNothing) {
  const Chunks big = {std::string(kSnapshotChunkBytesMax, 'x'), "y",
                      std::string(kSnapshotChunkBytesMax, 'z')};
  int faults = 0;
  for (bool failed = true; failed; ++faults) {
    SCOPED_TRACE(testing::Message() << "number " << faults + 1);
    const env::TemporaryDirectory directory;
    {
      Life life(directory.path());
      ASSERT_TRUE(life.driver().make(LogPosition(100), {"a"}, LogPosition(110)).ok());
      ASSERT_TRUE(life.driver().make(LogPosition(200), {"b"}, LogPosition(210)).ok());
    }
    FaultyFileSystem files(env::posix_file_system());
    Result<void> made;
    {
      Life life(directory.path(), files);
      ASSERT_TRUE(life.status().ok());
      files.fail(GetParam(), faults + 1);
      made = life.driver().make(LogPosition(300), big, LogPosition(310));
      failed = files.has_failed();
      EXPECT_EQ(life.snapshots().needed_from(), LogPosition(made.ok() ? 200 : 100));
      if (!made.ok()) {
        EXPECT_NE(made.error().message.find("injected"), std::string::npos);
        life.settle();
        for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
          EXPECT_NE(entry.path().extension(), ".unfinished");
        }
        // The disk is well again: so is the next one.
        EXPECT_TRUE(life.driver().make(LogPosition(400), {"c"}, LogPosition(410)).ok());
        EXPECT_EQ(life.snapshots().needed_from(), LogPosition(200));
      }
    }
    if (!failed) EXPECT_TRUE(made.ok());
    files.lose_unsynced();
    Life life(directory.path());
    const auto list = life.snapshots().list();
    ASSERT_GE(list.size(), 2u);
    EXPECT_EQ(*life.driver().load(list[0]), made.ok() ? big : Chunks{"c"});
    EXPECT_EQ(*life.driver().load(list[1]), Chunks{"b"});
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(faults, 1);
}

/// The power fails after the 1st, 2nd, … call of a kind was refused, without anything more being
/// tried: nothing that is listed is damaged.
TEST_P(FileSnapshotsFaults, PowerLossInBetweenLeavesNoDamagedSnapshot) {
  for (int nth = 1;; ++nth) {
    SCOPED_TRACE(testing::Message() << "number " << nth);
    const env::TemporaryDirectory directory;
    FaultyFileSystem files(env::posix_file_system());
    files.fail(GetParam(), nth);
    {
      Life life(directory.path(), files);
      if (life.status().ok()) {
        std::ignore = life.driver().make(LogPosition(100), {"a"}, LogPosition(110));
        std::ignore = life.driver().make(LogPosition(200), {"b", "c"}, LogPosition(210));
      }
    }
    files.lose_unsynced();
    Life life(directory.path());
    ASSERT_TRUE(life.status().ok());
    for (const auto& info : life.snapshots().list()) EXPECT_TRUE(life.driver().load(info).ok());
    if (!files.has_failed()) break;
  }
}

INSTANTIATE_TEST_SUITE_P(EveryCall, FileSnapshotsFaults,
                         testing::Values(Call::kOpen, Call::kWrite, Call::kSync, Call::kRename,
                                         Call::kSyncDirectory, Call::kExists, Call::kRemove),
                         [](const testing::TestParamInfo<Call>& info) {
                           return name_of(info.param);
                         });

}  // namespace
}  // namespace forebay::journal
