// SPDX-License-Identifier: Apache-2.0
#include "cli/journal_check.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "commands/text_format.h"
#include "journal/file/file_snapshots.h"
#include "journal/file/segment.h"
#include "journal/file/snapshot_file.h"

namespace forebay::cli {
namespace {

using journal::Damage;
using journal::DamageKind;

constexpr int kTriesMax = 4;
/// Facts that cannot be understood are listed up to here; a newer program may have written
/// millions.
constexpr size_t kUnknownFactsListed = 10;
/// Of a damaged stretch, read in search of facts.
constexpr uint64_t kStretchBytesMax = 64u << 20;

/// The id all segments have; nothing when no segment's header can be read.
Result<std::optional<Bytes16>> find_log_id(env::FileSystem& files, const std::string& directory) {
  TRY_ASSIGN(const std::vector<std::string> names, files.list(directory));
  for (const std::string& name : names) {
    const auto number = journal::parse_segment_name(name);
    if (!number) continue;
    const auto segment = journal::open_segment(files, directory, *number, env::OpenMode::kRead);
    if (segment.ok()) return std::optional((*segment)->header().log_id);
  }
  return std::optional<Bytes16>();
}

/// The files whose coming and going matters: all but those in the making.
Result<std::set<std::string>> list_files(env::FileSystem& files, const std::string& directory) {
  TRY_ASSIGN(const std::vector<std::string> names, files.list(directory));
  std::set<std::string> kept;
  for (const std::string& name : names) {
    if (journal::parse_segment_name(name) || journal::parse_snapshot_name(name)) kept.insert(name);
  }
  return kept;
}

/// One reading of the journal.
class Checking {
 public:
  Checking(env::FileSystem& files, std::string directory, const std::set<uint64_t>& unusable)
      : files_(files), unusable_(unusable) {
    check_.directory = std::move(directory);
  }

  Result<JournalCheck> run(const journal::Progress& progress) {
    TRY(load_snapshot());
    const auto visit = [this](LogPosition at, std::string_view record) {
      take_record(at, record);
      return Result<void>();
    };
    TRY_ASSIGN(check_.inspection, journal::inspect_journal(files_, {.directory = check_.directory,
                                                                    .progress = progress,
                                                                    .visit = visit,
                                                                    .from = {}}));
    judge();
    return std::move(check_);
  }

 private:
  /// A content that the snapshot knows, and whether it was found.
  struct Expected {
    engine::RecordPlace place;
    bool found = false;
  };

  Result<void> load_snapshot() {
    TRY_ASSIGN(const auto log_id, find_log_id(files_, check_.directory));
    if (!log_id) return {};
    const auto listed = journal::find_snapshots(files_, check_.directory);
    if (!listed.ok()) return {};  // of a newer format: the inspection tells
    for (const journal::Snapshots::Info& info : *listed) {
      if (unusable_.contains(info.number) || !load(info.number, *log_id)) continue;
      check_.snapshot = info.number;
      expect_contents();
      return {};
    }
    return {};
  }

  void expect_contents() {
    check_.state.for_each_live(
        [this](const LiveMessage& live) { expected_.push_back({live.place}); });
    std::ranges::sort(expected_, {}, [](const Expected& e) { return e.place.position; });
  }

  /// False when it is damaged, which the inspection tells again.
  bool load(uint64_t number, const Bytes16& log_id) {
    JournalState state;
    const journal::SnapshotName name{check_.directory + "/" + journal::snapshot_name(number),
                                     number, log_id};
    const auto ends = journal::read_snapshot(
        files_, name, [&](std::string_view piece) { return state.load(piece); });
    if (!ends.ok() || !state.loaded().ok()) return false;
    check_.state = std::move(state);
    check_.replayed_from = ends->header.from;
    return true;
  }

  void take_record(LogPosition at, std::string_view record) {
    if (at < check_.replayed_from) return look_for_content(at, record);
    const Result<void> applied = check_.state.apply(at, record);
    if (!applied.ok()) unknown_.push_back({at, applied.error().message});
  }

  /// Records come in the order of positions, as what is expected.
  void look_for_content(LogPosition at, std::string_view record) {
    while (next_ < expected_.size() && expected_[next_].place.position < at) ++next_;
    if (next_ == expected_.size() || expected_[next_].place.position != at) return;
    Expected& here = expected_[next_++];
    here.found = here.place.record_bytes == record.size() && engine::decode_content(record).ok();
  }

  void judge() {
    for (const Damage& damage : check_.inspection.damage) add_finding(damage);
    add_unknown_facts();
    check_.state.for_each_live([this](const LiveMessage& live) {
      ++check_.live_count;
      check_.live_bytes += live.place.record_bytes + journal::kRecordHeaderBytes;
      const bool replayed = live.place.position >= check_.replayed_from;
      if (!replayed && !found(live.place)) check_.lost.push_back(live);
    });
    std::ranges::sort(check_.lost, {}, [](const LiveMessage& m) { return m.place.position; });
    for (const LiveMessage& live : check_.lost) {
      ++finding_at(live.place.position).contents_lost[live.queue];
    }
    for (const NumberHole& hole : check_.state.number_holes()) {
      if (Finding* finding = finding_between(hole.after, hole.before)) {
        finding->messages_numbered += hole.count;
      }
    }
  }

  void add_finding(const Damage& damage) {
    Finding finding;
    finding.damage = damage;
    finding.facts_lost = damage.kind != DamageKind::kSnapshot && damage.from < damage.to &&
                         damage.to > check_.replayed_from;
    if (finding.facts_lost && damage.kind == DamageKind::kBatches) {
      finding.readable = read_facts(damage);
    }
    check_.findings.push_back(std::move(finding));
  }

  DamagedFacts read_facts(const Damage& damage) const {
    const auto file = files_.open(damage.path, env::OpenMode::kRead);
    std::string stretch(std::min(damage.bytes, kStretchBytesMax), '\0');
    if (!file.ok() || !(*file)->read(damage.offset, stretch).ok()) return {};
    return read_damaged_facts(stretch, check_.state.names());
  }

  void add_unknown_facts() {
    for (size_t i = 0; i < std::min(unknown_.size(), kUnknownFactsListed); ++i) {
      Damage damage = place_of(unknown_[i].first);
      damage.what = unknown_[i].second;
      if (i + 1 == kUnknownFactsListed && unknown_.size() > kUnknownFactsListed) {
        damage.what += fmt::format("; and {} more", commands::count_text(unknown_.size() - i - 1));
      }
      add_finding(damage);
      check_.findings.back().facts_lost = true;
    }
  }

  bool found(const engine::RecordPlace& place) const {
    const auto at = std::ranges::lower_bound(expected_, place.position, {},
                                             [](const Expected& e) { return e.place.position; });
    return at != expected_.end() && at->place.position == place.position && at->found;
  }

  /// The damage that `at` stands in; made when only the state shows it.
  Finding& finding_at(LogPosition at) {
    for (Finding& finding : check_.findings) {
      if (finding.damage.from <= at && at < finding.damage.to) return finding;
    }
    Finding& made = check_.findings.emplace_back();
    made.damage = place_of(at);
    return made;
  }

  Finding* finding_between(LogPosition after, LogPosition before) {
    for (Finding& finding : check_.findings) {
      const Damage& damage = finding.damage;
      if (finding.facts_lost && after < damage.to && damage.from < before) return &finding;
    }
    return nullptr;
  }

  /// A damage at `at` that the files themselves do not show.
  Damage place_of(LogPosition at) const {
    const auto& segments = check_.inspection.segments;
    const auto behind = std::ranges::upper_bound(segments, at, {},
                                                 [](const auto& segment) { return segment.first; });
    const auto* before = behind == segments.begin() ? nullptr : &*(behind - 1);
    if (before != nullptr && at < before->end) {
      return {.kind = DamageKind::kBatches,
              .path = before->path,
              .offset = journal::kSegmentHeaderBytes + (at - before->first),
              .from = at,
              .to = at,
              .what = "a message's content is not where it should be"};
    }
    // All that stood between the two segments is one damage.
    const uint64_t number = before != nullptr ? before->number + 1 : 1;
    return {.kind = DamageKind::kSegmentMissing,
            .path = check_.directory + "/" + journal::segment_name(number),
            .from = before != nullptr ? before->end : LogPosition{},
            .to = behind != segments.end() ? behind->first : at + 1,
            .what = "the file is missing, and messages need it"};
  }

  env::FileSystem& files_;
  const std::set<uint64_t>& unusable_;
  JournalCheck check_;
  std::vector<Expected> expected_;                            // before replayed_from, by position
  size_t next_ = 0;                                           // of expected_, that may come
  std::vector<std::pair<LogPosition, std::string>> unknown_;  // facts
};

/// "12 messages of orders, 1 message of dead".
std::string by_queue(const std::map<QueueId, uint64_t>& counts, std::string_view preposition,
                     const QueueNames& names) {
  std::string text;
  for (const auto& [queue, count] : counts) {
    text += fmt::format("{}{} {} {}", text.empty() ? "" : ", ", commands::counted(count, "message"),
                        preposition, names.text(queue));
  }
  return text;
}

/// True when the state was built on a snapshot that the inspection refuses: the log ends before it.
bool snapshot_refused(const JournalCheck& check) {
  return std::ranges::any_of(check.inspection.snapshots, [&](const auto& snapshot) {
    return check.snapshot == snapshot.number && !snapshot.intact;
  });
}

}  // namespace

Result<JournalCheck> check_journal(env::FileSystem& files, const std::string& directory,
                                   const journal::Progress& progress) {
  std::set<uint64_t> unusable;
  for (int tries = 0; tries < kTriesMax; ++tries) {
    TRY_ASSIGN(const auto before, list_files(files, directory));
    Result<JournalCheck> check = Checking(files, directory, unusable).run(progress);
    TRY_ASSIGN(const auto after, list_files(files, directory));
    const bool removed = !std::ranges::includes(after, before);
    if (!check.ok() && !removed) return std::move(check).error();
    if (check.ok() && snapshot_refused(*check)) {
      unusable.insert(*check->snapshot);
    } else if (check.ok() && (check->intact() || !removed)) {
      return check;
    }
  }
  return Error{ErrorCode::kStorageFailure,
               fmt::format("{}: the server changes its files faster than they can be read; stop it "
                           "first, or verify a backup",
                           directory)};
}

std::vector<std::string> effects(const Finding& finding, const QueueNames& names) {
  std::vector<std::string> lines;
  if (!finding.contents_lost.empty()) {
    lines.push_back(by_queue(finding.contents_lost, "of", names) + " cannot be read");
  }
  if (finding.messages_numbered > 0) {
    lines.push_back(fmt::format("{} {} sent or moved there",
                                commands::counted(finding.messages_numbered, "message"),
                                finding.messages_numbered == 1 ? "was" : "were"));
  }
  const DamagedFacts& readable = finding.readable;
  if (!readable.sent.empty()) {
    lines.push_back("sent there, as far as the damaged bytes tell: " +
                    by_queue(readable.sent, "to", names));
  }
  if (!readable.deleted.empty()) {
    lines.push_back("deleted there, and perhaps back after a repair: " +
                    by_queue(readable.deleted, "of", names));
  }
  if (finding.facts_lost) {
    lines.push_back("what else happened there is not known: deleted messages may be back");
  }
  return lines;
}

}  // namespace forebay::cli
