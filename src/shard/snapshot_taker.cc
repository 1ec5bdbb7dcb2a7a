// SPDX-License-Identifier: Apache-2.0
#include "shard/snapshot_taker.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/log.h"

namespace forebay::shard {

SnapshotTaker::SnapshotTaker(const SnapshotOptions& options, journal::Log& log,
                             engine::Engine& engine, const env::Clock& clock, Hooks hooks)
    : options_(options),
      log_(log),
      snapshots_(*log.snapshots()),
      engine_(engine),
      clock_(clock),
      hooks_(std::move(hooks)) {}

SnapshotTaker::~SnapshotTaker() = default;

void SnapshotTaker::started(LogPosition from, uint64_t bytes) {
  last_from_ = from;
  last_bytes_ = bytes;
}

uint64_t SnapshotTaker::growth_wanted() const {
  return std::clamp(options_.growth_factor * last_bytes_, options_.growth_bytes_min,
                    options_.growth_bytes_max);
}

void SnapshotTaker::consider(LogPosition tail) {
  if (active() || stopped_ || tail - last_from_ < growth_wanted()) return;
  if (clock_.monotonic() < not_before_) return;
  begin();
}

void SnapshotTaker::hurry(LogPosition tail) {
  if (active() || stopped_ || clock_.monotonic() < not_before_) return;
  if (tail > last_from_ || snapshots_.needed_from() < last_from_) begin();
}

void SnapshotTaker::begin() {
  state_ = State::kTaking;
  from_ = hooks_.cut();
  bytes_ = 0;
  begun_ = clock_.monotonic();
  log_info("snapshot begun", {{"position", std::to_string(from_.value)},
                              {"messages", std::to_string(engine_.message_count())}});
  snapshots_.begin(from_);
  engine_.begin_image(hooks_.now());
  next_piece();
}

void SnapshotTaker::next_piece() {
  if (stopped_) return;
  std::string piece = engine_.take_image_piece(options_.piece_bytes);
  if (piece.empty()) {
    through_ = hooks_.cut();
    state_ = State::kWaiting;
    return try_commit();
  }
  bytes_ += piece.size();
  snapshots_.write(std::move(piece),
                   if_alive([this](const Result<void>& written) { on_written(written); }));
}

void SnapshotTaker::on_written(const Result<void>& written) {
  if (stopped_) return;
  if (!written.ok()) return give_up(written.error());
  next_piece();
}

void SnapshotTaker::on_durable(LogPosition durable) {
  durable_ = durable;
  try_commit();
}

void SnapshotTaker::try_commit() {
  if (state_ != State::kWaiting || stopped_ || durable_ < through_) return;
  state_ = State::kCommitting;
  if (!log_.unsynced()) return commit();
  log_.sync(if_alive([this](journal::AppendOutcome outcome, const std::string& detail) {
    if (stopped_) return;
    if (outcome == journal::AppendOutcome::kDurable) return commit();
    hooks_.fail(detail);
  }));
}

void SnapshotTaker::commit() {
  snapshots_.commit(through_,
                    if_alive([this](const Result<void>& committed) { on_committed(committed); }));
}

void SnapshotTaker::on_committed(const Result<void>& committed) {
  if (stopped_) return;
  if (!committed.ok()) return give_up(committed.error());
  state_ = State::kIdle;
  last_from_ = from_;
  last_bytes_ = bytes_;
  log_info("snapshot committed", {{"position", std::to_string(from_.value)},
                                  {"bytes", std::to_string(bytes_)},
                                  {"ms", std::to_string(clock_.monotonic() - begun_)}});
  hooks_.ended();
}

/// A full disk is waited out: the log goes on without this snapshot. Anything else is a disk that
/// fails.
void SnapshotTaker::give_up(const Error& error) {
  snapshots_.abandon();
  engine_.abandon_image();
  state_ = State::kIdle;
  if (error.code != ErrorCode::kStorageFull) {
    return hooks_.fail("a snapshot could not be written: " + error.message);
  }
  hooks_.ended();
  not_before_ = clock_.monotonic() + options_.retry_ms;
  log_warn("no room on the disk for a snapshot; trying again later", {{"reason", error.message}});
}

void SnapshotTaker::stop() {
  stopped_ = true;
  if (state_ == State::kTaking || state_ == State::kWaiting) {
    snapshots_.abandon();
    engine_.abandon_image();
  }
}

}  // namespace forebay::shard
