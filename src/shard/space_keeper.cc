// SPDX-License-Identifier: Apache-2.0
#include "shard/space_keeper.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "journal/snapshots.h"

namespace forebay::shard {
namespace {

/// Records looked at with one append, live or not.
constexpr size_t kRecordsPerAppend = 256;
/// Kept for deletes when everything else is refused, and for what the server itself must note.
constexpr uint64_t kReceiveReserveMin = 8u << 20;
constexpr uint64_t kShrinkReserveMin = 1u << 20;
/// A delete and its batch's header.
constexpr uint64_t kDeleteBytes = 48;

}  // namespace

SpaceKeeper::SpaceKeeper(const SpaceOptions& options, journal::Log& log, env::Worker& readers,
                         Hooks hooks)
    : options_(options),
      log_(log),
      space_(*log.space()),
      readers_(readers),
      hooks_(std::move(hooks)) {}

uint64_t SpaceKeeper::reserve_bytes(Use use) const {
  const uint64_t most = usage_.live_bytes / options_.reserve_divisor_max;
  switch (use) {
    case Use::kGrow:
      return options_.reserve_bytes_min +
             std::min(message_count_ * options_.reserve_bytes_per_message, most);
    case Use::kReceive:
      return std::min(options_.reserve_bytes_min, kReceiveReserveMin) +
             std::min(message_count_ * kDeleteBytes, most / 2);
    case Use::kShrink:
      return std::min(options_.reserve_bytes_min, kShrinkReserveMin);
  }
  return 0;
}

uint64_t SpaceKeeper::snapshot_room_bytes() const {
  const auto snapshots = log_.snapshots()->list();
  const uint64_t newest = snapshots.empty() ? 0 : snapshots.front().bytes;
  return options_.snapshot_room_bytes_min +
         static_cast<uint64_t>(options_.snapshot_room_factor * static_cast<double>(newest));
}

void SpaceKeeper::keep(uint64_t message_count) {
  if (stopped_) return;
  message_count_ = message_count;
  const LogPosition needed_from = log_.snapshots()->needed_from();
  space_.trim(needed_from);
  usage_ = space_.usage();
  space_.reserve(reserve_bytes(Use::kGrow), snapshot_room_bytes());
  usage_ = space_.usage();
  note_shortage();
  const uint64_t wanted = 2 * usage_.live_bytes + options_.slack_bytes;
  if (reader_ == nullptr && (usage_.disk_bytes > wanted || usage_.short_of_space)) {
    empty_a_segment(usage_);
  }
}

void SpaceKeeper::note_shortage() {
  if (usage_.short_of_space == short_) return;
  short_ = usage_.short_of_space;
  if (short_) {
    log_warn("the disk is full: sends are refused until messages are deleted or space is freed",
             {{"bytes_free", std::to_string(usage_.free_bytes)},
              {"bytes_needed", std::to_string(usage_.missing_bytes)}});
  } else {
    log_info("the disk has room again: sends are accepted");
  }
}

void SpaceKeeper::empty_a_segment(const journal::Space::Usage& usage) {
  const auto sparse = space_.sparsest(log_.snapshots()->needed_from(), options_.live_share_max);
  if (!sparse) {
    // Perhaps there is one that only an older snapshot needs.
    if (space_.sparsest(LogPosition(UINT64_MAX), options_.live_share_max)) hooks_.want_snapshot();
    return;
  }
  if (sparse->live_bytes == 0 || unreadable_.contains(sparse->segment)) return;
  const uint64_t floor = reserve_bytes(Use::kReceive);
  if (usage.short_of_space && usage.room_bytes < sparse->live_bytes + floor) return;
  log_info("emptying a journal segment", {{"segment", std::to_string(sparse->segment)},
                                          {"live_bytes", std::to_string(sparse->live_bytes)},
                                          {"disk_bytes", std::to_string(usage.disk_bytes)}});
  segment_ = sparse->segment;
  reader_ = space_.open(*sparse);
  read_on();
}

void SpaceKeeper::read_on() {
  using Read = Result<std::vector<journal::PieceReader::Record>>;
  reading_ = true;
  const auto result = std::make_shared<std::optional<Read>>();
  readers_.submit([reader = reader_, result] { result->emplace(reader->next()); },
                  [this, result, alive = std::weak_ptr(alive_)] {
                    if (!alive.expired()) on_read(std::move(**result));
                  });
}

void SpaceKeeper::on_read(Result<std::vector<journal::PieceReader::Record>> read) {
  reading_ = false;
  if (!read.ok()) {
    log_error("a journal segment cannot be read, so its space cannot be used again",
              {{"reason", read.error().message}});
    unreadable_.insert(segment_);
    reader_.reset();
    return;
  }
  records_ = std::move(read).value();
  next_record_ = 0;
  if (records_.empty()) {
    reader_.reset();
    return;
  }
  on_appended();
}

void SpaceKeeper::on_appended() {
  if (stopped_) return;
  usage_ = space_.usage();
  note_shortage();
  if (reader_ == nullptr || reading_) return;
  uint64_t bytes = 0;
  const size_t end = std::min(records_.size(), next_record_ + kRecordsPerAppend);
  while (next_record_ < end && bytes < options_.relocated_bytes_per_append) {
    bytes += hooks_.relocate(records_[next_record_++]);
  }
  if (next_record_ == records_.size()) return read_on();
  if (bytes > 0) return;  // the append of these goes on with the next ones
  readers_.submit([] {},
                  [this, alive = std::weak_ptr(alive_)] {
                    if (!alive.expired()) on_appended();
                  });
}

Result<void> SpaceKeeper::admit(Use use, uint64_t bytes, uint64_t pending_bytes) const {
  if (!short_ && (usage_.settled || use != Use::kGrow)) return {};
  const journal::Space::Usage usage = space_.usage();
  const uint64_t wanted = pending_bytes + bytes + (short_ ? reserve_bytes(use) : 0);
  if (wanted <= usage.room_bytes) return {};
  if (!short_ && !usage.short_of_space) {
    if (usage.settled) return {};
    return Error{ErrorCode::kServiceUnavailable,
                 "The server is still making room on its disk. Try again in a moment."};
  }
  return Error{ErrorCode::kServiceUnavailable,
               fmt::format("The server's disk is full: {} bytes are free and {} more are needed. "
                           "Delete messages or free disk space, then try again.",
                           usage.free_bytes, usage.missing_bytes)};
}

}  // namespace forebay::shard
