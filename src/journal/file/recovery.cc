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
#include "journal/file/segment_end.h"
#include "journal/file/snapshot_room.h"

namespace forebay::journal {
namespace {

struct Names {
  std::vector<uint64_t> segments;
  std::vector<uint64_t> reserves;
  std::vector<std::string> unfinished;
};

/// Where the intact part of a segment ends, and what stands behind it.
struct Tail {
  LogPosition position;
  Epoch epoch;
  LogPosition synced;                // everything before it was synced, say the intact batches
  LogPosition search_from;           // behind what may be the torn batch, as far as that is known
  uint64_t leftover_end = 0;         // file offset behind the last byte that is not zero
  bool batches_follow = false;       // intact headers stand behind
  std::optional<LogPosition> proof;  // one that says that what is torn had been synced
};

/// Names a directory may have beside segments without being something else's directory.
bool is_expected(std::string_view name) {
  return name == "LOCK" || name == "lost+found" || name.ends_with(kRoomSuffix);
}

Result<Names> list_names(env::FileSystem& files, const std::string& directory) {
  TRY_ASSIGN(const std::vector<std::string> all, files.list(directory));
  Names names;
  std::string stranger;
  std::string snapshot;
  for (const std::string& name : all) {
    if (const auto number = parse_segment_name(name)) {
      names.segments.push_back(*number);
    } else if (const auto reserve = parse_reserve_name(name)) {
      names.reserves.push_back(*reserve);
    } else if (name.ends_with(kUnfinishedSuffix)) {
      names.unfinished.push_back(name);
    } else if (name.ends_with(kSnapshotSuffix)) {
      snapshot = name;
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
  if (names.segments.empty() && !snapshot.empty()) {
    return Error{ErrorCode::kStorageDamaged,
                 fmt::format("{} has a snapshot of a journal ({}), but all its segments are "
                             "missing. Nothing was changed. Restore the journal's directory from a "
                             "backup",
                             directory, snapshot)};
  }
  return names;
}

/// What is wrong with `next` as the segment after `before`, perhaps with missing ones in between;
/// empty when nothing is.
std::string broken_link(const PlacedSegment& before, const SegmentHeader& next) {
  const SegmentHeader& last = before.segment->header();
  if (next.log_id != last.log_id) return "it belongs to another journal";
  const bool adjacent = next.number == last.number + 1;
  const bool in_order =
      adjacent ? next.first_position > last.first_position && next.first_position <= before.end
               : next.first_position > before.end;
  if (!in_order || next.epoch < last.epoch) {
    return fmt::format("it does not continue segment {}", last.number);
  }
  return {};
}

/// Links `next` to the end of `chain`.
Result<void> link_segment(std::vector<PlacedSegment>& chain, std::shared_ptr<Segment> next) {
  const SegmentHeader& header = next->header();
  const LogPosition end = next->end();
  if (chain.empty()) {
    if ((header.number == 1) != (header.first_position == LogPosition(0))) {
      return damaged_at(next->path(), 0,
                        fmt::format("its header says that segment {} begins at position {}",
                                    header.number, header.first_position.value));
    }
    chain.push_back({std::move(next), end});
    return {};
  }
  PlacedSegment& before = chain.back();
  const bool adjacent = header.number == before.segment->header().number + 1;
  if (!adjacent) {
    TRY_ASSIGN(before.end, find_end(*before.segment));
  }
  const std::string broken = broken_link(before, header);
  if (!broken.empty()) return damaged_at(next->path(), 0, broken);
  if (adjacent) before.end = header.first_position;
  chain.push_back({std::move(next), end});
  return {};
}

Result<std::vector<PlacedSegment>> open_chain(env::FileSystem& files, const std::string& directory,
                                              const std::vector<uint64_t>& numbers) {
  std::vector<PlacedSegment> chain;
  for (const uint64_t number : numbers) {
    const bool last = number == numbers.back();
    TRY_ASSIGN(auto segment, open_segment(files, directory, number,
                                          last ? env::OpenMode::kReadWrite : env::OpenMode::kRead));
    TRY(link_segment(chain, std::move(segment)));
  }
  return chain;
}

/// Up to where the log was synced when the batch was written.
LogPosition synced_before(const BatchHeader& header) {
  return LogPosition(header.position.value - header.unsynced_before);
}

Result<Tail> find_tail(const Segment& segment) {
  BatchCursor cursor(segment, segment.header().first_position);
  Tail tail;
  tail.synced = segment.header().first_position;
  for (;;) {
    TRY_ASSIGN(const auto batch, cursor.peek());
    if (!batch || !verify_batch(batch->bytes).ok()) {
      // With an intact header the torn batch's length is known: what looks like a batch inside it
      // is a client's data.
      tail.search_from = cursor.position() + (batch ? batch->bytes.size() : 1);
      break;
    }
    tail.synced = std::max(tail.synced, synced_before(batch->header));
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

/// Looks in `bytes`, which stand at `at`, for intact batch headers that are in their right place,
/// and notes what they say of the place where the tail is torn.
void note_headers(std::string_view bytes, LogPosition at, Tail& tail) {
  char magic[sizeof kBatchMagic];
  std::memcpy(magic, &kBatchMagic, sizeof magic);
  for (size_t i = 0; (i = bytes.find({magic, sizeof magic}, i)) != std::string_view::npos; ++i) {
    const Result<BatchHeader> header = decode_batch_header(bytes.substr(i));
    const LogPosition here = at + i;
    if (!header.ok() || here < tail.search_from || header->position != here ||
        header->epoch < tail.epoch) {
      continue;
    }
    tail.batches_follow = true;
    if (synced_before(*header) > tail.position && !tail.proof) tail.proof = here;
  }
}

/// Reads everything behind the tail once: fills in `leftover_end`, `batches_follow` and `proof`.
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
      note_headers(chunk, at, tail);
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

/// What was not known to be synced when the last batch was written, and that batch, were perhaps
/// never synced: a process that died, or whose sync failed, leaves them in the system's cache,
/// where they read well and may yet be gone after a power failure. Writing them again makes them a
/// sync's business again.
Result<void> rewrite_unsynced(const Segment& segment, const Tail& tail) {
  std::string bytes;
  for (LogPosition at = tail.synced; at < tail.position; at = at + bytes.size()) {
    bytes.resize(std::min(kReadBytes, tail.position - at));
    const uint64_t offset = segment.offset_of(at);
    TRY(segment.file().read(offset, bytes));
    TRY(segment.file().write(offset, bytes));
  }
  return {};
}

Result<Tail> settle_tail(const Segment& segment) {
  TRY_ASSIGN(Tail tail, find_tail(segment));
  TRY(inspect_rest(segment, tail));
  const uint64_t offset = segment.offset_of(tail.position);
  if (tail.proof) {
    return damaged_at(segment.path(), offset,
                      fmt::format("the batch here is damaged; it was durable, since an intact one "
                                  "follows at byte {}",
                                  segment.offset_of(*tail.proof)));
  }
  if (tail.leftover_end > offset) {
    log_warn(tail.batches_follow
                 ? "cut batches that had not been synced from the end of the journal"
                 : "cut a torn batch from the end of the journal",
             {{"file", segment.path()},
              {"offset", std::to_string(offset)},
              {"bytes", std::to_string(tail.leftover_end - offset)}});
    TRY(write_zeros(segment, offset, tail.leftover_end));
  }
  TRY(rewrite_unsynced(segment, tail));
  TRY(segment.file().sync());
  return tail;
}

}  // namespace

Result<Recovered> recover(env::FileSystem& files, const std::string& directory) {
  TRY_ASSIGN(const Names names, list_names(files, directory));
  Recovered recovered;
  recovered.reserves = names.reserves;
  TRY_ASSIGN(recovered.segments, open_chain(files, directory, names.segments));
  if (!recovered.segments.empty()) {
    const Segment& last = *recovered.segments.back().segment;
    TRY_ASSIGN(const Tail tail, settle_tail(last));
    recovered.tail = tail.position;
    recovered.epoch = tail.epoch;
    CHECK(recovered.tail >= last.header().first_position);
  }
  for (const std::string& name : names.unfinished) TRY(files.remove(directory + "/" + name));
  TRY(files.sync_directory(directory));
  return recovered;
}

}  // namespace forebay::journal
