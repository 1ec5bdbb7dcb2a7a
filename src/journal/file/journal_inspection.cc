// SPDX-License-Identifier: Apache-2.0
#include "journal/file/journal_inspection.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "journal/file/damaged_segment.h"
#include "journal/file/progress_meter.h"
#include "journal/file/snapshot_file.h"

namespace forebay::journal {
namespace {

Error no_journal(const std::string& directory) {
  return {ErrorCode::kInvalidConfiguration, fmt::format("{} has no journal", directory)};
}

class Inspector {
 public:
  Inspector(env::FileSystem& files, const InspectOptions& options)
      : files_(files), options_(options) {}

  Result<Inspection> run() {
    TRY(find_files());
    find_log_id();
    sort_out_segments();
    meter_.emplace(options_.progress, all_bytes());
    TRY(read_snapshots());
    TRY(read_segments());
    judge_snapshots();
    find_missing_segments();
    std::sort(log_damage_.begin(), log_damage_.end(), [](const Damage& a, const Damage& b) {
      return std::tie(a.from, a.path, a.offset) < std::tie(b.from, b.path, b.offset);
    });
    found_.damage.insert(found_.damage.end(), log_damage_.begin(), log_damage_.end());
    meter_->finish();
    return std::move(found_);
  }

 private:
  Result<void> find_files() {
    TRY_ASSIGN(const std::vector<std::string> names, files_.list(options_.directory));
    for (const std::string& name : names) TRY(find_file(name));
    if (!segments_.empty() || !found_.snapshots.empty()) return {};
    return no_journal(options_.directory);
  }

  Result<void> find_file(std::string_view name) {
    const std::string path = fmt::format("{}/{}", options_.directory, name);
    if (!name.ends_with(options_.name_suffix)) return {};
    name.remove_suffix(options_.name_suffix.size());
    if (const auto number = parse_segment_name(name)) {
      TRY_ASSIGN(auto segment, look_into_segment(files_, path, *number));
      if (segment) segments_.push_back(std::move(*segment));
    } else if (const auto snapshot = parse_snapshot_name(name)) {
      found_.snapshots.insert(found_.snapshots.begin(),
                              SnapshotInspection{.number = *snapshot, .path = path});
    }
    return {};
  }

  /// The one of most segments: a foreign file among them must not make all others foreign.
  void find_log_id() {
    std::map<Bytes16, int> votes;
    int most = 0;
    for (const SegmentFile& segment : segments_) {
      if (!segment.header_intact || segment.misnamed_number != 0) continue;
      const int count = ++votes[segment.header->log_id];
      if (count > most) {
        most = count;
        found_.log_id = segment.header->log_id;
      }
    }
  }

  /// Leaves in segments_ what is part of the chain.
  void sort_out_segments() {
    std::vector<SegmentFile> all = std::exchange(segments_, {});
    for (SegmentFile& segment : all) {
      const std::optional<Damage> wrong = what_is_wrong(segment);
      if (wrong) log_damage_.push_back(*wrong);
      const bool usable = !wrong || wrong->kind == DamageKind::kSegmentHeader;
      if (usable) {
        segments_.push_back(std::move(segment));
      } else if (wrong->kind != DamageKind::kSegmentUnreadable) {
        excluded_.push_back(segment.number);
      }
    }
  }

  std::optional<Damage> what_is_wrong(const SegmentFile& segment) const {
    Damage damage{.kind = DamageKind::kSegmentForeign, .path = segment.path};
    if (segment.newer_version != 0) {
      damage.kind = DamageKind::kNewerFormat;
      damage.what = fmt::format(
          "it has format version {}, this program knows versions up to {}; run the newer program "
          "that wrote it",
          segment.newer_version, kFormatVersion);
      return damage;
    }
    if (!segment.header) {
      damage.kind = DamageKind::kSegmentUnreadable;
      damage.bytes = segment.file_bytes;
      damage.what = "its header is unreadable, and no intact batch stands in it";
      return damage;
    }
    const SegmentFile* before = segments_.empty() ? nullptr : &segments_.back();
    damage.from = damage.to = segment.header->first_position;
    if (segment.misnamed_number != 0) {
      damage.what = fmt::format("its header says it is segment {}", segment.misnamed_number);
    } else if (segment.header_intact && segment.header->log_id != found_.log_id) {
      damage.what = "it belongs to another journal";
    } else if (before != nullptr && !continues(*before, segment)) {
      damage.what = fmt::format("it does not continue segment {}", before->number);
    } else if (!segment.header_intact) {
      damage.kind = DamageKind::kSegmentHeader;
      damage.bytes = kSegmentHeaderBytes;
      damage.what = "its header is unreadable; its first batch tells where it belongs";
    } else {
      return std::nullopt;
    }
    return damage;
  }

  static bool continues(const SegmentFile& before, const SegmentFile& next) {
    const LogPosition first = next.header->first_position;
    if (first <= before.header->first_position || next.header->epoch < before.header->epoch) {
      return false;
    }
    const bool size_known = before.header_intact && next.number == before.number + 1;
    const uint64_t room = before.header->segment_bytes - kSegmentHeaderBytes;
    return !size_known || first <= before.header->first_position + room;
  }

  uint64_t all_bytes() const {
    uint64_t bytes = 0;
    for (const SegmentFile& segment : segments_) bytes += segment.file_bytes;
    for (const SnapshotInspection& snapshot : found_.snapshots) {
      const auto file = files_.open(snapshot.path, env::OpenMode::kRead);
      const auto size = file.ok() ? (*file)->size() : Result<uint64_t>(0);
      bytes += size.ok() ? *size : 0;
    }
    return bytes;
  }

  Result<void> read_snapshots() {
    std::erase_if(found_.snapshots, [&](const SnapshotInspection& snapshot) {
      const auto there = files_.exists(snapshot.path);
      return there.ok() && !*there;
    });
    for (SnapshotInspection& snapshot : found_.snapshots) TRY(read_one(snapshot));
    return {};
  }

  Result<void> read_one(SnapshotInspection& snapshot) {
    const auto header = read_snapshot_header(files_, snapshot.path, snapshot.number);
    const bool newer = header.ok() && header->format_version > kSnapshotVersion;
    const auto on_chunk = [&](std::string_view chunk) {
      meter_->add(chunk.size());
      return Result<void>();
    };
    const auto read =
        read_snapshot(files_, {snapshot.path, snapshot.number, found_.log_id}, on_chunk);
    if (read.ok()) {
      snapshot.intact = true;
      snapshot.file_bytes = read->footer.file_bytes;
      snapshot.from = read->header.from;
      snapshot.through = read->footer.through;
      snapshot.chunk_count = read->footer.chunk_count;
      return {};
    }
    TRY_ASSIGN(const bool there, files_.exists(snapshot.path));
    if (!there) return {};  // superseded meanwhile
    if (read.error().code != ErrorCode::kStorageDamaged) return read.error();
    TRY_ASSIGN(const auto file, files_.open(snapshot.path, env::OpenMode::kRead));
    TRY_ASSIGN(snapshot.file_bytes, file->size());
    found_.damage.push_back({.kind = newer ? DamageKind::kNewerFormat : DamageKind::kSnapshot,
                             .path = snapshot.path,
                             .what = read.error().message});
    return {};
  }

  Result<void> read_segments() {
    uint64_t bytes_before = 0;
    for (size_t i = 0; i < segments_.size(); ++i) {
      TRY(read_segment(i));
      bytes_before += segments_[i].file_bytes;
      meter_->set(bytes_before);
    }
    if (!found_.segments.empty()) found_.tail = found_.segments.back().end;
    return {};
  }

  /// Where segment `i` must end: where the next one begins, if that is there.
  std::optional<LogPosition> end_of(size_t i) const {
    if (i + 1 == segments_.size() || segments_[i + 1].number != segments_[i].number + 1) {
      return std::nullopt;
    }
    return segments_[i + 1].header->first_position;
  }

  Result<void> read_segment(size_t i) {
    const SegmentFile& file = segments_[i];
    const std::optional<LogPosition> end = end_of(i);
    SegmentInspection segment{.number = file.number,
                              .path = file.path,
                              .file_bytes = file.file_bytes,
                              .segment_bytes = file.header->segment_bytes,
                              .epoch = file.header->epoch,
                              .first = file.header->first_position,
                              .end = end.value_or(file.header->first_position)};
    const bool wanted = !end || *end > options_.from;
    SegmentContents contents;
    contents.end = segment.end;
    if (file.file_bytes > kSegmentHeaderBytes && wanted) {
      TRY_ASSIGN(const auto opened, open_as_far_as_it_goes(files_, file));
      if (opened == nullptr) return {};  // trimmed meanwhile
      TRY_ASSIGN(contents, read_contents(*opened, reading(i)));
    } else if (wanted && end) {
      contents.damaged.push_back({segment.first, *end, segment.epoch});
    }
    segment.end = contents.end;
    segment.batch_count = contents.batch_count;
    segment.record_count = contents.record_count;
    segment.record_bytes = contents.record_bytes;
    if (i + 1 == segments_.size()) segment.torn_bytes = contents.leftover_bytes;
    note_damage(segment, contents);
    found_.segments.push_back(std::move(segment));
    return {};
  }

  ReadContentsOptions reading(size_t i) {
    ReadContentsOptions reading{.end = end_of(i), .last = i + 1 == segments_.size()};
    reading.on_read = [this](uint64_t bytes) { meter_->add(bytes); };
    if (options_.visit) {
      reading.visit = [this](LogPosition at, std::string_view record) -> Result<void> {
        if (at < options_.from) return {};
        return options_.visit(at, record);
      };
    }
    return reading;
  }

  void note_damage(const SegmentInspection& segment, const SegmentContents& contents) {
    if (segment.file_bytes < segment.segment_bytes) {
      log_damage_.push_back(
          {.kind = DamageKind::kSegmentShort,
           .path = segment.path,
           .offset = segment.file_bytes,
           .bytes = segment.segment_bytes - segment.file_bytes,
           .from = segment.first,
           .to = segment.first,
           .what = fmt::format("it ends here, but its header says it has {} bytes",
                               segment.segment_bytes)});
    }
    for (const Stretch& stretch : contents.damaged) {
      log_damage_.push_back({.kind = DamageKind::kBatches,
                             .path = segment.path,
                             .offset = kSegmentHeaderBytes + (stretch.from - segment.first),
                             .bytes = stretch.to - stretch.from,
                             .from = stretch.from,
                             .to = stretch.to,
                             .epoch = stretch.epoch,
                             .what = "no intact batch stands here, though later ones do"});
    }
  }

  /// A snapshot counts if the log reaches it; the log is needed from the older of the newest two.
  void judge_snapshots() {
    int kept = 0;
    for (SnapshotInspection& snapshot : found_.snapshots) {
      if (!snapshot.intact) continue;
      if (snapshot.through > found_.tail) {
        snapshot.intact = false;
        found_.damage.push_back(
            {.kind = DamageKind::kSnapshot,
             .path = snapshot.path,
             .what = fmt::format("it needs the journal to reach position {}, but it ends at "
                                 "position {}: the newest segments are missing",
                                 snapshot.through.value, found_.tail.value)});
        continue;
      }
      if (++kept <= 2) found_.needed_from = snapshot.from;
    }
  }

  void find_missing_segments() {
    LogPosition end;
    uint64_t number = 0;
    for (const SegmentInspection& segment : found_.segments) {
      if (segment.number != number + 1) note_hole(number, end, segment);
      number = segment.number;
      end = segment.end;
    }
  }

  /// Segments between `before` (0: none), which ends at `end`, and `next` are missing.
  void note_hole(uint64_t before, LogPosition end, const SegmentInspection& next) {
    const auto excluded = std::any_of(excluded_.begin(), excluded_.end(), [&](uint64_t number) {
      return number > before && number < next.number;
    });
    const uint64_t count = next.number - before - 1;
    if (next.first <= found_.needed_from) {
      found_.missing_segment_count += count;
    } else if (!excluded) {
      log_damage_.push_back(
          {.kind = DamageKind::kSegmentMissing,
           .path = options_.directory + "/" + segment_name(before + 1) + options_.name_suffix,
           .from = end,
           .to = next.first,
           .what = count == 1 ? "the file is missing or unreadable"
                              : fmt::format("{} files from this one on are missing or unreadable",
                                            count)});
    }
  }

  env::FileSystem& files_;
  const InspectOptions& options_;
  std::vector<SegmentFile> segments_;  // of the chain, in order
  std::vector<uint64_t> excluded_;     // numbers of files that are there but not of the chain
  std::optional<ProgressMeter> meter_;
  std::vector<Damage> log_damage_;
  Inspection found_;
};

}  // namespace

std::string describe(const Damage& damage) {
  // What is wrong with a snapshot already says where.
  if (damage.kind == DamageKind::kSnapshot && damage.what.find(damage.path) != std::string::npos) {
    return damage.what;
  }
  std::string text = fmt::format("{}, byte {}: {}", damage.path, damage.offset, damage.what);
  if (damage.bytes != 0) text += fmt::format(" ({} bytes)", damage.bytes);
  if (damage.to > damage.from) {
    text +=
        fmt::format("; positions {} to {} of the log are lost", damage.from.value, damage.to.value);
  }
  return text;
}

Result<void> refuse_without_journal(env::FileSystem& files, const std::string& directory) {
  TRY_ASSIGN(const std::vector<std::string> names, files.list(directory));
  for (const std::string& name : names) {
    if (parse_segment_name(name) || parse_snapshot_name(name)) return {};
  }
  return no_journal(directory);
}

Result<Inspection> inspect_journal(env::FileSystem& files, const InspectOptions& options) {
  return Inspector(files, options).run();
}

}  // namespace forebay::journal
