// SPDX-License-Identifier: Apache-2.0
// `Space`: how much disk a log takes, and how it shrinks and keeps room for what must go on.
//
// A log takes space in segments. One whose records are all dead, and which no restart needs, is
// removed by trim(). One that is kept by few live records is emptied first: the owner reads it
// piece by piece (sparsest(), open()), appends its live records again, and releases the old ones.
//
// Room is allocated ahead: reserve() says how much. When the disk refuses that, usage() says so
// before an append can fail, and the owner refuses what would use the room up.
// Thread: the owner's executor, PieceReader excepted; the disk's work is done elsewhere.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace forebay::journal {

/// Reads a segment front to back. Keeps the file it reads alive.
/// Thread: any, one at a time.
class PieceReader {
 public:
  struct Record {
    LogPosition at;
    std::string bytes;
  };
  virtual ~PieceReader() = default;

  /// The records of the next batches, about 256 KiB of them; empty at the end.
  /// Errors: kStorageDamaged (names file and offset), kStorageFailure.
  virtual Result<std::vector<Record>> next() = 0;
};

class Space {
 public:
  struct Usage {
    uint64_t disk_bytes = 0;  // all files of the log: segments, those made ahead, snapshots
    uint64_t live_bytes = 0;  // retained and not released, with their framing
    /// The disk has refused to allocate what reserve() wants. Only then room_bytes is a bound.
    bool short_of_space = false;
    uint64_t room_bytes = 0;     // of batches that can certainly be appended
    uint64_t free_bytes = 0;     // of the disk, when it was short of space last
    uint64_t missing_bytes = 0;  // that could not be allocated then
    /// What was reserved is there, or was refused. Until then only room_bytes is certain.
    bool settled = true;
  };
  /// A sealed segment that few live records keep.
  struct Sparse {
    uint64_t segment;     // its number
    uint64_t disk_bytes;  // freed when it is empty
    uint64_t live_bytes;
  };

  virtual ~Space() = default;

  virtual Usage usage() const = 0;

  /// Room for at least `bytes` of batches, and for two snapshots of `snapshot_bytes`, is to be
  /// allocated ahead, from now on. Allocates what is missing, the snapshots' room first, and tries
  /// again at every call after a refusal.
  virtual void reserve(uint64_t bytes, uint64_t snapshot_bytes) = 0;

  /// Removes sealed segments that hold nothing live and stand wholly before `needed_from`. Whatever
  /// made their records dead must be durable; with delayed syncs it is synced first.
  virtual void trim(LogPosition needed_from) = 0;

  /// Of the sealed segments wholly before `needed_from` the one with the smallest share of live
  /// bytes, which may be none, if that share is at most `share_max` (0 to 1).
  virtual std::optional<Sparse> sparsest(LogPosition needed_from, double share_max) const = 0;
  virtual std::unique_ptr<PieceReader> open(const Sparse& segment) const = 0;
};

}  // namespace forebay::journal
