// SPDX-License-Identifier: Apache-2.0
// One simulated run: lives of a server, deaths in between, clients that go on, a checker, and a
// quiet end.
//
//   Outcome outcome = run(seed, draw_options(seed));
//   if (!outcome.violation.empty()) ...   // the same seed shows it again
//
// With delayed syncs a power failure undoes what clients were told, so there the processes die
// alone; at the end the power fails once, and what is recovered must be a beginning of the history.
// Thread: one owner.
// Cost: some tens of milliseconds.
#pragma once

#include <cstdint>
#include <string>

#include "sim/options.h"

namespace forebay::sim {

struct Outcome {
  std::string violation;  // empty: everything was as it must be
  uint64_t digest = 0;    // of every request, answer and death, and of the final state
  uint64_t answer_count = 0;
  uint64_t delivered_count = 0;
  uint64_t moved_count = 0;  // of these: messages that a move task had moved
  int death_count = 0;
  int64_t simulated_ms = 0;
  SimDisk::CallCounts calls{};  // of the disk
  bool struck = false;          // RunOptions::strike has happened
};

/// `verbose` prints every request and answer.
Outcome run(uint64_t seed, const RunOptions& options, bool verbose = false);

}  // namespace forebay::sim
