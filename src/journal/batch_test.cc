// SPDX-License-Identifier: Apache-2.0
#include "journal/batch.h"

#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/byte_codec.h"
#include "base/crc32c.h"

namespace forebay::journal {
namespace {

using Records = std::vector<std::pair<LogPosition, std::string>>;

LogPosition add(BatchWriter& writer, std::string_view bytes) {
  return writer.add([&](std::string& out) { out += bytes; });
}

Result<Records> records_of(std::string_view batch) {
  Records found;
  TRY(visit_records(batch, [&](LogPosition at, std::string_view record) {
    found.emplace_back(at, record);
    return Result<void>();
  }));
  return found;
}

std::string small_batch() {
  BatchWriter writer(LogPosition(1000));
  add(writer, "hello");
  add(writer, "");
  add(writer, "world, again");
  return writer.seal(Epoch(7));
}

/// A batch header with right checksums around whatever it claims.
std::string forged_header(uint64_t payload_bytes, uint32_t record_count, uint32_t payload_crc) {
  std::string covered;
  ByteWriter out(covered);
  out.fixed(payload_bytes);
  out.fixed(record_count);
  out.fixed(payload_crc);
  out.fixed<uint64_t>(7);
  out.fixed<uint64_t>(1000);
  out.fixed<uint64_t>(0);
  std::string header;
  ByteWriter front(header);
  front.fixed(kBatchMagic);
  front.fixed(crc32c(covered));
  return header + covered;
}

TEST(Batch, RecordsComeBackInOrderWithTheirPositions) {
  BatchWriter writer(LogPosition(1000));
  const LogPosition first = add(writer, "hello");
  const LogPosition second = add(writer, "");
  const LogPosition third = add(writer, std::string(3000, 'x'));
  EXPECT_EQ(first, LogPosition(1000 + kBatchHeaderBytes));
  const auto found = records_of(writer.seal(Epoch(7)));
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_EQ(*found, (Records{{first, "hello"}, {second, ""}, {third, std::string(3000, 'x')}}));
}

TEST(Batch, ARecordIsFoundByItsPosition) {
  BatchWriter writer(LogPosition(0));
  add(writer, "first");
  const LogPosition at = add(writer, "second");
  const std::string batch = writer.seal(Epoch(1));
  const auto record = decode_record(std::string_view(batch).substr(at.value));
  ASSERT_TRUE(record.ok());
  EXPECT_EQ(*record, "second");
}

TEST(Batch, TheHeaderSaysEpochPositionAndSize) {
  const std::string batch = small_batch();
  const auto header = decode_batch_header(batch);
  ASSERT_TRUE(header.ok());
  EXPECT_EQ(header->epoch, Epoch(7));
  EXPECT_EQ(header->position, LogPosition(1000));
  EXPECT_EQ(header->record_count, 3u);
  EXPECT_EQ(header->payload_bytes, batch.size() - kBatchHeaderBytes);
}

TEST(Batch, SealingStartsTheNextBatchWhereThisOneEnds) {
  BatchWriter writer(LogPosition(1000));
  add(writer, "hello");
  EXPECT_FALSE(writer.empty());
  const LogPosition end = writer.end();
  const std::string batch = writer.seal(Epoch(7));
  EXPECT_EQ(end, LogPosition(1000) + batch.size());
  EXPECT_EQ(writer.start(), end);
  EXPECT_TRUE(writer.empty());
  EXPECT_EQ(writer.size(), kBatchHeaderBytes);
}

TEST(Batch, ABatchWithoutRecordsIsValid) {
  const std::string batch = BatchWriter(LogPosition(5)).seal(Epoch(1));
  EXPECT_EQ(batch.size(), kBatchHeaderBytes);
  EXPECT_TRUE(records_of(batch)->empty());
}

TEST(Batch, EverySingleFlippedBitIsDetected) {
  const std::string batch = small_batch();
  for (size_t bit = 0; bit < batch.size() * 8; ++bit) {
    std::string flipped = batch;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    const auto found = records_of(flipped);
    ASSERT_FALSE(found.ok()) << "bit " << bit;
    EXPECT_EQ(found.error().code, ErrorCode::kStorageDamaged);
  }
}

TEST(Batch, EveryFlippedBitOfASingleRecordIsDetected) {
  BatchWriter writer(LogPosition(0));
  add(writer, "some record");
  const std::string framed = writer.seal(Epoch(1)).substr(kBatchHeaderBytes);
  ASSERT_TRUE(decode_record(framed).ok());
  for (size_t bit = 0; bit < framed.size() * 8; ++bit) {
    std::string flipped = framed;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    EXPECT_FALSE(decode_record(flipped).ok()) << "bit " << bit;
  }
}

TEST(Batch, EveryPrefixAndAnyExcessIsRefused) {
  const std::string batch = small_batch();
  for (size_t length = 0; length < batch.size(); ++length) {
    EXPECT_FALSE(records_of(std::string_view(batch).substr(0, length)).ok()) << length;
  }
  EXPECT_FALSE(records_of(batch + '\0').ok());
}

TEST(Batch, ZerosAreNoBatch) {
  EXPECT_FALSE(decode_batch_header(std::string(kBatchHeaderBytes, '\0')).ok());
  EXPECT_FALSE(decode_record(std::string(kRecordHeaderBytes - 1, '\0')).ok());
}

TEST(Batch, ImpossibleLengthsUnderARightChecksumAreRefused) {
  const uint64_t payload_max = kBatchBytesMax - kBatchHeaderBytes;
  EXPECT_TRUE(decode_batch_header(forged_header(payload_max, 1, 0)).ok());
  EXPECT_FALSE(decode_batch_header(forged_header(payload_max + 1, 1, 0)).ok());
  EXPECT_FALSE(decode_batch_header(forged_header(16, 3, 0)).ok());
  EXPECT_FALSE(decode_batch_header(forged_header(0, 1, 0)).ok());
}

TEST(Batch, ARecordCountThatDisagreesWithTheRecordsIsRefused) {
  const std::string payload = small_batch().substr(kBatchHeaderBytes);
  for (const uint32_t count : {2u, 4u}) {
    EXPECT_FALSE(records_of(forged_header(payload.size(), count, crc32c(payload)) + payload).ok());
  }
  EXPECT_TRUE(records_of(forged_header(payload.size(), 3, crc32c(payload)) + payload).ok());
}

TEST(Batch, DamageNamesThePosition) {
  std::string batch = small_batch();
  batch.back() = static_cast<char>(batch.back() ^ 1);
  EXPECT_NE(verify_batch(batch).error().message.find("position 1000"), std::string::npos);
}

TEST(Batch, VisitingStopsAtTheVisitorsFirstError) {
  int calls = 0;
  const auto visited = visit_records(small_batch(), [&](LogPosition, std::string_view) {
    return ++calls == 2 ? Result<void>(Error{ErrorCode::kOverLimit, "enough"}) : Result<void>();
  });
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(visited.error(), (Error{ErrorCode::kOverLimit, "enough"}));
}

TEST(Batch, TheLargestBatchIsReadable) {
  BatchWriter writer(LogPosition(0));
  add(writer, std::string(kBatchBytesTarget - kRecordHeaderBytes, 'a'));
  add(writer, std::string(kRecordBytesMax, 'b'));
  const std::string batch = writer.seal(Epoch(1));
  EXPECT_EQ(batch.size(), kBatchBytesMax);
  EXPECT_EQ(records_of(batch)->size(), 2u);
}

TEST(BatchDeathTest, ARecordAboveTheLimitIsABug) {
  BatchWriter writer(LogPosition(0));
  EXPECT_DEATH(add(writer, std::string(kRecordBytesMax + 1, 'x')), "CHECK");
}

TEST(BatchDeathTest, ARecordMoreInAClosedBatchIsABug) {
  BatchWriter writer(LogPosition(0));
  add(writer, std::string(kBatchBytesTarget + 1, 'x'));
  EXPECT_DEATH(add(writer, "x"), "CHECK");
}

// The example of docs/journal-format.md, byte for byte: this is the format, not the code's opinion
// of it.
TEST(Batch, TheDocumentedExampleIsWhatIsWritten) {
  BatchWriter writer(LogPosition(48));
  add(writer, "hello");
  EXPECT_EQ(hex_encode(writer.seal(Epoch(1))),
            "46654262"
            "74a2dc8a"
            "0d00000000000000"
            "01000000"
            "705c0d5a"
            "0100000000000000"
            "3000000000000000"
            "0000000000000000"
            "05000000"
            "a1b1174e"
            "68656c6c6f");
}

}  // namespace
}  // namespace forebay::journal
