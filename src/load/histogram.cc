// SPDX-License-Identifier: Apache-2.0
#include "load/histogram.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace forebay::load {
namespace {

constexpr int kDigits = 7;  // binary digits of a value that are kept behind its first one
constexpr uint64_t kPerOctave = uint64_t{1} << kDigits;
constexpr size_t kBuckets = (32 - kDigits + 1) * kPerOctave;

size_t bucket_of(uint64_t us) {
  if (us < kPerOctave) return us;
  const int dropped = static_cast<int>(std::bit_width(us)) - 1 - kDigits;
  return static_cast<size_t>(dropped) * kPerOctave + (us >> dropped);
}

uint64_t largest_in(size_t bucket) {
  if (bucket < kPerOctave) return bucket;
  const uint64_t dropped = bucket / kPerOctave - 1;
  const uint64_t kept = bucket - dropped * kPerOctave;
  return ((kept + 1) << dropped) - 1;
}

}  // namespace

Histogram::Histogram() : counts_(kBuckets) {}

void Histogram::record(uint64_t us) {
  us = std::min(us, kMaxUs);
  const size_t bucket = bucket_of(us);
  CHECK(bucket < counts_.size() && us <= largest_in(bucket));
  ++counts_[bucket];
  ++count_;
  max_ = std::max(max_, us);
}

void Histogram::add(const Histogram& other) {
  for (size_t bucket = 0; bucket < counts_.size(); ++bucket) {
    counts_[bucket] += other.counts_[bucket];
  }
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

void Histogram::clear() {
  std::fill(counts_.begin(), counts_.end(), 0);
  count_ = 0;
  max_ = 0;
}

uint64_t Histogram::percentile(uint32_t permille) const {
  CHECK(permille <= 1000);
  const uint64_t wanted = std::max<uint64_t>(1, (count_ * permille + 999) / 1000);
  uint64_t seen = 0;
  for (size_t bucket = 0; bucket < counts_.size(); ++bucket) {
    seen += counts_[bucket];
    if (seen >= wanted) return std::min(largest_in(bucket), max_);
  }
  return 0;
}

std::vector<std::pair<uint64_t, uint64_t>> Histogram::buckets() const {
  std::vector<std::pair<uint64_t, uint64_t>> filled;
  for (size_t bucket = 0; bucket < counts_.size(); ++bucket) {
    if (counts_[bucket] > 0) filled.emplace_back(largest_in(bucket), counts_[bucket]);
  }
  return filled;
}

}  // namespace forebay::load
