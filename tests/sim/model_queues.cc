// SPDX-License-Identifier: Apache-2.0
// The model's queues: what exists, with which settings, and how many messages it can hold.
#include <algorithm>

#include <fmt/format.h>

#include "engine/limits.h"
#include "sim/model.h"

namespace forebay::sim {

engine::QueueAttributes Model::wanted(const Queue& queue, const engine::AttributeChanges& changes,
                                      bool creating) {
  Result<engine::QueueAttributes> attributes = engine::with_changes(
      creating ? engine::QueueAttributes{} : queue.attributes, changes, creating);
  CHECK(attributes.ok());
  return *std::move(attributes);
}

void Model::created(Queue& queue, const engine::QueueAttributes& attributes,
                    const engine::Tags& tags) {
  queue.exists = true;
  ++queue.incarnation;
  queue.tags = tags;
  queue.purged.reset();
  queue.shortest_retention_ms = INT64_MAX;
  queue.longest_retention_ms = 0;
  adopt(queue, attributes);
}

void Model::adopt(Queue& queue, const engine::QueueAttributes& attributes) {
  const int64_t retention_ms = int64_t{attributes.message_retention_period} * 1000;
  queue.attributes = attributes;
  queue.shortest_retention_ms = std::min(queue.shortest_retention_ms, retention_ms);
  queue.longest_retention_ms = std::max(queue.longest_retention_ms, retention_ms);
}

void Model::empty_out(size_t queue) {
  for (const size_t index : std::set<size_t>(scattered_)) forget_later(index, queue);
  for (const size_t index : std::vector<size_t>(queues_[queue].messages)) {
    note_gone_from_there(index);
  }
  for (Queue& source : queues_) {
    if (source.spec.dead_letter_queue != queue) continue;
    for (const size_t index : source.messages) {
      if (messages_[index].maybe_moved) messages_[index].maybe_gone = true;
    }
  }
  windows_[queue].clear();
}

void Model::answer(const Issued& issued, const engine::CreateQueue& request,
                   const engine::CreateQueue::Reply& reply, Span) {
  Queue& queue = queues_[issued.queue];
  if (reply.created && queue.exists && !queue.uncertain)
    violation(issued, "an existing queue was created again");
  if (!reply.created && !queue.exists && !queue.uncertain)
    violation(issued, "a queue that was gone is there");
  if (reply.created || !queue.exists)
    created(queue, wanted(queue, request.attributes, true), request.tags);
  queue.uncertain = false;
}

void Model::lose(const Issued& issued, const engine::CreateQueue& request, Span) {
  Queue& queue = queues_[issued.queue];
  if (queue.exists) return;
  queue.uncertain = true;
  queue.other_attributes = {wanted(queue, request.attributes, true)};
  queue.other_tags = {request.tags};
}

void Model::answer(const Issued& issued, const engine::DeleteQueue&,
                   const engine::DeleteQueue::Reply&, Span) {
  Queue& queue = queues_[issued.queue];
  empty_out(issued.queue);
  queue.exists = queue.uncertain = false;
  queue.deleted = issued.at;
}

void Model::lose(const Issued& issued, const engine::DeleteQueue&, Span) {
  queues_[issued.queue].uncertain = true;
  queues_[issued.queue].deleted = issued.at;
}

void Model::answer(const Issued&, const engine::FindQueue&, const engine::FindQueue::Reply&, Span) {
}

void Model::answer(const Issued& issued, const engine::ListQueues& request,
                   const engine::ListQueues::Reply& reply, Span) {
  std::vector<std::string> certain;
  for (const Queue& queue : queues_) {
    const std::string& name = queue.spec.address.name;
    const bool listed = std::ranges::find(reply.names, name) != reply.names.end();
    if (queue.uncertain || !name.starts_with(request.name_prefix)) continue;
    if (listed != queue.exists)
      violation(issued, name + (listed ? " is listed" : " is not listed"));
  }
  if (!std::ranges::is_sorted(reply.names)) violation(issued, "names are not in order");
}

void Model::answer(const Issued& issued, const engine::DescribeQueue&,
                   const engine::DescribeQueue::Reply& reply, Span now) {
  Queue& queue = queues_[issued.queue];
  const bool other =
      std::ranges::find(queue.other_attributes, reply.attributes) != queue.other_attributes.end();
  if (!queue.exists) {
    if (!other) violation(issued, "a queue with settings nobody asked for");
    created(queue, reply.attributes,
            queue.other_tags.empty() ? engine::Tags{} : queue.other_tags.front());
  } else if (reply.attributes != queue.attributes) {
    if (!other) violation(issued, "settings are not what was set");
    adopt(queue, reply.attributes);
  }
  queue.uncertain = false;
  queue.other_attributes.clear();
  check_counts(issued, reply, now);
}

void Model::check_counts(const Issued& issued, const engine::DescribeQueue::Reply& reply, Span) {
  const Span at = issued.at;
  const bool fifo = queues_[issued.queue].attributes.fifo_queue;
  int64_t visible = 0;
  int64_t not_visible = 0;
  int64_t delayed = 0;
  int64_t most = 0;
  int64_t expired_count = 0;
  for (const Message& message : messages_) {
    if (!possibly_in(message, issued.queue)) continue;
    const int64_t retention_ms = queues_[message.queue].longest_retention_ms;
    const bool expired =
        !message.maybe_moved && message.later.empty() && message.sent.hi + retention_ms <= at.lo;
    ++(!expired || (fifo && message.arrived) ? most : expired_count);
    if (!certainly_in(message, issued.queue, at)) continue;
    const bool hidden = message.visible.lo > at.hi;
    if (message.visible.hi <= at.lo) ++visible;
    if (hidden && message.count_min > 0) ++not_visible;
    if (hidden && message.count_max == 0) ++delayed;
  }
  // One touch of a queue removes a bounded number of expired messages.
  most += std::max<int64_t>(0, expired_count - engine::kExpiredPerFact);
  const int64_t total = reply.visible_count + reply.not_visible_count + reply.delayed_count;
  if (reply.visible_count < visible || reply.not_visible_count < not_visible ||
      reply.delayed_count < delayed || total > most) {
    violation(
        issued,
        fmt::format(
            "counts visible {} in flight {} delayed {}, but there are at least {}, {}, {} and at "
            "most {} in all",
            reply.visible_count, reply.not_visible_count, reply.delayed_count, visible, not_visible,
            delayed, most));
  }
}

void Model::answer(const Issued& issued, const engine::SetQueueAttributes& request,
                   const engine::SetQueueAttributes::Reply& reply, Span) {
  Queue& queue = queues_[issued.queue];
  if (!reply.changed) violation(issued, "settings were not changed");
  adopt(queue, wanted(queue, request.attributes, false));
}

void Model::lose(const Issued& issued, const engine::SetQueueAttributes& request, Span) {
  Queue& queue = queues_[issued.queue];
  queue.uncertain = true;
  const engine::QueueAttributes other = wanted(queue, request.attributes, false);
  queue.other_attributes.push_back(other);
  queue.shortest_retention_ms =
      std::min(queue.shortest_retention_ms, int64_t{other.message_retention_period} * 1000);
}

void Model::answer(const Issued& issued, const engine::TagQueue& request,
                   const engine::TagQueue::Reply&, Span) {
  for (const auto& [key, value] : request.tags)
    queues_[issued.queue].tags.insert_or_assign(key, value);
}

void Model::lose(const Issued& issued, const engine::TagQueue& request, Span) {
  Queue& queue = queues_[issued.queue];
  engine::Tags other = queue.tags;
  for (const auto& [key, value] : request.tags) other.insert_or_assign(key, value);
  queue.other_tags.push_back(std::move(other));
}

void Model::answer(const Issued& issued, const engine::UntagQueue& request,
                   const engine::UntagQueue::Reply&, Span) {
  for (const std::string& key : request.tag_keys) queues_[issued.queue].tags.erase(key);
}

void Model::lose(const Issued& issued, const engine::UntagQueue& request, Span) {
  Queue& queue = queues_[issued.queue];
  engine::Tags other = queue.tags;
  for (const std::string& key : request.tag_keys) other.erase(key);
  queue.other_tags.push_back(std::move(other));
}

void Model::answer(const Issued& issued, const engine::ListQueueTags&,
                   const engine::ListQueueTags::Reply& reply, Span) {
  Queue& queue = queues_[issued.queue];
  const bool other = std::ranges::find(queue.other_tags, reply.tags) != queue.other_tags.end();
  if (reply.tags != queue.tags && !other) violation(issued, "tags are not what was set");
  queue.tags = reply.tags;
  queue.other_tags.clear();
}

void Model::answer(const Issued& issued, const engine::PurgeQueue&,
                   const engine::PurgeQueue::Reply&, Span) {
  empty_out(issued.queue);
  queues_[issued.queue].purged = issued.at;
}

void Model::lose(const Issued& issued, const engine::PurgeQueue&, Span) {
  for (Message& message : messages_) {
    if (possibly_in(message, issued.queue)) message.maybe_gone = true;
  }
  for (auto& [key, sends] : windows_[issued.queue]) {
    for (FirstSend& send : sends) send.certain = false;
  }
  queues_[issued.queue].purged = issued.at;
}

}  // namespace forebay::sim
