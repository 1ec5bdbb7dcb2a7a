// SPDX-License-Identifier: Apache-2.0
// The framing every Log shares: a batch is what is appended and synced at once, a record is one
// fact in it.
//
//   batch  = header record*
//   header = magic · crc · payload bytes · record count · payload crc · epoch · position
//   record = length · crc · bytes
//
// The header carries the batch's own position and its owner's epoch, so bytes that belong elsewhere
// never pass for a batch. `docs/journal-format.md` has the grammar, limits and the procedure for
// changing it.
// Thread: one owner.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"

namespace forebay::journal {

inline constexpr uint32_t kBatchMagic = 0x62426546;  // "FeBb"
inline constexpr uint64_t kBatchHeaderBytes = 48;
inline constexpr uint64_t kRecordHeaderBytes = 8;
/// Largest record: a message of 1 MiB with its attributes, envelope and room to grow.
inline constexpr uint64_t kRecordBytesMax = 4u << 20;
/// A batch is closed when it is larger than this; it then holds at most one record more.
inline constexpr uint64_t kBatchBytesTarget = 1u << 20;
/// Largest batch, header included: what a reader must be prepared to hold.
inline constexpr uint64_t kBatchBytesMax =
    kBatchHeaderBytes + kBatchBytesTarget + kRecordHeaderBytes + kRecordBytesMax;

/// Collects records for one append.
///
///   BatchWriter batch(tail);
///   LogPosition at = batch.add([&](std::string& out) { encode(fact, out); });
///   log.append(epoch, batch.start(), batch.seal(epoch), done);
class BatchWriter {
 public:
  /// An empty batch that will stand at `start`.
  explicit BatchWriter(LogPosition start);

  /// Adds one record: `encode` appends its bytes (at most kRecordBytesMax) to the string it is
  /// given. Returns the record's position, by which Log::read finds it.
  template <class Encode>
  LogPosition add(Encode&& encode) {
    const size_t header_at = begin_record();
    encode(bytes_);
    return end_record(header_at);
  }

  LogPosition start() const { return start_; }
  /// Position just after the last record: where the next batch will stand.
  LogPosition end() const { return start_ + bytes_.size(); }
  bool empty() const { return record_count_ == 0; }
  /// Bytes so far, header included.
  uint64_t size() const { return bytes_.size(); }

  /// Completes the header and hands the bytes over; the writer is then an empty batch at end().
  std::string seal(Epoch epoch);

 private:
  size_t begin_record();
  LogPosition end_record(size_t header_at);

  LogPosition start_;
  std::string bytes_;
  uint32_t record_count_ = 0;
};

/// What a batch header says.
struct BatchHeader {
  uint64_t payload_bytes;  // all records with their headers
  uint32_t record_count;
  uint32_t payload_crc;
  Epoch epoch;
  LogPosition position;
  uint64_t unsynced_before;  // everything up to `position` less these bytes was synced before
};

/// Reads a header from the first kBatchHeaderBytes of `bytes`; says nothing about the records
/// behind it.
/// Errors: kStorageDamaged: too short, or the magic, the header's checksum or a length
/// is wrong.
Result<BatchHeader> decode_batch_header(std::string_view bytes);

/// Makes the header of a sealed batch say that the `bytes` just before it were perhaps not synced
/// when it was written; 0, as seal() leaves it, says that everything was.
void set_unsynced_before(std::string& batch, uint64_t bytes);

/// Checks a whole batch (header included, nothing behind it) down to the last record's checksum.
/// Errors: kStorageDamaged; names the position once the header is intact.
Result<BatchHeader> verify_batch(std::string_view batch);

using RecordVisitor = std::function<Result<void>(LogPosition at, std::string_view record)>;

/// Calls `visit` for each record of a whole batch (header included), in order; stops at its first
/// error. Every checksum is verified before the first call.
/// Errors: kStorageDamaged, naming the
/// position; or what `visit` returned.
Result<void> visit_records(std::string_view batch, const RecordVisitor& visit);

/// The same for a batch that verify_batch() has accepted; checks nothing again.
Result<void> visit_verified_records(std::string_view batch, const RecordVisitor& visit);

/// Checks one record as it stands on disk (header and bytes) and returns its bytes.
/// Errors: kStorageDamaged.
Result<std::string_view> decode_record(std::string_view framed);

}  // namespace forebay::journal
