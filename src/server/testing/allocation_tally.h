// SPDX-License-Identifier: Apache-2.0
// Counts what a thread asks `operator new` for. A program that links allocation_tally.cc has all of
// the global operators replaced.
//
//   take_tally();
//   work();
//   const Tally cost = take_tally();
//
// What C libraries take from malloc is not counted.
// Thread: each counts for itself.
#pragma once

#include <cstdint>
#include <string>

namespace forebay::server::testing {

struct Tally {
  uint64_t allocations = 0;
  uint64_t bytes = 0;
};

/// Of the calling thread since its last call.
Tally take_tally();

/// From now on keeps the call stack of each allocation of the calling thread.
void note_allocation_sites();
/// What was kept since then, equal stacks together, most frequent first, innermost function first;
/// keeps no more. Only functions of this project are named.
std::string take_allocation_sites();

}  // namespace forebay::server::testing
