// SPDX-License-Identifier: Apache-2.0
#include "sim/run.h"

#include <memory>
#include <vector>

#include <fmt/format.h>

#include "sim/drain.h"
#include "sim/sim_client.h"

namespace forebay::sim {
namespace {

constexpr int64_t kDrainMsMax = 3'600'000;
constexpr int64_t kWatchMs = 1'000;

engine::QueueAddress address_of(const std::string& name) {
  return {"eu-central-1", "000000000000", name};
}

class Run {
 public:
  Run(uint64_t seed, const RunOptions& options, bool verbose)
      : options_(options),
        prng_(seed),
        trace_(verbose),
        time_(world_),
        server_(options.server, world_, verdict_, prng_.fork()),
        model_(verdict_, options.server.cooldowns),
        stage_{world_, server_, model_, time_, verdict_, trace_},
        preparation_(stage_),
        budget_(options.request_count) {
    make_queues();
    const int64_t latency_ms = options.server.disk_latency_ms;
    if (!options.wall_steps) model_.expect_progress(4 * latency_ms + 20, 3'000 + 12 * latency_ms);
    for (int i = 0; i < options_.client_count; ++i) {
      clients_.push_back(std::make_unique<SimClient>(stage_, options_, budget_, i, prng_.fork()));
    }
  }

  Outcome go() {
    watch();
    for (deaths_left_ = options_.crash_count; deaths_left_ > 0 && verdict_.good(); --deaths_left_)
      live(false);
    if (verdict_.good()) live(true);
    if (verdict_.good()) drain();
    if (verdict_.good()) end_orderly();
    Outcome outcome{verdict_.text(),          trace_.digest(),      stage_.answer_count,
                    model_.delivered_count(), model_.moved_count(), death_count_,
                    world_.monotonic().value};
    return outcome;
  }

 private:
  // The stage.
  void make_queues();
  size_t add_queue(const std::string& name, engine::AttributeChanges attributes,
                   bool deletable = false);
  size_t add_with_dead_letters(const std::string& name, engine::AttributeChanges attributes);

  // Lives and deaths.
  void live(bool last);
  void plan_fault();
  void start();
  void play(uint64_t until_event);
  void die();
  void end_orderly();
  void drain();
  bool busy();
  void watch();

  const RunOptions options_;
  Prng prng_;
  Verdict verdict_;
  Trace trace_;
  SimWorld world_;
  ShardTime time_;
  SimServer server_;
  Model model_;
  Stage stage_;
  Preparation preparation_;
  std::unique_ptr<Drain> drain_;
  std::vector<std::unique_ptr<SimClient>> clients_;
  int budget_;
  int deaths_left_ = 0;
  int death_count_ = 0;
  bool ready_ = false;     // the preparation of this life is over
  MonotonicMs disturbed_;  // the last start, or step of the wall clock
};

size_t Run::add_queue(const std::string& name, engine::AttributeChanges attributes,
                      bool deletable) {
  return model_.add_queue({address_of(name), std::move(attributes), std::nullopt, deletable});
}

size_t Run::add_with_dead_letters(const std::string& name, engine::AttributeChanges attributes) {
  const std::string suffix = attributes.fifo_queue.value_or(false) ? ".fifo" : "";
  engine::AttributeChanges dead = attributes;
  const size_t target = add_queue(name + "-dead" + suffix, dead);
  engine::RedrivePolicy policy{"policy", address_of(name + "-dead" + suffix),
                               options_.max_receive_count};
  attributes.redrive_policy = policy;
  return model_.add_queue({address_of(name + suffix), std::move(attributes), target, false});
}

void Run::make_queues() {
  engine::AttributeChanges standard;
  standard.visibility_timeout = static_cast<int32_t>(prng_.between(0, 30));
  engine::AttributeChanges fifo = standard;
  fifo.fifo_queue = true;
  if (options_.standard_queue) add_with_dead_letters("standard", standard);
  if (options_.fifo_queue) add_with_dead_letters("fifo", fifo);
  if (options_.group_scope_queue) {
    engine::AttributeChanges grouped = fifo;
    grouped.content_based_deduplication = true;
    grouped.deduplication_scope = engine::DeduplicationScope::kMessageGroup;
    grouped.fifo_throughput_limit = engine::FifoThroughputLimit::kPerMessageGroupId;
    grouped.delay_seconds = static_cast<int32_t>(prng_.between(0, 3));
    add_queue("grouped.fifo", grouped);
  }
  if (options_.short_lived_queue) {
    engine::AttributeChanges brief = standard;
    brief.message_retention_period = 60;
    brief.delay_seconds = static_cast<int32_t>(prng_.between(0, 10));
    add_queue("brief", brief);
  }
  if (options_.scratch_queue) add_queue("scratch", standard, true);
}

void Run::live(bool last) {
  const int64_t events_most = 8 * options_.request_count + 200;
  uint64_t events =
      last ? UINT64_MAX / 2
           : static_cast<uint64_t>(prng_.between(0, events_most / options_.crash_count));
  if (!last) plan_fault();
  start();
  if (!verdict_.good()) return;
  if (!last && prng_.chance(options_.die_in_call_per_mille)) {
    server_.disk().die_at(prng_.below(events / 3 + 5) + 1);
    events = UINT64_MAX / 2;
  }
  play(world_.event_count() + events);
  if (last || !verdict_.good()) return;
  if (!server_.doomed() && prng_.chance(options_.close_per_mille)) {
    end_orderly();
    death_count_++;
    return;
  }
  die();
}

void Run::plan_fault() {
  if (!prng_.chance(options_.fault_per_mille)) return;
  const auto call = static_cast<SimDisk::Call>(prng_.below(3));
  const uint64_t nth = prng_.below(call == SimDisk::Call::kAllocate ? 3 : 100) + 1;
  server_.disk().fail(call, nth,
                      prng_.chance(500) ? ErrorCode::kStorageFull : ErrorCode::kStorageFailure);
}

void Run::start() {
  for (int tries = 0; verdict_.good(); ++tries) {
    if (deaths_left_ > 0 && tries < 5 && prng_.chance(options_.die_in_start_per_mille)) {
      server_.disk().die_at(prng_.below(14) + 1);
    }
    const SimServer::Started started = server_.start();
    trace_.note(fmt::format("{} start: {}", world_.monotonic().value, static_cast<int>(started)));
    if (started == SimServer::Started::kRefused) {
      return verdict_.violation("the server does not start: " + server_.refusal());
    }
    if (started == SimServer::Started::kRunning) break;
    ++death_count_;
    if (prng_.chance(options_.power_failure_per_mille)) server_.power_failure();
    server_.disk().come_back();
  }
  time_.process_started(server_.history().last_moment());
  disturbed_ = world_.monotonic();
  ready_ = false;
  preparation_.start([this] {
    ready_ = true;
    for (const auto& client : clients_) client->server_back();
  });
}

bool Run::busy() {
  if (!ready_ || budget_ > 0) return true;
  for (const auto& client : clients_) {
    if (client->session().busy()) return true;
  }
  return false;
}

void Run::play(uint64_t until_event) {
  while (verdict_.good() && !server_.doomed() && world_.event_count() < until_event && busy()) {
    CHECK(world_.run_next());
  }
}

void Run::die() {
  ++death_count_;
  const bool power = prng_.chance(options_.power_failure_per_mille);
  trace_.note(
      fmt::format("{} the process dies{}", world_.monotonic().value, power ? ", power fails" : ""));
  server_.kill();
  preparation_.server_died();
  for (const auto& client : clients_) client->server_died();
  model_.process_died(time_.now());
  if (power) server_.disk().power_failure();
  server_.disk().come_back();
  // Somebody notices after a while.
  const int64_t down_ms = prng_.chance(800) ? prng_.between(0, 3'000) : prng_.between(0, 400'000);
  bool over = false;
  world_.at_delay(kScenario, down_ms, [&over] { over = true; });
  while (!over) CHECK(world_.run_next());
}

/// close() answers everything; afterwards the state in memory is the one in the journal.
void Run::end_orderly() {
  for (const auto& client : clients_) client->stop();
  bool closed = false;
  server_.shard().close([&closed] { closed = true; });
  const int64_t latest = world_.monotonic().value + 60'000;
  while (!closed && verdict_.good() && !server_.doomed()) {
    CHECK(world_.run_next());
    if (world_.monotonic().value > latest)
      return verdict_.violation("close() does not come to an end");
  }
  trace_.note(fmt::format("{} closed", world_.monotonic().value));
  for (const auto& client : clients_) {
    if (closed && client->session().busy())
      verdict_.violation("close() left a request without answer");
  }
  if (closed && !options_.wall_steps) server_.check_live_state();
  if (closed) trace_.note(server_.shard().dump());
  server_.kill();
  preparation_.server_died();
  for (const auto& client : clients_) client->server_died();
  model_.process_died(time_.now());
  for (const auto& client : clients_) client->resume();
  server_.disk().come_back();
}

void Run::drain() {
  for (const auto& client : clients_) client->stop();
  drain_ = std::make_unique<Drain>(stage_);
  drain_->start();
  const int64_t latest = world_.monotonic().value + kDrainMsMax;
  while (verdict_.good() && !drain_->finished()) {
    CHECK(world_.run_next());
    if (server_.doomed()) return verdict_.violation("the server ended by itself");
    if (world_.monotonic().value > latest)
      return verdict_.violation("the queues do not become empty");
  }
  if (verdict_.good()) model_.check_drained(time_.now());
}

/// Once a second: steps the wall clock, sees to it that nobody waits for nothing.
void Run::watch() {
  if (options_.wall_steps && prng_.chance(10)) {
    const int64_t step_ms =
        prng_.chance(500) ? prng_.between(-7'200'000, 3'600'000) : prng_.between(-5'000, 5'000);
    trace_.note(fmt::format("{} wall clock steps by {}", world_.monotonic().value, step_ms));
    time_.step_wall(step_ms);
    disturbed_ = world_.monotonic();
  }
  const int64_t slack_ms = 3'000 + 12 * options_.server.disk_latency_ms;
  if (server_.running() && world_.monotonic() - disturbed_ > slack_ms) {
    for (const auto& client : clients_) client->session().check_waiting(slack_ms);
    if (drain_) drain_->session().check_waiting(slack_ms);
  }
  world_.at_delay(kScenario, kWatchMs, [this] { watch(); });
}

}  // namespace

Outcome run(uint64_t seed, const RunOptions& options, bool verbose) {
  Run simulation(seed, options, verbose);
  return simulation.go();
}

}  // namespace forebay::sim
