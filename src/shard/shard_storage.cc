// SPDX-License-Identifier: Apache-2.0
// The shard's storage: rebuilding the state after a restart, snapshots, the disk's space.
#include <fmt/format.h>

#include "base/log.h"
#include "shard/shard.h"

namespace forebay::shard {
namespace {

/// How often storage is looked after: by time, and by growth of the log.
constexpr int64_t kKeepStorageMs = 1000;
constexpr uint64_t kKeepStorageBytes = 8u << 20;
/// Places that a replay has freed and that nobody asks for are dropped after so many facts.
constexpr uint64_t kFactsPerRound = 1024;

}  // namespace

/// Loads the newest snapshot that is intact; returns the position to go on from.
Result<LogPosition> Shard::load_state(LogPosition tail) {
  if (env_.log.snapshots() == nullptr) return LogPosition{};
  for (const journal::Snapshots::Info& snapshot : env_.log.snapshots()->list()) {
    const Result<void> loaded = load_snapshot(snapshot, tail);
    if (loaded.ok()) return snapshot.from;
    if (loaded.error().code != ErrorCode::kStorageDamaged) return loaded.error();
    log_warn("a snapshot is damaged; the one before it, or the whole journal, is used instead",
             {{"reason", loaded.error().message}});
    engine_ = std::make_unique<engine::Engine>(options_.engine);
  }
  return LogPosition{};
}

Result<void> Shard::load_snapshot(const journal::Snapshots::Info& snapshot, LogPosition tail) {
  TRY_ASSIGN(const LogPosition through,
             env_.log.snapshots()->load(snapshot, [this](std::string_view piece) {
               return engine_->load_image_piece(piece);
             }));
  if (through > tail) {
    return Error{ErrorCode::kStorageDamaged,
                 fmt::format("snapshot {} needs the journal up to position {}, which ends at {}",
                             snapshot.number, through.value, tail.value)};
  }
  TRY_ASSIGN(last_now_, engine_->finish_image());
  return {};
}

Result<void> Shard::replay(LogPosition from) {
  TRY(env_.log.scan(from, [this](LogPosition at, std::string_view bytes) -> Result<void> {
    TRY_ASSIGN(const engine::TimedFact timed, engine::decode_fact(bytes));
    last_now_ = std::max(last_now_, timed.now);
    engine_->apply(timed.fact, timed.now, {at, static_cast<uint32_t>(bytes.size())});
    if (++recovered_fact_count_ % kFactsPerRound == 0) (void)engine_->take_released();
    return {};
  }));
  (void)engine_->take_released();
  return {};
}

/// Tells the log which contents must stay, and finds out whether all of them are there.
Result<void> Shard::retain_contents() {
  uint64_t missing = 0;
  engine::RecordPlace first;
  engine_->for_each_content([&](engine::RecordPlace place, bool needed) {
    if (env_.log.retain(place.position, place.record_bytes) || !needed) return;
    if (missing++ == 0) first = place;
  });
  if (missing == 0) return {};
  std::string unused;
  const Result<void> read = env_.log.read(first.position, first.record_bytes, unused);
  return Error{ErrorCode::kStorageDamaged,
               fmt::format("{} messages are in parts of the journal that are missing. {}", missing,
                           read.ok() ? std::string() : read.error().message)};
}

void Shard::start_storage(LogPosition from, LogPosition tail) {
  if (env_.log.snapshots() == nullptr || env_.log.space() == nullptr) return;
  SnapshotTaker::Hooks hooks;
  hooks.cut = [this] { return cut(); };
  hooks.now = [this] { return now(); };
  hooks.ended = [this] { space_->keep(engine_->message_count()); };
  hooks.fail = [this](const std::string& reason) {
    if (!failed_) fail(journal::AppendOutcome::kAmbiguous, reason);
  };
  snapshots_ = std::make_unique<SnapshotTaker>(options_.snapshots, env_.log, *engine_, env_.clock,
                                               std::move(hooks));
  uint64_t bytes = 0;
  for (const journal::Snapshots::Info& snapshot : env_.log.snapshots()->list()) {
    if (snapshot.from == from) bytes = snapshot.bytes;
  }
  snapshots_->started(from, bytes);
  snapshots_->on_durable(tail);
  space_ = std::make_unique<SpaceKeeper>(
      options_.space, env_.log, env_.readers,
      SpaceKeeper::Hooks{
          [this](const journal::PieceReader::Record& record) { return relocate(record); },
          [this] { snapshots_->hurry(batch_.end()); }});
  keep_storage_regularly();
}

void Shard::keep_storage_regularly() {
  keep_storage();
  storage_timer_ = env_.executor.upkeep_after(kKeepStorageMs, [this] { keep_storage_regularly(); });
}

void Shard::keep_storage_if_grown() {
  if (space_ != nullptr && durable_ - storage_kept_at_ >= kKeepStorageBytes) keep_storage();
}

void Shard::keep_storage() {
  storage_kept_at_ = durable_;
  space_->keep(engine_->message_count());
  snapshots_->consider(batch_.end());
  arm_timer();  // for move tasks that waited for space, as these polls did
  touched_.insert(touched_.end(), starved_.begin(), starved_.end());
  starved_.clear();
  wake_polls();
}

/// The position behind everything recorded so far, where a batch ends.
LogPosition Shard::cut() {
  if (!batch_.empty()) seal_batch();
  schedule_flush();
  return batch_.start();
}

uint64_t Shard::relocate(const journal::PieceReader::Record& record) {
  engine::Facts facts;
  const auto bytes = static_cast<uint32_t>(record.bytes.size());
  engine_->decide_relocation({record.at, bytes}, record.bytes, facts);
  if (facts.empty()) return 0;
  record_one(facts.front());
  return bytes;
}

Result<void> Shard::admit(Use use, uint64_t bytes) const {
  if (space_ == nullptr) return {};
  return space_->admit(use, bytes, batch_.end() - durable_);
}

}  // namespace forebay::shard
