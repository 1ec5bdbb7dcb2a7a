// SPDX-License-Identifier: Apache-2.0
#include "journal/file/damaged_segment.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "journal/file/batch_cursor.h"
#include "journal/file/segment_end.h"

namespace forebay::journal {
namespace {

/// Chunks overlap by almost a header, so that one across their border is seen.
constexpr uint64_t kOverlap = kBatchHeaderBytes - 1;

/// Calls `look(chunk, offset)` for overlapping chunks of the file's bytes `from` to `to`, until it
/// returns true.
template <class Look>
Result<void> for_each_chunk(const env::File& file, uint64_t from, uint64_t to, Look&& look) {
  std::string chunk;
  while (from < to) {
    const uint64_t bytes = std::min(kReadBytes, to - from);
    chunk.resize(bytes);
    TRY(file.read(from, chunk));
    if (look(std::string_view(chunk), from) || from + bytes == to) return {};
    from += bytes - kOverlap;
  }
  return {};
}

/// Calls `found(header, index)` for every intact batch header in `bytes`, until it returns true.
template <class Found>
bool for_each_header(std::string_view bytes, Found&& found) {
  char magic[sizeof kBatchMagic];
  std::memcpy(magic, &kBatchMagic, sizeof magic);
  for (size_t i = 0; (i = bytes.find({magic, sizeof magic}, i)) != std::string_view::npos; ++i) {
    const Result<BatchHeader> header = decode_batch_header(bytes.substr(i));
    if (header.ok() && found(*header, i)) return true;
  }
  return false;
}

/// True if a whole intact batch stands at `offset`.
bool intact_batch_at(const env::File& file, uint64_t offset, uint64_t file_bytes,
                     const BatchHeader& header) {
  const uint64_t bytes = kBatchHeaderBytes + header.payload_bytes;
  if (bytes > file_bytes - offset) return false;
  std::string batch(bytes, '\0');
  return file.read(offset, batch).ok() && verify_batch(batch).ok();
}

/// The header of a segment that lost it, by its first intact batch: only the position tells where a
/// batch stands.
Result<std::optional<SegmentHeader>> told_from_batches(const env::File& file,
                                                       const SegmentFile& segment) {
  std::optional<SegmentHeader> told;
  const auto look = [&](std::string_view chunk, uint64_t chunk_at) {
    return for_each_header(chunk, [&](const BatchHeader& batch, size_t i) {
      const uint64_t offset = chunk_at + i;
      const uint64_t before = offset - kSegmentHeaderBytes;
      if (batch.position.value < before ||
          !intact_batch_at(file, offset, segment.file_bytes, batch)) {
        return false;
      }
      told = SegmentHeader{.number = segment.number,
                           .first_position = LogPosition(batch.position.value - before),
                           .segment_bytes = segment.file_bytes,
                           .epoch = batch.epoch,
                           .log_id = {}};
      return true;
    });
  };
  TRY(for_each_chunk(file, kSegmentHeaderBytes, segment.file_bytes, look));
  return told;
}

/// The batches of one segment, read with no trust in any of them.
class ContentsReader {
 public:
  ContentsReader(const Segment& segment, const ReadContentsOptions& options)
      : segment_(segment), options_(options), end_(options.end), epoch_(segment.header().epoch) {
    cursor_.emplace(segment, segment.header().first_position);
  }

  Result<SegmentContents> read() {
    if (!end_ && !options_.last) {
      TRY_ASSIGN(end_, read_end_mark(segment_));
    }
    while (!end_ || cursor_->position() < *end_) {
      TRY_ASSIGN(const bool taken, take_batch());
      if (taken) continue;
      TRY_ASSIGN(const bool more, go_on_behind_damage());
      if (!more) break;
    }
    contents_.end = cursor_->position();
    if (end_ && contents_.end < *end_) {
      add_damage(contents_.end, *end_);
      contents_.end = *end_;
    }
    TRY(measure_leftover());
    if (!end_ && !options_.last && contents_.leftover_bytes >= kBatchHeaderBytes) {
      // No one says where this segment ended, but something stands behind its last batch.
      const LogPosition leftover_end = contents_.end + contents_.leftover_bytes;
      add_damage(contents_.end, leftover_end);
      contents_.end = leftover_end;
    }
    return contents_;
  }

 private:
  /// Takes the batch at the cursor; false when none that is intact stands there.
  Result<bool> take_batch() {
    search_from_ = cursor_->position() + 1;
    TRY_ASSIGN(const auto batch, cursor_->peek());
    if (!batch) return false;
    // With an intact header the damaged batch's length is known: what looks like a batch inside it
    // is a client's data.
    search_from_ = cursor_->position() + batch->bytes.size();
    if (batch->header.epoch < epoch_ || !verify_batch(batch->bytes).ok()) return false;
    ++contents_.batch_count;
    contents_.record_count += batch->header.record_count;
    contents_.record_bytes += batch->header.payload_bytes;
    epoch_ = batch->header.epoch;
    if (options_.visit) TRY(visit_verified_records(batch->bytes, options_.visit));
    if (options_.on_read) options_.on_read(batch->bytes.size());
    cursor_->advance(*batch);
    return true;
  }

  /// The cursor stands where no intact batch does. Puts it where the next one begins, and notes
  /// what is in between as damaged; false when there is none.
  Result<bool> go_on_behind_damage() {
    const LogPosition at = cursor_->position();
    TRY_ASSIGN(const auto next, find_next());
    if (!next) return false;
    // Beside a server: a batch that was on its way when it was read is whole once a later one is
    // there, because they are written one after the other.
    if (read_again_ != at) {
      read_again_ = at;
      cursor_.emplace(segment_, at);
      return true;
    }
    add_damage(at, *next);
    cursor_.emplace(segment_, *next);
    return true;
  }

  /// Where the next intact batch header stands, if what is before it was ever durable. In the last
  /// segment only a batch that was written after what stands before it was synced proves that.
  Result<std::optional<LogPosition>> find_next() const {
    const LogPosition at = cursor_->position();
    const LogPosition end = std::min(end_.value_or(segment_.end()), segment_.end());
    std::optional<LogPosition> next;
    bool proven = !options_.last;
    const auto look = [&](std::string_view chunk, uint64_t chunk_at) {
      return for_each_header(chunk, [&](const BatchHeader& batch, size_t i) {
        const LogPosition here =
            segment_.header().first_position + (chunk_at + i - kSegmentHeaderBytes);
        if (here < search_from_ || batch.position != here || batch.epoch < epoch_) return false;
        if (!next) next = here;
        proven = proven || here.value - batch.unsynced_before > at.value;
        return proven;
      });
    };
    TRY(for_each_chunk(segment_.file(), segment_.offset_of(at), segment_.offset_of(end), look));
    if (!proven) next.reset();
    return next;
  }

  void add_damage(LogPosition from, LogPosition to) {
    if (options_.on_read) options_.on_read(to - from);
    if (!contents_.damaged.empty() && contents_.damaged.back().to == from) {
      contents_.damaged.back().to = to;
    } else {
      contents_.damaged.push_back({from, to, epoch_});
    }
  }

  /// In all but the last segment the very last bytes may hold the mark of its end.
  Result<void> measure_leftover() {
    const uint64_t end = segment_.offset_of(contents_.end);
    const uint64_t mark_bytes = options_.last ? 0 : kEndMarkBytes;
    uint64_t leftover_end = end;
    const auto look = [&](std::string_view chunk, uint64_t chunk_at) {
      const size_t last = chunk.find_last_not_of('\0');
      if (last != std::string_view::npos) leftover_end = chunk_at + last + 1;
      return false;
    };
    TRY(for_each_chunk(segment_.file(), end, segment_.header().segment_bytes - mark_bytes, look));
    contents_.leftover_bytes = leftover_end - end;
    return {};
  }

  const Segment& segment_;
  const ReadContentsOptions& options_;
  std::optional<BatchCursor> cursor_;
  std::optional<LogPosition> end_;  // where the batches must end
  Epoch epoch_;
  LogPosition search_from_;
  std::optional<LogPosition> read_again_;
  SegmentContents contents_;
};

}  // namespace

Result<std::optional<SegmentFile>> look_into_segment(env::FileSystem& files,
                                                     const std::string& path, uint64_t number) {
  SegmentFile found;
  found.number = number;
  found.path = path;
  auto file = files.open(found.path, env::OpenMode::kRead);
  if (!file.ok()) {
    TRY_ASSIGN(const bool there, files.exists(found.path));
    if (there) return std::move(file).error();
    return std::optional<SegmentFile>();
  }
  TRY_ASSIGN(found.file_bytes, (*file)->size());
  std::string page(std::min(found.file_bytes, kSegmentHeaderBytes), '\0');
  TRY((*file)->read(0, page));
  const auto header = decode_segment_header(page);
  if (!header.ok()) {
    found.newer_version = newer_segment_version(page);
    if (found.newer_version == 0) {
      TRY_ASSIGN(found.header, told_from_batches(**file, found));
    }
    return std::optional(found);
  }
  found.header_intact = true;
  found.header = *header;
  if (header->number != number) found.misnamed_number = header->number;
  return std::optional(found);
}

Result<std::shared_ptr<Segment>> open_as_far_as_it_goes(env::FileSystem& files,
                                                        const SegmentFile& file) {
  CHECK(file.header.has_value() && file.file_bytes > kSegmentHeaderBytes);
  auto opened = files.open(file.path, env::OpenMode::kRead);
  if (!opened.ok()) {
    TRY_ASSIGN(const bool there, files.exists(file.path));
    if (there) return std::move(opened).error();
    return std::shared_ptr<Segment>();
  }
  SegmentHeader header = *file.header;
  header.segment_bytes = std::min(header.segment_bytes, file.file_bytes);
  return std::make_shared<Segment>(header, file.path, std::move(opened).value());
}

Result<SegmentContents> read_contents(const Segment& segment, const ReadContentsOptions& options) {
  return ContentsReader(segment, options).read();
}

}  // namespace forebay::journal
