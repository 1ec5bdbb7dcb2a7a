// SPDX-License-Identifier: Apache-2.0
// What an owner does before its first append: finds the segments, the end of what is intact, and
// makes sure that behind the end there is nothing but zeros.
//
// `docs/journal-format.md`, "The torn tail", has the argument why cutting is safe.
// Thread: the log's owner.
// Cost: reads all headers and the last segment whole, and of segments in front of a missing one the
// end.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "env/file_system.h"
#include "journal/file/segment_table.h"

namespace forebay::journal {

struct Recovered {
  std::vector<PlacedSegment> segments;  // in order, some perhaps missing; empty for a new journal
  LogPosition tail;                     // where the next batch must stand
  Epoch epoch;                          // the largest there is; 0 for a new journal
  std::vector<uint64_t> reserves;       // numbers of the files made for segments to come
};

/// Suffix of the files of snapshots.
inline constexpr std::string_view kSnapshotSuffix = ".snapshot";

/// Durable: everything before `tail`, the segments' names, and the zeros behind `tail` in the last
/// segment. Leftovers of unfinished segments are removed.
/// Errors: kStorageDamaged (names file and
/// offset; nothing was changed), kStorageFailure, kStorageFull.
Result<Recovered> recover(env::FileSystem& files, const std::string& directory);

}  // namespace forebay::journal
