// SPDX-License-Identifier: Apache-2.0
// `SendGroups`: the messages that wait to be sent, in their groups, and which of them make the next
// batch.
//
// A group is what may not overtake itself: on a FIFO queue a message group, on a standard queue
// every message is a group of its own. A group is idle (nothing waits), ready, under way (in a
// batch, its later messages wait) or pausing (before a repeat). Plain bookkeeping: time is handed
// in, nothing is sent here.
// Thread: one at a time.
// Invariants: (1) a group is under way in one batch at most; (2) messages leave a group in the
// order they came, put-back ones first; (3) no group is ready, pausing and empty at once.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include <forebay/sqs/producer_options.h>

#include "producer/intrusive_queue.h"
#include "producer/pending_send.h"

namespace forebay::sqs::detail {

struct SendGroup {
  const std::string* name = nullptr;  // FIFO: its key among the named; else null
  IntrusiveQueue<PendingSend> waiting;
  size_t waiting_bytes = 0;
  int64_t due_us = 0;  // while ready: when the linger is over
  enum class State : uint8_t { kIdle, kReady, kUnderWay, kPausing } state = State::kIdle;
  SendGroup* next = nullptr;
};

class SendGroups {
 public:
  struct Limits {
    bool fifo = false;
    size_t entries_max = kBatchEntriesMax;
    size_t bytes_max = kBatchBytesMax;
    GroupBatching group_batching = GroupBatching::kTogether;
    int64_t linger_us = 0;
    int64_t delivery_timeout_us = 0;
  };
  explicit SendGroups(const Limits& limits) : limits_(limits) {}
  SendGroups(const SendGroups&) = delete;
  SendGroups& operator=(const SendGroups&) = delete;

  /// Behind all of its group. Sets message.group.
  void add(PendingSend& pending);

  /// The next batch, in `batch`, and what has waited too long, in `expired`; both are empty when
  /// nothing is due. `hurry`: lingering messages are due now. The groups of `batch` are under way
  /// until they are released.
  void take(int64_t now_us, bool hurry, std::vector<PendingSend*>& batch,
            std::vector<PendingSend*>& expired);
  /// When take() will have something, as far as time decides; Alarm::kNever: when something else
  /// happens.
  int64_t next_due_us() const;

  /// Before all of its group, which is under way. Several: the last one first.
  void put_back(PendingSend& pending);
  /// The group is under way no more: goes on at once, or when `pause_until_us` comes (0: no pause).
  /// Once for each batch; afterwards the group may be gone.
  void release(SendGroup& group, int64_t pause_until_us);

  /// Takes out all that wait.
  void take_all(std::vector<PendingSend*>& out);

 private:
  SendGroup& group_of(PendingSend& pending);
  void wake_up(int64_t now_us);
  bool is_due(bool hurry) const;
  bool fills_batch() const;
  bool move_some(SendGroup& group, int64_t now_us, std::vector<PendingSend*>& batch,
                 std::vector<PendingSend*>& expired);
  PendingSend& take_front(SendGroup& group);
  void make_ready(SendGroup& group, IntrusiveQueue<SendGroup>& list);
  SendGroup& take_ready(IntrusiveQueue<SendGroup>& list);
  void make_idle(SendGroup& group);

  struct Pause {
    int64_t until_us;
    uint64_t order;  // of pauses that end together the first one is the first
    SendGroup* group;
    bool operator>(const Pause& other) const {
      return std::tie(until_us, order) > std::tie(other.until_us, other.order);
    }
  };

  const Limits limits_;

  struct NameHash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unordered_map<std::string, std::unique_ptr<SendGroup>, NameHash, std::equal_to<>> named_;
  size_t idle_named_ = 0;
  std::vector<std::unique_ptr<SendGroup>> unnamed_;  // all there are
  IntrusiveQueue<SendGroup> unnamed_idle_;

  IntrusiveQueue<SendGroup> overdue_;    // ready: have waited for a batch or a pause; due now
  IntrusiveQueue<SendGroup> lingering_;  // ready: in the order in which they are due
  std::vector<Pause> pausing_;           // heap, the earliest first
  uint64_t pauses_ = 0;                  // so far
  size_t ready_messages_ = 0;            // of ready groups
  size_t ready_bytes_ = 0;
  size_t urgent_messages_ = 0;  // that wait in any group
  size_t batch_bytes_ = 0;      // of the batch that take() is making
};

}  // namespace forebay::sqs::detail
