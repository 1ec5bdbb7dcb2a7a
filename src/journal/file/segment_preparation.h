// SPDX-License-Identifier: Apache-2.0
// Fills the next segment's file with zeros while the current one is being written.
//
// A sync of already-written blocks costs half of one that converts or adds extents. The filling
// runs as jobs on the journal's own worker, one slice and its sync at a time and only as far ahead
// as the owner asks, so an append waits for one slice at most. A failure only costs the head start:
// the roll then makes the file itself.
// Thread: the owner's executor; take() on the worker.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "env/executor.h"
#include "env/file_system.h"

namespace forebay::journal {

class SegmentPreparation : public std::enable_shared_from_this<SegmentPreparation> {
 public:
  /// A slice is at least this, and at most four times as much when the owner is far ahead.
  static constexpr uint64_t kSliceBytes = 1u << 20;

  /// Borrows `files` and `worker`, until the last submitted slice has run.
  SegmentPreparation(env::FileSystem& files, env::Worker& worker, std::string path,
                     uint64_t file_bytes);

  /// Sees to it that at least `bytes` of the file get filled, soon. Less than before changes
  /// nothing.
  void fill_to(uint64_t bytes);

  /// No slice is submitted any more.
  void stop() { stopped_ = true; }

  const std::string& path() const { return path_; }

  /// The file, as long as it must be and reading as zeros, however far the filling got; null when
  /// it could not be made. Behind every submitted slice in the worker's queue, and after stop().
  std::unique_ptr<env::File> take();

 private:
  void submit_slice();
  Result<void> write_slice(uint64_t bytes);

  // Constant.
  env::FileSystem& files_;
  env::Worker& worker_;
  const std::string path_;
  const uint64_t file_bytes_;

  // Owner's executor only.
  uint64_t wanted_bytes_ = 0;
  uint64_t submitted_bytes_ = 0;
  bool slice_in_flight_ = false;
  bool stopped_ = false;

  // Worker only, while a slice is in flight; then the owner's.
  std::unique_ptr<env::File> file_;
  uint64_t filled_bytes_ = 0;
  bool failed_ = false;
};

}  // namespace forebay::journal
