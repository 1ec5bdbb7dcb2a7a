// SPDX-License-Identifier: Apache-2.0
// Counts of latencies in buckets that grow with the value: any percentile within 0.8 %.
//
// Below 256 us every microsecond has its own bucket; above, every power of two is cut into 128
// equal ones. So a histogram has one fixed size, recording is O(1), and histograms of several
// runs or connections add up exactly, which percentiles do not.
// Thread: one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace forebay::load {

class Histogram {
 public:
  /// Larger values count as this one: 71 minutes.
  static constexpr uint64_t kMaxUs = (uint64_t{1} << 32) - 1;

  Histogram();

  void record(uint64_t us);
  /// All values of another one.
  void add(const Histogram& other);
  void clear();

  uint64_t count() const { return count_; }
  /// Exact (within kMaxUs); 0 when empty.
  uint64_t max() const { return max_; }
  /// The smallest recorded value that at least `permille` of 1000 values do not exceed, rounded up
  /// to the end of its bucket, never above max(). 0 when empty.
  /// Cost: O(buckets).
  uint64_t percentile(uint32_t permille) const;

  /// The buckets that are not empty: the largest value each stands for, and its count. In order.
  std::vector<std::pair<uint64_t, uint64_t>> buckets() const;

 private:
  std::vector<uint64_t> counts_;
  uint64_t count_ = 0;
  uint64_t max_ = 0;
};

}  // namespace forebay::load
