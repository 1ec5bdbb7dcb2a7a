// SPDX-License-Identifier: Apache-2.0
// The system refuses a call, at every place it can, and the machine may lose its power right after:
// what was acknowledged is still there, what was not is there whole or not at all, and nothing is
// written after a failure.
#include <gtest/gtest.h>

#include "base/log.h"
#include "journal/file/file_log.h"
#include "journal/space.h"
#include "journal/testing/faulty_file_system.h"
#include "journal/testing/journal_directory.h"

namespace forebay::journal {
namespace {

using Records = LogDriver::Records;

/// What was promised to be there, and what else may be.
struct Promised {
  Records durable;
  Records maybe;  // one more batch
  Epoch epoch;    // the last that was given out
};

class FileLogFaults : public testing::TestWithParam<Call> {
 protected:
  static void SetUpTestSuite() { configure_log(LogFormat::kText, LogLevel::kOff); }

  /// One life: acquires, appends `batches` until one is refused.
  static void live(JournalDirectory& directory, env::FileSystem& files,
                   const std::vector<Records>& batches, Promised& promised) {
    const auto session = directory.open(files);
    if (!session->status().ok()) return;
    EXPECT_GT(session->owner().epoch(), promised.epoch);
    promised.epoch = session->owner().epoch();
    for (const Records& batch : batches) {
      const AppendOutcome outcome = session->owner().append(batch);
      if (outcome != AppendOutcome::kDurable) {
        promised.maybe = batch;
        EXPECT_EQ(outcome, AppendOutcome::kAmbiguous);
        EXPECT_NE(session->owner().detail().find("injected"), std::string::npos);
        expect_stopped(*session);
        return;
      }
      promised.durable.insert(promised.durable.end(), batch.begin(), batch.end());
    }
  }

  static void expect_stopped(Session& session) {
    EXPECT_EQ(session.owner().append({"after the failure"}), AppendOutcome::kAmbiguous);
    EXPECT_FALSE(session.owner().acquire().ok());
    EXPECT_EQ(session.owner().append({"after the failure"}), AppendOutcome::kAmbiguous);
  }

  /// The next life, on a healthy system.
  static void expect_kept(JournalDirectory& directory, const Promised& promised) {
    const auto session = directory.open();
    ASSERT_TRUE(session->status().ok()) << session->status().error().message;
    EXPECT_GT(session->owner().epoch(), promised.epoch);
    const auto found = session->owner().scan();
    ASSERT_TRUE(found.ok()) << found.error().message;
    Records most = promised.durable;
    most.insert(most.end(), promised.maybe.begin(), promised.maybe.end());
    EXPECT_TRUE(*found == promised.durable || *found == most)
        << found->size() << " records found, " << promised.durable.size() << " promised";
    EXPECT_EQ(session->owner().append({"life goes on"}), AppendOutcome::kDurable);
  }

  /// Lets the 1st, 2nd, … call of the parameter's kind fail in the life after `before`, until one
  /// life has fewer.
  void at_every_call(const std::vector<Records>& batches,
                     const std::function<void(JournalDirectory&, Promised&)>& before) {
    int faults = 0;
    for (bool failed = true; failed; ++faults) {
      SCOPED_TRACE(testing::Message() << name_of(GetParam()) << " number " << faults + 1);
      JournalDirectory directory;
      Promised promised;
      before(directory, promised);
      FaultyFileSystem files(env::posix_file_system());
      files.fail(GetParam(), faults + 1);
      live(directory, files, batches, promised);
      failed = files.has_failed();
      if (!failed) EXPECT_TRUE(promised.maybe.empty());
      files.lose_unsynced();
      expect_kept(directory, promised);
      if (HasFatalFailure()) return;
    }
    RecordProperty("faults", faults - 1);
  }
};

TEST_P(FileLogFaults, ANewJournalThatRollsKeepsItsPromises) {
  std::vector<Records> batches;
  for (int i = 0; i < 5; ++i) batches.push_back({std::to_string(i), std::string(3'000'000, 'x')});
  at_every_call(batches, [](JournalDirectory&, Promised&) {});
}

TEST_P(FileLogFaults, AJournalWithATornTailKeepsItsPromises) {
  at_every_call({{"c"}, {"d", "e"}}, [](JournalDirectory& directory, Promised& promised) {
    uint64_t tail = 0;
    {
      const auto session = directory.open();
      promised.epoch = session->owner().epoch();
      promised.durable = {"a", "b"};
      ASSERT_EQ(session->owner().append(promised.durable), AppendOutcome::kDurable);
      tail = 4096 + session->owner().tail().value;
    }
    write_at(directory.segment(1), tail, std::string(3000, 'x'));
    // The leftover of a segment too, so that there is something to remove.
    std::ofstream(directory.path() + "/next.unfinished") << "leftover";
  });
}

/// Keeps every fourth record of a log that is trimmed after each.
class TrimmedLife {
 public:
  void live(JournalDirectory& directory, const FileLogOptions& options, env::FileSystem& files) {
    const auto session = directory.open(options, files);
    if (!session->status().ok()) return;
    for (int i = 0; i < 7; ++i) {
      const std::string record = std::to_string(i) + std::string(3'000'000, 'x');
      if (session->owner().append({record}) != AppendOutcome::kDurable) return;
      const LogPosition at = session->owner().positions()[0];
      if (i % 4 == 0) {
        EXPECT_TRUE(session->log().retain(at, static_cast<uint32_t>(record.size())));
        if (options.delayed_sync && !sync(*session)) return;
        kept_.emplace_back(at, record);
      }
      session->log().space()->trim(session->owner().tail());
    }
    session->run_worker_dry();
  }

  void expect_kept(JournalDirectory& directory) const {
    const auto session = directory.open();
    ASSERT_TRUE(session->status().ok()) << session->status().error().message;
    for (const auto& [at, record] : kept_) {
      const auto bytes = static_cast<uint32_t>(record.size());
      EXPECT_TRUE(session->log().retain(at, bytes));
      std::string out;
      ASSERT_TRUE(session->log().read(at, bytes, out).ok());
      EXPECT_TRUE(out == record);
    }
    session->log().space()->trim(session->owner().tail());
    session->run_worker_dry();
    EXPECT_LE(session->log().space()->usage().disk_bytes, 5 * kSegmentBytesMin);
    EXPECT_EQ(session->owner().append({"life goes on"}), AppendOutcome::kDurable);
  }

 private:
  static bool sync(Session& session) {
    std::optional<AppendOutcome> outcome;
    session.log().sync([&](AppendOutcome o, const std::string&) { outcome = o; });
    session.executor().run_until([&] { return outcome.has_value(); });
    return *outcome == AppendOutcome::kDurable;
  }

  std::vector<std::pair<LogPosition, std::string>> kept_;
};

TEST_P(FileLogFaults, AJournalThatIsTrimmedKeepsWhatIsRetained) {
  for (const bool delayed_sync : {false, true}) {
    int faults = 0;
    for (bool failed = true; failed; ++faults) {
      SCOPED_TRACE(testing::Message() << name_of(GetParam()) << " number " << faults + 1
                                      << (delayed_sync ? ", delayed syncs" : ""));
      JournalDirectory directory;
      FileLogOptions options = directory.options();
      options.delayed_sync = delayed_sync;
      FaultyFileSystem files(env::posix_file_system());
      files.fail(GetParam(), faults + 1);
      TrimmedLife life;
      life.live(directory, options, files);
      failed = files.has_failed();
      files.lose_unsynced();
      life.expect_kept(directory);
      if (HasFatalFailure()) return;
    }
  }
}

// A batch that reads well may never have reached the disk: a process died, or its sync failed. The
// next owner's first sync must cover it.
TEST(FileLogUnsynced, TheLastBatchIsDurableOnceTheNextOwnerHasAcquired) {
  configure_log(LogFormat::kText, LogLevel::kOff);
  JournalDirectory directory;
  FaultyFileSystem first_life(env::posix_file_system());
  {
    const auto session = directory.open(first_life);
    ASSERT_EQ(session->owner().append({"a"}), AppendOutcome::kDurable);
    first_life.fail(Call::kSync, 1);
    ASSERT_EQ(session->owner().append({"unsynced"}), AppendOutcome::kAmbiguous);
  }
  FaultyFileSystem second_life(env::posix_file_system());
  second_life.record_writes();
  {
    const auto session = directory.open(second_life);
    ASSERT_TRUE(session->status().ok());
    EXPECT_EQ(*session->owner().scan(), (Records{"a", "unsynced"}));
  }
  // The disk never got what the first life did not sync; it has what the second life has written
  // and synced.
  first_life.lose_unsynced();
  for (const auto& write : second_life.recorded()) write_at(write.path, write.offset, write.data);
  const auto session = directory.open();
  ASSERT_TRUE(session->status().ok()) << session->status().error().message;
  EXPECT_EQ(*session->owner().scan(), (Records{"a", "unsynced"}));
}

INSTANTIATE_TEST_SUITE_P(EveryCall, FileLogFaults,
                         testing::Values(Call::kCreateDirectory, Call::kLock, Call::kList,
                                         Call::kExists, Call::kOpen, Call::kAllocate, Call::kSize,
                                         Call::kRead, Call::kWrite, Call::kSync, Call::kRename,
                                         Call::kRemove, Call::kSyncDirectory),
                         [](const testing::TestParamInfo<Call>& info) {
                           return name_of(info.param);
                         });

}  // namespace
}  // namespace forebay::journal
