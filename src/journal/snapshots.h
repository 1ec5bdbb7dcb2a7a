// SPDX-License-Identifier: Apache-2.0
// `Snapshots`: images of the owner's state, so that a restart need not scan the whole log.
//
// An image is the state at one position of the log, in chunks whose bytes are the owner's business.
// It is written while the log goes on; commit() makes it count, and the newest two are kept. A
// restart loads the newest that is intact and scans the log from its position.
//
//   snapshots.begin(at);
//   snapshots.write(chunk, [&](Result<void> written) { next(); });   // again and again
//   snapshots.commit(through, [&](Result<void> committed) { ... });
//
// Thread: the owner's executor, for every call and every callback; the disk's work is done
// elsewhere.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace forebay::journal {

/// Largest chunk.
inline constexpr uint64_t kSnapshotChunkBytesMax = 4u << 20;

class Snapshots {
 public:
  struct Info {
    uint64_t number;   // grows from snapshot to snapshot
    LogPosition from;  // the state is that of this position: go on scanning here
    uint64_t bytes;    // on disk
  };
  using Done = std::function<void(Result<void>)>;
  using Visit = std::function<Result<void>(std::string_view chunk)>;

  /// A snapshot that was begun and not committed is abandoned.
  virtual ~Snapshots() = default;

  /// Those there are, newest first, after Log::acquire(). Whether one is intact shows in load().
  virtual std::vector<Info> list() const = 0;

  /// Visits the chunks in order, each only after its checksum was verified. Returns the position
  /// that the log must reach for the snapshot to count (`through` of commit). Blocks.
  /// Errors: kStorageDamaged (names file and offset), kStorageFailure, or what `visit` returned.
  virtual Result<LogPosition> load(const Info& snapshot, const Visit& visit) = 0;

  /// Starts a snapshot of the state at `from`; abandons one that was begun before.
  virtual void begin(LogPosition from) = 0;

  /// Adds a chunk (1 byte to kSnapshotChunkBytesMax). One write may be under way at a time.
  /// Not durable when `done` is called.
  /// Errors: kStorageFull, kStorageFailure, after which only abandon() is left.
  virtual void write(std::string chunk, Done done) = 0;

  /// Completes the snapshot: from now on it counts if the log reaches `through`, which must be
  /// durable already. Older ones than the newest two are removed.
  /// Durable: the snapshot, when `done` is called without error.
  /// Errors: as write().
  virtual void commit(LogPosition through, Done done) = 0;

  virtual void abandon() = 0;

  /// The log from here on is needed for a restart, whichever of the kept snapshots it uses: `from`
  /// of the older of two; 0 when fewer are kept.
  virtual LogPosition needed_from() const = 0;
};

}  // namespace forebay::journal
