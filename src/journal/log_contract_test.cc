// SPDX-License-Identifier: Apache-2.0
// What every Log promises (journal/log.h), run against each of them. `durable` is the one thing
// they may differ in: whether a new owner finds what an earlier one has appended.
#include <atomic>
#include <memory>
#include <optional>
#include <thread>

#include <gtest/gtest.h>

#include "env/testing/temporary_directory.h"
#include "journal/file/file_log.h"
#include "journal/memory/memory_log.h"
#include "journal/testing/log_driver.h"

namespace forebay::journal {
namespace {

using Records = LogDriver::Records;

/// A log with everything below it.
class Subject {
 public:
  virtual ~Subject() = default;
  virtual bool durable() const = 0;
  virtual Log& log() = 0;
  /// What a restart of the process does.
  virtual void reopen() = 0;

  env::PumpedExecutor executor;
};

class FileSubject final : public Subject {
 public:
  explicit FileSubject(bool delayed_sync) : delayed_sync_(delayed_sync) { open(); }
  bool durable() const override { return true; }
  Log& log() override { return *log_; }
  void reopen() override {
    log_.reset();
    worker_.reset();
    open();
  }

 private:
  void open() {
    worker_ = env::make_thread_worker(executor);
    FileLogOptions options;
    options.directory = directory_ / "journal";
    options.segment_bytes = kSegmentBytesMin;
    options.delayed_sync = delayed_sync_;
    auto opened = open_file_log(options, env::posix_file_system(), *worker_, *worker_);
    CHECK(opened.ok());
    log_ = std::move(opened).value();
  }

  const bool delayed_sync_;
  env::TemporaryDirectory directory_;
  std::unique_ptr<env::Worker> worker_;
  std::unique_ptr<Log> log_;
};

class MemorySubject final : public Subject {
 public:
  MemorySubject() { reopen(); }
  bool durable() const override { return false; }
  Log& log() override { return *log_; }
  void reopen() override {
    log_ = make_memory_log(executor, [](std::string_view) { return true; });
  }

 private:
  std::unique_ptr<Log> log_;
};

struct Implementation {
  const char* name;
  std::unique_ptr<Subject> (*make)();
};

class LogContract : public testing::TestWithParam<Implementation> {
 protected:
  Log& log() { return subject_->log(); }
  LogDriver acquired_driver() {
    LogDriver driver(log(), subject_->executor);
    const auto acquired = driver.acquire();
    EXPECT_TRUE(acquired.ok()) << acquired.error().message;
    return driver;
  }
  /// What a new owner must find of `appended`.
  Records if_durable(Records appended) const { return subject_->durable() ? appended : Records{}; }

  const std::unique_ptr<Subject> subject_ = GetParam().make();
};

TEST_P(LogContract, ANewLogIsEmpty) {
  LogDriver owner = acquired_driver();
  EXPECT_GT(owner.epoch(), Epoch(0));
  EXPECT_EQ(*owner.scan(), Records{});
}

TEST_P(LogContract, ADurableRecordIsReadAtItsPosition) {
  LogDriver owner = acquired_driver();
  const Records records = {"first", "", std::string(100'000, 'x')};
  ASSERT_EQ(owner.append(records), AppendOutcome::kDurable);
  const auto positions = owner.positions();
  ASSERT_EQ(owner.append({"more"}), AppendOutcome::kDurable);
  for (size_t i = 0; i < records.size(); ++i) {
    std::string out = "left over from before";
    const auto read = log().read(positions[i], static_cast<uint32_t>(records[i].size()), out);
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(out, records[i]);
  }
}

TEST_P(LogContract, ANewOwnerFindsTheRecordsInOrder) {
  {
    LogDriver owner = acquired_driver();
    ASSERT_EQ(owner.append({"a", "b"}), AppendOutcome::kDurable);
    ASSERT_EQ(owner.append({"c"}), AppendOutcome::kDurable);
  }
  subject_->reopen();
  EXPECT_EQ(*acquired_driver().scan(), if_durable({"a", "b", "c"}));
}

TEST_P(LogContract, ManyOwnersInTurnLoseNothing) {
  Records all;
  Epoch last;
  for (int i = 0; i < 5; ++i) {
    LogDriver owner = acquired_driver();
    if (subject_->durable()) EXPECT_GT(owner.epoch(), last);
    last = owner.epoch();
    EXPECT_EQ(*owner.scan(), if_durable(all));
    for (int k = 0; k < i; ++k) {
      all.push_back(std::to_string(i) + "/" + std::to_string(k));
      ASSERT_EQ(owner.append({all.back()}), AppendOutcome::kDurable);
    }
    subject_->reopen();
  }
}

TEST_P(LogContract, AcquiringFencesTheEarlierOwner) {
  LogDriver first = acquired_driver();
  ASSERT_EQ(first.append({"a"}), AppendOutcome::kDurable);
  LogDriver second = acquired_driver();
  EXPECT_GT(second.epoch(), first.epoch());
  EXPECT_EQ(first.append({"stale"}), AppendOutcome::kFenced);
  EXPECT_NE(first.detail(), "");
  EXPECT_EQ(second.append({"b"}), AppendOutcome::kDurable);
  EXPECT_EQ(*second.scan(), if_durable({"a", "b"}));
}

TEST_P(LogContract, TheTailGoesOnWhereTheLastBatchEnded) {
  LogDriver first = acquired_driver();
  ASSERT_EQ(first.append({"a"}), AppendOutcome::kDurable);
  LogDriver second = acquired_driver();
  EXPECT_GE(second.tail(), first.tail());
}

TEST_P(LogContract, ABatchWithoutRecordsIsAppended) {
  LogDriver owner = acquired_driver();
  const LogPosition before = owner.tail();
  ASSERT_EQ(owner.append({}), AppendOutcome::kDurable);
  EXPECT_EQ(owner.tail(), before + kBatchHeaderBytes);
  EXPECT_EQ(owner.detail(), "");
  ASSERT_EQ(owner.append({"a"}), AppendOutcome::kDurable);
  EXPECT_EQ(*owner.scan(), if_durable({"a"}));
}

TEST_P(LogContract, ScanBeginsAtTheGivenBatch) {
  LogDriver owner = acquired_driver();
  ASSERT_EQ(owner.append({"a"}), AppendOutcome::kDurable);
  const LogPosition middle = owner.tail();
  ASSERT_EQ(owner.append({"b", "c"}), AppendOutcome::kDurable);
  EXPECT_EQ(*owner.scan(middle), if_durable({"b", "c"}));
  EXPECT_EQ(*owner.scan(owner.tail()), Records{});
}

TEST_P(LogContract, ScanSaysWhereEachRecordStands) {
  LogDriver owner = acquired_driver();
  ASSERT_EQ(owner.append({"a", "bb"}), AppendOutcome::kDurable);
  std::vector<LogPosition> found;
  ASSERT_TRUE(log()
                  .scan(LogPosition(0),
                        [&](LogPosition at, std::string_view) {
                          found.push_back(at);
                          return Result<void>();
                        })
                  .ok());
  EXPECT_EQ(found, subject_->durable() ? owner.positions() : std::vector<LogPosition>{});
}

TEST_P(LogContract, ScanStopsAtTheVisitorsError) {
  LogDriver owner = acquired_driver();
  ASSERT_EQ(owner.append({"a", "b"}), AppendOutcome::kDurable);
  ASSERT_EQ(owner.append({"c"}), AppendOutcome::kDurable);
  Records seen;
  const auto scanned = log().scan(LogPosition(0), [&](LogPosition, std::string_view record) {
    seen.emplace_back(record);
    return Result<void>(Error{ErrorCode::kOverLimit, "enough"});
  });
  EXPECT_EQ(scanned.ok(), !subject_->durable());
  EXPECT_EQ(seen, if_durable({"a"}));
}

TEST_P(LogContract, AReleasedRecordLeavesTheOthersReadable) {
  LogDriver owner = acquired_driver();
  ASSERT_EQ(owner.append({"gone", "kept"}), AppendOutcome::kDurable);
  EXPECT_TRUE(log().retain(owner.positions()[0], 4));
  EXPECT_TRUE(log().retain(owner.positions()[1], 4));
  log().release(owner.positions()[0], 4);
  std::string out;
  ASSERT_TRUE(log().read(owner.positions()[1], 4, out).ok());
  EXPECT_EQ(out, "kept");
}

TEST_P(LogContract, WhatWasJustAppendedIsReadWithoutWaiting) {
  LogDriver owner = acquired_driver();
  ASSERT_EQ(owner.append({"first", "second"}), AppendOutcome::kDurable);
  std::string out = "left over from before";
  const auto read = log().read_now(owner.positions()[1], 6, out);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_TRUE(*read);
  EXPECT_EQ(out, "second");
}

TEST_P(LogContract, AReaderReadsOnAnotherThread) {
  LogDriver owner = acquired_driver();
  ASSERT_EQ(owner.append({"first", "second"}), AppendOutcome::kDurable);
  const Log::RecordReader read = log().reader(owner.positions()[1], 6);
  std::string out;
  bool ok = false;
  std::thread elsewhere([&] { ok = read(out).ok(); });
  elsewhere.join();
  EXPECT_TRUE(ok);
  EXPECT_EQ(out, "second");
}

TEST_P(LogContract, RecordsAreRetainedByALaterOwnerToo) {
  LogPosition at;
  {
    LogDriver owner = acquired_driver();
    ASSERT_EQ(owner.append({"kept"}), AppendOutcome::kDurable);
    at = owner.positions()[0];
    EXPECT_TRUE(log().retain(at, 4));
  }
  subject_->reopen();
  LogDriver owner = acquired_driver();
  if (!subject_->durable()) return;
  EXPECT_TRUE(log().retain(at, 4));
  std::string out;
  ASSERT_TRUE(log().read(at, 4, out).ok());
  EXPECT_EQ(out, "kept");
  log().release(at, 4);
}

TEST_P(LogContract, ASyncLeavesNothingUnsynced) {
  LogDriver owner = acquired_driver();
  EXPECT_FALSE(log().unsynced());
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(owner.append({"a"}), AppendOutcome::kDurable);
    std::optional<AppendOutcome> outcome;
    log().sync([&](AppendOutcome o, const std::string&) { outcome = o; });
    EXPECT_FALSE(outcome);  // never inside the call
    subject_->executor.run_until([&] { return outcome.has_value(); });
    EXPECT_EQ(*outcome, AppendOutcome::kDurable);
    EXPECT_FALSE(log().unsynced());
  }
}

TEST_P(LogContract, ReadingWithAWrongLengthIsDamage) {
  LogDriver owner = acquired_driver();
  ASSERT_EQ(owner.append({"record", "another"}), AppendOutcome::kDurable);
  for (const uint32_t length : {0u, 5u, 7u, 1'000'000'000u}) {
    std::string out;
    const auto read = log().read(owner.positions()[0], length, out);
    ASSERT_FALSE(read.ok()) << length;
    EXPECT_EQ(read.error().code, ErrorCode::kStorageDamaged);
  }
}

TEST_P(LogContract, TheLargestRecordFits) {
  LogDriver owner = acquired_driver();
  std::string record(kRecordBytesMax, 'x');
  record.back() = 'y';
  ASSERT_EQ(owner.append({std::string(kBatchBytesTarget - 8, 'z'), record}),
            AppendOutcome::kDurable);
  std::string out;
  ASSERT_TRUE(log().read(owner.positions()[1], kRecordBytesMax, out).ok());
  EXPECT_EQ(out, record);
  subject_->reopen();
  EXPECT_EQ(acquired_driver().scan()->size(), subject_->durable() ? 2u : 0u);
}

TEST_P(LogContract, OtherThreadsReadWhileTheOwnerAppends) {
  LogDriver owner = acquired_driver();
  ASSERT_EQ(owner.append({"steady"}), AppendOutcome::kDurable);
  const LogPosition at = owner.positions()[0];
  std::atomic<bool> stop = false;
  std::atomic<int> good = 0;
  std::atomic<int> bad = 0;
  std::thread reader([&] {
    while (!stop) {
      std::string out;
      ++(log().read(at, 6, out).ok() && out == "steady" ? good : bad);
    }
  });
  // Enough for several segments, so that the table of segments changes under the reader.
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(owner.append({std::string(3'000'000, 'x')}), AppendOutcome::kDurable);
  }
  while (good == 0 && bad == 0) std::this_thread::yield();
  stop = true;
  reader.join();
  EXPECT_GT(good, 0);
  EXPECT_EQ(bad, 0);
}

TEST_P(LogContract, ALogDestroyedDuringAnAppendSaysNothingMore) {
  LogDriver owner = acquired_driver();
  bool called = false;
  BatchWriter writer(owner.tail());
  writer.add([](std::string& out) { out += "last words"; });
  log().append(owner.epoch(), owner.tail(), writer.seal(owner.epoch()),
               [&](AppendOutcome, const std::string&) { called = true; });
  subject_->reopen();
  subject_->executor.run_posted();
  EXPECT_FALSE(called);
  EXPECT_EQ(*acquired_driver().scan(), if_durable({"last words"}));
}

TEST_P(LogContract, DoneMayAppendTheNextBatch) {
  LogDriver owner = acquired_driver();
  int left = 20;
  BatchWriter writer(owner.tail());
  Log::AppendDone next = [&](AppendOutcome outcome, const std::string&) {
    ASSERT_EQ(outcome, AppendOutcome::kDurable);
    if (--left == 0) return;
    writer.add([&](std::string& out) { out += std::to_string(left); });
    const LogPosition at = writer.start();
    log().append(owner.epoch(), at, writer.seal(owner.epoch()), next);
  };
  const LogPosition at = writer.start();
  log().append(owner.epoch(), at, writer.seal(owner.epoch()), next);
  subject_->executor.run_until([&] { return left == 0; });
  EXPECT_EQ(owner.scan()->size(), subject_->durable() ? 19u : 0u);
}

using LogContractDeathTest = LogContract;

TEST_P(LogContractDeathTest, AnAppendElsewhereThanAtTheTailIsABug) {
  LogDriver owner = acquired_driver();
  const LogPosition wrong = owner.tail() + 1;
  EXPECT_DEATH(log().append(owner.epoch(), wrong, BatchWriter(wrong).seal(owner.epoch()),
                            [](AppendOutcome, const std::string&) {}),
               "CHECK");
}

TEST_P(LogContractDeathTest, TwoAppendsInFlightAreABug) {
  LogDriver owner = acquired_driver();
  BatchWriter writer(owner.tail());
  const auto ignore = [](AppendOutcome, const std::string&) {};
  log().append(owner.epoch(), owner.tail(), writer.seal(owner.epoch()), ignore);
  const LogPosition second = writer.start();
  EXPECT_DEATH(log().append(owner.epoch(), second, writer.seal(owner.epoch()), ignore), "CHECK");
}

TEST_P(LogContractDeathTest, AnAppendUnderAnEpochThatWasNeverGivenIsABug) {
  LogDriver owner = acquired_driver();
  const Epoch future(owner.epoch().value + 1);
  EXPECT_DEATH(log().append(future, owner.tail(), BatchWriter(owner.tail()).seal(future),
                            [](AppendOutcome, const std::string&) {}),
               "CHECK");
}

const Implementation kImplementations[] = {
    {"file", [] { return std::unique_ptr<Subject>(std::make_unique<FileSubject>(false)); }},
    {"file_delayed_sync",
     [] { return std::unique_ptr<Subject>(std::make_unique<FileSubject>(true)); }},
    {"memory", [] { return std::unique_ptr<Subject>(std::make_unique<MemorySubject>()); }},
};

std::string name_of(const testing::TestParamInfo<Implementation>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Logs, LogContract, testing::ValuesIn(kImplementations), name_of);
INSTANTIATE_TEST_SUITE_P(Logs, LogContractDeathTest, testing::ValuesIn(kImplementations), name_of);

}  // namespace
}  // namespace forebay::journal
