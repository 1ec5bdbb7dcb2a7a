// SPDX-License-Identifier: Apache-2.0
// One simulated server: the product's shard on the product's file journal, on a disk that survives
// it.
//
// It is started, dies in some way and is started again. Every start checks that the state is
// exactly the one that the recorded journal implies.
// Thread: one owner.
// Owns: the disk and the journal's history, which outlive the processes.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "journal/space.h"
#include "shard/shard.h"
#include "sim/recorded_log.h"
#include "sim/reply_order.h"
#include "sim/sim_disk.h"
#include "sim/sim_world.h"
#include "sim/verdict.h"

namespace forebay::sim {

struct ServerOptions {
  bool cooldowns = true;
  int64_t disk_latency_ms = 5;    // most a job or its report is late
  int64_t timer_lateness_ms = 2;  // most a timer is late
  // The journal.
  uint64_t segment_bytes = 8u << 20;
  uint64_t batch_bytes_target = journal::kBatchBytesTarget;
  uint64_t batch_bytes_max = journal::kBatchBytesMax;  // target and one record
  bool delayed_sync = false;  // power then fails only at the very end, see run.h
  shard::SnapshotOptions snapshots = {};
  shard::SpaceOptions space = {};
  // The disk.
  int cold_per_mille = 0;   // of all reads that must not wait: not in the system's cache
  int late_per_mille = 0;   // of all receives that deliver: the answer leaves late
  int stall_per_mille = 0;  // of all calls: takes long
  int64_t stall_ms = 0;
  /// A promise to break.
  std::optional<Sabotage> sabotage = std::nullopt;

  /// Longest that a job of the disk may keep others waiting, beside the usual.
  int64_t patience_ms() const {
    return (stall_per_mille > 0 ? 2 * stall_ms : 0) +
           (late_per_mille > 0 ? 2 * ReplyOrder::kLateMsMax : 0);
  }
};

class SimServer {
 public:
  enum class Started : uint8_t {
    kRunning,
    kDied,     // an ordered fault or death struck while it started
    kRefused,  // nothing was ordered, and yet it does not start; `refusal()` says why
  };

  SimServer(const ServerOptions& options, SimWorld& world, Verdict& verdict, Prng prng);
  ~SimServer() { kill(); }
  SimServer(const SimServer&) = delete;
  SimServer& operator=(const SimServer&) = delete;

  Started start();
  const std::string& refusal() const { return refusal_; }

  bool running() const { return shard_ != nullptr; }
  /// The process has to end: it has said so itself, or the disk has taken it away.
  bool doomed() const { return !doom_.empty() || disk_.dead(); }
  /// Why it ended by itself; empty if it did not.
  const std::string& doom() const { return doom_; }

  /// `lost` is called in place of `done` when the process dies between the decision and the reply,
  /// and replies to later decisions have left; see ReplyOrder.
  void submit(shard::Request request, shard::Done done, ReplyOrder::Lost lost = {});
  shard::Shard& shard() { return *shard_; }

  /// The process is gone at once. What it wrote is still readable, unless a power failure follows.
  void kill();
  void power_failure() {
    kill();
    disk_.power_failure();
    history_.power_failed();
  }
  /// How much of the disk the log takes; nothing when it does not say.
  std::optional<journal::Space::Usage> space_usage() const;

  /// Checks that the state is the one that all appended facts give, after close() has answered.
  /// Only when the wall clock was never stepped.
  void check_live_state();

  SimDisk& disk() { return disk_; }
  const JournalHistory& history() const { return history_; }
  static std::string directory() { return "/data"; }

 private:
  Result<void> open();
  void prepare_sabotage();
  void check_recovered_state();

  const ServerOptions options_;
  SimWorld& world_;
  Verdict& verdict_;
  Prng prng_;
  SimDisk disk_;
  JournalHistory history_;
  SimRandom random_;
  std::unique_ptr<Saboteur> saboteur_;
  OwnerId owner_ = kScenario;
  std::string refusal_;
  std::string doom_;

  // One process; destroyed from the bottom up.
  std::unique_ptr<SimExecutor> executor_;
  std::unique_ptr<ReplyOrder> order_;
  std::unique_ptr<SimWorker> worker_;
  std::unique_ptr<SimWorker> background_;
  std::unique_ptr<SimWorker> readers_;
  std::unique_ptr<RecordedLog> log_;
  std::unique_ptr<shard::Shard> shard_;
};

}  // namespace forebay::sim
