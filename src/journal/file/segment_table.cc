// SPDX-License-Identifier: Apache-2.0
#include "journal/file/segment_table.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/check.h"

namespace forebay::journal {

void SegmentTable::reset(std::vector<std::shared_ptr<Segment>> segments) {
  dead_bytes_.clear();
  const std::unique_lock lock(mu_);
  segments_ = std::move(segments);
}

void SegmentTable::push(std::shared_ptr<Segment> segment) {
  const std::unique_lock lock(mu_);
  if (!segments_.empty()) {
    const SegmentHeader& last = segments_.back()->header();
    CHECK(segment->header().number == last.number + 1);
    CHECK(segment->header().first_position > last.first_position);
  }
  segments_.push_back(std::move(segment));
}

const std::shared_ptr<Segment>& SegmentTable::last() const {
  CHECK(!segments_.empty());
  return segments_.back();
}

std::shared_ptr<Segment> SegmentTable::find(LogPosition at) const {
  const std::shared_lock lock(mu_);
  const size_t index = index_of(at);
  return index < segments_.size() ? segments_[index] : nullptr;
}

std::vector<std::shared_ptr<Segment>> SegmentTable::from(LogPosition at) const {
  const size_t index = index_of(at);
  return {segments_.begin() + static_cast<std::ptrdiff_t>(index), segments_.end()};
}

void SegmentTable::add_dead(LogPosition at, uint64_t bytes) {
  const size_t index = index_of(at);
  CHECK(index < segments_.size());
  uint64_t& dead = dead_bytes_[segments_[index]->header().number];
  dead += bytes;
  CHECK(dead <= segments_[index]->header().segment_bytes);
}

uint64_t SegmentTable::dead_bytes(uint64_t number) const {
  const auto found = dead_bytes_.find(number);
  return found == dead_bytes_.end() ? 0 : found->second;
}

size_t SegmentTable::index_of(LogPosition at) const {
  const auto above = std::upper_bound(
      segments_.begin(), segments_.end(), at,
      [](LogPosition p, const auto& segment) { return p < segment->header().first_position; });
  if (above == segments_.begin()) return segments_.size();
  return static_cast<size_t>(above - segments_.begin()) - 1;
}

}  // namespace forebay::journal
