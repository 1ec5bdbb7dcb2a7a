// SPDX-License-Identifier: Apache-2.0
// Damage of every kind, repaired: a start then finds every record that was intact, in its place.
#include "journal/file/journal_repair.h"

#include <map>

#include <gtest/gtest.h>

#include "base/log.h"
#include "journal/file/snapshot_file.h"
#include "journal/testing/faulty_file_system.h"
#include "journal/testing/journal_maker.h"

namespace forebay::journal {
namespace {

constexpr char kLater[] = "life goes on";

using Files = std::map<std::string, std::string>;

class Repair : public testing::Test {
 protected:
  static void SetUpTestSuite() { configure_log(LogFormat::kText, LogLevel::kOff); }

  /// Three full segments and a begun one, two snapshots: in segment 2 and at the begin of 3.
  void SetUp() override { make_journal(directory_); }

  void make_journal(JournalDirectory& directory) {
    JournalMaker maker(directory);
    made_ = maker.fill_segments(2);
    maker.snapshot(made_[4].batch);
    std::vector<MadeRecord> more = maker.fill_segments(1);
    made_.insert(made_.end(), more.begin(), more.end());
    maker.snapshot(made_[6].batch);
    made_.push_back(maker.append("the last" + std::string(1'000'000, 'y')));
    made_.push_back(maker.append("and one more"));
  }

  std::unique_ptr<JournalRepair> open(env::FileSystem& files = env::posix_file_system()) {
    auto repair = JournalRepair::open(files, directory_.path(), nullptr);
    EXPECT_TRUE(repair.ok()) << repair.error().message;
    return repair.ok() ? std::move(repair).value() : nullptr;
  }

  /// Plans and carries out; the path of what was saved.
  std::string repair() {
    const auto repair = open();
    const auto saved = repair->carry_out();
    EXPECT_TRUE(saved.ok()) << saved.error().message;
    return saved.ok() ? *saved : "";
  }

  /// A server starts, from the start of the log and from both snapshots; it finds every record but
  /// those in `lost`, and void ones.
  void expect_all_but(const std::vector<size_t>& lost, LogPosition from = LogPosition(0)) {
    std::map<uint64_t, std::string> expected;
    for (size_t i = 0; i < made_.size(); ++i) {
      const bool kept = std::find(lost.begin(), lost.end(), i) == lost.end();
      if (kept && made_[i].batch >= from) expected[made_[i].at.value] = made_[i].bytes;
    }
    const auto session = directory_.open();
    ASSERT_TRUE(session->status().ok()) << session->status().error().message;
    std::map<uint64_t, std::string> found;
    const auto scanned = session->log().scan(from, [&](LogPosition at, std::string_view record) {
      if (record.front() != '\xFF' && record != kLater) found[at.value] = record;
      return Result<void>();
    });
    ASSERT_TRUE(scanned.ok()) << scanned.error().message;
    EXPECT_TRUE(found == expected) << found.size() << " found, " << expected.size() << " expected";
    EXPECT_EQ(session->owner().append({kLater}), AppendOutcome::kDurable);
  }

  void expect_intact() {
    const auto found = inspect_journal(env::posix_file_system(), {.directory = directory_.path()});
    ASSERT_TRUE(found.ok());
    for (const Damage& damage : found->damage) ADD_FAILURE() << describe(damage);
  }

  Files all_files() const {
    Files files;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
      files[entry.path().filename()] = entry.file_size() == 0 ? "" : read_file(entry.path());
    }
    return files;
  }

  LogPosition first_of(size_t index) const {
    const size_t first = index - index % 3;
    return first == 0 ? LogPosition(0) : made_[first].batch;
  }
  uint64_t offset_of(size_t index) const { return offset_in(first_of(index), made_[index].batch); }
  void damage_batch(size_t index) {
    flip_byte(directory_.segment(static_cast<int>(index / 3) + 1), offset_of(index) + 100);
  }
  std::string snapshot(uint64_t number) const {
    return directory_.path() + "/" + snapshot_name(number);
  }

  JournalDirectory directory_;
  std::vector<MadeRecord> made_;
};

TEST_F(Repair, AnIntactJournalNeedsNone) {
  const Files before = all_files();
  {
    const auto repair = open();
    EXPECT_TRUE(repair->plan().steps.empty());
    EXPECT_TRUE(repair->plan().beyond_repair.empty());
    EXPECT_EQ(repair->plan().dropped_bytes, 0u);
    EXPECT_EQ(*repair->carry_out(), "");
  }
  EXPECT_TRUE(all_files() == before);
}

TEST_F(Repair, PlanningChangesNothingAndKeepsServersOut) {
  damage_batch(4);
  flip_byte(snapshot(1), 0);
  const Files before = all_files();
  {
    const auto repair = open();
    EXPECT_EQ(repair->plan().steps.size(), 2u);
    const auto session = directory_.open();
    ASSERT_FALSE(session->status().ok());
    EXPECT_NE(session->status().error().message.find("another process"), std::string::npos);
  }
  EXPECT_TRUE(all_files() == before);
}

TEST_F(Repair, ARunningServersJournalIsRefused) {
  const auto session = directory_.open();
  const auto refused = JournalRepair::open(env::posix_file_system(), directory_.path(), nullptr);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("another process"), std::string::npos);
}

TEST_F(Repair, ADirectoryWithoutAJournalIsLeftAlone) {
  const env::TemporaryDirectory other;
  EXPECT_FALSE(JournalRepair::open(env::posix_file_system(), other.path(), nullptr).ok());
  EXPECT_TRUE(std::filesystem::is_empty(other.path()));
}

TEST_F(Repair, ADamagedBatchIsDroppedAndItsBytesAreSaved) {
  damage_batch(7);
  const std::string damaged =
      read_file(directory_.segment(3)).substr(offset_of(7), made_[8].batch - made_[7].batch);
  std::string saved;
  {
    const auto repair = open();
    ASSERT_EQ(repair->plan().steps.size(), 1u);
    const RepairStep& step = repair->plan().steps[0];
    EXPECT_EQ(step.kind, RepairKind::kReplaceBatches);
    EXPECT_EQ(step.path, directory_.segment(3));
    EXPECT_EQ(step.offset, offset_of(7));
    EXPECT_EQ(step.bytes, damaged.size());
    EXPECT_EQ(repair->plan().dropped_bytes, damaged.size());
    saved = *repair->carry_out();
  }
  EXPECT_EQ(saved, directory_.path() + "/repair-1.saved");
  EXPECT_NE(read_file(saved).find(damaged), std::string::npos);
  expect_intact();
  expect_all_but({7});
  // The next repair does not overwrite it.
  damage_batch(8);
  EXPECT_EQ(repair(), directory_.path() + "/repair-2.saved");
  expect_all_but({7, 8});
}

TEST_F(Repair, EveryIntactByteOfTheSegmentStaysAsItIs) {
  damage_batch(4);
  std::string before = read_file(directory_.segment(2));
  repair();
  std::string after = read_file(directory_.segment(2));
  ASSERT_EQ(after.size(), before.size());
  const uint64_t bytes = made_[5].batch - made_[4].batch;
  EXPECT_NE(after.substr(offset_of(4), bytes), before.substr(offset_of(4), bytes));
  after.replace(offset_of(4), bytes, "");
  before.replace(offset_of(4), bytes, "");
  EXPECT_TRUE(after == before);
}

TEST_F(Repair, AFileThatIsLinkedElsewhereKeepsItsBytes) {
  damage_batch(4);
  const env::TemporaryDirectory backup;
  std::filesystem::create_hard_link(directory_.segment(2), backup / "linked");
  const std::string before = read_file(backup / "linked");
  repair();
  EXPECT_TRUE(read_file(backup / "linked") == before);
  EXPECT_FALSE(read_file(directory_.segment(2)) == before);
}

TEST_F(Repair, DamageInTheLastSegmentIsDroppedToo) {
  damage_batch(9);
  repair();
  expect_all_but({9});
}

TEST_F(Repair, AnEmptyBatchIsReplacedByAnEmptyBatch) {
  // The first batch of the owner, before all records.
  flip_byte(directory_.segment(1), kSegmentHeaderBytes + 20);
  {
    const auto repair = open();
    ASSERT_EQ(repair->plan().steps.size(), 1u);
    EXPECT_EQ(repair->plan().steps[0].bytes, kBatchHeaderBytes);
    ASSERT_TRUE(repair->carry_out().ok());
  }
  expect_all_but({});
}

TEST_F(Repair, AHeaderIsWrittenAnewAndNothingIsLost) {
  const std::string before = read_file(directory_.segment(2));
  write_at(directory_.segment(2), 0, std::string(kSegmentHeaderBytes, '?'));
  repair();
  EXPECT_TRUE(read_file(directory_.segment(2)) == before);
  expect_all_but({});
}

TEST_F(Repair, AHeaderThatWentWithItsFirstBatch) {
  write_at(directory_.segment(2), 0, std::string(10'000, '?'));
  repair();
  expect_intact();
  expect_all_but({3});
}

TEST_F(Repair, ASegmentThatWasCutShortGetsItsSizeAgain) {
  std::filesystem::resize_file(directory_.segment(2), offset_of(4) + 10);
  repair();
  EXPECT_EQ(std::filesystem::file_size(directory_.segment(2)), kSegmentBytesMin);
  expect_intact();
  expect_all_but({4, 5});
}

TEST_F(Repair, TheLastSegmentCutShort) {
  std::filesystem::resize_file(directory_.segment(4), offset_of(10) + 20);
  repair();
  expect_intact();
  expect_all_but({10});
}

TEST_F(Repair, EveryLengthOfACutSegment) {
  for (const uint64_t bytes : {uint64_t{0}, uint64_t{100}, kSegmentHeaderBytes - 1,
                               kSegmentHeaderBytes, kSegmentHeaderBytes + 1}) {
    SCOPED_TRACE(bytes);
    std::filesystem::resize_file(directory_.segment(2), bytes);
    repair();
    expect_intact();
    expect_all_but({3, 4, 5});
  }
}

TEST_F(Repair, AMissingSegmentIsRecreated) {
  std::filesystem::remove(directory_.segment(3));
  {
    const auto repair = open();
    ASSERT_EQ(repair->plan().steps.size(), 1u);
    EXPECT_EQ(repair->plan().steps[0].kind, RepairKind::kRecreateSegment);
    EXPECT_EQ(repair->plan().dropped_bytes, made_[9].batch - made_[6].batch);
    ASSERT_TRUE(repair->carry_out().ok());
  }
  expect_intact();
  expect_all_but({6, 7, 8});
}

TEST_F(Repair, SeveralMissingInARow) {
  std::filesystem::remove(directory_.segment(2));
  std::filesystem::remove(directory_.segment(3));
  repair();
  expect_intact();
  // Segment 2 ends before the position that a restart needs: only what stands behind it is there.
  expect_all_but({4, 5, 6, 7, 8}, made_[4].batch);
}

TEST_F(Repair, SeveralMissingInARowWithoutSnapshots) {
  for (int segment = 4; segment < 7; ++segment) {
    const auto session = directory_.open();
    ASSERT_EQ(session->owner().append({std::string(4'000'000, 'z')}), AppendOutcome::kDurable);
    ASSERT_EQ(session->owner().append({std::string(4'000'000, 'z')}), AppendOutcome::kDurable);
  }
  std::filesystem::remove(snapshot(1));
  std::filesystem::remove(snapshot(2));
  std::filesystem::remove(directory_.segment(2));
  std::filesystem::remove(directory_.segment(3));
  std::filesystem::remove(directory_.segment(4));
  repair();
  expect_intact();
  EXPECT_TRUE(std::filesystem::exists(directory_.segment(2)));
  EXPECT_TRUE(std::filesystem::exists(directory_.segment(4)));
  const auto session = directory_.open();
  EXPECT_TRUE(session->owner().scan().ok());
}

TEST_F(Repair, ASegmentOfWhichNothingCanBeRead) {
  write_at(directory_.segment(3), 0, std::string(kSegmentBytesMin, '?'));
  repair();
  EXPECT_TRUE(std::filesystem::exists(directory_.segment(3) + ".damaged-1"));
  expect_intact();
  expect_all_but({6, 7, 8});
}

TEST_F(Repair, AScanFromASnapshotFindsABatchInWhatWasReplaced) {
  // The older snapshot's position lies between two damaged batches.
  damage_batch(3);
  damage_batch(4);
  {
    const auto repair = open();
    ASSERT_EQ(repair->plan().steps.size(), 1u);
    EXPECT_EQ(repair->plan().steps[0].to, made_[5].batch);
    ASSERT_TRUE(repair->carry_out().ok());
  }
  expect_all_but({3, 4}, made_[4].batch);
}

TEST_F(Repair, ADamagedSnapshotIsSetAsideAndNotRepairedAgain) {
  flip_byte(snapshot(2), kSnapshotHeaderBytes + 1);
  repair();
  EXPECT_FALSE(std::filesystem::exists(snapshot(2)));
  EXPECT_TRUE(std::filesystem::exists(snapshot(2) + ".damaged-1"));
  expect_intact();
  const auto found = find_snapshots(env::posix_file_system(), directory_.path());
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->size(), 1u);
  expect_all_but({}, found->front().from);
}

TEST_F(Repair, ASnapshotThatTheLogNoLongerReachesIsSetAside) {
  std::filesystem::remove(directory_.segment(4));
  std::filesystem::remove(directory_.segment(3));
  repair();
  EXPECT_FALSE(std::filesystem::exists(snapshot(2)));
  expect_all_but({6, 7, 8, 9, 10});
}

TEST_F(Repair, EverythingAtOnce) {
  damage_batch(1);
  write_at(directory_.segment(2), 0, std::string(10'000, '?'));
  std::filesystem::remove(directory_.segment(3));
  damage_batch(9);
  flip_byte(snapshot(1), 100);
  repair();
  expect_intact();
  expect_all_but({1, 3, 6, 7, 8, 9});
}

TEST_F(Repair, IsDurableWhenItReturns) {
  damage_batch(1);
  std::filesystem::remove(directory_.segment(3));
  flip_byte(snapshot(1), 100);
  FaultyFileSystem files(env::posix_file_system());
  const std::string saved = *open(files)->carry_out();
  files.lose_unsynced();
  expect_intact();
  EXPECT_FALSE(std::filesystem::exists(snapshot(1)));
  EXPECT_GT(std::filesystem::file_size(saved), 2'000'000u);
  expect_all_but({1, 6, 7, 8});
}

// --- Beyond repair ---

TEST_F(Repair, ALogWithoutItsBeginningAndWithoutASnapshotIsBeyondRepair) {
  std::filesystem::remove(directory_.segment(1));
  flip_byte(snapshot(1), 0);
  flip_byte(snapshot(2), 0);
  damage_batch(4);
  const Files before = all_files();
  {
    const auto repair = open();
    ASSERT_EQ(repair->plan().beyond_repair.size(), 1u);
    EXPECT_EQ(repair->plan().beyond_repair[0].path, directory_.segment(1));
    const auto refused = repair->carry_out();
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::kStorageDamaged);
    EXPECT_NE(refused.error().message.find("beginning is missing"), std::string::npos);
  }
  EXPECT_TRUE(all_files() == before);
}

TEST_F(Repair, AForeignSegmentIsBeyondRepair) {
  JournalDirectory other;
  JournalMaker(other).fill_segments(3);
  std::filesystem::copy_file(other.segment(2), directory_.segment(2),
                             std::filesystem::copy_options::overwrite_existing);
  const auto repair = open();
  ASSERT_EQ(repair->plan().beyond_repair.size(), 1u);
  EXPECT_FALSE(repair->carry_out().ok());
}

// --- Faults ---

class RepairFaults : public Repair, public testing::WithParamInterface<Call> {};

/// The 1st, 2nd, … call of a kind is refused and the machine loses its power: another repair goes
/// on, and in the end only what was damaged is lost.
TEST_P(RepairFaults, AnotherRepairGoesOn) {
  const env::TemporaryDirectory pristine;
  damage_batch(4);
  write_at(directory_.segment(1), 0, std::string(100, '?'));
  std::filesystem::remove(directory_.segment(3));
  flip_byte(snapshot(1), 100);
  std::filesystem::copy(directory_.path(), pristine / "journal");
  for (int nth = 1;; ++nth) {
    SCOPED_TRACE(nth);
    std::filesystem::remove_all(directory_.path());
    std::filesystem::copy(pristine / "journal", directory_.path());
    FaultyFileSystem files(env::posix_file_system());
    {
      const auto repair = open(files);
      files.fail(GetParam(), nth);
      EXPECT_EQ(repair->carry_out().ok(), !files.has_failed());
    }
    files.lose_unsynced();
    repair();
    expect_intact();
    expect_all_but({4, 6, 7, 8});
    if (!files.has_failed() || HasFailure()) break;
    if (GetParam() == Call::kRead || GetParam() == Call::kWrite) nth += 6;
  }
}

INSTANTIATE_TEST_SUITE_P(EveryCall, RepairFaults,
                         testing::Values(Call::kExists, Call::kOpen, Call::kAllocate, Call::kRead,
                                         Call::kWrite, Call::kSync, Call::kRename,
                                         Call::kSyncDirectory),
                         [](const testing::TestParamInfo<Call>& info) {
                           return name_of(info.param);
                         });

}  // namespace
}  // namespace forebay::journal
