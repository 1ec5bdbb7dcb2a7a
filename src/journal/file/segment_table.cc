// SPDX-License-Identifier: Apache-2.0
#include "journal/file/segment_table.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/check.h"

namespace forebay::journal {

void SegmentTable::reset(std::vector<PlacedSegment> segments) {
  live_of_.assign(segments.size(), 0);
  live_bytes_ = 0;
  disk_bytes_ = 0;
  likely_ = 0;
  for (const PlacedSegment& placed : segments) {
    disk_bytes_ += placed.segment->header().segment_bytes;
  }
  const std::unique_lock lock(mu_);
  segments_ = std::move(segments);
}

void SegmentTable::push(std::shared_ptr<Segment> segment) {
  const SegmentHeader& header = segment->header();
  disk_bytes_ += header.segment_bytes;
  live_of_.push_back(0);
  const std::unique_lock lock(mu_);
  if (!segments_.empty()) {
    PlacedSegment& last = segments_.back();
    CHECK(header.number == last.segment->header().number + 1);
    CHECK(header.first_position > last.segment->header().first_position);
    CHECK(header.first_position <= last.end);
    last.end = header.first_position;
  }
  const LogPosition end = segment->end();
  segments_.push_back({std::move(segment), end});
}

const std::shared_ptr<Segment>& SegmentTable::last() const {
  CHECK(!segments_.empty());
  return segments_.back().segment;
}

std::shared_ptr<Segment> SegmentTable::find(LogPosition at) const {
  const std::shared_lock lock(mu_);
  const size_t index = index_of(at);
  return index == kNone ? nullptr : segments_[index].segment;
}

std::vector<PlacedSegment> SegmentTable::from(LogPosition at) const {
  const size_t index = index_of(at);
  if (index == kNone) return {};
  return {segments_.begin() + static_cast<std::ptrdiff_t>(index), segments_.end()};
}

std::optional<uint64_t> SegmentTable::missing_at(LogPosition at) const {
  const std::shared_lock lock(mu_);
  if (segments_.empty() || index_of(at) != kNone) return std::nullopt;
  // The one behind the last that begins before `at`. In front of all: the one that must stand just
  // before the first there is.
  const auto above = std::ranges::find_if(segments_, [&](const PlacedSegment& placed) {
    return placed.segment->header().first_position > at;
  });
  CHECK(above != segments_.end());
  if (above != segments_.begin()) return std::prev(above)->segment->header().number + 1;
  return above->segment->header().number - 1;
}

bool SegmentTable::add_live(LogPosition at, uint64_t bytes) {
  const size_t index = likely_index_of(at);
  if (index == kNone || at + bytes > segments_[index].end) return false;
  live_of_[index] += bytes;
  live_bytes_ += bytes;
  CHECK(live_of_[index] <= segments_[index].segment->header().segment_bytes);
  return true;
}

void SegmentTable::remove_live(LogPosition at, uint64_t bytes) {
  const size_t index = likely_index_of(at);
  if (index == kNone) return;
  CHECK(live_of_[index] >= bytes);  // else a segment could seem dead that is not
  live_of_[index] -= bytes;
  live_bytes_ -= bytes;
}

std::optional<SegmentTable::Filling> SegmentTable::sparsest(LogPosition needed_from) const {
  size_t best = kNone;
  const auto share = [this](size_t index) {
    const auto disk = static_cast<double>(segments_[index].segment->header().segment_bytes);
    return static_cast<double>(live_of_[index]) / disk;
  };
  for (size_t i = 0; i < segments_.size() && is_before(i, needed_from); ++i) {
    if (best == kNone || share(i) < share(best)) best = i;
  }
  if (best == kNone) return std::nullopt;
  return Filling{segments_[best], live_of_[best]};
}

SegmentTable::Removed SegmentTable::take_dead(LogPosition needed_from) {
  Removed removed;
  std::vector<PlacedSegment> kept;
  std::vector<uint64_t> kept_live;
  for (size_t i = 0; i < segments_.size(); ++i) {
    const PlacedSegment& placed = segments_[i];
    const uint64_t number = placed.segment->header().number;
    if (live_of_[i] > 0 || !is_before(i, needed_from)) {
      kept.push_back(placed);
      kept_live.push_back(live_of_[i]);
      continue;
    }
    disk_bytes_ -= placed.segment->header().segment_bytes;
    removed.segments.push_back(placed);
    if (!kept.empty() && kept.back().segment->header().number + 1 == number) {
      removed.before_holes.push_back(kept.back());
    }
  }
  if (removed.segments.empty()) return removed;
  live_of_ = std::move(kept_live);
  likely_ = 0;
  const std::unique_lock lock(mu_);
  segments_.swap(kept);
  return removed;
}

std::optional<PlacedSegment> SegmentTable::named(uint64_t number) const {
  const auto found = std::ranges::find_if(segments_, [&](const PlacedSegment& placed) {
    return placed.segment->header().number == number;
  });
  if (found == segments_.end()) return std::nullopt;
  return *found;
}

size_t SegmentTable::index_of(LogPosition at) const {
  const auto above = std::upper_bound(segments_.begin(), segments_.end(), at,
                                      [](LogPosition p, const PlacedSegment& placed) {
                                        return p < placed.segment->header().first_position;
                                      });
  if (above == segments_.begin()) return kNone;
  const auto index = static_cast<size_t>(above - segments_.begin()) - 1;
  return holds(index, at) ? index : kNone;
}

bool SegmentTable::holds(size_t index, LogPosition at) const {
  const PlacedSegment& placed = segments_[index];
  return at >= placed.segment->header().first_position &&
         (at < placed.end || index + 1 == segments_.size());
}

size_t SegmentTable::likely_index_of(LogPosition at) {
  if (likely_ >= segments_.size() || !holds(likely_, at)) {
    const size_t index = index_of(at);
    if (index == kNone) return kNone;
    likely_ = index;
  }
  return likely_;
}

bool SegmentTable::is_before(size_t index, LogPosition needed_from) const {
  return index + 1 < segments_.size() && segments_[index].end <= needed_from;
}

}  // namespace forebay::journal
