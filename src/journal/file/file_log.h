// SPDX-License-Identifier: Apache-2.0
// The embedded log: numbered segment files in one directory, written sequentially, one fdatasync a
// batch (or, with delayed_sync, one whenever sync() is called).
//
// A segment is allocated and, from the second one on, filled with zeros by the worker ahead of its
// use, because a sync of already-written blocks costs half of one that also grows or converts
// extents. A batch never spans segments; a segment's header says the log position of its first
// batch. Segments without live records are removed (space()); what stands in one that is missing is
// refused by scan(), retain() and read(), whose error names its file. `docs/journal-format.md`.
//
// acquire() reads the headers of all segments and the last segment whole; damage before the last
// segment is found by scan() and read(). After an append, sync or acquire() that failed to write,
// this object writes nothing more: appends are kAmbiguous, acquire() is kStorageFailure. Only a new
// one, best in a new process, may go on.
// Thread: the owner's executor; writes and syncs run on the Workers, everything else in the caller.
// Invariants: 1. Batch k+1 is written only after batch k was synced, or says up to where the log
// was; so what an intact batch says was synced was durable, and damage there is damage. 2. One
// process owns the directory (lock file).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "env/clock.h"
#include "env/executor.h"
#include "env/file_system.h"
#include "journal/log.h"

namespace forebay::journal {

struct FileLogOptions {
  std::string directory;               // made when missing
  uint64_t segment_bytes = 64u << 20;  // at least a header and one batch of batch_bytes_max
  /// The owner's promise: no batch is larger.
  uint64_t batch_bytes_max = kBatchBytesMax;
  uint64_t cache_bytes = 32u << 20;  // of the newest batches, kept in memory for reads
  /// True: an append is done when it is written; sync() makes it safe against power failure.
  bool delayed_sync = false;
};

/// Smallest segment with the batch_bytes_max of the default.
inline constexpr uint64_t kSegmentBytesMin = 8u << 20;

/// Largest segment.
inline constexpr uint64_t kSegmentBytesMax = 16ull << 30;

/// Opens (or makes) the log in `options.directory` and locks it; reads nothing yet. A newer format,
/// or a directory that is not a journal, is acquire()'s to refuse. `random` names a new journal.
/// Appends run on `worker`; snapshots and the removal of files on `background`, which may be the
/// same one. Both must outlive the log, `files` also their last job. An append in flight when the
/// log is destroyed is still written, its `done` is not called, and the directory stays locked
/// until then.
/// Errors: kStorageFailure (names the path; also when another process holds the lock),
/// kStorageFull,
///   kInvalidConfiguration.
Result<std::unique_ptr<Log>> open_file_log(const FileLogOptions& options, env::FileSystem& files,
                                           env::Worker& worker, env::Worker& background,
                                           env::Random& random = env::system_random());

}  // namespace forebay::journal
