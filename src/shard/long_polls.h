// SPDX-License-Identifier: Apache-2.0
// Receives that wait for a message: per queue in order of arrival, and by deadline.
//
// Only bookkeeping: who waits, who is first, whose time is up. The shard decides who gets what.
// Thread: shard.
// Cost: O(log n) a poll; nothing per poll while it waits.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>

#include "base/ids.h"
#include "engine/operations.h"
#include "shard/router.h"

namespace forebay::shard {

struct LongPoll {
  QueueId queue;
  engine::ReceiveMessages request;
  Done done;
  MonotonicMs deadline;
};

class LongPolls {
 public:
  void park(LongPoll poll);

  /// True when somebody waits for a message of `queue`.
  bool waiting(QueueId queue) const { return by_queue_.contains(queue); }
  bool empty() const { return by_deadline_.empty(); }
  size_t size() const { return by_deadline_.size(); }

  /// The longest-waiting poll of `queue`, which must exist. Valid until anything is taken or
  /// parked.
  const LongPoll& first(QueueId queue) const { return by_queue_.at(queue).front(); }

  /// Take a poll out: the first of a queue, the one of a client, one whose deadline is at or before
  /// `now`, any.
  std::optional<LongPoll> take_first(QueueId queue);
  std::optional<LongPoll> take(const engine::Client* client);
  std::optional<LongPoll> take_expired(MonotonicMs now);
  std::optional<LongPoll> take_any() { return take_expired(MonotonicMs(INT64_MAX)); }

  std::optional<MonotonicMs> next_deadline() const;

  /// Notes when a message of `queue` becomes visible next, so that its polls are woken then;
  /// nothing: unknown. Ignored when nobody waits.
  void set_due(QueueId queue, std::optional<WallMs> due);
  std::optional<WallMs> next_due() const;
  /// A queue whose moment is at or before `now`; forgets the moment.
  std::optional<QueueId> take_due(WallMs now);

 private:
  using Queue = std::list<LongPoll>;
  using Deadlines = std::multimap<MonotonicMs, Queue::iterator>;

  LongPoll remove(Deadlines::iterator at);

  std::unordered_map<QueueId, Queue> by_queue_;  // no empty lists
  Deadlines by_deadline_;
  std::unordered_map<const engine::Client*, Deadlines::iterator> by_client_;
  std::unordered_map<QueueId, WallMs> due_;
  std::set<std::pair<WallMs, QueueId>> by_due_;
};

}  // namespace forebay::shard
