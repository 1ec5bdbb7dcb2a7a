// SPDX-License-Identifier: Apache-2.0
#include "sim/run.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "sim/drain.h"
#include "sim/liveness.h"
#include "sim/sim_client.h"

namespace forebay::sim {
namespace {

constexpr int64_t kDrainMsMax = 3'600'000;
constexpr int64_t kWatchMs = 1'000;
constexpr int64_t kAcceptMsMax = 60'000;
constexpr int64_t kSpaceMsMax = 600'000;
/// After a full disk has space again.
constexpr int64_t kFullDiskMsMax = 15'000;
/// A crowded disk has room for less than so many segments.
constexpr uint64_t kSegmentsCrowded = 6;

engine::QueueAddress address_of(const std::string& name) {
  return {"eu-central-1", "000000000000", name};
}

std::string newest_segment(const std::vector<std::string>& paths) {
  std::string newest;
  for (const std::string& path : paths) {
    if (path.ends_with(".segment")) newest = std::max(newest, path);
  }
  return newest;
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
    const int64_t step_ms = 4 * options.server.disk_latency_ms + 20 + options.server.patience_ms();
    if (!options.wall_steps && !options.full_disk) model_.expect_progress(step_ms, slack_ms());
    model_.excuse_failed_reads([this] { return excuse_failed_read(); });
    model_.excuse_refused_sends([this] {
      // Or an allocation was refused by order.
      return server_.disk().fault_happened() ||
             (options_.full_disk && world_.monotonic() - crowded_ < kFullDiskMsMax);
    });
    if (options.strike) server_.disk().strike(*options.strike);
    for (int i = 0; i < options_.client_count; ++i) {
      clients_.push_back(std::make_unique<SimClient>(stage_, options_, budget_, i, prng_.fork()));
    }
  }

  Outcome go() {
    watch();
    for (deaths_left_ = options_.crash_count; deaths_left_ > 0 && verdict_.good(); --deaths_left_)
      live(false);
    faults_over_ = true;
    server_.disk().leave(UINT64_MAX);
    if (verdict_.good()) live(true);
    if (verdict_.good()) prove_liveness();
    if (verdict_.good())
      options_.server.delayed_sync&& prng_.chance(500) ? lose_power() : end_orderly();
    if (options_.strike && !server_.disk().struck())
      verdict_.violation("the call to be struck was never made");
    return {verdict_.text(),          trace_.digest(),        stage_.answer_count,
            model_.delivered_count(), model_.moved_count(),   death_count_,
            world_.monotonic().value, server_.disk().calls(), server_.disk().struck()};
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
  void pass(int64_t ms);
  void lose_power();
  bool busy();
  void watch();

  // After the faults (run.h).
  void prove_liveness();
  template <class Step>
  void carry_out(std::unique_ptr<Step>& step, std::function<std::unique_ptr<Step>()> make,
                 int64_t ms_max, const std::string& otherwise);
  void await_space();

  // What goes wrong beside deaths.
  bool dies_with_power();
  void crowd_disk();
  void let_rot();
  bool damage_was_refused();
  void check_doom();
  bool excuse_failed_read();
  /// Longest that an answer may take. At worst every client's request is a batch of its own, which
  /// needs a file of its own.
  int64_t slack_ms() const {
    const int64_t jobs = std::max(6, 2 * options_.client_count);
    return 3'000 + 2 * jobs * options_.server.disk_latency_ms + options_.server.patience_ms();
  }

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
  std::unique_ptr<SendProbe> probe_;
  std::unique_ptr<Drain> drain_;
  std::vector<std::unique_ptr<SimClient>> clients_;
  int budget_;
  int deaths_left_ = 0;
  int death_count_ = 0;
  bool ready_ = false;  // the preparation of this life is over
  bool faults_over_ = false;
  MonotonicMs crowded_{INT64_MIN / 2};  // when the disk was last short of space
  uint64_t refusals_before_ = 0;        // of the disk, at the start of this life
  uint64_t excused_reads_ = 0;
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
  if (options_.kept_queue)
    model_.add_queue({address_of("kept"), standard, std::nullopt, false, true});
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
  if (!last && prng_.chance(options_.rot_per_mille)) {
    // What is met by the first read of a content, after any recovery.
    const std::string path = newest_segment(server_.disk().paths());
    server_.disk().rot_on_read(path, 0, server_.disk().file_bytes(path));
  }
  play(world_.event_count() + events);
  if (!verdict_.good()) return;
  check_doom();
  if (last && server_.doomed()) {  // struck
    die();
    return live(true);
  }
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
  // Mostly one of those that every append makes.
  const auto call =
      static_cast<SimDisk::Call>(prng_.below(prng_.chance(600) ? 3 : SimDisk::kCallCount));
  const bool frequent =
      call == SimDisk::Call::kWrite || call == SimDisk::Call::kSync || call == SimDisk::Call::kRead;
  const uint64_t nth = prng_.below(frequent ? 100 : 5) + 1;
  server_.disk().fail(call, nth,
                      prng_.chance(500) ? ErrorCode::kStorageFull : ErrorCode::kStorageFailure);
}

void Run::start() {
  server_.disk().heal();
  if (!faults_over_ && prng_.chance(options_.rot_per_mille)) let_rot();
  for (int tries = 0; verdict_.good(); ++tries) {
    if (deaths_left_ > 0 && tries < 5 && prng_.chance(options_.die_in_start_per_mille)) {
      server_.disk().die_at(prng_.below(14) + 1);
    }
    refusals_before_ = server_.disk().refusal_count();
    const SimServer::Started started = server_.start();
    trace_.note(fmt::format("{} start: {}", world_.monotonic().value, static_cast<int>(started)));
    if (started == SimServer::Started::kRefused) {
      if (!damage_was_refused())
        return verdict_.violation("the server does not start: " + server_.refusal());
      continue;
    }
    if (started == SimServer::Started::kRunning) break;
    ++death_count_;
    if (dies_with_power()) server_.power_failure();
    server_.disk().come_back();
    server_.disk().leave(UINT64_MAX);
  }
  time_.process_started(server_.shard().moment());
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
  const bool power = dies_with_power();
  trace_.note(
      fmt::format("{} the process dies{}", world_.monotonic().value, power ? ", power fails" : ""));
  server_.kill();
  preparation_.server_died();
  if (probe_) probe_->server_died();
  if (drain_) drain_->server_died();
  for (const auto& client : clients_) client->server_died();
  model_.process_died(time_.now());
  if (power) server_.power_failure();
  server_.disk().come_back();
  // Somebody notices after a while.
  const int64_t down_ms = prng_.chance(800) ? prng_.between(0, 3'000) : prng_.between(0, 400'000);
  pass(down_ms);
}

void Run::pass(int64_t ms) {
  bool over = false;
  world_.at_delay(kScenario, ms, [&over] { over = true; });
  while (!over) CHECK(world_.run_next());
}

/// Delayed syncs: what was acknowledged may be lost, but only the last of it. The state must be
/// that of all before some position of the journal, and that not before what was synced.
void Run::lose_power() {
  server_.power_failure();
  server_.disk().come_back();
  if (server_.start() != SimServer::Started::kRunning)
    return verdict_.violation("the server does not start: " + server_.refusal());
  trace_.note(server_.shard().dump());
  server_.kill();
  server_.disk().come_back();
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
  if (options_.server.late_per_mille > 0) pass(ReplyOrder::kLateMsMax);  // what is on its way
  trace_.note(fmt::format("{} closed", world_.monotonic().value));
  for (const auto& client : clients_) {
    if (closed && client->session().busy())
      verdict_.violation("close() left a request without answer");
  }
  if (server_.doomed()) {  // struck
    check_doom();
    die();
    start();
    for (const auto& client : clients_) client->resume();
    return verdict_.good() ? end_orderly() : void();
  }
  if (closed && !server_.history().all_durable())
    verdict_.violation("close() left what a power failure could undo");
  if (closed && !options_.wall_steps) server_.check_live_state();
  if (closed) trace_.note(server_.shard().dump());
  server_.kill();
  preparation_.server_died();
  for (const auto& client : clients_) client->server_died();
  model_.process_died(time_.now());
  for (const auto& client : clients_) client->resume();
  server_.disk().come_back();
}

/// Sends are accepted, everything drains, the space comes back, each in its time. (That no poll
/// waits is checked all along.)
void Run::prove_liveness() {
  for (const auto& client : clients_) client->stop();
  carry_out<SendProbe>(
      probe_, [this] { return std::make_unique<SendProbe>(stage_, prng_.fork()); }, kAcceptMsMax,
      "sends are not accepted again");
  if (!verdict_.good()) return;
  carry_out<Drain>(
      drain_, [this] { return std::make_unique<Drain>(stage_); }, kDrainMsMax,
      "the queues do not become empty");
  if (!verdict_.good()) return;
  model_.check_drained(time_.now());
  await_space();
}

/// From its beginning again when the server was struck meanwhile.
template <class Step>
void Run::carry_out(std::unique_ptr<Step>& step, std::function<std::unique_ptr<Step>()> make,
                    int64_t ms_max, const std::string& otherwise) {
  step = make();
  step->start();
  int64_t latest = world_.monotonic().value + ms_max;
  while (verdict_.good() && !step->finished()) {
    CHECK(world_.run_next());
    if (world_.monotonic().value > latest) return verdict_.violation(otherwise);
    if (!server_.doomed()) continue;
    check_doom();
    die();
    start();
    while (verdict_.good() && !server_.doomed() && !ready_) CHECK(world_.run_next());
    if (!verdict_.good()) return;
    step = make();
    step->start();
    latest = world_.monotonic().value + ms_max;
  }
}

void Run::await_space() {
  if (options_.rot_per_mille > 0) return;  // what cannot be read cannot be emptied
  const int64_t latest = world_.monotonic().value + kSpaceMsMax;
  while (verdict_.good() && !server_.doomed()) {
    const std::optional<journal::Space::Usage> usage = server_.space_usage();
    if (!usage) return;
    const std::string excess =
        space_excess(*usage, server_.disk().used_bytes(), options_.server.segment_bytes);
    if (excess.empty()) return;
    if (world_.monotonic().value > latest) return verdict_.violation(excess);
    CHECK(world_.run_next());
  }
}

/// The one that a strike means, or as drawn.
bool Run::dies_with_power() {
  if (options_.server.delayed_sync) return false;
  if (options_.strike && server_.disk().struck() && server_.disk().dead())
    return options_.strike->fate == SimDisk::Fate::kPowerFails;
  return prng_.chance(options_.power_failure_per_mille);
}

/// Others take most of the disk now and then, and give it back.
void Run::crowd_disk() {
  if (!options_.full_disk || faults_over_) return;
  SimDisk& disk = server_.disk();
  const uint64_t segment = options_.server.segment_bytes;
  if (prng_.chance(100))
    disk.leave(prng_.chance(500) ? UINT64_MAX : prng_.below(kSegmentsCrowded * segment));
  if (disk.bytes_left() < kSegmentsCrowded * segment) crowded_ = world_.monotonic();
}

/// A bit of any file; but not of the last two batches: what happened to them, a torn write or rot,
/// the format cannot tell ("What the format cannot tell" in docs/journal-format.md).
void Run::let_rot() {
  SimDisk& disk = server_.disk();
  std::vector<std::string> paths;
  for (const std::string& path : disk.paths()) {
    if (disk.file_bytes(path) > 0) paths.push_back(path);
  }
  if (paths.empty()) return;
  const std::string& path = paths[prng_.below(paths.size())];
  const std::string bytes = disk.contents(path);
  const uint64_t used = bytes.find_last_not_of('\0') + 1;
  uint64_t spared = used;
  if (path == newest_segment(paths)) {
    spared = bytes.rfind("FeBb");
    if (spared != std::string::npos && spared > 0) spared = bytes.rfind("FeBb", spared - 1);
    if (spared == std::string::npos) spared = bytes.find("FeBb");
    if (spared == std::string::npos) spared = 0;
  }
  const uint64_t within = prng_.chance(800) ? spared : bytes.size();
  if (within == 0) return;
  const uint64_t offset = prng_.below(within);
  if (offset >= spared && offset < used) return;
  trace_.note(fmt::format("{} byte {} of {} rots", world_.monotonic().value, offset, path));
  disk.rot({path, offset, static_cast<int>(prng_.below(8))});
}

/// True when there was damage, and the refusal names its file; then it is restored.
bool Run::damage_was_refused() {
  const std::vector<SimDisk::Rot> rotten = server_.disk().rotten();
  if (rotten.empty() || server_.refusal().find(rotten.front().path) == std::string::npos)
    return false;
  server_.disk().come_back();
  server_.disk().heal();
  return true;
}

/// A process that ends by itself must have a reason.
void Run::check_doom() {
  const SimDisk& disk = server_.disk();
  if (server_.doom().empty() || disk.dead() || disk.fault_happened()) return;
  const bool full = disk.refusal_count() > refusals_before_;
  if (full && options_.ends_on_full_disk) return;
  if (disk.rotten().empty()) verdict_.violation("the server ended by itself: " + server_.doom());
}

/// One receive for each read that failed; any while something is rotten.
bool Run::excuse_failed_read() {
  if (!server_.disk().rotten().empty()) return true;
  if (excused_reads_ == server_.disk().failed_read_count()) return false;
  ++excused_reads_;
  return true;
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
  const int64_t slack = slack_ms();
  if (server_.running() && world_.monotonic() - disturbed_ > slack) {
    for (const auto& client : clients_) client->session().check_waiting(slack);
    if (probe_) probe_->session().check_waiting(slack);
    if (drain_) drain_->session().check_waiting(slack);
  }
  crowd_disk();
  world_.at_delay(kScenario, kWatchMs, [this] { watch(); });
}

}  // namespace

Outcome run(uint64_t seed, const RunOptions& options, bool verbose) {
  Run simulation(seed, options, verbose);
  return simulation.go();
}

}  // namespace forebay::sim
