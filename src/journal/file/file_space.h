// SPDX-License-Identifier: Apache-2.0
// The disk space of a file log: what is live in which segment, room allocated ahead, and the
// removal of segments.
//
// A segment leaves the table in trim(), its file a little later on the background worker; who reads
// it then goes on, by its own hold of the file. In front of the hole a mark says where the batches
// end (segment_end.h). A removal that fails is tried again at the next trim(), or found by the next
// owner, whose live contents are all elsewhere.
// Thread: the owner's executor.
// Borrows: the table.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "journal/file/recovery.h"
#include "journal/file/segment_reserve.h"
#include "journal/file/segment_table.h"
#include "journal/file/snapshot_room.h"
#include "journal/space.h"

namespace forebay::journal {

class FileSpace final : public Space {
 public:
  /// Calls its argument once everything appended so far is durable; never if that fails.
  using SyncFirst = std::function<void(std::function<void()>)>;

  FileSpace(const JournalStorage& storage, SegmentTable& table, SyncFirst sync_first);

  Usage usage() const override;
  void reserve(uint64_t bytes, uint64_t snapshot_bytes) override;
  void trim(LogPosition needed_from) override;
  std::optional<Sparse> sparsest(LogPosition needed_from, double share_max) const override;
  std::unique_ptr<PieceReader> open(const Sparse& segment) const override;

  // For the log.

  /// Takes over what an earlier owner has left.
  void acquired(const Recovered& recovered);
  /// Of the last segment `used` bytes of the file are used, or will be when all that was submitted
  /// is written, and `left` are not. Makes files ahead if that asks for some.
  void appended(uint64_t used, uint64_t left);
  /// Fills the next file a bit more, behind what was submitted so far.
  void fill_ahead();
  SegmentReserve& segment_reserve() { return reserve_; }
  /// For who writes snapshots.
  const std::shared_ptr<SnapshotRoom>& snapshot_room() const { return snapshot_room_; }
  /// Files of the log that are someone else's business count as disk_bytes too.
  void count_also(std::function<uint64_t()> disk_bytes) {
    other_disk_bytes_ = std::move(disk_bytes);
  }
  /// Whether files are being removed.
  bool removing() const { return removing_; }

 private:
  struct Removal;

  void make_snapshot_room();
  void on_snapshot_room(const Result<void>& made, uint64_t free_bytes);
  void make_segments();
  /// Of a file; what is left at its end is less than a batch and may be no use.
  uint64_t certain_room(uint64_t left) const;
  size_t wanted_files() const;
  void remove_later();
  void on_removed();

  const JournalStorage storage_;
  SegmentTable& table_;
  const SyncFirst sync_first_;
  SegmentReserve reserve_;
  const std::shared_ptr<SnapshotRoom> snapshot_room_;
  std::function<uint64_t()> other_disk_bytes_ = [] { return uint64_t{0}; };
  uint64_t reserved_bytes_ = 0;
  uint64_t snapshot_bytes_ = 0;
  bool making_room_ = false;  // for snapshots
  std::optional<SegmentReserve::Refusal> room_refusal_;
  std::string last_room_warning_;  // not repeated
  uint64_t used_bytes_ = 0;
  uint64_t left_bytes_ = 0;
  std::shared_ptr<Removal> removal_;  // what is to be removed, or being so
  bool removing_ = false;
  std::shared_ptr<FileSpace*> alive_ = std::make_shared<FileSpace*>(this);
};

}  // namespace forebay::journal
