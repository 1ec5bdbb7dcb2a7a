// SPDX-License-Identifier: Apache-2.0
// Keeps the log's space within bounds: room for what must go on, removal of what is dead, and
// refusal of what the disk cannot take.
//
// - Room. Every message that waits has room set aside for its receive and its delete, so that a
//   full disk refuses sends while queues can still be emptied.
// - Removal. When the log takes more than twice what is live, plus a constant, the segment with the
//   smallest live share is emptied: its live contents are appended again, a little with every
//   append, and then it is removed.
//
// Thread: shard; segments are read on the reader's threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "env/executor.h"
#include "journal/log.h"
#include "journal/space.h"

namespace forebay::shard {

struct SpaceOptions {
  /// What the log may take beyond twice its live bytes before segments are emptied.
  uint64_t slack_bytes = 160u << 20;
  /// A segment is emptied only when at most this share of it is live.
  double live_share_max = 0.75;
  /// Live contents appended again with one append.
  uint64_t relocated_bytes_per_append = 32u << 10;
  /// Room that is always kept, and what is kept in addition for every message: its receive and its
  /// delete. The second is at most 1/reserve_divisor_max of the live bytes: emptying queues of
  /// small messages frees segments on the way.
  uint64_t reserve_bytes_min = 16u << 20;
  uint64_t reserve_bytes_per_message = 128;
  uint64_t reserve_divisor_max = 8;
  /// Room kept for each of two snapshots, and what is kept in addition, in terms of the newest
  /// one's size: while a queue grows, so does its snapshot.
  uint64_t snapshot_room_bytes_min = 2u << 20;
  double snapshot_room_factor = 1.25;
};

/// What a request does to the disk, when there is little room.
enum class Use : uint8_t {
  kGrow,     // sends, and whatever else makes the state larger: refused first
  kReceive,  // receives and changes of visibility
  kShrink,   // deletes and purges: refused last
};

class SpaceKeeper {
 public:
  struct Hooks {
    /// Appends the content in `record` again if it is still live; returns its bytes, else 0.
    std::function<uint64_t(const journal::PieceReader::Record& record)> relocate;
    /// The log's tail should stop being needed for a restart.
    std::function<void()> want_snapshot;
  };

  /// Both must outlive it; `log` has a Space and Snapshots.
  SpaceKeeper(const SpaceOptions& options, journal::Log& log, env::Worker& readers, Hooks hooks);

  /// Once a second, and after a snapshot: reserves room for `message_count` messages, removes what
  /// is dead, begins to empty a segment.
  void keep(uint64_t message_count);

  /// A batch became durable: a little more of the segment that is being emptied.
  void on_appended();

  /// Whether a request that will append about `bytes` may go on, while `pending_bytes` are on their
  /// way to the log. On a full disk each use leaves its reserve; while room is being made, sends
  /// take only what is certain.
  /// Errors: kServiceUnavailable, for the client.
  Result<void> admit(Use use, uint64_t bytes, uint64_t pending_bytes) const;

  /// For shutting down: nothing is begun or continued any more.
  void stop() { stopped_ = true; }

 private:
  uint64_t reserve_bytes(Use use) const;
  uint64_t snapshot_room_bytes() const;
  void note_shortage();
  void empty_a_segment(const journal::Space::Usage& usage);
  void read_on();
  void on_read(Result<std::vector<journal::PieceReader::Record>> read);

  const SpaceOptions options_;
  journal::Log& log_;
  journal::Space& space_;
  env::Worker& readers_;
  const Hooks hooks_;

  journal::Space::Usage usage_;  // as of the last keep() or append
  uint64_t message_count_ = 0;
  bool short_ = false;  // told in the log
  bool stopped_ = false;

  // The segment that is being emptied.
  std::shared_ptr<journal::PieceReader> reader_;  // null: none
  bool reading_ = false;
  uint64_t segment_ = 0;
  std::vector<journal::PieceReader::Record> records_;
  size_t next_record_ = 0;
  std::set<uint64_t> unreadable_;  // segments that are damaged
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace forebay::shard
