// SPDX-License-Identifier: Apache-2.0
// Every fault point of a small run: the 1st, 2nd, ... Nth call of the disk of every kind fails,
// finds the disk full, is died in, is cut off by a power failure; and each time every promise is
// checked.
//
//   Enumeration all = enumerate(seed, 1'000);
//   if (!all.violation.empty()) ...   // `at` says where
//
// The run without a fault is made first and its calls are counted; up to the fault the others are
// the same, so each point is reached.
// Thread: one owner.
// Cost: some milliseconds a point, a thousand points a seed or so.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "sim/run.h"

namespace forebay::sim {

struct Enumeration {
  uint64_t point_count = 0;
  std::string violation;  // empty: everything was as it must be
  SimDisk::Strike at{};   // where it was not
};

/// Called before each point.
using PointWatcher = std::function<void(const SimDisk::Strike&)>;

/// The run of `seed`: short, on small segments, killed twice, without any other fault.
RunOptions enumeration_options(uint64_t seed);

/// Strides through the calls of a kind when there are more than `points_per_kind_max`; 0 is no
/// limit. Stops at the first violation.
Enumeration enumerate(
    uint64_t seed, uint64_t points_per_kind_max,
    const PointWatcher& watch = [](const SimDisk::Strike&) {});

}  // namespace forebay::sim
