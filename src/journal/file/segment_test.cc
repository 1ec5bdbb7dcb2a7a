// SPDX-License-Identifier: Apache-2.0
#include "journal/file/segment.h"

#include <filesystem>
#include <future>

#include <gtest/gtest.h>

#include "env/testing/pumped_executor.h"
#include "env/testing/temporary_directory.h"
#include "journal/file/batch_cursor.h"
#include "journal/file/segment_end.h"
#include "journal/file/segment_preparation.h"
#include "journal/file/segment_table.h"
#include "journal/testing/faulty_file_system.h"

namespace forebay::journal {
namespace {

constexpr uint64_t kFileBytes = 6u << 20;

SegmentHeader header_of(uint64_t number, LogPosition first) {
  return {.number = number,
          .first_position = first,
          .segment_bytes = kFileBytes,
          .epoch = Epoch(3),
          .log_id = {1, 2, 3}};
}

std::shared_ptr<Segment> make(const env::TemporaryDirectory& directory, uint64_t number,
                              LogPosition first) {
  auto made = create_segment(env::posix_file_system(), {.directory = directory.path(),
                                                        .header = header_of(number, first),
                                                        .prepared = {},
                                                        .prepared_path = {}});
  CHECK(made.ok());
  return std::move(made).value();
}

TEST(SegmentHeader, ComesBackAsItWasWritten) {
  const auto header = decode_segment_header(encode_segment_header(header_of(7, LogPosition(99))));
  ASSERT_TRUE(header.ok());
  EXPECT_EQ(header->format_version, kFormatVersion);
  EXPECT_EQ(header->number, 7u);
  EXPECT_EQ(header->first_position, LogPosition(99));
  EXPECT_EQ(header->segment_bytes, kFileBytes);
  EXPECT_EQ(header->epoch, Epoch(3));
  EXPECT_EQ(header->log_id, (Bytes16{1, 2, 3}));
}

TEST(SegmentHeader, EverySingleFlippedBitIsDetected) {
  const std::string page = encode_segment_header(header_of(7, LogPosition(99)));
  for (size_t bit = 0; bit < page.size() * 8; ++bit) {
    std::string flipped = page;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    ASSERT_FALSE(decode_segment_header(flipped).ok()) << "bit " << bit;
  }
}

TEST(SegmentHeader, ImpossibleValuesUnderARightChecksumAreRefused) {
  const SegmentHeader good = header_of(1, LogPosition(0));
  SegmentHeader no_number = good;
  no_number.number = 0;
  SegmentHeader no_room = good;
  no_room.segment_bytes = kSegmentHeaderBytes;
  SegmentHeader no_version = good;
  no_version.format_version = 0;
  EXPECT_TRUE(decode_segment_header(encode_segment_header(good)).ok());
  for (const SegmentHeader& header : {no_number, no_room, no_version}) {
    EXPECT_FALSE(decode_segment_header(encode_segment_header(header)).ok());
  }
}

TEST(SegmentName, OnlyWhatSegmentNameMakesIsASegment) {
  EXPECT_EQ(segment_name(12), "00000000000000000012.segment");
  for (const uint64_t number : {uint64_t{1}, uint64_t{99}, UINT64_MAX}) {
    EXPECT_EQ(parse_segment_name(segment_name(number)), number);
  }
  for (const char* name :
       {"", "LOCK", "1.segment", "0000000000000000001x.segment", "-0000000000000000001.segment",
        "99999999999999999999.segment", "00000000000000000001.segment.unfinished"}) {
    EXPECT_EQ(parse_segment_name(name), std::nullopt) << name;
  }
}

TEST(ReserveName, OnlyWhatReserveNameMakesIsAReserve) {
  EXPECT_EQ(reserve_name(12), "00000000000000000012.reserve");
  EXPECT_EQ(parse_reserve_name(reserve_name(UINT64_MAX)), UINT64_MAX);
  for (const char* name : {"1.reserve", "00000000000000000012.segment", "x.reserve"}) {
    EXPECT_EQ(parse_reserve_name(name), std::nullopt) << name;
  }
}

/// Segments 1 (0 to 1000), 2 (1000 to 3000), 4 (5000 to 7000), 5 (7000 on); 3 is missing.
class SegmentTableTest : public testing::Test {
 protected:
  void SetUp() override {
    table_.reset({{make(directory_, 1, LogPosition(0)), LogPosition(1000)},
                  {make(directory_, 2, LogPosition(1000)), LogPosition(3000)},
                  place_last(4, LogPosition(5000))});
    table_.push(make(directory_, 5, LogPosition(7000)));
  }
  PlacedSegment place_last(uint64_t number, LogPosition first) {
    const auto segment = make(directory_, number, first);
    return {segment, segment->end()};
  }
  uint64_t number_at(uint64_t position) {
    const auto segment = table_.find(LogPosition(position));
    return segment == nullptr ? 0 : segment->header().number;
  }

  const env::TemporaryDirectory directory_;
  SegmentTable table_;
};

TEST_F(SegmentTableTest, FindsTheSegmentOfAPosition) {
  EXPECT_EQ(number_at(0), 1u);
  EXPECT_EQ(number_at(999), 1u);
  EXPECT_EQ(number_at(1000), 2u);
  EXPECT_EQ(number_at(6999), 4u);
  EXPECT_EQ(number_at(7000), 5u);
  EXPECT_EQ(number_at(1'000'000'000), 5u);
  EXPECT_EQ(table_.from(LogPosition(1500)).size(), 3u);
  EXPECT_EQ(table_.last()->header().number, 5u);
  EXPECT_EQ(table_.named(4)->end, LogPosition(7000));
  EXPECT_FALSE(table_.named(3));
}

TEST_F(SegmentTableTest, NamesTheSegmentThatIsMissing) {
  EXPECT_EQ(number_at(3000), 0u);
  EXPECT_EQ(number_at(4999), 0u);
  EXPECT_TRUE(table_.from(LogPosition(4000)).empty());
  EXPECT_EQ(table_.missing_at(LogPosition(3000)), 3u);
  EXPECT_EQ(table_.missing_at(LogPosition(2999)), std::nullopt);
  EXPECT_EQ(table_.missing_at(LogPosition(5000)), std::nullopt);
  table_.reset({place_last(4, LogPosition(5000))});
  EXPECT_EQ(table_.missing_at(LogPosition(4999)), 3u);
}

TEST_F(SegmentTableTest, CountsLiveBytes) {
  EXPECT_TRUE(table_.add_live(LogPosition(10), 100));
  EXPECT_TRUE(table_.add_live(LogPosition(900), 100));
  EXPECT_TRUE(table_.add_live(LogPosition(1000), 7));
  EXPECT_TRUE(table_.add_live(LogPosition(9000), 5));
  EXPECT_EQ(table_.live_bytes(), 212u);
  table_.remove_live(LogPosition(900), 100);
  EXPECT_EQ(table_.live_bytes(), 112u);
  table_.reset({});
  EXPECT_EQ(table_.live_bytes(), 0u);
}

TEST_F(SegmentTableTest, WhatIsMissingCannotBeLive) {
  EXPECT_FALSE(table_.add_live(LogPosition(3000), 10));
  EXPECT_FALSE(table_.add_live(LogPosition(2995), 10));
  EXPECT_EQ(table_.live_bytes(), 0u);
  table_.remove_live(LogPosition(3000), 10);
  EXPECT_EQ(table_.live_bytes(), 0u);
}

TEST_F(SegmentTableTest, OnlySealedSegmentsBeforeThePositionAreTakenOut) {
  ASSERT_TRUE(table_.add_live(LogPosition(0), 10));
  EXPECT_TRUE(table_.take_dead(LogPosition(2999)).segments.empty());
  const auto removed = table_.take_dead(LogPosition(1'000'000));
  ASSERT_EQ(removed.segments.size(), 2u);
  EXPECT_EQ(removed.segments[0].segment->header().number, 2u);
  EXPECT_EQ(removed.segments[1].segment->header().number, 4u);
  ASSERT_EQ(removed.before_holes.size(), 1u);
  EXPECT_EQ(removed.before_holes[0].segment->header().number, 1u);
  EXPECT_EQ(removed.before_holes[0].end, LogPosition(1000));
  EXPECT_EQ(number_at(500), 1u);
  EXPECT_EQ(number_at(1000), 0u);
  EXPECT_EQ(number_at(7000), 5u);
  table_.remove_live(LogPosition(0), 10);
  EXPECT_EQ(table_.take_dead(LogPosition(1'000'000)).segments.size(), 1u);
  EXPECT_EQ(table_.disk_bytes(), kFileBytes);
}

TEST_F(SegmentTableTest, TheSparsestIsTheOneWithTheSmallestLiveShare) {
  EXPECT_FALSE(table_.sparsest(LogPosition(0)));
  EXPECT_EQ(table_.sparsest(LogPosition(1'000'000))->live_bytes, 0u);
  ASSERT_TRUE(table_.add_live(LogPosition(0), 500));
  ASSERT_TRUE(table_.add_live(LogPosition(1000), 400));
  ASSERT_TRUE(table_.add_live(LogPosition(5000), 300));
  ASSERT_TRUE(table_.add_live(LogPosition(7000), 1));
  EXPECT_EQ(table_.sparsest(LogPosition(1'000'000))->live_bytes, 300u);
  EXPECT_EQ(table_.sparsest(LogPosition(6999))->live_bytes, 400u);
  EXPECT_EQ(table_.sparsest(LogPosition(1000))->live_bytes, 500u);
  EXPECT_FALSE(table_.sparsest(LogPosition(999)));
}

using SegmentTableDeathTest = SegmentTableTest;

TEST_F(SegmentTableDeathTest, ReleasingWhatWasNotRetainedIsABug) {
  ASSERT_TRUE(table_.add_live(LogPosition(0), 10));
  EXPECT_DEATH(table_.remove_live(LogPosition(0), 11), "CHECK");
}

TEST(SegmentEnd, IsReadFromItsMarkOrFoundByWalking) {
  const env::TemporaryDirectory directory;
  const auto segment = make(directory, 1, LogPosition(500));
  BatchWriter writer(LogPosition(500));
  for (const char* text : {"a", "b"}) {
    writer.add([&](std::string& out) { out += text; });
    const LogPosition at = writer.start();
    ASSERT_TRUE(segment->file().write(segment->offset_of(at), writer.seal(Epoch(3))).ok());
  }
  EXPECT_EQ(*find_end(*segment), writer.start());
  // A mark is believed, so it must be the right one: of this segment, and intact.
  const LogPosition elsewhere(700);
  const uint64_t mark_at = kFileBytes - kEndMarkBytes;
  ASSERT_TRUE(write_end_mark(env::posix_file_system(), *segment, elsewhere).ok());
  EXPECT_EQ(*find_end(*segment), elsewhere);
  for (uint64_t i = 0; i < kEndMarkBytes; ++i) {
    std::string mark = encode_end_mark(1, elsewhere);
    mark[i] = static_cast<char>(mark[i] ^ 1);
    ASSERT_TRUE(segment->file().write(mark_at, mark).ok());
    EXPECT_EQ(*find_end(*segment), writer.start()) << i;
  }
  ASSERT_TRUE(segment->file().write(mark_at, encode_end_mark(2, elsewhere)).ok());
  EXPECT_EQ(*find_end(*segment), writer.start());
}

TEST(SegmentEnd, NoMarkIsWrittenOverABatch) {
  const env::TemporaryDirectory directory;
  const auto segment = make(directory, 1, LogPosition(0));
  const std::string before(kEndMarkBytes, 'b');
  ASSERT_TRUE(segment->file().write(kFileBytes - kEndMarkBytes, before).ok());
  const LogPosition end(segment->end().value - kEndMarkBytes + 1);
  ASSERT_TRUE(write_end_mark(env::posix_file_system(), *segment, end).ok());
  std::string after(kEndMarkBytes, '\0');
  ASSERT_TRUE(segment->file().read(kFileBytes - kEndMarkBytes, after).ok());
  EXPECT_EQ(after, before);
}

TEST(BatchCursor, WalksBatchesLargerThanItsReads) {
  const env::TemporaryDirectory directory;
  const auto segment = make(directory, 1, LogPosition(500));
  BatchWriter writer(LogPosition(500));
  std::vector<uint64_t> sizes;
  for (const size_t bytes : {10u, 1'500'000u, 0u, 700'000u, 700'000u, 20u}) {
    writer.add([&](std::string& out) { out.append(bytes, 'x'); });
    const LogPosition at = writer.start();
    const std::string batch = writer.seal(Epoch(3));
    sizes.push_back(batch.size());
    ASSERT_TRUE(segment->file().write(segment->offset_of(at), batch).ok());
  }
  BatchCursor cursor(*segment, LogPosition(500));
  for (const uint64_t size : sizes) {
    const auto batch = cursor.peek();
    ASSERT_TRUE(batch.ok() && batch->has_value());
    EXPECT_EQ((*batch)->bytes.size(), size);
    EXPECT_TRUE(verify_batch((*batch)->bytes).ok());
    cursor.advance(**batch);
  }
  EXPECT_FALSE(cursor.peek()->has_value());
  EXPECT_EQ(cursor.position(), writer.start());
}

TEST(BatchCursor, ABatchLongerThanTheSegmentIsNone) {
  const env::TemporaryDirectory directory;
  const auto segment = make(directory, 1, LogPosition(0));
  const LogPosition at = LogPosition(0) + (segment->end() - LogPosition(0) - 100);
  BatchWriter writer(at);
  writer.add([](std::string& out) { out.append(200, 'x'); });
  const std::string batch = writer.seal(Epoch(3));
  ASSERT_TRUE(segment->file().write(segment->offset_of(at), batch.substr(0, 100)).ok());
  EXPECT_FALSE(BatchCursor(*segment, at).peek()->has_value());
  EXPECT_FALSE(BatchCursor(*segment, segment->end()).peek()->has_value());
}

class SegmentPreparationTest : public testing::Test {
 protected:
  void settle() {
    bool idle = false;
    worker_->submit([] {}, [&] { idle = true; });
    executor_.run_until([&] { return idle; });
  }
  void make_ready() {
    preparation_->allocate();
    settle();
    ASSERT_TRUE(preparation_->ready());
  }

  const env::TemporaryDirectory directory_;
  env::PumpedExecutor executor_;
  FaultyFileSystem files_{env::posix_file_system()};
  const std::unique_ptr<env::Worker> worker_ = env::make_thread_worker(executor_);
  int changes_ = 0;
  const std::shared_ptr<SegmentPreparation> preparation_ = std::make_shared<SegmentPreparation>(
      JournalStorage{files_, *worker_, *worker_, directory_.path(), nullptr, kFileBytes},
      directory_ / "next", [this](SegmentPreparation&) { ++changes_; });
};

TEST_F(SegmentPreparationTest, IsReadyOnceTheSpaceIsAllocated) {
  preparation_->allocate();
  EXPECT_FALSE(preparation_->ready());
  EXPECT_FALSE(preparation_->idle());
  settle();
  EXPECT_TRUE(preparation_->ready());
  EXPECT_TRUE(preparation_->idle());
  EXPECT_EQ(changes_, 1);
  EXPECT_EQ(std::filesystem::file_size(preparation_->path()), kFileBytes);
}

TEST_F(SegmentPreparationTest, FillsAsFarAsAskedInSlices) {
  make_ready();
  files_.record_writes();
  preparation_->fill_to(1);
  settle();
  EXPECT_EQ(files_.recorded().size(), 1u);
  preparation_->fill_to(1);
  settle();
  EXPECT_EQ(files_.recorded().size(), 1u);
  preparation_->fill_to(UINT64_MAX);
  for (int i = 0; i < 3; ++i) settle();
  uint64_t next = 0;
  for (const auto& write : files_.recorded()) {
    EXPECT_EQ(write.offset, next);
    next += write.data.size();
  }
  EXPECT_EQ(next, kFileBytes);
  preparation_->stop();
  const auto file = preparation_->take();
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(*file->size(), kFileBytes);
}

TEST_F(SegmentPreparationTest, AFailureIsGivenUpAndLeavesNoFileToUse) {
  make_ready();
  files_.fail(Call::kWrite, 2);
  preparation_->fill_to(1);
  settle();
  preparation_->fill_to(UINT64_MAX);
  for (int i = 0; i < 3; ++i) settle();
  EXPECT_FALSE(preparation_->ready());
  EXPECT_EQ(changes_, 2);
  preparation_->stop();
  EXPECT_EQ(preparation_->take(), nullptr);
  EXPECT_FALSE(std::filesystem::exists(preparation_->path()));
}

TEST_F(SegmentPreparationTest, AFullDiskLeavesNothingAndIsMeasured) {
  files_.fail(Call::kAllocate, 1);
  preparation_->allocate();
  settle();
  EXPECT_FALSE(preparation_->ready());
  EXPECT_EQ(preparation_->failure().error().code, ErrorCode::kStorageFull);
  EXPECT_GT(preparation_->free_bytes(), 0u);
  EXPECT_FALSE(std::filesystem::exists(preparation_->path()));
}

TEST_F(SegmentPreparationTest, NothingIsFilledAfterStop) {
  make_ready();
  files_.record_writes();
  preparation_->stop();
  preparation_->fill_to(UINT64_MAX);
  settle();
  EXPECT_TRUE(files_.recorded().empty());
}

TEST_F(SegmentPreparationTest, AFailedSyncOfTheZerosIsAFailure) {
  make_ready();
  files_.fail(Call::kSync, 1);
  preparation_->fill_to(UINT64_MAX);
  for (int i = 0; i < 4; ++i) settle();
  EXPECT_FALSE(preparation_->failure().ok());
}

TEST_F(SegmentPreparationTest, ASliceThatComesTooLateDoesNotTouchTheFile) {
  make_ready();
  files_.record_writes();
  std::promise<void> taken;
  worker_->submit([ready = taken.get_future().share()] { ready.wait(); }, [] {});
  preparation_->fill_to(1);
  preparation_->stop();
  EXPECT_NE(preparation_->take(), nullptr);
  taken.set_value();
  settle();
  EXPECT_TRUE(files_.recorded().empty());
  EXPECT_TRUE(std::filesystem::exists(preparation_->path()));
}

TEST_F(SegmentPreparationTest, AFileOfAnotherSizeIsNotAdopted) {
  make_ready();
  const auto same = std::make_shared<SegmentPreparation>(
      JournalStorage{files_, *worker_, *worker_, directory_.path(), nullptr, kFileBytes},
      directory_ / "next", [](SegmentPreparation&) {});
  EXPECT_TRUE(same->adopt().ok());
  EXPECT_TRUE(same->ready());
  const auto other = std::make_shared<SegmentPreparation>(
      JournalStorage{files_, *worker_, *worker_, directory_.path(), nullptr, 2 * kFileBytes},
      directory_ / "next", [](SegmentPreparation&) {});
  EXPECT_FALSE(other->adopt().ok());
  EXPECT_FALSE(other->ready());
}

}  // namespace
}  // namespace forebay::journal
