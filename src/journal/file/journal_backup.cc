// SPDX-License-Identifier: Apache-2.0
#include "journal/file/journal_backup.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/check.h"
#include "journal/file/damaged_segment.h"
#include "journal/file/segment.h"
#include "journal/file/snapshot_file.h"
#include "journal/file/sparse_copy.h"

namespace forebay::journal {
namespace {

/// How often a backup begins anew because the server has trimmed what it was about to copy.
constexpr int kBackupTries = 5;
constexpr size_t kSnapshotsKept = 2;

std::string without_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return path.substr(0, std::max<size_t>(slash, 1));
}

bool is_journal_file(std::string_view name) {
  return parse_segment_name(name).has_value() || parse_snapshot_name(name).has_value();
}

/// Nothing but what an empty journal's directory may have.
Result<void> refuse_unless_empty(env::FileSystem& files, const std::string& directory) {
  TRY_ASSIGN(const bool exists, files.exists(directory));
  if (!exists) return {};
  TRY_ASSIGN(const std::vector<std::string> names, files.list(directory));
  for (const std::string& name : names) {
    if (name == "LOCK" || name == "lost+found") continue;
    return Error{ErrorCode::kInvalidConfiguration,
                 fmt::format("{} is not empty, it has {}", directory, name)};
  }
  return {};
}

struct Names {
  std::vector<uint64_t> segments;   // ascending
  std::vector<uint64_t> snapshots;  // newest first
};

Result<Names> list_journal(env::FileSystem& files, const std::string& directory) {
  TRY_ASSIGN(const std::vector<std::string> all, files.list(directory));
  Names names;
  for (const std::string& name : all) {
    if (const auto number = parse_segment_name(name)) names.segments.push_back(*number);
    if (const auto number = parse_snapshot_name(name)) {
      names.snapshots.insert(names.snapshots.begin(), *number);
    }
  }
  return names;
}

/// One backup: as many attempts as it takes.
class Backup {
 public:
  Backup(env::FileSystem& files, const CopyOptions& options)
      : files_(files),
        from_(without_slashes(options.from)),
        to_(without_slashes(options.to)),
        unfinished_(to_ + std::string(kUnfinishedSuffix)),
        progress_(options.progress) {}

  Result<CopyReport> run() {
    TRY(refuse_without_journal(files_, from_));
    TRY(refuse_unless_empty(files_, to_));
    TRY(files_.create_directory(unfinished_));
    auto report = make();
    if (!report.ok()) {
      // The first error counts; what cannot be removed is replaced by the next backup.
      const auto removed = remove_all();
      return std::move(report).error();
    }
    return report;
  }

 private:
  Result<CopyReport> make() {
    for (int attempt = 1; attempt <= kBackupTries; ++attempt) {
      TRY(remove_all());
      TRY_ASSIGN(const bool whole, try_once());
      if (!whole) continue;
      TRY(files_.sync_directory(unfinished_));
      TRY(files_.rename(unfinished_, to_));
      TRY(files_.sync_directory(parent_of(to_)));
      meter_->finish();
      return report_;
    }
    return Error{ErrorCode::kStorageFailure,
                 fmt::format("{}: segments that its snapshots need were not there in {} tries: "
                             "either the server trims faster than the files can be copied (a "
                             "backup in the same file system takes links), or they are missing",
                             from_, kBackupTries)};
  }

  Result<void> remove_all() {
    TRY_ASSIGN(const std::vector<std::string> names, files_.list(unfinished_));
    for (const std::string& name : names) {
      if (!is_journal_file(name)) {
        return Error{ErrorCode::kInvalidConfiguration,
                     fmt::format("{} has {}, which is no part of a backup", unfinished_, name)};
      }
      TRY(files_.remove(unfinished_ + "/" + name));
    }
    return {};
  }

  /// False: the server has removed what this attempt needed.
  Result<bool> try_once() {
    report_ = {};
    snapshots_.clear();
    segments_.clear();
    TRY(measure());
    TRY_ASSIGN(const bool snapshots_there, bring_snapshots());
    if (!snapshots_there) return false;
    TRY_ASSIGN(const uint64_t last, bring_sealed_segments());
    TRY_ASSIGN(const bool last_there, copy_last_segment(last));
    if (!last_there) return false;
    report_.snapshot_count = snapshots_.size();
    report_.segment_count = segments_.size();
    return is_complete();
  }

  Result<void> measure() {
    TRY_ASSIGN(const Names names, list_journal(files_, from_));
    uint64_t bytes = 0;
    const auto add = [&](const std::string& name) {
      const auto file = files_.open(from_ + "/" + name, env::OpenMode::kRead);
      const auto size = file.ok() ? (*file)->size() : Result<uint64_t>(0);
      bytes += size.ok() ? *size : 0;
    };
    for (const uint64_t number : names.segments) add(segment_name(number));
    for (const uint64_t number : names.snapshots) add(snapshot_name(number));
    meter_.emplace(progress_, bytes);
    return {};
  }

  /// The newest ones first of all: the segments that are there afterwards reach what they need.
  Result<bool> bring_snapshots() {
    TRY_ASSIGN(const Names names, list_journal(files_, from_));
    for (const uint64_t number : names.snapshots) {
      if (snapshots_.size() == kSnapshotsKept) break;
      const std::string path = from_ + "/" + snapshot_name(number);
      const auto header = read_snapshot_header(files_, path, number);
      TRY_ASSIGN(const bool there, files_.exists(path));
      if (!there) return false;
      if (!header.ok() && header.error().code == ErrorCode::kStorageDamaged) continue;
      if (!header.ok()) return header.error();
      if (header->format_version > kSnapshotVersion) {
        return newer_snapshot(path, header->format_version);
      }
      TRY_ASSIGN(const bool brought, bring(snapshot_name(number)));
      if (!brought) return false;
      snapshots_.push_back(*header);
    }
    return true;
  }

  /// All but the last. A segment that vanishes meanwhile held nothing live any more: the facts that
  /// say so were durable before, so they are in what is listed afterwards. Hence listing again
  /// until no new segment shows up. Returns the last one's number.
  Result<uint64_t> bring_sealed_segments() {
    std::optional<uint64_t> last;
    for (;;) {
      TRY_ASSIGN(const Names names, list_journal(files_, from_));
      if (names.segments.empty()) {
        return Error{ErrorCode::kStorageDamaged, fmt::format("{} has no segments any more", from_)};
      }
      if (last == names.segments.back()) return *last;
      last = names.segments.back();
      for (const uint64_t number : names.segments) {
        if (number != *last && segments_.count(number) == 0) TRY(bring_segment(number));
      }
    }
  }

  Result<void> bring_segment(uint64_t number) {
    TRY_ASSIGN(const bool brought, bring(segment_name(number)));
    if (!brought) return {};
    const std::string path = unfinished_ + "/" + segment_name(number);
    const auto segment = open_segment(files_, unfinished_, number, env::OpenMode::kRead);
    if (!segment.ok()) {
      return Error{segment.error().code,
                   fmt::format("the backup's copy of {}: {}", path, segment.error().message)};
    }
    segments_.emplace(number, (*segment)->header().first_position);
    return {};
  }

  /// Links the file, or copies it; false when it is not there any more.
  Result<bool> bring(const std::string& name) {
    const std::string source = from_ + "/" + name;
    const std::string target = unfinished_ + "/" + name;
    if (const auto linked = files_.link(source, target); linked.ok()) {
      TRY_ASSIGN(const auto file, files_.open(target, env::OpenMode::kRead));
      TRY(file->sync());
      TRY_ASSIGN(const uint64_t bytes, file->size());
      meter_->add(bytes);
      ++report_.linked_count;
      return true;
    }
    // Another file system, or one without links. Or it is gone.
    auto file = files_.open(source, env::OpenMode::kRead);
    if (!file.ok()) {
      TRY_ASSIGN(const bool there, files_.exists(source));
      if (there) return std::move(file).error();
      return false;
    }
    TRY(copy_file(files_, **file, target, *meter_));
    TRY_ASSIGN(const uint64_t bytes, (*file)->size());
    report_.copied_bytes += bytes;
    return true;
  }

  /// Its intact part, with zeros behind; false when it is not there any more.
  Result<bool> copy_last_segment(uint64_t number) {
    const std::string path = from_ + "/" + segment_name(number);
    auto opened = open_segment(files_, from_, number, env::OpenMode::kRead);
    if (!opened.ok()) {
      TRY_ASSIGN(const bool there, files_.exists(path));
      if (there) return std::move(opened).error();
      return false;
    }
    const Segment& segment = **opened;
    ReadContentsOptions reading;
    reading.last = true;
    TRY_ASSIGN(const SegmentContents contents, read_contents(segment, reading));
    if (!contents.damaged.empty()) {
      return damaged_at(path, segment.offset_of(contents.damaged.front().from),
                        "no intact batch stands here, though later ones do");
    }
    const uint64_t bytes = segment.offset_of(contents.end);
    TRY_ASSIGN(const auto copy,
               files_.open(unfinished_ + "/" + segment_name(number), env::OpenMode::kCreate));
    TRY(copy_bytes(segment.file(), *copy, 0, bytes, *meter_));
    TRY(extend_to(*copy, segment.header().segment_bytes));
    TRY(copy->sync());
    segments_.emplace(number, segment.header().first_position);
    report_.end = contents.end;
    report_.copied_bytes += bytes;
    return true;
  }

  /// Whether every segment is there that a restart from the older snapshot needs.
  Result<bool> is_complete() {
    report_.needed_from = snapshots_.empty() ? LogPosition(0) : snapshots_.back().from;
    uint64_t next = segments_.rbegin()->first;
    LogPosition from = segments_.rbegin()->second;
    for (auto segment = segments_.rbegin(); segment != segments_.rend(); ++segment) {
      if (segment->first != next) break;
      from = segment->second;
      --next;
    }
    return from <= report_.needed_from;
  }

  env::FileSystem& files_;
  const std::string from_;
  const std::string to_;
  const std::string unfinished_;
  const Progress progress_;
  std::optional<ProgressMeter> meter_;
  std::vector<SnapshotHeader> snapshots_;     // in the backup, newest first
  std::map<uint64_t, LogPosition> segments_;  // in the backup: number, first position
  CopyReport report_;
};

/// One way back.
class Restoration {
 public:
  Restoration(env::FileSystem& files, const CopyOptions& options)
      : files_(files),
        from_(without_slashes(options.from)),
        to_(without_slashes(options.to)),
        progress_(options.progress) {}

  Result<CopyReport> run() {
    TRY(refuse_without_journal(files_, from_));
    TRY(refuse_unless_empty(files_, to_));
    TRY(files_.create_directory(to_));
    TRY_ASSIGN(const auto lock, files_.lock(to_));
    TRY(refuse_unless_empty(files_, to_));  // again: now no one else makes a journal there
    auto report = make();
    if (!report.ok()) remove_copies();
    return report;
  }

 private:
  Result<CopyReport> make() {
    TRY_ASSIGN(const Names names, list_journal(files_, from_));
    // The newest segment gets its name first and the snapshots at last: what a crash in between
    // leaves behind lacks the log's beginning, and a start refuses it.
    for (auto number = names.segments.rbegin(); number != names.segments.rend(); ++number) {
      names_.push_back(segment_name(*number));
    }
    for (const uint64_t number : names.snapshots) names_.push_back(snapshot_name(number));
    TRY(measure());
    for (const std::string& name : names_) TRY(copy(name));
    TRY_ASSIGN(const Inspection inspection, verify());
    for (const std::string& name : names_) TRY(files_.rename(unfinished(name), to_ + "/" + name));
    TRY(files_.sync_directory(to_));
    if (progress_) progress_(2 * all_bytes_, 2 * all_bytes_);
    return CopyReport{.segment_count = inspection.segments.size(),
                      .snapshot_count = inspection.snapshots.size(),
                      .linked_count = 0,
                      .copied_bytes = all_bytes_,
                      .needed_from = inspection.needed_from,
                      .end = inspection.tail};
  }

  std::string unfinished(const std::string& name) const {
    return to_ + "/" + name + std::string(kUnfinishedSuffix);
  }

  Result<void> measure() {
    for (const std::string& name : names_) {
      TRY_ASSIGN(const auto file, files_.open(from_ + "/" + name, env::OpenMode::kRead));
      TRY_ASSIGN(const uint64_t bytes, file->size());
      all_bytes_ += bytes;
    }
    // First everything is copied, then what was copied is read.
    meter_.emplace(progress_, 2 * all_bytes_);
    return {};
  }

  Result<void> copy(const std::string& name) {
    TRY_ASSIGN(const auto file, files_.open(from_ + "/" + name, env::OpenMode::kRead));
    return copy_file(files_, *file, unfinished(name), *meter_);
  }

  /// Every checksum, of the copy: what is wrong in the backup is wrong in it too.
  Result<Inspection> verify() {
    InspectOptions options;
    options.directory = to_;
    options.name_suffix = kUnfinishedSuffix;
    options.progress = [this](uint64_t done, uint64_t) { meter_->set(all_bytes_ + done); };
    TRY_ASSIGN(Inspection inspection, inspect_journal(files_, options));
    if (inspection.intact()) return inspection;
    const Damage& damage = inspection.damage.front();
    // Named as the operator knows it: the file in the backup.
    std::string path = from_ + damage.path.substr(to_.size());
    path.resize(path.size() - kUnfinishedSuffix.size());
    std::string text = describe(damage);
    for (size_t at = 0; (at = text.find(damage.path, at)) != std::string::npos; at += path.size()) {
      text.replace(at, damage.path.size(), path);
    }
    return Error{ErrorCode::kStorageDamaged, "the backup is damaged: " + text};
  }

  void remove_copies() {
    for (const std::string& name : names_) {
      for (const std::string& path : {unfinished(name), to_ + "/" + name}) {
        const auto exists = files_.exists(path);
        // The error that brought us here is the one to report.
        if (exists.ok() && *exists) std::ignore = files_.remove(path);
      }
    }
  }

  env::FileSystem& files_;
  const std::string from_;
  const std::string to_;
  const Progress progress_;
  std::vector<std::string> names_;  // in the order in which they appear
  uint64_t all_bytes_ = 0;
  std::optional<ProgressMeter> meter_;
};

}  // namespace

Result<CopyReport> backup_journal(env::FileSystem& files, const CopyOptions& options) {
  return Backup(files, options).run();
}

Result<CopyReport> restore_journal(env::FileSystem& files, const CopyOptions& options) {
  return Restoration(files, options).run();
}

}  // namespace forebay::journal
