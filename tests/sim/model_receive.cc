// SPDX-License-Identifier: Apache-2.0
// The model's receives: everything that a delivery must fulfil.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "engine/facts.h"
#include "sim/model.h"
#include "sim/receiving.h"

namespace forebay::sim {
namespace {

constexpr int64_t kWakeMsMax = 100;

}  // namespace

/// Without a wait time of its own it depends on a setting that may be changing.
bool Model::waits(const engine::ReceiveMessages& request) const {
  return request.wait_time_seconds != 0;
}

Span Model::decided(const Issued& issued, const engine::ReceiveMessages& request, Span now) const {
  return {issued.at.lo, waits(request) ? now.hi : issued.at.hi};
}

/// What this receive, wherever it looked, may have moved to the dead-letter queue.
void Model::note_moves(size_t queue, Span decided) {
  for (const size_t index : queues_[queue].messages) {
    Message& message = messages_[index];
    if (exhausted(message, queue) && message.visible.lo <= decided.hi) message.maybe_moved = true;
  }
  for (const size_t index : scattered_) {
    for (Place& place : messages_[index].later) {
      if (place.queue == queue && exhausted(place, queue) && place.visible.lo <= decided.hi)
        place.maybe_moved = true;
    }
  }
}

void Model::answer(const Issued& issued, const engine::ReceiveMessages& request,
                   const engine::ReceiveMessages::Reply& reply, Span now) {
  Receiving receiving{issued, request, decided(issued, request, now), now, 0, waits(request), {}};
  receiving.visibility_ms = int64_t{request.visibility_timeout.value_or(
                                queues_[issued.queue].attributes.visibility_timeout)} *
                            1000;
  // An attempt that is repeated with a smaller number returns what it returned before.
  if (request.receive_request_attempt_id.empty() &&
      static_cast<int32_t>(reply.messages.size()) > request.max_number_of_messages) {
    violation(issued, "more messages than asked for");
  }
  note_moves(issued.queue, receiving.decided);
  for (const engine::ReceiveMessages::Message& told : reply.messages) delivered(receiving, told);
  check_complete(receiving);
}

void Model::delivered(Receiving& receiving, const engine::ReceiveMessages::Message& told) {
  const Issued& issued = receiving.issued;
  const Result<engine::MessageSent> sent = engine::decode_content(told.record);
  const auto found = sent.ok() ? by_id_.find(sent->message_id) : by_id_.end();
  if (found == by_id_.end()) return violation(issued, "a message that nobody sent");
  Message& message = messages_[found->second];
  if (sent->content != message.content || sent->group != message.group) {
    return violation(issued, "the content is not what was sent: " + name(message));
  }
  if (message.gone) return violation(issued, "a message that is gone: " + name(message));
  recognise(receiving, found->second, told);
  if (!check_place(receiving, message, told)) return;
  receiving.repeated = !receiving.request.receive_request_attempt_id.empty() &&
                       message.handle == told.receipt_handle;
  check_count(receiving, message, told);
  check_times(receiving, message, told);
  check_order(receiving, message, told.number.value);

  if (message.queue != issued.queue) {
    leave(found->second);
    message.queue = issued.queue;
    message.arrived = true;
    queues_[issued.queue].messages.push_back(found->second);
  }
  seen(message);  // here, which says nothing about a purge of the queue it came from
  message.maybe_moved = false;
  message.number = told.number.value;
  proven_there(message, receiving.decided.lo);
  message.sent = {told.sent.value, told.sent.value};
  message.count_min = message.count_max = told.receive_count;
  message.first_received = told.first_received.value;
  message.visible = receiving.decided + receiving.visibility_ms;
  message.handle = told.receipt_handle;
  message.attempt = receiving.request.receive_request_attempt_id;
  handles_[told.receipt_handle] = {found->second, issued.queue, queues_[issued.queue].incarnation,
                                   message.move_count};
  receiving.messages.push_back(found->second);
  ++delivered_count_;
}

/// In its own queue, or moved where it belongs.
bool Model::check_place(Receiving& receiving, Message& message,
                        const engine::ReceiveMessages::Message& told) {
  const Issued& issued = receiving.issued;
  const bool moving = message.queue != issued.queue;
  if (moving &&
      !(message.maybe_moved && queues_[message.queue].spec.dead_letter_queue == issued.queue)) {
    violation(issued, "a message that should not be here: " + name(message));
    return false;
  }
  if (moving) message.arrived = true;
  std::string source;
  for (const Queue& queue : queues_) {
    if (!message.arrived) break;
    if (queue.spec.dead_letter_queue == issued.queue)
      source = engine::queue_arn(queue.spec.address);
  }
  if (told.dead_letter_source_arn != source)
    violation(issued, "the wrong dead-letter source: " + name(message));
  const bool renumbered =
      moving ? told.number.value > message.number : told.number.value == message.number;
  if ((message.number != 0 && !renumbered) || told.number.value <= message.number_above) {
    violation(issued, fmt::format("delivered as number {}: {}", told.number.value, name(message)));
  }
  last_number_ = std::max(last_number_, told.number.value);
  const std::optional<engine::RedrivePolicy>& policy =
      queues_[issued.queue].attributes.redrive_policy;
  if (policy && told.receive_count - message.arrival_count > policy->max_receive_count) {
    violation(issued, fmt::format("received more often than maxReceiveCount {}: {}",
                                  policy->max_receive_count, name(message)));
  }
  return true;
}

void Model::check_count(Receiving& receiving, const Message& message,
                        const engine::ReceiveMessages::Message& told) {
  const Issued& issued = receiving.issued;
  if (receiving.repeated) {
    if (message.attempt != receiving.request.receive_request_attempt_id ||
        told.receive_count < message.count_min || told.receive_count > message.count_max) {
      violation(issued, "an attempt was repeated wrongly: " + name(message));
    }
    return;
  }
  if (handles_.contains(told.receipt_handle)) violation(issued, "a receipt handle was given twice");
  if (told.receive_count < message.count_min + 1 || told.receive_count > message.count_max + 1) {
    violation(issued, fmt::format("receive count {}: {}", told.receive_count, name(message)));
  }
}

void Model::check_times(Receiving& receiving, const Message& message,
                        const engine::ReceiveMessages::Message& told) {
  const Issued& issued = receiving.issued;
  const Span decided = receiving.decided;
  if (!receiving.repeated && message.visible.lo > decided.hi) {
    violation(issued, fmt::format("delivered at {} at the latest, while invisible: {}", decided.hi,
                                  name(message)));
  }
  // It came by a move task while this poll was waiting: it wakes the poll at once.
  if (receiving.waits && !fifo(issued.queue) && told.move_count > 0 && !message.arrived &&
      told.receive_count == 1 && issued.at.hi < told.sent.value &&
      told.first_received.value > told.sent.value + kWakeMsMax) {
    violation(issued, "a poll was not woken by " + name(message));
  }
  const bool restarted =
      message.arrived && fifo(issued.queue);  // FIFO: a move resets the send time
  if (told.sent.value < message.sent.lo ||
      told.sent.value > (restarted ? decided.hi : message.sent.hi)) {
    violation(issued, fmt::format("sent {}: {}", told.sent.value, name(message)));
  }
  const int64_t retention_ms =
      int64_t{queues_[issued.queue].attributes.message_retention_period} * 1000;
  if (told.sent.value + retention_ms <= decided.lo)
    violation(issued, "delivered after its retention period");
  const int64_t first = told.first_received.value;
  const bool same = message.first_received == 0 ? first >= message.sent.lo && first <= decided.hi
                                                : first == message.first_received;
  if (!same) violation(issued, fmt::format("first received {}: {}", first, name(message)));
}

/// FIFO: what stands before it in its group must be gone, or come before it in this very answer
/// (contract 5.8.1).
void Model::check_order(const Receiving& receiving, const Message& message, uint64_t number) {
  const size_t queue = receiving.issued.queue;
  if (!fifo(queue)) return;
  for (const size_t index : queues_[queue].messages) {
    const Message& other = messages_[index];
    if (other.group != message.group || other.number == 0 || other.number >= number ||
        !certainly_in(other, queue, receiving.now)) {
      continue;
    }
    if (std::ranges::find(receiving.messages, index) == receiving.messages.end()) {
      violation(receiving.issued, "out of order: " + name(message) + " came before " + name(other));
    }
  }
}

/// True when nothing can stand before it in its group.
bool Model::heads_group(const Message& message, size_t queue) const {
  return std::ranges::none_of(messages_, [&](const Message& other) {
    if (other.id == message.id || other.group != message.group || other.gone) return false;
    const auto before = [&](const Place& place) {
      const uint64_t least = std::max(place.number, place.number_above);
      return possibly_at(place, queue) &&
             (place.number == 0 || message.number == 0 || least < message.number);
    };
    return before(other) || std::ranges::any_of(other.later, before);
  });
}

/// A receive that does not wait takes what is there.
void Model::check_complete(const Receiving& receiving) {
  const size_t queue = receiving.issued.queue;
  const Span at = receiving.issued.at;
  const bool full =
      static_cast<int32_t>(receiving.messages.size()) == receiving.request.max_number_of_messages;
  if (full || !receiving.request.receive_request_attempt_id.empty() || receiving.waits) return;
  for (const size_t index : queues_[queue].messages) {
    const Message& message = messages_[index];
    if (message.visible.hi > at.lo || !certainly_in(message, queue, receiving.now)) continue;
    if (std::ranges::find(receiving.messages, index) != receiving.messages.end()) continue;
    if (fifo(queue) && !heads_group(message, queue)) continue;
    violation(receiving.issued, "not delivered although visible: " + name(message));
  }
}

void Model::lose(const Issued& issued, const engine::ReceiveMessages&, Span) {
  lost_receives_.push_back(issued);
}

void Model::process_died(Span now) {
  settle_lost_receives(now);
  for (Task& task : tasks_) task.this_life.reset();
}

/// The lost receives may have delivered or moved anything, in any order; and a move task may have
/// brought it back to be received again.
void Model::settle_lost_receives(Span now) {
  for (const Issued& lost : lost_receives_) lose_repeated_attempt(lost, now);
  std::set<std::tuple<size_t, size_t, size_t, int>> counted;
  for (size_t round = 0; round < lost_receives_.size() + 2; ++round) {
    const bool counts = count_lost_receives(now, counted);
    for (const Issued& lost : lost_receives_) note_moves(lost.queue, now);
    note_redrives(now);
    if (!counts && round > 0) break;
  }
  lost_receives_.clear();
}

/// Each receive once for each place where it may have found a message. False when there was no
/// further one.
bool Model::count_lost_receives(Span now,
                                std::set<std::tuple<size_t, size_t, size_t, int>>& counted) {
  bool found = false;
  for (size_t i = 0; i < lost_receives_.size(); ++i) {
    const size_t queue = lost_receives_[i].queue;
    const int64_t visibility_ms = longest_visibility_ms(lost_receives_[i]);
    const auto count = [&](size_t index, Place& place) {
      if (!possibly_at(place, queue) || place.visible.lo > now.hi) return;
      if (!counted.insert({i, index, place.queue, place.move_count}).second) return;
      ++place.count_max;
      place.visible.hi = std::max(place.visible.hi, now.hi + visibility_ms);
      found = true;
    };
    for (size_t index = 0; index < messages_.size(); ++index) {
      Message& message = messages_[index];
      if (message.gone) continue;
      count(index, message);
      for (Place& place : message.later) count(index, place);
    }
  }
  return found;
}

/// A repeated attempt hides its messages anew, perhaps for a shorter time than they were hidden
/// before.
void Model::lose_repeated_attempt(const Issued& issued, Span now) {
  const auto& request = std::get<engine::ReceiveMessages>(issued.request);
  for (Message& message : messages_) {
    if (message.attempt.empty() || message.attempt != request.receive_request_attempt_id) continue;
    const int64_t shortest_ms = int64_t{request.visibility_timeout.value_or(0)} * 1000;
    message.visible.include({issued.at.lo + shortest_ms, now.hi + longest_visibility_ms(issued)});
  }
}

/// Under any settings that were perhaps in force.
int64_t Model::longest_visibility_ms(const Issued& issued) const {
  const Queue& queue = queues_[issued.queue];
  int32_t visibility_s = queue.attributes.visibility_timeout;
  for (const auto& other : queue.other_attributes)
    visibility_s = std::max(visibility_s, other.visibility_timeout);
  const auto& request = std::get<engine::ReceiveMessages>(issued.request);
  return int64_t{request.visibility_timeout.value_or(visibility_s)} * 1000;
}

}  // namespace forebay::sim
