// SPDX-License-Identifier: Apache-2.0
// Takes a snapshot of the engine now and then: an image in small pieces, between requests.
//
// A snapshot begins when the log has grown by a multiple of the last snapshot's size, so that its
// cost stays a share of what the log writes anyway, and a restart never scans much more than that.
// The pieces go to the log's Snapshots one by one; when the image is complete and the log durable
// up to that moment, the snapshot counts.
// Thread: shard.
// Invariants: 1. One snapshot at a time. 2. Between two pieces the executor runs what else there
// is.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "engine/engine.h"
#include "env/clock.h"
#include "journal/log.h"
#include "journal/snapshots.h"

namespace forebay::shard {

struct SnapshotOptions {
  uint64_t growth_bytes_min = 16u << 20;  // of the log, between two snapshots
  uint64_t growth_bytes_max = 1u << 30;
  uint64_t growth_factor = 3;        // times the size of the last snapshot
  uint64_t piece_bytes = 32u << 10;  // about 4,000 messages, 0.15 ms
  int64_t retry_ms = 10'000;         // after one that found no room on the disk
};

class SnapshotTaker {
 public:
  /// What the shard does for it.
  struct Hooks {
    /// Ends the batch at hand and sees to its append; returns the position behind it.
    std::function<LogPosition()> cut;
    std::function<WallMs()> now;
    /// The snapshot that was being taken has been committed, or has not.
    std::function<void()> ended;
    /// The disk fails: the process must end.
    std::function<void(const std::string& reason)> fail;
  };

  /// Everything must outlive it.
  SnapshotTaker(const SnapshotOptions& options, journal::Log& log, engine::Engine& engine,
                const env::Clock& clock, Hooks hooks);
  ~SnapshotTaker();

  /// The shard has started from a snapshot of position `from` and `bytes`, or from the log's
  /// beginning.
  void started(LogPosition from, uint64_t bytes);

  /// Begins a snapshot if the log, which ends at `tail`, has grown enough.
  void consider(LogPosition tail);
  /// The same however little it has grown: what a snapshot makes superfluous is wanted.
  void hurry(LogPosition tail);

  /// The log is durable up to `durable`.
  void on_durable(LogPosition durable);

  /// For shutting down: nothing is begun or continued any more.
  void stop();

  bool active() const { return state_ != State::kIdle; }

 private:
  enum class State : uint8_t {
    kIdle,
    kTaking,      // pieces are on their way
    kWaiting,     // for the log, up to through_
    kCommitting,  // and until the answer is there
  };

  uint64_t growth_wanted() const;
  void begin();
  void next_piece();
  void on_written(const Result<void>& written);
  void try_commit();
  void commit();
  void on_committed(const Result<void>& committed);
  void give_up(const Error& error);
  /// `call` for later, when this may be gone.
  template <class Call>
  auto if_alive(Call call) {
    return [alive = std::weak_ptr(alive_), call](auto&&... args) {
      if (!alive.expired()) call(args...);
    };
  }

  const SnapshotOptions options_;
  journal::Log& log_;
  journal::Snapshots& snapshots_;
  engine::Engine& engine_;
  const env::Clock& clock_;
  const Hooks hooks_;

  State state_ = State::kIdle;
  bool stopped_ = false;
  LogPosition last_from_;  // of the newest snapshot that counts
  uint64_t last_bytes_ = 0;
  LogPosition from_;  // of the one being taken
  LogPosition through_;
  uint64_t bytes_ = 0;
  MonotonicMs begun_;
  MonotonicMs not_before_;
  LogPosition durable_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace forebay::shard
