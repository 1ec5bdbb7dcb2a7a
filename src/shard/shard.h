// SPDX-License-Identifier: Apache-2.0
// `Shard`: queues with a journal below them and long polls on top; the whole queue service of one
// thread.
//
// A request is decided, its facts go to the journal's next batch and are applied at once, and its
// reply is held until the journal is durable up to all that the reply has seen. One append is in
// flight at a time; everything that arrives meanwhile shares the next one (group commit). Reads are
// held in the same way: nobody is told what a crash can undo.
//
//   TRY_ASSIGN(auto shard, Shard::open(options, log, environment));
//   shard->submit(engine::FindQueue{...}, [](Result<Reply> reply) {...});
//   shard->close([] { ... });   // everything durable and answered
//
// Thread: its executor, for every call and every callback.
// Durable: what a reply tells, before `done` is called with it.
// Invariants: 1. Facts are applied in the order of their log positions. 2. Replies leave in the
// order of the positions they wait for. 3. After a failed append nothing is answered any more.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "env/clock.h"
#include "env/executor.h"
#include "journal/log.h"
#include "shard/long_polls.h"
#include "shard/router.h"
#include "shard/snapshot_taker.h"
#include "shard/space_keeper.h"

namespace forebay::shard {

struct ShardOptions {
  engine::EngineOptions engine;
  std::string owner = "forebay";  // who acquires the log, for its records
  SnapshotOptions snapshots;
  SpaceOptions space;
  /// With a log that syncs later: a reply's facts survive a power failure at most this much later.
  int64_t sync_interval_ms = 100;
  /// A batch is closed when it is larger than this; it then holds at most one record more.
  uint64_t batch_bytes_target = journal::kBatchBytesTarget;
};

/// What a shard stands on. All must outlive it.
struct ShardEnvironment {
  journal::Log& log;
  env::Executor& executor;
  env::Worker& readers;  // for reads that wait for the disk
  const env::Clock& clock;
  env::Random& random;
  /// Durability is lost or unknown: the process must end. Called once; nothing is answered
  /// afterwards.
  std::function<void(const std::string& reason)> fail;
  /// For observers: called when a request has been decided, in the order of decisions, with its
  /// `done`. (A reply whose contents must be fetched from a disk may leave after later ones.)
  std::function<void(const Done& done)> decided = {};
};

class Shard {
 public:
  /// Acquires the log and rebuilds the state: from the newest intact snapshot, and the log behind
  /// it. Errors: kStorageDamaged (also when a part of the log is missing that holds messages),
  /// kStorageFailure, kStorageFull, as from Log.
  static Result<std::unique_ptr<Shard>> open(const ShardOptions& options,
                                             const ShardEnvironment& environment);
  ~Shard();

  /// Carries `request` out. `done` is called once, perhaps before this returns; see Router::submit.
  void submit(Request request, Done done);

  /// See Router::abandon.
  void abandon(const std::shared_ptr<const engine::Client>& client);

  /// For shutting down: answers parked polls with an empty result, and from now on nobody waits.
  void release_polls();

  /// Makes everything durable, answers everything, marks the log as cleanly ended, then calls
  /// `done`. Nothing may be submitted afterwards.
  void close(std::function<void()> done);

  /// Facts replayed by open().
  uint64_t recovered_fact_count() const { return recovered_fact_count_; }
  size_t parked_poll_count() const { return polls_.size(); }
  /// The shard's time at its last decision.
  WallMs moment() const { return last_now_; }
  /// The state as canonical text, for tests.
  /// Cost: O(n).
  std::string dump() { return engine_->dump(now()); }

 private:
  /// A reply that waits for the log, or for contents to be read after that.
  struct Held {
    LogPosition after;
    Done done;
    Result<Reply> reply;
    std::vector<engine::RecordPlace> contents;  // of a ReceiveMessages::Reply, in its order
  };
  struct SealedBatch {
    LogPosition start;
    LogPosition end;
    std::string bytes;
  };
  /// A content that the log must keep, or may forget, once the fact that says so is durable.
  struct ContentChange {
    LogPosition after;
    engine::RecordPlace place;
    bool retained;
  };

  Shard(const ShardOptions& options, const ShardEnvironment& environment);
  Result<void> recover();

  // Storage (shard_storage.cc).
  Result<LogPosition> load_state(LogPosition tail);
  Result<void> load_snapshot(const journal::Snapshots::Info& snapshot, LogPosition tail);
  Result<void> replay(LogPosition from);
  Result<void> retain_contents();
  void start_storage(LogPosition from, LogPosition tail);
  void keep_storage_regularly();
  void keep_storage_if_grown();
  void keep_storage();
  LogPosition cut();
  uint64_t relocate(const journal::PieceReader::Record& record);
  Result<void> admit(Use use, uint64_t bytes = 0) const;
  void note_contents(const engine::Fact* fact, engine::RecordPlace place);

  // Requests (shard_requests.cc).
  template <class Op>
  void run(const Op& op, Done done);
  void run(const engine::SendMessages& op, Done done);
  void run(engine::ReceiveMessages op, Done done);
  void run(const engine::DeleteMessages& op, Done done);
  void run(const engine::ChangeVisibility& op, Done done);
  Result<QueueId> enter(const engine::QueueAddress& address);
  bool try_receive(QueueId queue, const engine::ReceiveMessages& request, bool long_poll,
                   const Done& done);
  void run_move_tasks();
  void wake_polls();
  void serve_polls(QueueId queue);
  void end_poll(LongPoll poll);
  void arm_timer();
  void on_timer();
  void note_due_polls();
  void housekeeping();

  // The journal (shard_journal.cc).
  void record(engine::Facts& facts);
  void record_one(const engine::Fact& fact);
  void hold(Result<Reply> reply, Done done, std::vector<engine::RecordPlace> contents = {});
  void schedule_flush();
  void flush();
  void seal_batch();
  void append_next();
  void on_appended(LogPosition end, journal::AppendOutcome outcome, const std::string& detail);
  void fail(journal::AppendOutcome outcome, const std::string& detail);
  void sync_later();
  void sync_now();
  void release_held();
  void answer(Held held);
  void answer_cold(Held held, size_t from);
  void fetch_ahead();
  void end_answer(Held held, const Result<void>& read);
  bool idle() const { return !append_in_flight_ && sealed_.empty() && batch_.empty(); }

  WallMs now();

  const ShardOptions options_;
  const ShardEnvironment env_;
  std::unique_ptr<engine::Engine> engine_;
  engine::Facts facts_;  // of the request at hand; kept to reuse its memory
  uint64_t recovered_fact_count_ = 0;

  // Time: never goes back, not even across restarts; runs on when the wall clock was set back.
  WallMs last_now_;
  MonotonicMs last_monotonic_;

  // The journal's tail.
  Epoch epoch_;
  journal::BatchWriter batch_;
  std::deque<SealedBatch> sealed_;
  LogPosition durable_;
  bool append_in_flight_ = false;
  bool flush_posted_ = false;
  bool unproven_ = false;  // the last batch has no successor yet that proves it was durable
  bool failed_ = false;
  std::deque<Held> held_;
  std::deque<ContentChange> content_changes_;
  std::function<void()> closing_;
  int cold_answers_ = 0;  // waiting for a disk
  env::Executor::TimerId sync_timer_ = 0;

  // Null when the log has nothing of the kind.
  std::unique_ptr<SnapshotTaker> snapshots_;
  std::unique_ptr<SpaceKeeper> space_;
  env::Executor::TimerId storage_timer_ = 0;
  LogPosition storage_kept_at_;

  LongPolls polls_;
  std::vector<QueueId> touched_;  // queues whose polls may now be served
  std::vector<QueueId> starved_;  // queues whose polls could be served if the disk had room
  bool waking_ = false;
  bool draining_ = false;
  env::Executor::TimerId timer_ = 0;
  MonotonicMs timer_at_;
  env::Executor::TimerId housekeeping_timer_ = 0;
  std::shared_ptr<bool> alive_ =
      std::make_shared<bool>(true);  // guards what was posted but not yet run
};

}  // namespace forebay::shard
