// SPDX-License-Identifier: Apache-2.0
// One batch on its way to the disk, and the end of all writing when that goes wrong.
//
// Thread: made and read by the owner, run() on the worker; never both at once.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/ids.h"
#include "base/result.h"
#include "env/file_system.h"
#include "journal/file/segment.h"
#include "journal/file/segment_preparation.h"

namespace forebay::journal {

/// The first write or sync that failed. Nothing is written behind it.
/// Thread: the worker's, or the owner's while the worker has nothing to do.
struct WriteFailure {
  Result<void> first;
};

/// Holds all it needs, the directory's lock included: when the log is destroyed under it, no other
/// owner gets in before it has ended.
struct AppendJob {
  AppendJob(env::FileSystem& file_system, std::shared_ptr<env::DirectoryLock> directory_lock,
            std::shared_ptr<WriteFailure> write_failure)
      : files(file_system), lock(std::move(directory_lock)), failure(std::move(write_failure)) {}

  // What to do.
  env::FileSystem& files;
  std::shared_ptr<env::DirectoryLock> lock;
  std::shared_ptr<WriteFailure> failure;
  std::shared_ptr<Segment> segment;              // to write to, unless `next` is set
  std::optional<NewSegment> next;                // to be made first
  std::shared_ptr<SegmentPreparation> prepared;  // perhaps has its file
  LogPosition at;
  std::shared_ptr<const std::string> batch;
  bool sync = true;               // the batch itself
  bool sync_before_roll = false;  // what stands before it in `segment`
  // How it went.
  bool rolled = false;
  Result<void> outcome;

  LogPosition end() const { return at + batch->size(); }
  void run();

 private:
  Result<void> write();
  Result<void> roll();
  uint64_t padding() const;
};

}  // namespace forebay::journal
