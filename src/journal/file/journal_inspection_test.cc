// SPDX-License-Identifier: Apache-2.0
// What an inspection says of intact journals and of every kind of damage.
#include "journal/file/journal_inspection.h"

#include <gtest/gtest.h>

#include "base/log.h"
#include "journal/file/segment_end.h"
#include "journal/file/snapshot_file.h"
#include "journal/testing/journal_maker.h"
#include "journal/testing/watched_file_system.h"

namespace forebay::journal {
namespace {

class JournalInspection : public testing::Test {
 protected:
  static void SetUpTestSuite() { configure_log(LogFormat::kText, LogLevel::kOff); }

  /// Three full segments and a begun one, two snapshots: at the begin of segments 2 and 3.
  void make_journal() {
    JournalMaker maker(directory_);
    made_ = maker.fill_segments(2);
    maker.snapshot(made_[3].batch);
    std::vector<MadeRecord> more = maker.fill_segments(1);
    made_.insert(made_.end(), more.begin(), more.end());
    maker.snapshot(made_[6].batch);
    made_.push_back(maker.append("the last" + std::string(1'000'000, 'y')));
    tail_ = maker.tail();
    ASSERT_EQ(maker.last_number(), 4u);
  }

  Inspection inspect(env::FileSystem& files = env::posix_file_system()) {
    auto found = inspect_journal(files, {.directory = directory_.path()});
    EXPECT_TRUE(found.ok()) << found.error().message;
    return found.ok() ? std::move(found).value() : Inspection{};
  }

  Damage only_damage() {
    const Inspection found = inspect();
    EXPECT_EQ(found.damage.size(), 1u);
    for (const Damage& damage : found.damage) last_described_ += describe(damage) + "\n";
    return found.damage.empty() ? Damage{} : found.damage[0];
  }

  /// Of the batch of record `index`, which is one of three in segment `number`.
  uint64_t offset_of(size_t index) const {
    const size_t first = index - index % 3;
    return offset_in(first == 0 ? LogPosition(0) : made_[first].batch, made_[index].batch);
  }
  LogPosition first_of(int segment) const {
    return segment == 1 ? LogPosition(0) : made_[static_cast<size_t>(segment - 1) * 3].batch;
  }
  std::string snapshot(uint64_t number) const {
    return directory_.path() + "/" + snapshot_name(number);
  }

  JournalDirectory directory_;
  std::vector<MadeRecord> made_;
  LogPosition tail_;
  std::string last_described_;
};

TEST_F(JournalInspection, AnIntactJournalIsDescribedAsItIs) {
  make_journal();
  const Inspection found = inspect();
  EXPECT_TRUE(found.intact());
  ASSERT_EQ(found.segments.size(), 4u);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(found.segments[i].number, i + 1);
    EXPECT_EQ(found.segments[i].path, directory_.segment(static_cast<int>(i) + 1));
    EXPECT_EQ(found.segments[i].file_bytes, kSegmentBytesMin);
    EXPECT_EQ(found.segments[i].first, first_of(static_cast<int>(i) + 1));
    EXPECT_EQ(found.segments[i].record_count, i == 3 ? 1u : 3u);
    EXPECT_EQ(found.segments[i].torn_bytes, 0u);
  }
  EXPECT_EQ(found.segments[0].batch_count, 4u);  // and the owner's first, which is empty
  EXPECT_EQ(found.segments[1].batch_count, 3u);
  EXPECT_EQ(found.segments[3].record_bytes, kRecordHeaderBytes + 1'000'008);
  EXPECT_EQ(found.segments[2].end, first_of(4));
  EXPECT_EQ(found.tail, tail_);
  ASSERT_EQ(found.snapshots.size(), 2u);
  EXPECT_EQ(found.snapshots[0].number, 2u);
  EXPECT_TRUE(found.snapshots[0].intact);
  EXPECT_EQ(found.snapshots[0].from, first_of(3));
  EXPECT_EQ(found.snapshots[0].chunk_count, 2u);
  EXPECT_EQ(found.needed_from, first_of(2));
  EXPECT_EQ(found.missing_segment_count, 0u);
}

TEST_F(JournalInspection, ShowsEveryRecordInOrderAndTellsItsProgress) {
  make_journal();
  std::vector<LogPosition> seen;
  uint64_t done = 0;
  uint64_t all = 0;
  InspectOptions options;
  options.directory = directory_.path();
  options.visit = [&](LogPosition at, std::string_view record) -> Result<void> {
    EXPECT_EQ(record, made_[seen.size()].bytes);
    seen.push_back(at);
    return {};
  };
  options.progress = [&](uint64_t done_bytes, uint64_t all_bytes) {
    EXPECT_GE(done_bytes, done);
    EXPECT_LE(done_bytes, all_bytes);
    done = done_bytes;
    all = all_bytes;
  };
  ASSERT_TRUE(inspect_journal(env::posix_file_system(), options).ok());
  ASSERT_EQ(seen.size(), made_.size());
  for (size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], made_[i].at);
  EXPECT_EQ(done, all);
  EXPECT_GE(all, 4 * kSegmentBytesMin);

  seen.clear();
  options.from = made_[7].at;
  options.visit = [&](LogPosition at, std::string_view) -> Result<void> {
    seen.push_back(at);
    return {};
  };
  options.progress = nullptr;
  ASSERT_TRUE(inspect_journal(env::posix_file_system(), options).ok());
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0], made_[7].at);

  options.visit = [](LogPosition, std::string_view) -> Result<void> {
    return Error{ErrorCode::kInvalidParameterValue, "enough"};
  };
  const auto stopped = inspect_journal(env::posix_file_system(), options);
  ASSERT_FALSE(stopped.ok());
  EXPECT_EQ(stopped.error().message, "enough");
}

TEST_F(JournalInspection, ADirectoryWithoutAJournalIsRefused) {
  const env::TemporaryDirectory other;
  const auto found = inspect_journal(env::posix_file_system(), {.directory = other.path()});
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().code, ErrorCode::kInvalidConfiguration);
}

TEST_F(JournalInspection, ChangesNothingAndTakesNoLock) {
  JournalMaker maker(directory_);
  made_ = maker.fill_segments(1);
  const std::string before = read_file(directory_.segment(1));
  EXPECT_TRUE(inspect().intact());
  EXPECT_EQ(read_file(directory_.segment(1)), before);
  maker.append("life goes on");
}

// --- Damage in the log ---

TEST_F(JournalInspection, AFlippedByteIsOneDamagedBatch) {
  make_journal();
  flip_byte(directory_.segment(2), offset_of(4) + 1000);
  const Damage damage = only_damage();
  EXPECT_EQ(damage.kind, DamageKind::kBatches);
  EXPECT_EQ(damage.path, directory_.segment(2));
  EXPECT_EQ(damage.offset, offset_of(4));
  EXPECT_EQ(damage.from, made_[4].batch);
  EXPECT_EQ(damage.to, made_[5].batch);
  EXPECT_EQ(damage.bytes, made_[5].batch - made_[4].batch);
  EXPECT_NE(last_described_.find("positions"), std::string::npos);
  // What stands behind it is read.
  EXPECT_EQ(inspect().segments[1].record_count, 2u);
}

TEST_F(JournalInspection, ADamagedBatchHeaderTooAlsoTheFirstAndTheLastOfASegment) {
  make_journal();
  for (const size_t index : {3u, 4u, 5u}) {
    flip_byte(directory_.segment(2), offset_of(index) + 9);  // payload-bytes
    const Damage damage = only_damage();
    EXPECT_EQ(damage.from, made_[index].batch);
    EXPECT_EQ(damage.to, made_[index + 1].batch);
    flip_byte(directory_.segment(2), offset_of(index) + 9);
  }
  EXPECT_TRUE(inspect().intact());
}

TEST_F(JournalInspection, NeighbouringDamageIsOneStretchAndDistantDamageTwo) {
  make_journal();
  flip_byte(directory_.segment(2), offset_of(3));
  flip_byte(directory_.segment(2), offset_of(4) + 500);
  EXPECT_EQ(only_damage().to, made_[5].batch);
  flip_byte(directory_.segment(3), offset_of(7));
  const Inspection found = inspect();
  ASSERT_EQ(found.damage.size(), 2u);
  EXPECT_EQ(found.damage[1].from, made_[7].batch);
}

TEST_F(JournalInspection, TheTornTailIsNoDamageButADurableBatchBeforeItIs) {
  {
    JournalMaker maker(directory_);
    for (const char* bytes : {"a", "b", "c"}) made_.push_back(maker.append(bytes));
    tail_ = maker.tail();
  }
  const std::string path = directory_.segment(1);
  write_at(path, offset_in(LogPosition(0), tail_), "half a batch");
  Inspection found = inspect();
  EXPECT_TRUE(found.intact());
  EXPECT_EQ(found.segments[0].torn_bytes, 12u);
  EXPECT_EQ(found.tail, tail_);
  flip_byte(path, offset_in(LogPosition(0), made_[2].batch));
  found = inspect();
  EXPECT_TRUE(found.intact());
  EXPECT_EQ(found.tail, made_[2].batch);
  flip_byte(path, offset_in(LogPosition(0), made_[0].batch));
  flip_byte(path, offset_in(LogPosition(0), made_[2].batch));
  const Damage damage = only_damage();
  EXPECT_EQ(damage.from, made_[0].batch);
  EXPECT_EQ(damage.to, made_[1].batch);
}

TEST_F(JournalInspection, ABatchThatWasNeverSyncedIsTornEvenWhenOthersFollow) {
  {
    JournalMaker maker(directory_);
    made_.push_back(maker.append("synced"));
  }
  // Three more by hand. The first two say that nothing behind "synced" was synced before them.
  const LogPosition synced = made_[0].batch_end;
  std::string batches;
  const auto add = [&](std::string_view bytes, bool all_synced) {
    const LogPosition at = synced + batches.size();
    BatchWriter writer(at);
    writer.add([&](std::string& out) { out += bytes; });
    std::string batch = writer.seal(Epoch(1));
    set_unsynced_before(batch, all_synced ? 0 : at - synced);
    batches += batch;
  };
  add("lost", false);
  add("after it", false);
  batches[kBatchHeaderBytes + kRecordHeaderBytes] ^= 1;
  write_at(directory_.segment(1), offset_in(LogPosition(0), synced), batches);
  EXPECT_TRUE(inspect().intact());
  EXPECT_EQ(inspect().tail, synced);
  // The third one knows better.
  add("proof", true);
  write_at(directory_.segment(1), offset_in(LogPosition(0), synced), batches);
  const Damage damage = only_damage();
  EXPECT_EQ(damage.from, synced);
  EXPECT_EQ(damage.bytes, kBatchHeaderBytes + kRecordHeaderBytes + 4);
  EXPECT_EQ(inspect().segments[0].record_count, 3u);
}

/// Beside a server: a batch is half written when it is read first, and whole, with another one
/// behind it, a moment later.
TEST_F(JournalInspection, ABatchThatIsCompletedWhileItIsReadIsIntact) {
  {
    JournalMaker maker(directory_);
    for (const char* bytes : {"a", "b", "c"}) made_.push_back(maker.append(bytes));
    tail_ = maker.tail();
  }
  const uint64_t half = offset_in(LogPosition(0), made_[1].batch) + 20;
  const uint64_t end = offset_in(LogPosition(0), tail_);
  const std::string rest = read_file(directory_.segment(1)).substr(half, end - half);
  write_at(directory_.segment(1), half, std::string(rest.size(), '\0'));
  int reads = 0;
  WatchedFileSystem files(env::posix_file_system(), [&](Call call, const std::string&) {
    // First the header's page, then the batches, then what is behind the one that is not whole.
    if (call == Call::kRead && ++reads == 3) write_at(directory_.segment(1), half, rest);
    return Result<void>();
  });
  const Inspection found = inspect(files);
  EXPECT_TRUE(found.intact());
  EXPECT_EQ(found.tail, tail_);
  EXPECT_EQ(found.segments[0].record_count, 3u);
  EXPECT_GT(reads, 3);
}

TEST_F(JournalInspection, AnUnreadableSegmentHeaderIsToldFromTheBatches) {
  make_journal();
  flip_byte(directory_.segment(2), 20);
  Damage damage = only_damage();
  EXPECT_EQ(damage.kind, DamageKind::kSegmentHeader);
  EXPECT_EQ(damage.path, directory_.segment(2));
  EXPECT_EQ(inspect().segments[1].first, first_of(2));
  EXPECT_EQ(inspect().segments[1].record_count, 3u);
  // Also when the first batch went with it.
  write_at(directory_.segment(2), 0, std::string(10'000, '?'));
  const Inspection found = inspect();
  ASSERT_EQ(found.damage.size(), 2u);
  EXPECT_EQ(found.damage[1].from, made_[3].batch);
  EXPECT_EQ(found.damage[1].to, made_[4].batch);
  // Without any batch nothing is left of it.
  write_at(directory_.segment(2), 0, std::string(kSegmentBytesMin, '?'));
  const Inspection nothing = inspect();
  ASSERT_EQ(nothing.damage.size(), 2u);
  EXPECT_EQ(nothing.damage[0].kind, DamageKind::kSegmentUnreadable);
  EXPECT_EQ(nothing.damage[1].kind, DamageKind::kSegmentMissing);
  EXPECT_EQ(nothing.damage[1].from, first_of(2));
  EXPECT_EQ(nothing.damage[1].to, first_of(3));
}

TEST_F(JournalInspection, ASegmentThatWasCutShortIsNamedWithWhatIsLost) {
  make_journal();
  std::filesystem::resize_file(directory_.segment(2), offset_of(4) + 10);
  const Inspection found = inspect();
  ASSERT_EQ(found.damage.size(), 2u);
  EXPECT_EQ(found.damage[0].kind, DamageKind::kSegmentShort);
  EXPECT_EQ(found.damage[0].offset, offset_of(4) + 10);
  EXPECT_EQ(found.damage[1].kind, DamageKind::kBatches);
  EXPECT_EQ(found.damage[1].from, made_[4].batch);
  EXPECT_EQ(found.damage[1].to, made_[6].batch);
  for (const uint64_t bytes : {uint64_t{0}, uint64_t{100}, kSegmentHeaderBytes}) {
    std::filesystem::resize_file(directory_.segment(2), bytes);
    const Inspection cut = inspect();
    ASSERT_EQ(cut.damage.size(), 2u) << bytes;
    EXPECT_EQ(cut.damage[1].from, first_of(2));
    EXPECT_EQ(cut.damage[1].to, first_of(3));
  }
}

TEST_F(JournalInspection, AMissingSegmentIsDamageOnlyIfARestartNeedsIt) {
  make_journal();
  std::filesystem::remove(directory_.segment(1));
  Inspection found = inspect();
  EXPECT_TRUE(found.intact());
  EXPECT_EQ(found.missing_segment_count, 1u);
  std::filesystem::remove(directory_.segment(2));
  found = inspect();
  ASSERT_EQ(found.damage.size(), 1u);
  EXPECT_EQ(found.damage[0].kind, DamageKind::kSegmentMissing);
  EXPECT_EQ(found.damage[0].to, first_of(3));
  std::filesystem::remove(snapshot(1));
  EXPECT_TRUE(inspect().intact());  // the newer snapshot needs neither
  std::filesystem::remove(directory_.segment(3));
  const Damage damage = only_damage();
  EXPECT_EQ(damage.to, first_of(4));
  EXPECT_NE(damage.what.find("3 files"), std::string::npos);
}

TEST_F(JournalInspection, TheEndOfASegmentBeforeAHoleIsToldByItsMark) {
  make_journal();
  // Segment 2 was trimmed, and what is left of segment 1 was marked before.
  auto segment = open_segment(env::posix_file_system(), directory_.path(), 1, env::OpenMode::kRead);
  ASSERT_TRUE(segment.ok());
  ASSERT_TRUE(write_end_mark(env::posix_file_system(), **segment, first_of(2)).ok());
  std::filesystem::remove(directory_.segment(2));
  std::filesystem::remove(snapshot(1));
  EXPECT_TRUE(inspect().intact());
  EXPECT_EQ(inspect().segments[0].end, first_of(2));
  flip_byte(directory_.segment(1), offset_of(2) + 9);
  Damage damage = only_damage();
  EXPECT_EQ(damage.from, made_[2].batch);
  EXPECT_EQ(damage.to, first_of(2));
  // Without the mark the bytes behind the last intact batch tell that there was more.
  write_at(directory_.segment(1), kSegmentBytesMin - kEndMarkBytes,
           std::string(kEndMarkBytes, '\0'));
  damage = only_damage();
  EXPECT_EQ(damage.from, made_[2].batch);
  EXPECT_EQ(damage.to, first_of(2));
}

TEST_F(JournalInspection, WithoutASnapshotTheLogIsNeededFromItsStart) {
  make_journal();
  std::filesystem::remove(snapshot(1));
  std::filesystem::remove(snapshot(2));
  EXPECT_TRUE(inspect().intact());
  std::filesystem::remove(directory_.segment(1));
  const Damage damage = only_damage();
  EXPECT_EQ(damage.kind, DamageKind::kSegmentMissing);
  EXPECT_EQ(damage.path, directory_.segment(1));
  EXPECT_EQ(damage.from, LogPosition(0));
  EXPECT_EQ(damage.to, first_of(2));
}

TEST_F(JournalInspection, SegmentsOfAnotherJournalOrInTheWrongPlaceAreForeign) {
  make_journal();
  JournalDirectory other;
  JournalMaker(other).fill_segments(3);
  const auto overwrite = std::filesystem::copy_options::overwrite_existing;
  std::filesystem::copy_file(other.segment(2), directory_.segment(2), overwrite);
  Damage damage = only_damage();
  EXPECT_EQ(damage.kind, DamageKind::kSegmentForeign);
  EXPECT_EQ(damage.path, directory_.segment(2));
  EXPECT_NE(damage.what.find("another journal"), std::string::npos);
  std::filesystem::copy_file(directory_.segment(3), directory_.segment(2), overwrite);
  damage = only_damage();
  EXPECT_EQ(damage.kind, DamageKind::kSegmentForeign);
  EXPECT_NE(damage.what.find("segment 3"), std::string::npos);
}

TEST_F(JournalInspection, ANewerFormatIsNotDamage) {
  make_journal();
  SegmentHeader newer{.format_version = kFormatVersion + 1,
                      .number = 4,
                      .first_position = first_of(4),
                      .segment_bytes = kSegmentBytesMin,
                      .epoch = Epoch(1),
                      .log_id = inspect().log_id};
  write_at(directory_.segment(4), 0, encode_segment_header(newer));
  std::filesystem::remove(snapshot(1));
  std::filesystem::remove(snapshot(2));
  const Damage damage = only_damage();
  EXPECT_EQ(damage.kind, DamageKind::kNewerFormat);
  EXPECT_NE(damage.what.find("version 2"), std::string::npos);
}

// --- Damage to snapshots ---

TEST_F(JournalInspection, ADamagedSnapshotIsNamedAndNoLongerDecidesWhatIsNeeded) {
  make_journal();
  flip_byte(snapshot(1), kSnapshotHeaderBytes + 30);
  Damage damage = only_damage();
  EXPECT_EQ(damage.kind, DamageKind::kSnapshot);
  EXPECT_EQ(damage.path, snapshot(1));
  EXPECT_NE(describe(damage).find("byte 4096"), std::string::npos) << describe(damage);
  EXPECT_EQ(inspect().needed_from, first_of(3));
  flip_byte(snapshot(2), 0);
  EXPECT_EQ(inspect().needed_from, LogPosition(0));
}

TEST_F(JournalInspection, ASnapshotThatTheLogDoesNotReachShowsThatTheNewestSegmentsAreGone) {
  make_journal();
  std::filesystem::remove(directory_.segment(4));
  std::filesystem::remove(directory_.segment(3));
  const Inspection found = inspect();
  ASSERT_EQ(found.damage.size(), 1u);
  EXPECT_EQ(found.damage[0].kind, DamageKind::kSnapshot);
  EXPECT_EQ(found.damage[0].path, snapshot(2));
  EXPECT_NE(found.damage[0].what.find("newest segments"), std::string::npos);
  EXPECT_EQ(found.needed_from, first_of(2));
}

}  // namespace
}  // namespace forebay::journal
