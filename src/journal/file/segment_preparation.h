// SPDX-License-Identifier: Apache-2.0
// One file for a segment to come: allocated, and filled with zeros while the current one is
// written.
//
// A sync of already-written blocks costs half of one that converts or adds extents. The file is
// made on the journal's own worker, the zeros are written in the background, one slice at a time
// and only as far ahead as the owner asks: an append waits for none of them, a roll for one at
// most. A failure only costs the head start: the roll then makes the file itself.
// Thread: the owner's executor; take() on the worker.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "env/executor.h"
#include "env/file_system.h"

namespace forebay::journal {

/// Where files are made ahead, and by whom. All must outlive the last submitted job.
struct JournalStorage {
  env::FileSystem& files;
  env::Worker& worker;      // appends, and what must be done before later ones
  env::Worker& background;  // what nobody waits for
  std::string directory;
  std::shared_ptr<env::DirectoryLock> lock;  // held by every job: no other owner comes in between
  uint64_t segment_bytes = 0;                // of each file
  uint64_t batch_bytes_max = 0;              // no batch is larger
};

class SegmentPreparation : public std::enable_shared_from_this<SegmentPreparation> {
 public:
  /// A slice is at least this, and at most four times as much when the owner is far ahead.
  static constexpr uint64_t kSliceBytes = 1u << 20;

  using Changed = std::function<void(SegmentPreparation& file)>;

  /// `changed` is called when the file is ready and when it has failed, not after stop().
  SegmentPreparation(const JournalStorage& storage, std::string path, Changed changed);

  /// Makes the file, in front of whatever is submitted to the worker later.
  void allocate();
  /// Takes a file of an earlier owner over. Blocks.
  /// Errors: as FileSystem; kStorageDamaged: it has another size.
  Result<void> adopt();

  /// Sees to it that at least `bytes` of the file get filled, soon. Less than before changes
  /// nothing.
  void fill_to(uint64_t bytes);

  /// No slice is submitted any more.
  void stop() { stopped_ = true; }

  const std::string& path() const { return path_; }
  /// The disk space is there.
  bool ready() const { return ready_ && failure_.ok(); }
  /// No job of it is under way: take() is then allowed in the owner's thread too.
  bool idle() const { return !job_in_flight_; }
  /// Why it will never be ready; the file is then gone.
  const Result<void>& failure() const { return failure_; }
  /// Of the disk, when that refused; else 0.
  uint64_t free_bytes() const { return free_bytes_; }

  /// The file, as long as it must be and reading as zeros (the first page excepted), however far
  /// the filling got; null when it could not be made, or is not made yet. After stop(). Waits for a
  /// slice that is being written.
  std::shared_ptr<env::File> take();

 private:
  using Step = Result<void> (SegmentPreparation::*)(uint64_t bytes);

  void submit(env::Worker& worker, Step step, uint64_t bytes);
  void run(Step step, uint64_t bytes);
  void on_done();
  void submit_slice();
  Result<void> make_file(uint64_t bytes);
  Result<void> write_slice(uint64_t bytes);
  void give_up();

  // Constant.
  env::FileSystem& files_;
  env::Worker& worker_;
  env::Worker& background_;
  const std::string directory_;
  const std::weak_ptr<env::DirectoryLock> lock_;  // weak: what is done but not told holds no lock
  const uint64_t file_bytes_;
  const std::string path_;
  const Changed changed_;

  // Owner's executor only.
  uint64_t wanted_bytes_ = 0;
  uint64_t submitted_bytes_ = 0;
  bool job_in_flight_ = false;
  bool stopped_ = false;
  bool ready_ = false;
  Result<void> failure_;

  // Guarded by mu_ while a job is in flight; else the owner's.
  std::mutex mu_;
  std::shared_ptr<env::File> file_;
  bool taken_ = false;
  uint64_t filled_bytes_ = 0;
  uint64_t free_bytes_ = 0;
  Result<void> outcome_;
};

}  // namespace forebay::journal
