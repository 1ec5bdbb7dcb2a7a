// SPDX-License-Identifier: Apache-2.0
// Snapshots of the embedded log: files beside its segments, the newest two of them.
//
// A snapshot is written as `<number>.snapshot.unfinished`, on the background worker, and synced
// every kSnapshotSyncBytes, so that no sync of it keeps the disk from the journal for long.
// commit() adds the footer, syncs, renames, and syncs the directory; only then older ones are
// removed.
//
// What was found at start may be damaged. It is listed all the same (`from` is 0 when the header is
// unreadable), so that load() names the damage and the owner goes on with the one before. A
// snapshot that failed to load is not listed again, does not count as one of the two, and is
// removed once it is older than both.
// Thread: the owner's executor; the disk's work of begin(), write(), commit()
// and abandon() runs on `background`, that of load() in the caller.
// Borrows: `files` and `background`, which must outlive the last job.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/byte_codec.h"
#include "env/executor.h"
#include "env/file_system.h"
#include "journal/file/snapshot_room.h"
#include "journal/snapshots.h"

namespace forebay::journal {

/// Written at most between two syncs of a snapshot, apart from one chunk.
inline constexpr uint64_t kSnapshotSyncBytes = 1u << 20;

/// The snapshots in `directory`, newest first, by their headers.
/// Errors: kStorageDamaged: one is of a newer version than this program knows; falling back to an
/// older one would silently undo what the newer program did with the journal since.
/// kStorageFailure.
Result<std::vector<Snapshots::Info>> find_snapshots(env::FileSystem& files,
                                                    const std::string& directory);

class FileSnapshots final : public Snapshots {
 public:
  struct Options {
    std::string directory;
    Bytes16 log_id{};                          // of the segments
    LogPosition tail;                          // of the log, when its owner has acquired it
    std::vector<Info> found;                   // what find_snapshots() returned
    std::shared_ptr<env::DirectoryLock> lock;  // kept until the last job has ended; may be null
    std::shared_ptr<SnapshotRoom> room = {};   // used up by snapshots on a full disk; may be null
  };

  FileSnapshots(Options options, env::FileSystem& files, env::Worker& background);
  FileSnapshots(const FileSnapshots&) = delete;
  FileSnapshots& operator=(const FileSnapshots&) = delete;
  /// No `done` is called any more.
  ~FileSnapshots() override;

  std::vector<Info> list() const override { return kept_; }
  /// Errors: kStorageDamaged also for a snapshot of another journal, and for one that the log does
  /// not reach: its state is of a log whose end was lost.
  Result<LogPosition> load(const Info& snapshot, const Visit& visit) override;
  void begin(LogPosition from) override;
  void write(std::string chunk, Done done) override;
  void commit(LogPosition through, Done done) override;
  /// A `done` that is still to come for the abandoned snapshot is not called. A commit that has
  /// begun may still take effect.
  void abandon() override;
  LogPosition needed_from() const override;

  /// Of all snapshots, the one in the making included.
  uint64_t disk_bytes() const;

 private:
  class Unfinished;
  struct Commit;

  Result<LogPosition> load_intact(const Info& snapshot, const Visit& visit) const;
  /// Runs `job` on `background` with the directory locked.
  void submit(env::Worker::Task job, env::Worker::Task done);
  void on_written(const Result<void>& outcome, uint64_t bytes, const Done& done);
  void on_committed(const Commit& commit, const Done& done);
  /// Numbers of what is to be removed when the unfinished one is committed.
  std::vector<uint64_t> superfluous() const;
  void forget_unfinished();

  // Constant after construction.
  const std::string directory_;
  const Bytes16 log_id_;
  const LogPosition tail_;
  const std::shared_ptr<env::DirectoryLock> lock_;
  const std::shared_ptr<SnapshotRoom> room_;
  env::FileSystem& files_;
  env::Worker& background_;

  // Owner's executor only.
  std::vector<Info> kept_;       // newest first
  std::vector<Info> discarded_;  // damaged or superseded, still on disk
  uint64_t last_found_number_ = 0;
  uint64_t last_number_ = 0;
  std::shared_ptr<Unfinished> unfinished_;  // null: none was begun
  uint64_t unfinished_bytes_ = 0;
  bool busy_ = false;  // a write or commit of unfinished_ is under way
  std::shared_ptr<FileSnapshots*> alive_ = std::make_shared<FileSnapshots*>(this);
};

}  // namespace forebay::journal
