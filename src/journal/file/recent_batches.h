// SPDX-License-Identifier: Apache-2.0
// The newest batches of a log, in memory: what was just sent is mostly received soon.
//
// Batches are shared with the append that wrote them; nothing is copied. The oldest leave when the
// bytes become too many.
// Thread: any.
// Cost: find() O(log batches).
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/ids.h"

namespace forebay::journal {

class RecentBatches {
 public:
  using Batch = std::shared_ptr<const std::string>;
  struct Found {
    Batch batch;
    uint64_t offset;  // of the position, in the batch
  };

  /// Keeps at most `bytes_max` of memory; 0 keeps nothing.
  explicit RecentBatches(uint64_t bytes_max) : bytes_max_(bytes_max) {}

  /// Adds the batch at `start`, which is behind all others.
  void add(LogPosition start, Batch batch);
  void clear();

  /// The batch that holds the byte at `at`.
  std::optional<Found> find(LogPosition at) const;

  /// Memory in use.
  uint64_t bytes() const;

 private:
  struct Entry {
    LogPosition start;
    Batch batch;
  };

  const uint64_t bytes_max_;

  mutable std::mutex mu_;  // guards what follows
  std::deque<Entry> entries_;
  uint64_t bytes_ = 0;
};

}  // namespace forebay::journal
