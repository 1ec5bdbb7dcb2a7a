// SPDX-License-Identifier: Apache-2.0
// A file log whose appends are not synced one by one: what a power failure may take, what it may
// not, and how recovery tells a tail that was never synced from damage.
#include <filesystem>

#include <gtest/gtest.h>

#include "base/log.h"
#include "journal/file/segment.h"
#include "journal/space.h"
#include "journal/testing/faulty_file_system.h"
#include "journal/testing/journal_directory.h"

namespace forebay::journal {
namespace {

using Records = LogDriver::Records;

class DelayedSync : public testing::Test {
 protected:
  static void SetUpTestSuite() { configure_log(LogFormat::kText, LogLevel::kOff); }

  void SetUp() override {
    options_.delayed_sync = true;
    open();
    ASSERT_TRUE(session_->status().ok());
  }
  void open() {
    session_.reset();
    session_ = directory_.open(options_, files_);
  }
  LogDriver& owner() { return session_->owner(); }
  Log& log() { return session_->log(); }

  /// Appends one record as a batch; returns where the batch begins.
  LogPosition append(const std::string& record) {
    const LogPosition at = owner().tail();
    EXPECT_EQ(owner().append({record}), AppendOutcome::kDurable);
    return at;
  }
  AppendOutcome sync() {
    std::optional<AppendOutcome> outcome;
    log().sync([&](AppendOutcome o, const std::string&) { outcome = o; });
    EXPECT_FALSE(outcome) << "never inside the call";
    session_->executor().run_until([&] { return outcome.has_value(); });
    return *outcome;
  }
  /// What the header of the batch at `at`, in the first segment, says.
  uint64_t unsynced_before(LogPosition at) {
    const std::string bytes = read_file(path_).substr(offset_of(at), kBatchHeaderBytes);
    return decode_batch_header(bytes)->unsynced_before;
  }
  static uint64_t offset_of(LogPosition at) { return kSegmentHeaderBytes + at.value; }
  /// Spoils the last byte of the batch that ends at `end`.
  void spoil_before(LogPosition end) {
    const uint64_t at = offset_of(end) - 1;
    const char byte = read_file(path_)[at];
    write_at(path_, at, std::string(1, static_cast<char>(byte ^ 1)));
  }
  /// The error of an owner that must not come up.
  Error refusal() {
    open();
    EXPECT_FALSE(session_->status().ok());
    return session_->status().ok() ? Error{} : session_->status().error();
  }

  JournalDirectory directory_;
  FileLogOptions options_ = directory_.options();
  FaultyFileSystem files_{env::posix_file_system()};
  const std::string path_ = directory_.segment(1);
  std::unique_ptr<Session> session_;
};

TEST_F(DelayedSync, AnAppendDoesNotWaitForASync) {
  EXPECT_FALSE(log().unsynced());
  files_.fail(Call::kSync, 1);
  append("a");
  append("b");
  EXPECT_FALSE(files_.has_failed());
  EXPECT_TRUE(log().unsynced());
  files_.fail(Call::kSync, 2);
  EXPECT_EQ(sync(), AppendOutcome::kDurable);
  EXPECT_FALSE(log().unsynced());
  EXPECT_EQ(sync(), AppendOutcome::kDurable) << "nothing to do: the second sync would fail";
  EXPECT_FALSE(files_.has_failed());
}

TEST_F(DelayedSync, WhatWasSyncedSurvivesAPowerFailureTheRestMayNot) {
  append("a");
  append("b");
  ASSERT_EQ(sync(), AppendOutcome::kDurable);
  append("c");
  append("d");
  session_.reset();
  files_.lose_unsynced();
  open();
  EXPECT_EQ(*owner().scan(), (Records{"a", "b"}));
}

TEST_F(DelayedSync, AKilledProcessLosesNothing) {
  append("a");
  append("b");
  open();
  EXPECT_EQ(*owner().scan(), (Records{"a", "b"}));
}

TEST_F(DelayedSync, ASyncCoversTheAppendInFlight) {
  append("a");
  BatchWriter writer(owner().tail());
  writer.add([](std::string& out) { out += "in flight"; });
  int done = 0;
  const auto count = [&](AppendOutcome outcome, const std::string&) {
    EXPECT_EQ(outcome, AppendOutcome::kDurable);
    ++done;
  };
  log().append(owner().epoch(), owner().tail(), writer.seal(owner().epoch()), count);
  log().sync(count);
  session_->executor().run_until([&] { return done == 2; });
  EXPECT_FALSE(log().unsynced());
  session_.reset();
  files_.lose_unsynced();
  open();
  EXPECT_EQ(*owner().scan(), (Records{"a", "in flight"}));
}

TEST_F(DelayedSync, ABatchSaysUpToWhereTheLogWasSynced) {
  const LogPosition a = append("a");
  const LogPosition b = append("b");
  const LogPosition c = append("c");
  ASSERT_EQ(sync(), AppendOutcome::kDurable);
  const LogPosition d = append("d");
  const LogPosition e = append("e");
  EXPECT_EQ(unsynced_before(LogPosition(0)), 0u);
  EXPECT_EQ(unsynced_before(a), 0u);
  EXPECT_EQ(unsynced_before(b), b - a);
  EXPECT_EQ(unsynced_before(c), c - a);
  EXPECT_EQ(unsynced_before(d), 0u);
  EXPECT_EQ(unsynced_before(e), e - d);
}

TEST_F(DelayedSync, WithSyncsEveryBatchSaysThatAllWasSynced) {
  options_.delayed_sync = false;
  open();
  const LogPosition a = append("a");
  const LogPosition b = append("b");
  EXPECT_FALSE(log().unsynced());
  EXPECT_EQ(unsynced_before(a), 0u);
  EXPECT_EQ(unsynced_before(b), 0u);
  files_.fail(Call::kSync, 1);
  EXPECT_EQ(owner().append({"c"}), AppendOutcome::kAmbiguous);
}

TEST_F(DelayedSync, ATailThatWasNotSyncedIsCutThoughIntactBatchesFollow) {
  append("a");
  ASSERT_EQ(sync(), AppendOutcome::kDurable);
  append("b");
  const LogPosition end = append("torn");
  append("c");
  append("d");
  spoil_before(end);  // of "b"
  open();
  ASSERT_TRUE(session_->status().ok()) << session_->status().error().message;
  EXPECT_EQ(*owner().scan(), (Records{"a"}));
  const std::string rest = read_file(path_).substr(offset_of(owner().tail()));
  EXPECT_EQ(rest.find_first_not_of('\0'), std::string::npos);
  append("e");
  open();
  EXPECT_EQ(*owner().scan(), (Records{"a", "e"}));
}

TEST_F(DelayedSync, DamageThatALaterBatchKnowsToBeSyncedIsRefused) {
  append("a");
  const LogPosition b = append("b");
  const LogPosition c = append("c");
  ASSERT_EQ(sync(), AppendOutcome::kDurable);
  append("d");
  append("e");
  spoil_before(c);  // "b"
  const Error error = refusal();
  EXPECT_EQ(error.code, ErrorCode::kStorageDamaged);
  EXPECT_NE(error.message.find(path_ + ", byte " + std::to_string(offset_of(b)) + ":"),
            std::string::npos)
      << error.message;
}

// The first of the intact headers behind it proves nothing; a later one does.
TEST_F(DelayedSync, AnyLaterHeaderIsAskedForTheProof) {
  const LogPosition a = append("a");
  const LogPosition b = append("b");
  append("c");
  append("d");
  ASSERT_EQ(sync(), AppendOutcome::kDurable);
  append("e");
  ASSERT_LT(a, b);
  spoil_before(b);  // "a": "b", "c" and "d" were written before the sync, "e" after it
  EXPECT_EQ(refusal().code, ErrorCode::kStorageDamaged);
}

// Just up to the torn batch was synced, not the batch itself.
TEST_F(DelayedSync, ASyncThatEndsWhereTheTornBatchBeginsProvesNothing) {
  append("a");
  ASSERT_EQ(sync(), AppendOutcome::kDurable);
  append("b");
  const LogPosition c = append("c");
  spoil_before(c);
  open();
  ASSERT_TRUE(session_->status().ok()) << session_->status().error().message;
  EXPECT_EQ(*owner().scan(), (Records{"a"}));
}

TEST_F(DelayedSync, AnEarlierSegmentIsSyncedBeforeTheNextIsMade) {
  Records all;
  for (int i = 0; i < 3; ++i) {
    all.push_back(std::to_string(i) + std::string(3'000'000, 'x'));
    append(all.back());
  }
  ASSERT_TRUE(std::filesystem::exists(directory_.segment(2)));
  session_.reset();
  files_.lose_unsynced();
  open();
  ASSERT_TRUE(session_->status().ok()) << session_->status().error().message;
  EXPECT_EQ(*owner().scan(), Records(all.begin(), all.begin() + 2));
}

TEST_F(DelayedSync, AFailedSyncIsTheEndOfWriting) {
  append("a");
  files_.fail(Call::kSync, 1);
  EXPECT_EQ(sync(), AppendOutcome::kAmbiguous);
  files_.record_writes();
  EXPECT_EQ(owner().append({"b"}), AppendOutcome::kAmbiguous);
  EXPECT_EQ(sync(), AppendOutcome::kAmbiguous);
  EXPECT_FALSE(owner().acquire().ok());
  session_->run_worker_dry();
  EXPECT_TRUE(files_.recorded().empty());
}

// The append stands in the worker's queue behind the sync before that has failed.
TEST_F(DelayedSync, NothingIsWrittenBehindASyncThatFails) {
  append("a");
  files_.fail(Call::kSync, 1);
  files_.record_writes();
  int done = 0;
  const auto count = [&](AppendOutcome outcome, const std::string&) {
    EXPECT_EQ(outcome, AppendOutcome::kAmbiguous);
    ++done;
  };
  log().sync(count);
  const Epoch epoch = owner().epoch();
  log().append(epoch, owner().tail(), BatchWriter(owner().tail()).seal(epoch), count);
  session_->executor().run_until([&] { return done == 2; });
  EXPECT_TRUE(files_.recorded().empty());
}

// Several batches read well and never reached the disk: their process died, or its sync failed, and
// the system has forgotten that it has something to write. The next owner writes them again.
TEST_F(DelayedSync, WhatWasNotSyncedIsDurableOnceTheNextOwnerHasAcquired) {
  append("a");
  ASSERT_EQ(sync(), AppendOutcome::kDurable);
  const Records all = {"a", "b", "c", std::string(2'500'000, 'd')};
  for (size_t i = 1; i < all.size(); ++i) append(all[i]);
  files_.fail(Call::kSync, 1);
  ASSERT_EQ(sync(), AppendOutcome::kAmbiguous);
  session_.reset();
  FaultyFileSystem second_life(env::posix_file_system());
  second_life.record_writes();
  {
    const auto session = directory_.open(options_, second_life);
    ASSERT_TRUE(session->status().ok());
    EXPECT_EQ(*session->owner().scan(), all);
  }
  // The disk never got what the first life did not sync; it has what the second life has written
  // and synced.
  files_.lose_unsynced();
  for (const auto& write : second_life.recorded()) write_at(write.path, write.offset, write.data);
  open();
  ASSERT_TRUE(session_->status().ok()) << session_->status().error().message;
  EXPECT_EQ(*owner().scan(), all);
}

TEST_F(DelayedSync, SegmentsAreRemovedOnlyAfterASync) {
  for (int i = 0; i < 5; ++i) append(std::string(3'000'000, 'x'));
  ASSERT_TRUE(log().unsynced());
  files_.fail(Call::kSync, 1);
  log().space()->trim(owner().tail());
  session_->run_worker_dry();
  EXPECT_TRUE(files_.has_failed());
  EXPECT_TRUE(std::filesystem::exists(path_));
  EXPECT_EQ(owner().append({"after the failed sync"}), AppendOutcome::kAmbiguous);
  open();
  append("more");
  log().space()->trim(owner().tail());
  session_->run_worker_dry();
  EXPECT_FALSE(log().unsynced());
  EXPECT_FALSE(std::filesystem::exists(path_));
}

}  // namespace
}  // namespace forebay::journal
