// SPDX-License-Identifier: Apache-2.0
#include "shard/long_polls.h"

#include "base/check.h"

namespace forebay::shard {

void LongPolls::park(LongPoll poll) {
  Queue& queue = by_queue_[poll.queue];
  queue.push_back(std::move(poll));
  const Queue::iterator at = std::prev(queue.end());
  const Deadlines::iterator deadline = by_deadline_.emplace(at->deadline, at);
  if (at->request.client != nullptr) by_client_[at->request.client.get()] = deadline;
}

std::optional<LongPoll> LongPolls::take_first(QueueId queue) {
  const auto found = by_queue_.find(queue);
  if (found == by_queue_.end()) return std::nullopt;
  const Queue::iterator first = found->second.begin();
  auto at = by_deadline_.lower_bound(first->deadline);
  while (at->second != first) ++at;  // polls with the very same deadline
  return remove(at);
}

std::optional<LongPoll> LongPolls::take(const engine::Client* client) {
  const auto found = by_client_.find(client);
  if (found == by_client_.end()) return std::nullopt;
  return remove(found->second);
}

std::optional<LongPoll> LongPolls::take_expired(MonotonicMs now) {
  if (by_deadline_.empty() || now < by_deadline_.begin()->first) return std::nullopt;
  return remove(by_deadline_.begin());
}

std::optional<MonotonicMs> LongPolls::next_deadline() const {
  if (by_deadline_.empty()) return std::nullopt;
  return by_deadline_.begin()->first;
}

void LongPolls::set_due(QueueId queue, std::optional<WallMs> due) {
  if (const auto old = due_.find(queue); old != due_.end()) {
    if (due && old->second == *due) return;
    by_due_.erase({old->second, queue});
    due_.erase(old);
  }
  if (!due || !waiting(queue)) return;
  due_.emplace(queue, *due);
  by_due_.emplace(*due, queue);
}

std::optional<WallMs> LongPolls::next_due() const {
  if (by_due_.empty()) return std::nullopt;
  return by_due_.begin()->first;
}

std::optional<QueueId> LongPolls::take_due(WallMs now) {
  if (by_due_.empty() || now < by_due_.begin()->first) return std::nullopt;
  const QueueId queue = by_due_.begin()->second;
  set_due(queue, std::nullopt);
  return queue;
}

LongPoll LongPolls::remove(Deadlines::iterator at) {
  const Queue::iterator in_queue = at->second;
  LongPoll poll = std::move(*in_queue);
  by_deadline_.erase(at);
  if (poll.request.client != nullptr) by_client_.erase(poll.request.client.get());
  Queue& queue = by_queue_.at(poll.queue);
  queue.erase(in_queue);
  if (queue.empty()) {
    by_queue_.erase(poll.queue);
    set_due(poll.queue, std::nullopt);
  }
  return poll;
}

}  // namespace forebay::shard
