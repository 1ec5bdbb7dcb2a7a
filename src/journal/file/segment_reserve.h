// SPDX-License-Identifier: Apache-2.0
// Files allocated for the segments to come, so that a roll finds its disk space taken already.
//
// They survive the process: the next owner takes them over. When the disk refuses one, that is no
// error; refusal() tells, and want() with `retry` tries again.
// Thread: the owner's executor.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal/file/segment_preparation.h"

namespace forebay::journal {

class SegmentReserve {
 public:
  /// The disk is too full for what is wanted.
  struct Refusal {
    uint64_t free_bytes;     // of the disk, at that moment
    uint64_t missing_bytes;  // that were wanted and not there
  };

  explicit SegmentReserve(JournalStorage storage);
  ~SegmentReserve();
  SegmentReserve(const SegmentReserve&) = delete;
  SegmentReserve& operator=(const SegmentReserve&) = delete;

  /// Takes over what an earlier owner has left, or removes it when its size is not of use now. Only
  /// the first call does anything. Blocks. What goes wrong is a warning.
  void adopt(const std::vector<uint64_t>& numbers);

  /// `count` files are wanted from now on. Starts what is missing, after a failure only with
  /// `retry`. More than wanted stay.
  void want(size_t count, bool retry);
  /// Removes all but one of the files that are not wanted.
  void give_back();

  /// The next file, for a roll submitted to the worker from now on; null when none was begun.
  std::shared_ptr<SegmentPreparation> take();
  /// The next file that can be used at once; null when there is none.
  std::shared_ptr<SegmentPreparation> take_idle();

  /// Fills the next file with zeros, up to there.
  void fill_next_to(uint64_t bytes);

  /// Files whose space is certain.
  size_t ready_count() const;
  /// What is wanted is there, or has failed.
  bool settled() const { return blocked_ || ready_count() >= wanted_; }
  uint64_t disk_bytes() const { return ready_count() * storage_.segment_bytes; }
  const std::optional<Refusal>& refusal() const { return refusal_; }

 private:
  using Prepared = std::shared_ptr<SegmentPreparation>;

  Prepared make(uint64_t number);
  void make_missing();
  void on_changed(SegmentPreparation& file);
  void note_failure(const SegmentPreparation& file);
  void remove_later(std::vector<std::string> paths);
  Prepared take_at(std::deque<Prepared>::iterator at);

  // Constant.
  const JournalStorage storage_;

  std::deque<Prepared> files_;  // in order of their use
  uint64_t last_number_ = 0;
  bool adopted_ = false;
  size_t wanted_ = 0;
  bool blocked_ = false;  // something failed: no new try without a reason
  std::optional<Refusal> refusal_;
  std::string last_warning_;  // not repeated
};

}  // namespace forebay::journal
