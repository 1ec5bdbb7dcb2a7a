// SPDX-License-Identifier: Apache-2.0
// Whatever stands on a disk: decoding it must neither fail a check nor read outside it, and what is
// accepted must be exactly what the writer would have written. Run twice per input: as it is, and
// with right checksums put in, so that the code behind them is reached.
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/crc32c.h"
#include "journal/batch.h"
#include "journal/file/segment.h"

namespace forebay::journal {
namespace {

void put(std::string& bytes, size_t at, uint32_t value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

/// Makes every checksum right that can be reached by believing the lengths.
std::string with_right_checksums(std::string bytes) {
  if (bytes.size() < kBatchHeaderBytes) return bytes;
  put(bytes, 0, kBatchMagic);
  for (size_t at = kBatchHeaderBytes; bytes.size() - at >= kRecordHeaderBytes;) {
    uint32_t length = 0;
    std::memcpy(&length, bytes.data() + at, sizeof length);
    length %= 64;  // small inputs then hold several records
    put(bytes, at, length);
    if (bytes.size() - at - kRecordHeaderBytes < length) break;
    const std::string_view view = bytes;
    const uint32_t crc =
        crc32c(view.substr(at + kRecordHeaderBytes, length), crc32c(view.substr(at, 4)));
    put(bytes, at + 4, crc);
    at += kRecordHeaderBytes + length;
  }
  const uint64_t payload_bytes = bytes.size() - kBatchHeaderBytes;
  std::memcpy(bytes.data() + 8, &payload_bytes, sizeof payload_bytes);
  const std::string_view view = bytes;
  put(bytes, 20, crc32c(view.substr(kBatchHeaderBytes)));
  put(bytes, 4, crc32c(view.substr(8, kBatchHeaderBytes - 8)));
  return bytes;
}

void check_batch(std::string_view bytes) {
  std::vector<std::string> records;
  const Result<void> visited = visit_records(bytes, [&](LogPosition, std::string_view record) {
    records.emplace_back(record);
    return Result<void>();
  });
  CHECK(visited.ok() == verify_batch(bytes).ok());
  if (!visited.ok()) {
    CHECK(records.empty());
    return;
  }
  const Result<BatchHeader> header = decode_batch_header(bytes);
  BatchWriter writer(header->position);
  for (const std::string& record : records) {
    writer.add([&](std::string& out) { out += record; });
  }
  const std::string again = writer.seal(header->epoch);
  // Reserved bytes may differ, and with them the header's checksum; everything else may not.
  CHECK(again.size() == bytes.size());
  CHECK(std::string_view(again).substr(8, 32) == bytes.substr(8, 32));
  CHECK(std::string_view(again).substr(kBatchHeaderBytes) == bytes.substr(kBatchHeaderBytes));
}

void check_record(std::string_view bytes) {
  if (const auto record = decode_record(bytes); record.ok()) {
    CHECK(record->size() + kRecordHeaderBytes == bytes.size());
  }
}

void check_segment_header(std::string bytes) {
  bytes.resize(kSegmentHeaderBytes);
  const bool as_it_is = decode_segment_header(bytes).ok();
  std::memcpy(bytes.data(), kSegmentMagic.data(), kSegmentMagic.size());
  put(bytes, 12, 0);
  put(bytes, 12, crc32c(bytes));
  CHECK(!as_it_is || decode_segment_header(bytes).ok());
  if (const auto header = decode_segment_header(bytes); header.ok()) {
    CHECK(decode_segment_header(encode_segment_header(*header)).ok());
  }
}

}  // namespace
}  // namespace forebay::journal

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace forebay::journal;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  check_batch(bytes);
  check_batch(with_right_checksums(bytes));
  check_record(bytes);
  check_segment_header(bytes);
  return 0;
}
