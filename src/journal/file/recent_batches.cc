// SPDX-License-Identifier: Apache-2.0
#include "journal/file/recent_batches.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/check.h"

namespace forebay::journal {
namespace {

/// A batch's share of the containers, about; small batches would else take more than is counted.
constexpr uint64_t kEntryBytes = 128;

/// A string grows by doubling, so it may hold far more memory than bytes.
uint64_t memory_of(const RecentBatches::Batch& batch) {
  return batch->capacity() + kEntryBytes;
}

}  // namespace

void RecentBatches::add(LogPosition start, Batch batch) {
  CHECK(batch != nullptr);
  const uint64_t memory = memory_of(batch);
  std::vector<Entry> dropped;  // freed after the lock
  const std::lock_guard lock(mu_);
  CHECK(entries_.empty() || start >= entries_.back().start + entries_.back().batch->size());
  bytes_ += memory;
  entries_.push_back({start, std::move(batch)});
  while (bytes_ > bytes_max_) {
    bytes_ -= memory_of(entries_.front().batch);
    dropped.push_back(std::move(entries_.front()));
    entries_.pop_front();
  }
}

void RecentBatches::clear() {
  const std::lock_guard lock(mu_);
  entries_.clear();
  bytes_ = 0;
}

std::optional<RecentBatches::Found> RecentBatches::find(LogPosition at) const {
  const std::lock_guard lock(mu_);
  const auto above =
      std::upper_bound(entries_.begin(), entries_.end(), at,
                       [](LogPosition p, const Entry& entry) { return p < entry.start; });
  if (above == entries_.begin()) return std::nullopt;
  const Entry& entry = *std::prev(above);
  const uint64_t offset = at - entry.start;
  if (offset >= entry.batch->size()) return std::nullopt;
  return Found{entry.batch, offset};
}

uint64_t RecentBatches::bytes() const {
  const std::lock_guard lock(mu_);
  return bytes_;
}

}  // namespace forebay::journal
