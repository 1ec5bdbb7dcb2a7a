// SPDX-License-Identifier: Apache-2.0
#include "sim/sim_server.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "journal/file/file_log.h"

namespace forebay::sim {
namespace {

/// Queues that a step of housekeeping looks at, as the shard does.
constexpr int kQueuesPerSweep = 64;
/// So little that most reads meet the disk.
constexpr uint64_t kColdCacheBytes = 4096;
constexpr int64_t kSyncIntervalMs = 50;

/// The first line in which two dumps differ, for a violation's text.
std::string first_difference(std::string_view got, std::string_view want) {
  const auto [g, w] = std::mismatch(got.begin(), got.end(), want.begin(), want.end());
  const auto line = [](std::string_view text, size_t at) {
    const size_t begin = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
    return std::string(text.substr(begin, text.find('\n', at) - begin));
  };
  return fmt::format("\n  got  {}\n  want {}", line(got, static_cast<size_t>(g - got.begin())),
                     line(want, static_cast<size_t>(w - want.begin())));
}

}  // namespace

SimServer::SimServer(const ServerOptions& options, SimWorld& world, Verdict& verdict, Prng prng)
    : options_(options),
      world_(world),
      verdict_(verdict),
      prng_(prng),
      disk_(prng_.fork()),
      history_(verdict),
      random_(prng_.fork()) {
  if (options_.sabotage) prepare_sabotage();
}

void SimServer::prepare_sabotage() {
  saboteur_ = std::make_unique<Saboteur>(
      *options_.sabotage, world_, Prng(prng_).fork(), [this](shard::Request request) {
        if (running()) shard_->submit(std::move(request), [](const Result<shard::Reply>&) {});
      });
  if (options_.sabotage == Sabotage::kSyncDoesNothing) disk_.lie_about_syncs();
}

void SimServer::submit(shard::Request request, shard::Done done, ReplyOrder::Lost lost) {
  const auto door = [this, &lost](shard::Request carried, shard::Done reply_to) {
    shard_->submit(std::move(carried), order_->enlist(std::move(reply_to), std::move(lost)));
  };
  if (saboteur_ == nullptr) return door(std::move(request), std::move(done));
  saboteur_->carry(std::move(request), std::move(done), door);
}

SimServer::Started SimServer::start() {
  CHECK(!running());
  ++owner_;
  doom_.clear();
  refusal_.clear();
  executor_ =
      std::make_unique<SimExecutor>(world_, owner_, prng_.fork(), options_.timer_lateness_ms);
  order_ = std::make_unique<ReplyOrder>(
      world_, ReplyOrder::Process{owner_, [this] { return disk_.dead(); }}, verdict_, prng_.fork(),
      options_.late_per_mille);
  const WorkerLatency latency{options_.disk_latency_ms, options_.stall_per_mille,
                              options_.stall_ms};
  const auto call_count = [this] { return disk_.call_count(); };
  worker_ = std::make_unique<SimWorker>(world_, owner_, prng_.fork(), latency, call_count);
  background_ = std::make_unique<SimWorker>(world_, owner_, prng_.fork(), latency, call_count);
  readers_ = std::make_unique<SimWorker>(world_, owner_, prng_.fork(), latency, call_count);
  disk_.set_cold(options_.cold_per_mille);
  const uint64_t refusals = disk_.refusal_count();
  if (saboteur_ != nullptr) saboteur_->process_started();
  const Result<void> opened = open();
  if (opened.ok()) {
    check_recovered_state();
    if (saboteur_ != nullptr && saboteur_->strikes(Sabotage::kEndsByItself)) doom_ = "sabotage";
    return Started::kRunning;
  }
  refusal_ = opened.error().message;
  const bool struck = disk_.dead() || disk_.fault_happened() || disk_.refusal_count() > refusals;
  kill();
  return struck ? Started::kDied : Started::kRefused;
}

Result<void> SimServer::open() {
  journal::FileLogOptions files;
  files.directory = directory();
  files.segment_bytes = options_.segment_bytes;
  files.batch_bytes_max = options_.batch_bytes_max;
  files.delayed_sync = options_.delayed_sync;
  if (options_.cold_per_mille > 0) files.cache_bytes = kColdCacheBytes;
  TRY_ASSIGN(auto log, journal::open_file_log(files, disk_, *worker_, *background_, random_));
  log_ = std::make_unique<RecordedLog>(std::move(log), history_, verdict_, saboteur_.get());
  shard::ShardOptions options;
  options.engine.cooldowns = options_.cooldowns;
  options.batch_bytes_target = options_.batch_bytes_target;
  options.snapshots = options_.snapshots;
  options.space = options_.space;
  options.sync_interval_ms = kSyncIntervalMs;
  const shard::ShardEnvironment environment{
      *log_,
      *executor_,
      *readers_,
      world_,
      random_,
      [this](const std::string& reason) { doom_ = reason; },
      [order = order_.get()](const shard::Done& done) { order->decided(done); }};
  TRY_ASSIGN(shard_, shard::Shard::open(options, environment));
  return {};
}

void SimServer::kill() {
  shard_.reset();
  log_.reset();
  readers_.reset();
  background_.reset();
  worker_.reset();
  executor_.reset();
  world_.drop(owner_);
  if (order_ != nullptr) std::exchange(order_, nullptr)->process_died();
}

std::optional<journal::Space::Usage> SimServer::space_usage() const {
  const journal::Space* space = running() ? log_->space() : nullptr;
  if (space == nullptr) return std::nullopt;
  return space->usage();
}

void SimServer::check_recovered_state() {
  if (history_.empty()) return;  // a new shard draws its secret first
  engine::Engine expected({options_.cooldowns});
  history_.replay(expected);
  if (expected.decide_shard({}).has_value()) return;
  // An image's moment may be later than any that the journal names.
  const WallMs now = shard_->moment();
  if (now < std::max(world_.wall(), history_.last_moment()))
    verdict_.violation("the shard's time has gone back");
  // One step of housekeeping comes at once. How far it gets depends on memory that is yet to be
  // freed, and that is more after a replay of everything than after a snapshot.
  const std::string got = shard_->dump();
  std::string want;
  for (bool rest = false; !rest && got != want;) {
    engine::Facts facts;
    rest = expected.decide_sweep(kQueuesPerSweep, now, facts);
    for (const engine::Fact& fact : facts) expected.apply(fact, now, {});
    want = expected.dump(now);
  }
  if (got != want) {
    verdict_.violation("the recovered state is not what the journal says:" +
                       first_difference(got, want));
  }
}

void SimServer::check_live_state() {
  engine::Engine expected({options_.cooldowns});
  history_.replay(expected);
  const std::string got = shard_->dump();
  const std::string want = expected.dump(world_.wall());
  if (got != want) {
    verdict_.violation("the live state is not what the journal says:" +
                       first_difference(got, want));
  }
}

}  // namespace forebay::sim
