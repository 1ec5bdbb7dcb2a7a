// SPDX-License-Identifier: Apache-2.0
#include "journal/file/segment_end.h"

#include <string_view>

#include "base/byte_codec.h"
#include "base/check.h"
#include "base/crc32c.h"
#include "journal/file/batch_cursor.h"

namespace forebay::journal {
namespace {

constexpr std::string_view kMagic = "FbJrEnd\n";
static_assert(kEndMarkBytes < kBatchHeaderBytes);

}  // namespace

std::string encode_end_mark(uint64_t number, LogPosition end) {
  std::string covered;
  ByteWriter out(covered);
  out.fixed<uint64_t>(number);
  out.fixed<uint64_t>(end.value);
  std::string mark(kMagic);
  ByteWriter front(mark);
  front.fixed<uint32_t>(crc32c(covered));
  front.fixed<uint32_t>(0);  // reserved
  mark += covered;
  CHECK(mark.size() == kEndMarkBytes);
  return mark;
}

Result<void> write_end_mark(env::FileSystem& files, const Segment& segment, LogPosition end) {
  if (!segment.has_room(end, kEndMarkBytes)) return {};
  TRY_ASSIGN(const auto file, files.open(segment.path(), env::OpenMode::kReadWrite));
  const SegmentHeader& header = segment.header();
  TRY(file->write(header.segment_bytes - kEndMarkBytes, encode_end_mark(header.number, end)));
  return file->sync();
}

Result<std::optional<LogPosition>> read_end_mark(const Segment& segment) {
  const SegmentHeader& header = segment.header();
  if (!segment.has_room(header.first_position, kEndMarkBytes)) return std::optional<LogPosition>();
  std::string mark(kEndMarkBytes, '\0');
  TRY(segment.file().read(header.segment_bytes - kEndMarkBytes, mark));
  ByteReader in(std::string_view(mark).substr(kEndMarkBytes - sizeof(uint64_t)));
  const LogPosition end(in.fixed<uint64_t>());
  if (mark == encode_end_mark(header.number, end) && end > header.first_position &&
      segment.has_room(end, kEndMarkBytes)) {
    return std::optional(end);
  }
  return std::optional<LogPosition>();
}

Result<LogPosition> find_end(const Segment& segment) {
  TRY_ASSIGN(const auto marked, read_end_mark(segment));
  if (marked) return *marked;
  BatchCursor cursor(segment, segment.header().first_position);
  for (;;) {
    TRY_ASSIGN(const auto batch, cursor.peek());
    if (!batch) return cursor.position();
    cursor.advance(*batch);
  }
}

}  // namespace forebay::journal
