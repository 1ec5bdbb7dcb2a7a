// SPDX-License-Identifier: Apache-2.0
#include "shard/shard.h"

#include <algorithm>

namespace forebay::shard {
namespace {

constexpr int64_t kHousekeepingMs = 1000;
/// Queues looked at between two chances for requests to run.
constexpr int kQueuesPerSweep = 64;

}  // namespace

Shard::Shard(const ShardOptions& options, const ShardEnvironment& environment)
    : options_(options),
      env_(environment),
      engine_(std::make_unique<engine::Engine>(options.engine)),
      batch_(LogPosition{}) {}

Shard::~Shard() {
  *alive_ = false;
  env_.executor.cancel(timer_);
  env_.executor.cancel(housekeeping_timer_);
  env_.executor.cancel(storage_timer_);
  env_.executor.cancel(sync_timer_);
}

Result<std::unique_ptr<Shard>> Shard::open(const ShardOptions& options,
                                           const ShardEnvironment& environment) {
  std::unique_ptr<Shard> shard(new Shard(options, environment));
  TRY(shard->recover());
  return shard;
}

Result<void> Shard::recover() {
  TRY_ASSIGN(const journal::Log::Acquired acquired, env_.log.acquire(options_.owner));
  TRY_ASSIGN(const LogPosition from, load_state(acquired.tail));
  TRY(replay(from));
  TRY(retain_contents());
  epoch_ = acquired.epoch;
  durable_ = acquired.tail;
  batch_ = journal::BatchWriter(acquired.tail);
  last_monotonic_ = env_.clock.monotonic();

  Bytes16 secret{};
  env_.random.fill(secret);
  if (const std::optional<engine::Fact> created = engine_->decide_shard(secret))
    record_one(*created);
  schedule_flush();
  start_storage(from, acquired.tail);
  housekeeping();
  arm_timer();
  return {};
}

void Shard::abandon(const std::shared_ptr<const engine::Client>& client) {
  if (std::optional<LongPoll> poll = polls_.take(client.get())) end_poll(*std::move(poll));
}

void Shard::release_polls() {
  draining_ = true;
  while (std::optional<LongPoll> poll = polls_.take_any()) end_poll(*std::move(poll));
}

void Shard::close(std::function<void()> done) {
  release_polls();
  env_.executor.cancel(housekeeping_timer_);
  env_.executor.cancel(storage_timer_);
  env_.executor.cancel(sync_timer_);
  housekeeping_timer_ = storage_timer_ = sync_timer_ = 0;
  if (snapshots_ != nullptr) snapshots_->stop();
  if (space_ != nullptr) space_->stop();
  closing_ = std::move(done);
  unproven_ = true;
  schedule_flush();
}

WallMs Shard::now() {
  const MonotonicMs monotonic = env_.clock.monotonic();
  last_now_ = std::max(env_.clock.wall(), last_now_ + (monotonic - last_monotonic_));
  last_monotonic_ = monotonic;
  return last_now_;
}

/// Small steps, so that requests run in between; once a round finds nothing to do, rests for a
/// second.
void Shard::housekeeping() {
  facts_.clear();
  const bool allowed = admit(Use::kShrink).ok();
  const bool rest = !allowed || engine_->decide_sweep(kQueuesPerSweep, now(), facts_);
  record(facts_);
  note_contents(nullptr, {});
  release_held();    // what was freed without a fact waits for no append
  note_due_polls();  // timers count monotonic time: they miss a wall clock that was set forward
  wake_polls();
  if (unproven_ && idle()) schedule_flush();
  housekeeping_timer_ =
      env_.executor.upkeep_after(rest ? kHousekeepingMs : 0, [this] { housekeeping(); });
}

void Shard::arm_timer() {
  std::optional<MonotonicMs> at = polls_.next_deadline();
  if (const std::optional<WallMs> due = polls_.next_due()) {
    const MonotonicMs due_at = env_.clock.monotonic() + std::max<int64_t>(0, *due - now());
    if (!at || due_at < *at) at = due_at;
  }
  // While an append is under way, its end goes on with the move tasks; while the shard is closing,
  // nothing does, and on a full disk the next look at the space.
  const bool moves = !append_in_flight_ && !draining_ && admit(Use::kGrow).ok();
  if (const std::optional<WallMs> due = engine_->next_move_due(); due && moves) {
    const MonotonicMs due_at = env_.clock.monotonic() + std::max<int64_t>(0, *due - now());
    if (!at || due_at < *at) at = due_at;
  }
  if (!at) return;  // a timer that is still set finds nothing to do
  if (timer_ != 0 && timer_at_ <= *at) return;
  env_.executor.cancel(timer_);
  timer_at_ = *at;
  const int64_t delay_ms = std::max<int64_t>(0, *at - env_.clock.monotonic());
  timer_ = env_.executor.after(delay_ms, [this] { on_timer(); });
}

void Shard::on_timer() {
  timer_ = 0;
  if (!append_in_flight_) run_move_tasks();
  note_due_polls();
  wake_polls();
  const MonotonicMs monotonic = env_.clock.monotonic();
  while (std::optional<LongPoll> poll = polls_.take_expired(monotonic)) end_poll(*std::move(poll));
  arm_timer();
}

/// The queues in which a message has become visible by now.
void Shard::note_due_polls() {
  const WallMs moment = now();
  while (const std::optional<QueueId> queue = polls_.take_due(moment)) touched_.push_back(*queue);
}

/// Nothing came: an empty result.
void Shard::end_poll(LongPoll poll) {
  hold(Reply(engine::ReceiveMessages::Reply{}), std::move(poll.done));
}

}  // namespace forebay::shard
