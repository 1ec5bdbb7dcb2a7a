// SPDX-License-Identifier: Apache-2.0
#include "journal/file/recovery.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/log.h"
#include "journal/file/batch_cursor.h"

namespace forebay::journal {
namespace {

struct Names {
  std::vector<uint64_t> segments;
  std::vector<std::string> unfinished;
};

/// Where the intact part of a segment ends, and what stands behind it.
struct Tail {
  LogPosition position;
  Epoch epoch;
  uint64_t last_batch_bytes = 0;     // of the batch that ends at `position`; 0 when there is none
  LogPosition search_from;           // behind what may be the torn batch, as far as that is known
  uint64_t leftover_end = 0;         // file offset behind the last byte that is not zero
  std::optional<LogPosition> later;  // an intact batch header that proves what is torn was durable
};

/// Names a directory may have beside segments without being something else's directory.
bool is_expected(std::string_view name) {
  return name == "LOCK" || name == "lost+found";
}

Result<Names> list_names(env::FileSystem& files, const std::string& directory) {
  TRY_ASSIGN(const std::vector<std::string> all, files.list(directory));
  Names names;
  std::string stranger;
  for (const std::string& name : all) {
    if (const auto number = parse_segment_name(name)) {
      names.segments.push_back(*number);
    } else if (name.ends_with(kUnfinishedSuffix)) {
      names.unfinished.push_back(name);
    } else if (!is_expected(name)) {
      stranger = name;
    }
  }
  if (names.segments.empty() && !stranger.empty()) {
    return Error{ErrorCode::kStorageDamaged,
                 fmt::format("{} has no journal but other files ({}): give the journal a directory "
                             "of its own",
                             directory, stranger)};
  }
  return names;
}

/// What is wrong with `next` as the segment after `before`; empty when nothing is.
std::string broken_link(const Segment& before, const SegmentHeader& next) {
  const SegmentHeader& last = before.header();
  if (next.log_id != last.log_id) return "it belongs to another journal";
  if (next.first_position <= last.first_position || next.first_position > before.end() ||
      next.epoch < last.epoch) {
    return fmt::format("it does not continue segment {}", last.number);
  }
  return {};
}

Result<std::vector<std::shared_ptr<Segment>>> open_chain(env::FileSystem& files,
                                                         const std::string& directory,
                                                         const std::vector<uint64_t>& numbers) {
  std::vector<std::shared_ptr<Segment>> chain;
  for (const uint64_t number : numbers) {
    if (number != chain.size() + 1) {
      return damaged_at(directory + "/" + segment_name(chain.size() + 1), 0, "the file is missing");
    }
    const bool last = number == numbers.back();
    TRY_ASSIGN(auto segment, open_segment(files, directory, number,
                                          last ? env::OpenMode::kReadWrite : env::OpenMode::kRead));
    if (chain.empty() && segment->header().first_position != LogPosition(0)) {
      return damaged_at(segment->path(), 0, "its header does not begin at position 0");
    }
    const std::string broken =
        chain.empty() ? std::string() : broken_link(*chain.back(), segment->header());
    if (!broken.empty()) return damaged_at(segment->path(), 0, broken);
    chain.push_back(std::move(segment));
  }
  return chain;
}

Result<Tail> find_tail(const Segment& segment) {
  BatchCursor cursor(segment, segment.header().first_position);
  Tail tail;
  for (;;) {
    TRY_ASSIGN(const auto batch, cursor.peek());
    if (!batch || !verify_batch(batch->bytes).ok()) {
      // With an intact header the torn batch's length is known: what looks like a batch inside it
      // is a client's data.
      tail.search_from = cursor.position() + (batch ? batch->bytes.size() : 1);
      break;
    }
    tail.last_batch_bytes = batch->bytes.size();
    cursor.advance(*batch);
  }
  tail.position = cursor.position();
  tail.epoch = cursor.epoch();
  return tail;
}

bool all_zero(std::string_view bytes) {
  return bytes.empty() ||
         (bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

/// Position of an intact batch header in `bytes`, which stand at `at`, that is in its right place.
std::optional<LogPosition> find_header(std::string_view bytes, LogPosition at, const Tail& tail) {
  char magic[sizeof kBatchMagic];
  std::memcpy(magic, &kBatchMagic, sizeof magic);
  for (size_t i = 0; (i = bytes.find({magic, sizeof magic}, i)) != std::string_view::npos; ++i) {
    const Result<BatchHeader> header = decode_batch_header(bytes.substr(i));
    const LogPosition here = at + i;
    if (header.ok() && here >= tail.search_from && header->position == here &&
        header->epoch >= tail.epoch) {
      return here;
    }
  }
  return std::nullopt;
}

/// Reads everything behind the tail once: fills in `leftover_end` and `later`.
Result<void> inspect_rest(const Segment& segment, Tail& tail) {
  // Chunks overlap by almost a header, so that one across their border is seen.
  constexpr uint64_t kOverlap = kBatchHeaderBytes - 1;
  std::string chunk;
  for (LogPosition at = tail.position; at < segment.end();) {
    const uint64_t bytes = std::min(kReadBytes, segment.end() - at);
    chunk.resize(bytes);
    TRY(segment.file().read(segment.offset_of(at), chunk));
    if (!all_zero(chunk)) {
      tail.leftover_end = segment.offset_of(at) + chunk.find_last_not_of('\0') + 1;
      if (!tail.later) tail.later = find_header(chunk, at, tail);
    }
    if (at + bytes == segment.end()) break;
    at = at + (bytes - kOverlap);
  }
  return {};
}

Result<void> write_zeros(const Segment& segment, uint64_t from, uint64_t to) {
  const std::string zeros(std::min(kReadBytes, to - from), '\0');
  while (from < to) {
    const uint64_t bytes = std::min<uint64_t>(zeros.size(), to - from);
    TRY(segment.file().write(from, std::string_view(zeros).substr(0, bytes)));
    from += bytes;
  }
  return {};
}

/// The last batch was perhaps never synced: a process that died, or whose sync failed, leaves it in
/// the system's cache, where it reads well and may yet be gone after a power failure. Writing it
/// again makes it a sync's business again.
Result<void> rewrite_last_batch(const Segment& segment, const Tail& tail) {
  if (tail.last_batch_bytes == 0) return {};
  const uint64_t offset = segment.offset_of(tail.position) - tail.last_batch_bytes;
  std::string batch(tail.last_batch_bytes, '\0');
  TRY(segment.file().read(offset, batch));
  return segment.file().write(offset, batch);
}

Result<Tail> settle_tail(const Segment& segment) {
  TRY_ASSIGN(Tail tail, find_tail(segment));
  TRY(inspect_rest(segment, tail));
  const uint64_t offset = segment.offset_of(tail.position);
  if (tail.later) {
    return damaged_at(segment.path(), offset,
                      fmt::format("the batch here is damaged; it was durable, since an intact one "
                                  "follows at byte {}",
                                  segment.offset_of(*tail.later)));
  }
  if (tail.leftover_end > offset) {
    log_warn("cut a torn batch from the end of the journal",
             {{"file", segment.path()},
              {"offset", std::to_string(offset)},
              {"bytes", std::to_string(tail.leftover_end - offset)}});
    TRY(write_zeros(segment, offset, tail.leftover_end));
  }
  TRY(rewrite_last_batch(segment, tail));
  TRY(segment.file().sync());
  return tail;
}

}  // namespace

Result<Recovered> recover(env::FileSystem& files, const std::string& directory) {
  TRY_ASSIGN(const Names names, list_names(files, directory));
  Recovered recovered;
  TRY_ASSIGN(recovered.segments, open_chain(files, directory, names.segments));
  if (!recovered.segments.empty()) {
    TRY_ASSIGN(const Tail tail, settle_tail(*recovered.segments.back()));
    recovered.tail = tail.position;
    recovered.epoch = tail.epoch;
    CHECK(recovered.tail >= recovered.segments.back()->header().first_position);
  }
  for (const std::string& name : names.unfinished) TRY(files.remove(directory + "/" + name));
  TRY(files.sync_directory(directory));
  return recovered;
}

}  // namespace forebay::journal
