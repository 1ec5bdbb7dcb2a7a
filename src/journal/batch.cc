// SPDX-License-Identifier: Apache-2.0
#include "journal/batch.h"

#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/byte_codec.h"
#include "base/check.h"
#include "base/crc32c.h"

namespace forebay::journal {
namespace {

/// The header's checksum covers everything behind it.
constexpr size_t kHeaderCrcCovers = 8;
constexpr size_t kUnsyncedBeforeAt = kBatchHeaderBytes - sizeof(uint64_t);
constexpr uint64_t kPayloadBytesMax = kBatchBytesMax - kBatchHeaderBytes;

Error damaged(std::string text) {
  return {ErrorCode::kStorageDamaged, std::move(text)};
}

/// The length is covered too: a flipped bit in it must not move the end of the record.
uint32_t record_crc(uint32_t length, std::string_view bytes) {
  char encoded[sizeof length];
  std::memcpy(encoded, &length, sizeof length);
  return crc32c(bytes, crc32c({encoded, sizeof encoded}));
}

/// The first record of `framed`, checked; what follows it stays unread.
Result<std::string_view> first_record(std::string_view framed) {
  ByteReader in(framed);
  const auto length = in.fixed<uint32_t>();
  const auto crc = in.fixed<uint32_t>();
  if (!in.ok() || length > kRecordBytesMax || length > framed.size() - kRecordHeaderBytes) {
    return damaged("a record's length is wrong");
  }
  const std::string_view bytes = framed.substr(kRecordHeaderBytes, length);
  if (record_crc(length, bytes) != crc) return damaged("a record's checksum does not match");
  return bytes;
}

Result<void> verify_payload(const BatchHeader& header, std::string_view payload) {
  if (payload.size() != header.payload_bytes) return damaged("its length is not what it says");
  if (crc32c(payload) != header.payload_crc) return damaged("its checksum does not match");
  for (uint32_t i = 0; i < header.record_count; ++i) {
    TRY_ASSIGN(const std::string_view record, first_record(payload));
    payload.remove_prefix(kRecordHeaderBytes + record.size());
  }
  if (!payload.empty()) return damaged("it holds more than its records");
  return {};
}

}  // namespace

BatchWriter::BatchWriter(LogPosition start) : start_(start), bytes_(kBatchHeaderBytes, '\0') {}

size_t BatchWriter::begin_record() {
  CHECK(bytes_.size() <= kBatchHeaderBytes + kBatchBytesTarget);
  const size_t header_at = bytes_.size();
  bytes_.append(kRecordHeaderBytes, '\0');
  return header_at;
}

LogPosition BatchWriter::end_record(size_t header_at) {
  const size_t bytes_at = header_at + kRecordHeaderBytes;
  CHECK(bytes_.size() >= bytes_at && bytes_.size() - bytes_at <= kRecordBytesMax);
  const std::string_view record = std::string_view(bytes_).substr(bytes_at);
  const auto length = static_cast<uint32_t>(record.size());
  const uint32_t crc = record_crc(length, record);
  std::memcpy(bytes_.data() + header_at, &length, sizeof length);
  std::memcpy(bytes_.data() + header_at + sizeof length, &crc, sizeof crc);
  ++record_count_;
  return start_ + header_at;
}

std::string BatchWriter::seal(Epoch epoch) {
  const std::string_view payload = std::string_view(bytes_).substr(kBatchHeaderBytes);
  std::string covered;
  ByteWriter out(covered);
  out.fixed<uint64_t>(payload.size());
  out.fixed<uint32_t>(record_count_);
  out.fixed<uint32_t>(crc32c(payload));
  out.fixed<uint64_t>(epoch.value);
  out.fixed<uint64_t>(start_.value);
  out.fixed<uint64_t>(0);  // unsynced before
  std::string header;
  ByteWriter front(header);
  front.fixed<uint32_t>(kBatchMagic);
  front.fixed<uint32_t>(crc32c(covered));
  header += covered;
  CHECK(header.size() == kBatchHeaderBytes);
  bytes_.replace(0, kBatchHeaderBytes, header);

  start_ = end();
  record_count_ = 0;
  return std::exchange(bytes_, std::string(kBatchHeaderBytes, '\0'));
}

Result<BatchHeader> decode_batch_header(std::string_view bytes) {
  if (bytes.size() < kBatchHeaderBytes) return damaged("the batch header is cut short");
  ByteReader in(bytes);
  if (in.fixed<uint32_t>() != kBatchMagic) return damaged("no batch header stands here");
  const auto crc = in.fixed<uint32_t>();
  if (crc32c(bytes.substr(kHeaderCrcCovers, kBatchHeaderBytes - kHeaderCrcCovers)) != crc) {
    return damaged("the batch header's checksum does not match");
  }
  BatchHeader header{};
  header.payload_bytes = in.fixed<uint64_t>();
  header.record_count = in.fixed<uint32_t>();
  header.payload_crc = in.fixed<uint32_t>();
  header.epoch = Epoch(in.fixed<uint64_t>());
  header.position = LogPosition(in.fixed<uint64_t>());
  header.unsynced_before = in.fixed<uint64_t>();
  if (header.payload_bytes > kPayloadBytesMax ||
      header.record_count > header.payload_bytes / kRecordHeaderBytes ||
      header.unsynced_before > header.position.value) {
    return damaged("the batch header's lengths are impossible");
  }
  return header;
}

void set_unsynced_before(std::string& batch, uint64_t bytes) {
  CHECK(batch.size() >= kBatchHeaderBytes);
  std::memcpy(batch.data() + kUnsyncedBeforeAt, &bytes, sizeof bytes);
  const uint32_t crc = crc32c(
      std::string_view(batch).substr(kHeaderCrcCovers, kBatchHeaderBytes - kHeaderCrcCovers));
  std::memcpy(batch.data() + sizeof kBatchMagic, &crc, sizeof crc);
}

Result<BatchHeader> verify_batch(std::string_view batch) {
  TRY_ASSIGN(const BatchHeader header, decode_batch_header(batch));
  if (auto checked = verify_payload(header, batch.substr(kBatchHeaderBytes)); !checked.ok()) {
    return damaged(fmt::format("the batch at position {}: {}", header.position.value,
                               checked.error().message));
  }
  return header;
}

Result<void> visit_records(std::string_view batch, const RecordVisitor& visit) {
  TRY(verify_batch(batch));
  return visit_verified_records(batch, visit);
}

Result<void> visit_verified_records(std::string_view batch, const RecordVisitor& visit) {
  TRY_ASSIGN(const BatchHeader header, decode_batch_header(batch));
  uint64_t at = kBatchHeaderBytes;
  for (uint32_t i = 0; i < header.record_count; ++i) {
    uint32_t length = 0;
    CHECK(batch.size() - at >= kRecordHeaderBytes);
    std::memcpy(&length, batch.data() + at, sizeof length);
    CHECK(batch.size() - at - kRecordHeaderBytes >= length);
    TRY(visit(header.position + at, batch.substr(at + kRecordHeaderBytes, length)));
    at += kRecordHeaderBytes + length;
  }
  return {};
}

Result<std::string_view> decode_record(std::string_view framed) {
  TRY_ASSIGN(const std::string_view record, first_record(framed));
  if (framed.size() != kRecordHeaderBytes + record.size()) {
    return damaged("a record's length is wrong");
  }
  return record;
}

}  // namespace forebay::journal
