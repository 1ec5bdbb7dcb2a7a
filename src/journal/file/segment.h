// SPDX-License-Identifier: Apache-2.0
// One file of the embedded journal: a header, then batches back to back, then zeros.
//
// A batch at log position p stands at byte kSegmentHeaderBytes + (p - first position). A segment
// gets its final name only when it is whole (full size, header synced), so a `.segment` file with a
// bad header or a short one is damage, never the trace of a crash.
// Thread: a Segment is immutable;
// its File may be read by any thread beside one writer.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_codec.h"
#include "base/ids.h"
#include "base/result.h"
#include "env/file_system.h"

namespace forebay::journal {

inline constexpr std::string_view kSegmentMagic = "FbJrnl\r\n";
inline constexpr uint32_t kFormatVersion = 1;
/// The header has a page of its own: no write of a batch touches it.
inline constexpr uint64_t kSegmentHeaderBytes = 4096;

struct SegmentHeader {
  uint32_t format_version = kFormatVersion;
  uint64_t number = 0;         // 1 is the first
  LogPosition first_position;  // of the first batch
  uint64_t segment_bytes = 0;  // size of the file, header included
  Epoch epoch;                 // of the writer; no batch here has a smaller one
  Bytes16 log_id{};            // random, the same in all segments of a journal
};

/// kSegmentHeaderBytes bytes.
std::string encode_segment_header(const SegmentHeader& header);

/// Errors: kStorageDamaged: too short, not a segment, a wrong checksum, or a format newer than this
/// program knows (the text names both versions).
Result<SegmentHeader> decode_segment_header(std::string_view bytes);

/// The version, if `bytes` are an intact header of a newer format than this program knows; else 0.
uint32_t newer_segment_version(std::string_view bytes);

/// "00000000000000000001.segment": byte order is number order.
std::string segment_name(uint64_t number);
/// Nothing if `name` is not exactly what segment_name() makes.
std::optional<uint64_t> parse_segment_name(std::string_view name);

/// A whole segment file, open.
class Segment {
 public:
  Segment(SegmentHeader header, std::string path, std::shared_ptr<env::File> file);

  const SegmentHeader& header() const { return header_; }
  const std::string& path() const { return path_; }
  env::File& file() const { return *file_; }

  /// Where position `at` (not before the first) stands in the file.
  uint64_t offset_of(LogPosition at) const;
  bool has_room(LogPosition at, uint64_t bytes) const;
  /// Position just behind the last byte of the file.
  LogPosition end() const { return header_.first_position + room(); }

 private:
  uint64_t room() const { return header_.segment_bytes - kSegmentHeaderBytes; }

  const SegmentHeader header_;
  const std::string path_;
  const std::shared_ptr<env::File> file_;
};

/// Makes a new, last segment. `prepared` is a file at `prepared_path` of header.segment_bytes
/// zeros, or null to allocate one here.
/// Durable: the segment and its name.
/// Errors: kStorageFull,
/// kStorageFailure; the name may then exist or not.
struct NewSegment {
  std::string directory;
  SegmentHeader header;
  std::shared_ptr<env::File> prepared;
  std::string prepared_path;
};
Result<std::shared_ptr<Segment>> create_segment(env::FileSystem& files, NewSegment made);

/// Opens segment `number` of `directory` and checks its header and size.
/// Errors: kStorageDamaged (names the file), kStorageFailure.
Result<std::shared_ptr<Segment>> open_segment(env::FileSystem& files, const std::string& directory,
                                              uint64_t number, env::OpenMode mode);

/// The error for a damaged place, with what an operator can do about it.
Error damaged_at(const std::string& path, uint64_t offset, std::string_view what);

/// Suffix of files that never became segments; whatever has it may be removed by the lock's holder.
inline constexpr std::string_view kUnfinishedSuffix = ".unfinished";

/// Suffix of files that were allocated for segments to come. They hold zeros; the first page
/// perhaps the header of a segment that came to nothing.
inline constexpr std::string_view kReserveSuffix = ".reserve";
/// "00000000000000000001.reserve".
std::string reserve_name(uint64_t number);
/// Nothing if `name` is not exactly what reserve_name() makes.
std::optional<uint64_t> parse_reserve_name(std::string_view name);

/// An empty file at `path`, `bytes` long and reading as zeros; replaces a leftover of that name.
Result<std::unique_ptr<env::File>> allocate_file(env::FileSystem& files, const std::string& path,
                                                 uint64_t bytes);

}  // namespace forebay::journal
