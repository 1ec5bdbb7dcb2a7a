// SPDX-License-Identifier: Apache-2.0
// Backups beside a server that goes on, and what comes back from them.
#include "journal/file/journal_backup.h"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include "base/log.h"
#include "journal/file/snapshot_file.h"
#include "journal/testing/journal_maker.h"
#include "journal/testing/watched_file_system.h"

namespace forebay::journal {
namespace {

const Error kRefused{ErrorCode::kStorageFailure, "injected fault"};

struct stat status_of(const std::string& path) {
  struct stat info{};
  CHECK(::stat(path.c_str(), &info) == 0);
  return info;
}

class Backup : public testing::Test {
 protected:
  static void SetUpTestSuite() { configure_log(LogFormat::kText, LogLevel::kOff); }

  /// A server with three full segments and a begun one, snapshots at the begin of 2 and 3.
  void SetUp() override {
    maker_.emplace(directory_);
    add(maker_->fill_segments(2));
    maker_->snapshot(made_[3].batch);
    add(maker_->fill_segments(1));
    maker_->snapshot(made_[6].batch);
    made_.push_back(maker_->append("the last" + std::string(1'000'000, 'y')));
  }

  void add(const std::vector<MadeRecord>& more) {
    made_.insert(made_.end(), more.begin(), more.end());
  }

  Result<CopyReport> backup(env::FileSystem& files = env::posix_file_system()) {
    return backup_journal(files, {.from = directory_.path(), .to = target_, .progress = nullptr});
  }
  Result<CopyReport> restore(env::FileSystem& files = env::posix_file_system()) {
    return restore_journal(files, {.from = target_, .to = restored_, .progress = nullptr});
  }
  std::string target_segment(int number) const {
    return target_ + "/" + segment_name(static_cast<uint64_t>(number));
  }
  std::string target_snapshot(uint64_t number) const {
    return target_ + "/" + snapshot_name(number);
  }

  static Inspection inspect(const std::string& directory) {
    auto found = inspect_journal(env::posix_file_system(), {.directory = directory});
    CHECK(found.ok());
    for (const Damage& damage : found->damage) ADD_FAILURE() << describe(damage);
    return std::move(found).value();
  }

  /// What a start on `directory` finds from `from` on, an error if it is refused.
  static Result<std::vector<std::string>> started(const std::string& directory, LogPosition from) {
    FileLogOptions options;
    options.directory = directory;
    options.segment_bytes = kSegmentBytesMin;
    Session session(options, env::posix_file_system());
    TRY(session.status());
    return session.owner().scan(from);
  }
  /// All that was made from `from` on.
  std::vector<std::string> made_from(LogPosition from) const {
    std::vector<std::string> records;
    for (const MadeRecord& record : made_) {
      if (record.batch >= from) records.push_back(record.bytes);
    }
    return records;
  }
  void expect_whole(const std::string& directory) {
    const Inspection found = inspect(directory);
    const auto records = started(directory, found.needed_from);
    ASSERT_TRUE(records.ok()) << records.error().message;
    EXPECT_TRUE(*records == made_from(found.needed_from))
        << records->size() << " of " << made_from(found.needed_from).size();
  }

  /// As the server does: nothing live in it, and no restart needs it.
  void trim(int segment) { std::filesystem::remove(directory_.segment(segment)); }

  JournalDirectory directory_;
  const env::TemporaryDirectory place_;
  const std::string target_ = place_ / "backup";
  const std::string restored_ = place_ / "restored";
  std::optional<JournalMaker> maker_;
  std::vector<MadeRecord> made_;
};

TEST_F(Backup, LinksWhatIsSealedAndCopiesTheLastSegment) {
  const auto report = backup();
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_EQ(report->segment_count, 4u);
  EXPECT_EQ(report->snapshot_count, 2u);
  EXPECT_EQ(report->linked_count, 5u);
  EXPECT_EQ(report->needed_from, made_[3].batch);
  EXPECT_EQ(report->end, maker_->tail());
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(status_of(target_segment(i)).st_ino, status_of(directory_.segment(i)).st_ino);
  }
  const struct stat last = status_of(target_segment(4));
  EXPECT_NE(last.st_ino, status_of(directory_.segment(4)).st_ino);
  EXPECT_EQ(static_cast<uint64_t>(last.st_size), kSegmentBytesMin);
  EXPECT_LT(last.st_blocks * 512, 3'000'000);  // its zeros take no space
  EXPECT_EQ(inspect(target_).tail, maker_->tail());
}

TEST_F(Backup, StaysAsItIsWhileTheServerGoesOn) {
  ASSERT_TRUE(backup().ok());
  const LogPosition end = maker_->tail();
  const std::vector<MadeRecord> at_backup = made_;
  maker_->append("later");
  maker_->fill_segments(2);
  for (const int segment : {1, 2}) trim(segment);
  EXPECT_EQ(inspect(target_).tail, end);
  expect_whole(target_);
}

TEST_F(Backup, WhatWasTornIsNotCopied) {
  const LogPosition tail = maker_->tail();
  maker_.reset();
  write_at(directory_.segment(4), offset_in(made_[9].batch, tail), "half a batch");
  ASSERT_TRUE(backup().ok());
  const Inspection found = inspect(target_);
  EXPECT_EQ(found.tail, tail);
  EXPECT_EQ(found.segments.back().torn_bytes, 0u);
}

TEST_F(Backup, ADamagedLastSegmentIsRefused) {
  maker_->append("behind it");
  maker_.reset();
  flip_byte(directory_.segment(4), kSegmentHeaderBytes + 100);
  const auto report = backup();
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, ErrorCode::kStorageDamaged);
  EXPECT_NE(report.error().message.find(directory_.segment(4) + ", byte 4096"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(target_));
}

TEST_F(Backup, ADamagedSnapshotHeaderIsLeftOut) {
  flip_byte(directory_.path() + "/" + snapshot_name(2), 30);
  const auto report = backup();
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->snapshot_count, 1u);
  EXPECT_EQ(report->needed_from, made_[3].batch);
  expect_whole(target_);
}

TEST_F(Backup, WhereLinksAreRefusedEverythingIsCopied) {
  WatchedFileSystem files(env::posix_file_system(), [](Call call, const std::string&) {
    return call == Call::kLink ? Result<void>(kRefused) : Result<void>();
  });
  const auto report = backup(files);
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_EQ(report->linked_count, 0u);
  EXPECT_GT(report->copied_bytes, 3 * kSegmentBytesMin);
  for (int i = 1; i <= 3; ++i) {
    EXPECT_NE(status_of(target_segment(i)).st_ino, status_of(directory_.segment(i)).st_ino);
    EXPECT_TRUE(read_file(target_segment(i)) == read_file(directory_.segment(i)));
  }
  expect_whole(target_);
}

TEST_F(Backup, AJournalWithoutSnapshotsIsBackedUpFromItsStart) {
  for (const uint64_t number : {1u, 2u}) {
    std::filesystem::remove(directory_.path() + "/" + snapshot_name(number));
  }
  const auto report = backup();
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->needed_from, LogPosition(0));
  expect_whole(target_);
}

TEST_F(Backup, RefusesATargetThatIsNotEmptyAndASourceThatIsNoJournal) {
  std::filesystem::create_directory(target_);
  std::ofstream(target_ + "/something") << "here";
  auto report = backup();
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, ErrorCode::kInvalidConfiguration);
  EXPECT_NE(report.error().message.find("something"), std::string::npos);
  std::filesystem::remove(target_ + "/something");
  EXPECT_TRUE(backup().ok());  // an empty one is fine
  const env::TemporaryDirectory empty;
  report = backup_journal(env::posix_file_system(),
                          {.from = empty.path(), .to = place_ / "other", .progress = nullptr});
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, ErrorCode::kInvalidConfiguration);
}

TEST_F(Backup, ALeftoverIsReplacedUnlessItHoldsSomethingElse) {
  const std::string leftover = target_ + ".unfinished";
  std::filesystem::create_directory(leftover);
  std::ofstream(leftover + "/" + segment_name(99)) << "leftover";
  ASSERT_TRUE(backup().ok());
  EXPECT_FALSE(std::filesystem::exists(target_segment(99)));
  std::filesystem::create_directory(leftover);
  std::ofstream(leftover + "/letter.txt") << "mine";
  std::filesystem::remove_all(target_);
  const auto report = backup();
  ASSERT_FALSE(report.ok());
  EXPECT_NE(report.error().message.find("letter.txt"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(leftover + "/letter.txt"));
}

// --- Beside a server that does something at the worst moment ---

class BackupBeside : public Backup {
 protected:
  /// A backup in the course of which `happens` happens once, before the file `name` is linked.
  Result<CopyReport> backup_while(const std::string& name, const std::function<void()>& happens) {
    bool happened = false;
    WatchedFileSystem files(env::posix_file_system(), [&](Call call, const std::string& path) {
      if (call == Call::kLink && path.ends_with("/" + name) && !happened) {
        happened = true;
        happens();
      }
      return Result<void>();
    });
    auto report = backup(files);
    EXPECT_TRUE(happened);
    return report;
  }
};

TEST_F(BackupBeside, WhatMadeATrimmedSegmentDeadIsInTheBackup) {
  const auto report = backup_while(segment_name(1), [&] {
    add(maker_->fill_segments(1));
    made_.push_back(maker_->append("nothing in segment 1 is live any more"));
    trim(1);
  });
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_FALSE(std::filesystem::exists(target_segment(1)));
  EXPECT_GE(report->end, made_.back().batch_end);
  expect_whole(target_);
}

TEST_F(BackupBeside, SegmentsThatAreAddedAreBroughtToo) {
  const auto report = backup_while(segment_name(3), [&] { add(maker_->fill_segments(2)); });
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_EQ(report->end, maker_->tail());
  EXPECT_EQ(status_of(target_segment(4)).st_ino, status_of(directory_.segment(4)).st_ino);
  expect_whole(target_);
}

TEST_F(BackupBeside, BeginsAnewWhenItsSnapshotsAreSuperseded) {
  const auto report = backup_while(segment_name(2), [&] {
    add(maker_->fill_segments(2));
    maker_->snapshot(made_[9].batch);
    maker_->snapshot(made_[12].batch);
    for (const int segment : {1, 2, 3}) trim(segment);
  });
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_EQ(report->needed_from, made_[9].batch);
  EXPECT_FALSE(std::filesystem::exists(target_snapshot(1)));
  EXPECT_TRUE(std::filesystem::exists(target_snapshot(4)));
  EXPECT_FALSE(std::filesystem::exists(target_segment(3)));
  expect_whole(target_);
}

TEST_F(BackupBeside, BeginsAnewWhenASnapshotVanishes) {
  const auto report = backup_while(snapshot_name(1), [&] { maker_->snapshot(made_[7].batch); });
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_TRUE(std::filesystem::exists(target_snapshot(3)));
  EXPECT_EQ(report->needed_from, made_[6].batch);
  expect_whole(target_);
}

TEST_F(BackupBeside, GivesUpWhenWhatItNeedsIsNeverThere) {
  trim(3);
  const auto report = backup();
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, ErrorCode::kStorageFailure);
  EXPECT_FALSE(std::filesystem::exists(target_));
  EXPECT_TRUE(std::filesystem::is_empty(target_ + ".unfinished"));
}

// --- Faults ---

class BackupFaults : public Backup, public testing::WithParamInterface<Call> {};

TEST_P(BackupFaults, ABackupIsWholeOrNotThere) {
  for (int nth = 1;; ++nth) {
    SCOPED_TRACE(nth);
    FaultyFileSystem files(env::posix_file_system());
    files.fail(GetParam(), nth);
    const auto report = backup(files);
    files.lose_unsynced();
    if (std::filesystem::exists(target_)) {
      EXPECT_EQ(inspect(target_).tail, maker_->tail());
      EXPECT_EQ(inspect(target_).snapshots.size(), 2u);
    } else {
      EXPECT_FALSE(report.ok());
    }
    std::filesystem::remove_all(target_);
    std::filesystem::remove_all(target_ + ".unfinished");
    if (!files.has_failed() || HasFailure()) break;
    if (GetParam() == Call::kRead) nth += 4;
  }
}

INSTANTIATE_TEST_SUITE_P(EveryCall, BackupFaults,
                         testing::Values(Call::kCreateDirectory, Call::kList, Call::kExists,
                                         Call::kOpen, Call::kSize, Call::kRead, Call::kWrite,
                                         Call::kSync, Call::kRename, Call::kSyncDirectory,
                                         Call::kLink),
                         [](const testing::TestParamInfo<Call>& info) {
                           return name_of(info.param);
                         });

// --- Restoring ---

class Restore : public Backup {
 protected:
  void SetUp() override {
    Backup::SetUp();
    trim(1);
    ASSERT_TRUE(backup().ok());
    maker_.reset();
  }

  void expect_refused(const std::string& file) {
    const auto report = restore();
    ASSERT_FALSE(report.ok());
    EXPECT_EQ(report.error().code, ErrorCode::kStorageDamaged);
    EXPECT_NE(report.error().message.find(file), std::string::npos) << report.error().message;
    EXPECT_EQ(report.error().message.find(".unfinished"), std::string::npos);
    for (const auto& entry : std::filesystem::directory_iterator(restored_)) {
      EXPECT_EQ(entry.path().filename(), "LOCK");
    }
  }
};

TEST_F(Restore, BringsBackTheJournalWithoutSharingAFile) {
  uint64_t done = 0;
  uint64_t all = 0;
  const auto report = restore_journal(
      env::posix_file_system(),
      {.from = target_ + "/", .to = restored_ + "/", .progress = [&](uint64_t now, uint64_t of) {
         EXPECT_GE(now, done);
         done = now;
         all = of;
       }});
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_EQ(report->segment_count, 3u);
  EXPECT_EQ(report->snapshot_count, 2u);
  EXPECT_EQ(report->needed_from, made_[3].batch);
  EXPECT_EQ(report->end, made_.back().batch_end);
  EXPECT_EQ(done, all);
  EXPECT_GT(all, 2 * 3 * kSegmentBytesMin);
  for (const auto& entry : std::filesystem::directory_iterator(target_)) {
    const std::string copy = restored_ + "/" + entry.path().filename().string();
    EXPECT_NE(status_of(copy).st_ino, status_of(entry.path()).st_ino);
    EXPECT_TRUE(read_file(copy) == read_file(entry.path()));
  }
  expect_whole(restored_);
}

TEST_F(Restore, IsDurableWhenItReturns) {
  FaultyFileSystem files(env::posix_file_system());
  ASSERT_TRUE(restore(files).ok());
  files.lose_unsynced();
  expect_whole(restored_);
}

TEST_F(Restore, EveryChecksumIsVerified) {
  for (const std::string& file : {target_segment(2), target_segment(3), target_segment(4)}) {
    flip_byte(file, kSegmentHeaderBytes + 60);
    // Of the last segment's last batch nobody can tell damage from a tail that was torn.
    if (file != target_segment(4)) expect_refused(file);
    flip_byte(file, kSegmentHeaderBytes + 60);
  }
  flip_byte(target_snapshot(1), kSnapshotHeaderBytes + 30);
  expect_refused(target_snapshot(1));
  flip_byte(target_snapshot(1), kSnapshotHeaderBytes + 30);
  EXPECT_TRUE(restore().ok());
}

TEST_F(Restore, AMissingSegmentIsNamed) {
  std::filesystem::remove(target_segment(3));
  expect_refused(segment_name(3));
}

TEST_F(Restore, RefusesADirectoryThatIsNotEmpty) {
  std::filesystem::create_directory(restored_);
  std::ofstream(restored_ + "/" + segment_name(1)) << "a journal";
  const auto report = restore();
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, ErrorCode::kInvalidConfiguration);
  EXPECT_EQ(read_file(restored_ + "/" + segment_name(1)), "a journal");
}

TEST_F(Restore, KeepsServersOutMeanwhile) {
  bool tried = false;
  WatchedFileSystem files(env::posix_file_system(), [&](Call call, const std::string&) {
    if (call == Call::kRename && !tried) {
      tried = true;
      EXPECT_FALSE(started(restored_, LogPosition(0)).ok());
    }
    return Result<void>();
  });
  EXPECT_TRUE(restore(files).ok());
  EXPECT_TRUE(tried);
}

/// Killed at the 1st, 2nd, … call: a start then finds the whole journal, or refuses, or there is
/// nothing at all.
TEST_F(Restore, KilledAnywhereNoPartIsTakenForTheWhole) {
  int outcomes[3] = {};
  for (int calls = 10;; calls += calls < 140 ? 7 : 1) {
    SCOPED_TRACE(calls);
    int left = calls;
    WatchedFileSystem files(env::posix_file_system(), [&](Call, const std::string&) {
      return --left < 0 ? Result<void>(kRefused) : Result<void>();
    });
    const bool whole = restore(files).ok();
    bool anything = false;
    for (const auto& entry : std::filesystem::directory_iterator(restored_)) {
      anything = anything || parse_segment_name(entry.path().filename().string()).has_value();
    }
    if (anything) {
      const auto snapshots = find_snapshots(env::posix_file_system(), restored_);
      ASSERT_TRUE(snapshots.ok());
      const LogPosition from = snapshots->empty() ? LogPosition(0) : snapshots->front().from;
      const auto records = started(restored_, from);
      EXPECT_TRUE(!records.ok() || *records == made_from(from));
      ++outcomes[records.ok() ? 2 : 1];
    } else {
      ++outcomes[0];
    }
    std::filesystem::remove_all(restored_);
    if (whole || HasFailure()) break;
  }
  for (const int outcome : outcomes) EXPECT_GT(outcome, 0);
}

}  // namespace
}  // namespace forebay::journal
