// SPDX-License-Identifier: Apache-2.0
#include "sim/model.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/base64.h"

namespace forebay::sim {

size_t Model::add_queue(const QueueSpec& spec) {
  Queue queue;
  queue.spec = spec;
  queues_.push_back(std::move(queue));
  windows_.emplace_back();
  return queues_.size() - 1;
}

void Model::issued(const Issued& issued) {
  if (std::holds_alternative<engine::ReceiveMessages>(issued.request)) {
    ++queues_[issued.queue].open_receives;
  }
}

/// A receive that still waits may already have moved messages on.
void Model::closed(const Issued& issued, Span now) {
  for (size_t queue = 0; queue < queues_.size(); ++queue) {
    if (queues_[queue].open_receives > 0) note_moves(queue, now);
  }
  note_redrives(now);
  if (std::holds_alternative<engine::ReceiveMessages>(issued.request)) {
    --queues_[issued.queue].open_receives;
  }
}

void Model::answered(const Issued& issued, const Result<shard::Reply>& reply, Span now) {
  latest_ms_ = std::max(latest_ms_, now.hi);
  closed(issued, now);
  if (!reply.ok()) return refuse(issued, reply.error(), now);
  CHECK(issued.request.index() == reply->index());
  std::visit(
      [&](const auto& op) {
        using Op = std::remove_cvref_t<decltype(op)>;
        if constexpr (requires { op.queue; }) {
          // A poll of a queue that is deleted meanwhile ends with nothing.
          const auto* received = std::get_if<engine::ReceiveMessages::Reply>(&*reply);
          if (received != nullptr && received->messages.empty() && !queues_[issued.queue].exists)
            return;
          if (!queues_[issued.queue].exists && !queues_[issued.queue].uncertain) {
            violation(issued, "an answer for a queue that does not exist");
          }
        }
        answer(issued, op, std::get<typename Op::Reply>(*reply), now);
      },
      issued.request);
}

void Model::lost(const Issued& issued, Span now) {
  latest_ms_ = std::max(latest_ms_, now.hi);
  closed(issued, now);
  std::visit([&](const auto& op) { lose(issued, op, now); }, issued.request);
}

void Model::refuse(const Issued& issued, const Error& error, Span now) {
  Queue& queue = queues_[issued.queue];
  const auto recently = [&](const std::optional<Span>& moment) {
    return cooldowns_ && moment && issued.at.lo < moment->hi + 60'000;
  };
  switch (error.code) {
    case ErrorCode::kQueueDoesNotExist:
      if (queue.exists && !queue.uncertain) violation(issued, "the queue is lost");
      if (queue.exists) empty_out(issued.queue);
      queue.exists = queue.uncertain = false;
      return;
    case ErrorCode::kQueueDeletedRecently:
      if (queue.exists || !recently(queue.deleted)) violation(issued, error.message);
      return;
    case ErrorCode::kPurgeQueueInProgress:
      if (!recently(queue.purged)) violation(issued, error.message);
      return;
    case ErrorCode::kResourceNotFound:
    case ErrorCode::kInvalidParameterValue:
    case ErrorCode::kUnsupportedOperation:
      return refused_task(issued, error);
    case ErrorCode::kInternalFailure:
      if (!std::holds_alternative<engine::ReceiveMessages>(issued.request) || !read_failed_())
        violation(issued, "refused: " + error.message);
      // As if the answer had been lost: the messages were received, and nobody knows which.
      std::visit([&](const auto& op) { lose(issued, op, now); }, issued.request);
      return settle_lost_receives(now);
    case ErrorCode::kServiceUnavailable:
      if (!excused(error)) violation(issued, "refused though there is room: " + error.message);
      return;
    default:
      violation(issued, "refused: " + error.message);
  }
}

bool Model::excused(const Error& refusal) const {
  return disk_full_() || refusal.message.find("still making room") != std::string::npos;
}

bool Model::possibly_at(const Place& place, size_t queue) const {
  return place.queue == queue ||
         (place.maybe_moved && queues_[place.queue].spec.dead_letter_queue == queue);
}

bool Model::possibly_in(const Message& message, size_t queue) const {
  if (message.gone) return false;
  const auto there = [&](const Place& place) { return possibly_at(place, queue); };
  return there(message) || std::ranges::any_of(message.later, there);
}

bool Model::certainly_in(const Message& message, size_t queue, Span now) const {
  return message.queue == queue && message.certain && !message.gone && !message.maybe_gone &&
         !message.maybe_moved && message.later.empty() && !perhaps_expired(message, now);
}

bool Model::perhaps_expired(const Place& place, Span now) const {
  const Queue& queue = queues_[place.queue];
  int64_t retention_ms = queue.shortest_retention_ms;
  if (place.maybe_moved) {
    retention_ms =
        std::min(retention_ms, queues_[*queue.spec.dead_letter_queue].shortest_retention_ms);
  }
  return place.sent.lo + retention_ms <= now.hi;
}

bool Model::perhaps_expired(const Message& message, Span now) const {
  const auto over = [&](const Place& place) { return perhaps_expired(place, now); };
  return over(message) || std::ranges::any_of(message.later, over);
}

bool Model::exhausted(const Place& place, size_t queue) const {
  const std::optional<engine::RedrivePolicy>& policy = queues_[queue].attributes.redrive_policy;
  return policy && place.count_max - place.arrival_count >= policy->max_receive_count;
}

void Model::note_gone(size_t index) {
  credit(messages_[index].task_by, false);
  messages_[index].gone = true;
  leave(index);
}

void Model::leave(size_t index) {
  Queue& queue = queues_[messages_[index].queue];
  std::erase(queue.messages, index);
  queue.left_ms = latest_ms_;
}

void Model::seen(Message& message) {
  message.certain = true;
  message.maybe_gone = false;
  for (auto& [key, sends] : windows_[message.queue]) {
    for (FirstSend& send : sends) {
      if (messages_[send.message].id == message.id) send.certain = true;
    }
  }
}

void Model::check_waiting(const Issued& issued, int64_t waited_ms, Span now, int64_t slack_ms) {
  const auto* request = std::get_if<engine::ReceiveMessages>(&issued.request);
  note_redrives(now);
  const int64_t allowed_ms = slack_ms + (request != nullptr ? 20'000 : 0);
  if (waited_ms > allowed_ms) return violation(issued, "not answered for too long");
  if (request == nullptr || waited_ms < slack_ms || disk_full_()) return;
  for (const size_t index : queues_[issued.queue].messages) {
    const Message& message = messages_[index];
    if (exhausted(message, issued.queue)) continue;  // the waiting receive may have moved it on
    const bool due =
        message.visible.hi + slack_ms <= now.lo && certainly_in(message, issued.queue, now);
    const bool heads = !fifo(issued.queue) || (queues_[issued.queue].left_ms + slack_ms <= now.lo &&
                                               heads_group(message, issued.queue));
    if (due && heads) {
      return violation(issued, "a poll waits although it could have had " + name(message));
    }
  }
}

void Model::check_drained(Span now) {
  note_redrives(now);
  for (const Message& message : messages_) {
    if (message.certain && !message.gone && !message.maybe_gone && !perhaps_expired(message, now)) {
      verdict_.violation("an acknowledged message is lost: " + name(message));
    }
  }
}

void Model::violation(const Issued& issued, const std::string& text) {
  verdict_.violation(fmt::format("{} (request {} issued at {}): {}",
                                 queues_[issued.queue].spec.address.name, issued.request.index(),
                                 issued.at.lo, text));
}

std::string Model::name(const Message& message) const {
  return fmt::format(
      "message {} number {} of {} moved {} times sent {} visible {}-{} received {}-{} times{}{}",
      hex_encode({reinterpret_cast<const char*>(message.id.data()), 4}), message.number,
      queues_[message.queue].spec.address.name, message.move_count, message.sent.lo,
      message.visible.lo, message.visible.hi, message.count_min, message.count_max,
      message.maybe_moved ? ", perhaps moved" : "",
      message.later.empty() ? "" : ", perhaps redriven");
}

}  // namespace forebay::sim
