// SPDX-License-Identifier: Apache-2.0
#include "journal/file/file_space.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/check.h"
#include "base/log.h"
#include "journal/batch.h"
#include "journal/file/batch_cursor.h"
#include "journal/file/segment_end.h"

namespace forebay::journal {
namespace {

/// How many bytes of records next() returns, about.
constexpr uint64_t kPieceBytes = 256u << 10;

class SegmentPieces final : public PieceReader {
 public:
  explicit SegmentPieces(PlacedSegment placed)
      : placed_(std::move(placed)),
        cursor_(*placed_.segment, placed_.segment->header().first_position) {}

  Result<std::vector<Record>> next() override {
    std::vector<Record> records;
    uint64_t bytes = 0;
    while (bytes < kPieceBytes && cursor_.position() < placed_.end) {
      TRY_ASSIGN(const uint64_t taken, take_batch(records));
      bytes += taken;
    }
    return records;
  }

 private:
  /// Its size.
  Result<uint64_t> take_batch(std::vector<Record>& records) {
    TRY_ASSIGN(const auto batch, cursor_.peek());
    if (!batch) return damaged("no batch stands here, though the segment goes on");
    const auto verified = verify_batch(batch->bytes);
    if (!verified.ok()) return damaged(verified.error().message);
    TRY(visit_verified_records(batch->bytes, [&](LogPosition at, std::string_view record) {
      records.push_back({at, std::string(record)});
      return Result<void>();
    }));
    cursor_.advance(*batch);
    return uint64_t{batch->bytes.size()};
  }

  Error damaged(std::string_view what) const {
    return damaged_at(placed_.segment->path(), placed_.segment->offset_of(cursor_.position()),
                      what);
  }

  const PlacedSegment placed_;
  BatchCursor cursor_;
};

}  // namespace

/// Files that nobody needs any more. run() is harmless however far an earlier one got.
struct FileSpace::Removal {
  std::vector<PlacedSegment> before_holes;         // to be marked first
  std::vector<std::shared_ptr<Segment>> segments;  // held, so that nobody waits for their end
  uint64_t disk_bytes = 0;
  Result<void> outcome;

  Result<void> run(const JournalStorage& storage) {
    for (const PlacedSegment& placed : before_holes) {
      TRY(write_end_mark(storage.files, *placed.segment, placed.end));
    }
    before_holes.clear();  // durable; a later try may find these segments gone
    for (const auto& segment : segments) {
      TRY_ASSIGN(const bool there, storage.files.exists(segment->path()));
      if (there) TRY(storage.files.remove(segment->path()));
    }
    TRY(storage.files.sync_directory(storage.directory));
    segments.clear();
    return {};
  }
};

FileSpace::FileSpace(const JournalStorage& storage, SegmentTable& table, SyncFirst sync_first)
    : storage_(storage),
      table_(table),
      sync_first_(std::move(sync_first)),
      reserve_(storage),
      snapshot_room_(std::make_shared<SnapshotRoom>(storage.files, storage.directory)),
      removal_(std::make_shared<Removal>()) {}

FileSpace::Usage FileSpace::usage() const {
  Usage usage;
  usage.disk_bytes = table_.disk_bytes() + reserve_.disk_bytes() + snapshot_room_->disk_bytes() +
                     removal_->disk_bytes + other_disk_bytes_();
  usage.live_bytes = table_.live_bytes();
  usage.room_bytes =
      certain_room(left_bytes_) +
      reserve_.ready_count() * certain_room(storage_.segment_bytes - kSegmentHeaderBytes);
  usage.settled = !making_room_ && reserve_.settled();
  for (const auto& refusal : {room_refusal_, reserve_.refusal()}) {
    if (!refusal) continue;
    usage.short_of_space = true;
    usage.free_bytes = refusal->free_bytes;
    usage.missing_bytes += refusal->missing_bytes;
  }
  return usage;
}

uint64_t FileSpace::certain_room(uint64_t left) const {
  return left - std::min(left, storage_.batch_bytes_max);
}

/// For the room that is reserved; and one from an eighth of the segment on, so that it can be
/// filled.
size_t FileSpace::wanted_files() const {
  const uint64_t here = certain_room(left_bytes_);
  const uint64_t each = certain_room(storage_.segment_bytes - kSegmentHeaderBytes);
  const uint64_t missing = reserved_bytes_ - std::min(reserved_bytes_, here);
  const bool fills = used_bytes_ > (used_bytes_ + left_bytes_) / 8;
  const uint64_t needed = each > 0 ? (missing + each - 1) / each : std::min<uint64_t>(missing, 1);
  return std::max<uint64_t>(needed, fills ? 1 : 0);
}

void FileSpace::reserve(uint64_t bytes, uint64_t snapshot_bytes) {
  reserved_bytes_ = bytes;
  snapshot_bytes_ = snapshot_bytes;
  if (snapshot_room_->suits(snapshot_bytes)) {
    make_segments();
  } else if (!making_room_) {
    make_snapshot_room();
  }
}

/// Segments made ahead must not take what snapshots need.
void FileSpace::make_segments() {
  room_refusal_.reset();
  reserve_.want(wanted_files(), /*retry=*/true);
  reserve_.give_back();
}

void FileSpace::make_snapshot_room() {
  struct Made {
    Result<void> outcome;
    uint64_t free_bytes = 0;  // when that is "full"
  };
  making_room_ = true;
  const auto made = std::make_shared<Made>();
  storage_.background.submit(
      [made, room = snapshot_room_, bytes = snapshot_bytes_, storage = storage_]() mutable {
        made->outcome = room->make(bytes);
        if (!made->outcome.ok()) {
          const auto free = storage.files.free_bytes(storage.directory);
          if (free.ok()) made->free_bytes = *free;
        }
        storage.lock.reset();
      },
      [made, alive = std::weak_ptr(alive_)] {
        if (const auto space = alive.lock()) {
          (*space)->on_snapshot_room(made->outcome, made->free_bytes);
        }
      });
}

void FileSpace::on_snapshot_room(const Result<void>& made, uint64_t free_bytes) {
  making_room_ = false;
  if (!made.ok() && made.error().code == ErrorCode::kStorageFull) {
    const uint64_t wanted = 2 * snapshot_bytes_;
    room_refusal_ = {free_bytes, wanted - std::min(wanted, snapshot_room_->disk_bytes())};
    return;
  }
  const std::string warning = made.ok() ? std::string() : made.error().message;
  if (!warning.empty() && warning != last_room_warning_) {
    log_warn("cannot keep room for snapshots; trying again", {{"reason", warning}});
  }
  last_room_warning_ = warning;
  make_segments();
}

void FileSpace::acquired(const Recovered& recovered) {
  reserve_.adopt(recovered.reserves);
}

void FileSpace::appended(uint64_t used, uint64_t left) {
  used_bytes_ = used;
  left_bytes_ = left;
  if (!room_refusal_) reserve_.want(wanted_files(), /*retry=*/false);
}

/// Filling begins when an eighth of the segment is used and runs twice as fast as the appends.
void FileSpace::fill_ahead() {
  const uint64_t begin = (used_bytes_ + left_bytes_) / 8;
  if (used_bytes_ > begin) reserve_.fill_next_to(2 * (used_bytes_ - begin));
}

void FileSpace::trim(LogPosition needed_from) {
  if (removing_) return;
  SegmentTable::Removed removed = table_.take_dead(needed_from);
  for (PlacedSegment& placed : removed.segments) {
    removal_->disk_bytes += placed.segment->header().segment_bytes;
    removal_->segments.push_back(std::move(placed.segment));
  }
  std::ranges::move(removed.before_holes, std::back_inserter(removal_->before_holes));
  if (removal_->segments.empty()) return;
  removing_ = true;
  sync_first_([this] { remove_later(); });
}

void FileSpace::remove_later() {
  storage_.background.submit(
      [removal = removal_, storage = storage_]() mutable {
        removal->outcome = removal->run(storage);
        storage.lock.reset();
      },
      [alive = std::weak_ptr(alive_)] {
        if (const auto space = alive.lock()) (*space)->on_removed();
      });
}

void FileSpace::on_removed() {
  removing_ = false;
  if (removal_->outcome.ok()) {
    removal_ = std::make_shared<Removal>();
    return;
  }
  log_warn("cannot remove journal segments that are of no use any more; trying again later",
           {{"reason", removal_->outcome.error().message},
            {"bytes", std::to_string(removal_->disk_bytes)}});
}

std::optional<Space::Sparse> FileSpace::sparsest(LogPosition needed_from, double share_max) const {
  const auto found = table_.sparsest(needed_from);
  if (!found) return std::nullopt;
  const SegmentHeader& header = found->placed.segment->header();
  const double share =
      static_cast<double>(found->live_bytes) / static_cast<double>(header.segment_bytes);
  if (share > share_max) return std::nullopt;
  return Sparse{header.number, header.segment_bytes, found->live_bytes};
}

std::unique_ptr<PieceReader> FileSpace::open(const Sparse& segment) const {
  std::optional<PlacedSegment> placed = table_.named(segment.segment);
  CHECK(placed);  // a segment with something live is not removed
  return std::make_unique<SegmentPieces>(*std::move(placed));
}

}  // namespace forebay::journal
