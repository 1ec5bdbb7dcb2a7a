// SPDX-License-Identifier: Apache-2.0
#include "journal/file/repair_plan.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "journal/batch.h"
#include "journal/file/file_log.h"
#include "journal/file/segment.h"

namespace forebay::journal {
namespace {

class Planner {
 public:
  Planner(std::string directory, Inspection inspection) : directory_(std::move(directory)) {
    plan_.inspection = std::move(inspection);
  }

  RepairPlan run() {
    for (const Damage& damage : found().damage) plan_for(damage);
    plan_recreations();
    std::sort(plan_.steps.begin(), plan_.steps.end(), [](const RepairStep& a, const RepairStep& b) {
      return std::tie(a.kind, a.path, a.offset) < std::tie(b.kind, b.path, b.offset);
    });
    for (const RepairStep& step : plan_.steps) plan_.dropped_bytes += step.to - step.from;
    return std::move(plan_);
  }

 private:
  const Inspection& found() const { return plan_.inspection; }

  void plan_for(const Damage& damage) {
    switch (damage.kind) {
      case DamageKind::kSnapshot:
        return add(RepairKind::kSetAside, damage,
                   "it cannot be used and is renamed; a start uses an older one, or the whole log");
      case DamageKind::kSegmentUnreadable:
        return add(RepairKind::kSetAside, damage, "nothing of it can be read; it is renamed");
      case DamageKind::kSegmentHeader:
        return add(RepairKind::kRewriteHeader, damage,
                   "the header is written anew; nothing is lost by that");
      case DamageKind::kSegmentShort:
        return add(RepairKind::kRestoreSize, damage, "the file gets its full size again");
      case DamageKind::kBatches:
        if (!fillable(damage.from, damage.to)) break;
        return add(RepairKind::kReplaceBatches, damage, "the records that stood here are dropped");
      case DamageKind::kSegmentMissing:
        return;  // plan_recreations() looks for all of them
      case DamageKind::kSegmentForeign:
      case DamageKind::kNewerFormat:
        break;
    }
    plan_.beyond_repair.push_back(damage);
  }

  void add(RepairKind kind, const Damage& damage, std::string what) {
    plan_.steps.push_back({.kind = kind,
                           .segment = number_of(damage.path),
                           .path = damage.path,
                           .offset = damage.offset,
                           .bytes = damage.bytes,
                           .from = damage.from,
                           .to = damage.to,
                           .epoch = damage.epoch,
                           .what = std::move(what)});
  }

  static uint64_t number_of(const std::string& path) {
    return parse_segment_name(path.substr(path.rfind('/') + 1)).value_or(0);
  }

  bool fillable(LogPosition from, LogPosition to) const {
    const std::vector<LogPosition> borders = batch_borders(found(), from, to);
    for (size_t i = 1; i < borders.size(); ++i) {
      if (!can_be_void(borders[i] - borders[i - 1])) return false;
    }
    return true;
  }

  void plan_recreations() {
    const SegmentInspection* before = nullptr;
    for (const SegmentInspection& segment : found().segments) {
      const uint64_t number = before == nullptr ? 0 : before->number;
      if (segment.number != number + 1 && segment.first > found().needed_from) {
        plan_recreation(before, segment);
      }
      before = &segment;
    }
  }

  /// The segments between `before` (null: none) and `next` are missing, and a restart needs
  /// positions of theirs.
  void plan_recreation(const SegmentInspection* before, const SegmentInspection& next) {
    uint64_t number = before == nullptr ? 1 : before->number + 1;
    LogPosition from = before == nullptr ? LogPosition(0) : before->end;
    const LogPosition needed = found().needed_from;
    if (before == nullptr && needed == LogPosition(0)) {
      return give_up(number, from, next.first,
                     "the log's beginning is missing, and no intact snapshot stands for it");
    }
    if (needed > from && next.number - number > 1) {
      // What is before the position that a restart needs may stay missing.
      number = next.number - 1;
      from = needed;
    }
    // All but the last of them get an empty batch: a segment may not be empty.
    const uint64_t small = next.number - number - 1;
    const LogPosition last_from = from + small * kBatchHeaderBytes;
    if (last_from >= next.first || !fillable(last_from, next.first) ||
        next.first - last_from > kSegmentBytesMax - kSegmentHeaderBytes) {
      return give_up(number, from, next.first, "no void batches fit between its neighbours");
    }
    for (; number < next.number; ++number) {
      const bool last = number + 1 == next.number;
      const LogPosition to = last ? next.first : from + kBatchHeaderBytes;
      recreate(number, from, to, next.epoch);
      from = to;
    }
  }

  void recreate(uint64_t number, LogPosition from, LogPosition to, Epoch epoch) {
    plan_.steps.push_back(
        {.kind = RepairKind::kRecreateSegment,
         .segment = number,
         .path = path_of(number),
         .offset = 0,
         .bytes = kSegmentHeaderBytes + (to - from),
         .from = from,
         .to = to,
         .epoch = epoch,
         .what = "it is missing and is made anew without the records that it held"});
  }

  void give_up(uint64_t number, LogPosition from, LogPosition to, std::string what) {
    plan_.beyond_repair.push_back({.kind = DamageKind::kSegmentMissing,
                                   .path = path_of(number),
                                   .from = from,
                                   .to = to,
                                   .what = std::move(what)});
  }

  std::string path_of(uint64_t number) const { return directory_ + "/" + segment_name(number); }

  const std::string directory_;
  RepairPlan plan_;
};

}  // namespace

RepairPlan plan_repair(const std::string& directory, Inspection inspection) {
  return Planner(directory, std::move(inspection)).run();
}

std::vector<LogPosition> batch_borders(const Inspection& inspection, LogPosition from,
                                       LogPosition to) {
  std::vector<LogPosition> borders = {from, to};
  for (const SnapshotInspection& snapshot : inspection.snapshots) {
    if (snapshot.intact && snapshot.from > from && snapshot.from < to) {
      borders.push_back(snapshot.from);
    }
  }
  std::sort(borders.begin(), borders.end());
  borders.erase(std::unique(borders.begin(), borders.end()), borders.end());
  return borders;
}

}  // namespace forebay::journal
