// SPDX-License-Identifier: Apache-2.0
#include "journal/file/segment.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "env/testing/pumped_executor.h"
#include "env/testing/temporary_directory.h"
#include "journal/file/batch_cursor.h"
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

TEST(SegmentTable, FindsTheSegmentOfAPosition) {
  const env::TemporaryDirectory directory;
  SegmentTable table;
  table.reset({make(directory, 1, LogPosition(0)), make(directory, 2, LogPosition(1000))});
  table.push(make(directory, 3, LogPosition(5000)));
  EXPECT_EQ(table.find(LogPosition(0))->header().number, 1u);
  EXPECT_EQ(table.find(LogPosition(999))->header().number, 1u);
  EXPECT_EQ(table.find(LogPosition(1000))->header().number, 2u);
  EXPECT_EQ(table.find(LogPosition(1'000'000))->header().number, 3u);
  EXPECT_EQ(table.from(LogPosition(1500)).size(), 2u);
  EXPECT_EQ(table.last()->header().number, 3u);
}

TEST(SegmentTable, CountsDeadBytesBySegment) {
  const env::TemporaryDirectory directory;
  SegmentTable table;
  table.reset({make(directory, 1, LogPosition(0)), make(directory, 2, LogPosition(1000))});
  table.add_dead(LogPosition(10), 100);
  table.add_dead(LogPosition(200), 50);
  table.add_dead(LogPosition(1000), 7);
  EXPECT_EQ(table.dead_bytes(1), 150u);
  EXPECT_EQ(table.dead_bytes(2), 7u);
  table.reset({});
  EXPECT_EQ(table.dead_bytes(1), 0u);
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

  const env::TemporaryDirectory directory_;
  env::PumpedExecutor executor_;
  FaultyFileSystem files_{env::posix_file_system()};
  const std::unique_ptr<env::Worker> worker_ = env::make_thread_worker(executor_);
  const std::shared_ptr<SegmentPreparation> preparation_ = std::make_shared<SegmentPreparation>(
      files_, *worker_, directory_ / "next.unfinished", kFileBytes);
};

TEST_F(SegmentPreparationTest, FillsAsFarAsAskedInSyncedSlices) {
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
  files_.fail(Call::kSync, 2);
  preparation_->fill_to(1);
  settle();
  preparation_->fill_to(UINT64_MAX);
  for (int i = 0; i < 3; ++i) settle();
  preparation_->stop();
  EXPECT_EQ(preparation_->take(), nullptr);
}

TEST_F(SegmentPreparationTest, NothingIsFilledAfterStop) {
  preparation_->stop();
  preparation_->fill_to(UINT64_MAX);
  settle();
  EXPECT_FALSE(std::filesystem::exists(preparation_->path()));
  EXPECT_EQ(preparation_->take(), nullptr);
}

}  // namespace
}  // namespace forebay::journal
