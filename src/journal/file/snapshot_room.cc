// SPDX-License-Identifier: Apache-2.0
#include "journal/file/snapshot_room.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"

namespace forebay::journal {
namespace {

/// More than this beyond four times what is wanted is given back.
constexpr uint64_t kSurplusBytes = 4u << 20;

bool is_right(uint64_t there, uint64_t wanted) {
  return there >= wanted && there <= 4 * wanted + kSurplusBytes;
}

}  // namespace

SnapshotRoom::SnapshotRoom(env::FileSystem& files, std::string directory) : files_(files) {
  for (size_t i = 0; i < parts_.size(); ++i) {
    parts_[i].path = fmt::format("{}/{}{}", directory, i + 1, kRoomSuffix);
  }
}

bool SnapshotRoom::suits(uint64_t bytes) const {
  return std::ranges::all_of(parts_, [&](const Part& part) { return is_right(part.bytes, bytes); });
}

uint64_t SnapshotRoom::disk_bytes() const {
  uint64_t sum = 0;
  for (const Part& part : parts_) sum += part.bytes;
  return sum;
}

Result<void> SnapshotRoom::make(uint64_t bytes) {
  for (Part& part : parts_) {
    if (!is_right(part.bytes, bytes)) TRY(make_part(part, bytes));
  }
  return {};
}

Result<void> SnapshotRoom::make_part(Part& part, uint64_t bytes) {
  TRY_ASSIGN(bool there, files_.exists(part.path));
  if (there && part.bytes > bytes) {
    TRY(files_.remove(part.path));
    part.bytes = 0;
    there = false;
  }
  if (bytes == 0 && !there) return {};
  const auto mode = there ? env::OpenMode::kReadWrite : env::OpenMode::kCreate;
  TRY_ASSIGN(const auto file, files_.open(part.path, mode));
  const Result<void> allocated = file->allocate(bytes);
  if (!allocated.ok() && !there) TRY(files_.remove(part.path));
  TRY(allocated);
  TRY_ASSIGN(part.bytes, file->size());
  return {};
}

bool SnapshotRoom::give() {
  for (Part& part : parts_) {
    if (part.bytes == 0) continue;
    part.bytes = 0;
    const Result<void> removed = files_.remove(part.path);
    if (removed.ok()) return true;
    log_warn("cannot give the room kept for a snapshot back to the disk",
             {{"reason", removed.error().message}});
  }
  return false;
}

}  // namespace forebay::journal
