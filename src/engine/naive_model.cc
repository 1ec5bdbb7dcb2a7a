// SPDX-License-Identifier: Apache-2.0
#include "engine/naive_model.h"

#include <algorithm>

namespace forebay::engine {

NaiveQueue* NaiveShard::find(const std::string& name) {
  for (auto& queue : queues_) {
    if (queue->name == name) return queue.get();
  }
  return nullptr;
}

size_t NaiveShard::message_count() const {
  size_t count = 0;
  for (const auto& queue : queues_) count += queue->messages.size();
  return count;
}

std::vector<std::string> NaiveShard::names() const {
  std::vector<std::string> out;
  out.reserve(queues_.size());
  for (const auto& queue : queues_) out.push_back(queue->name);
  std::sort(out.begin(), out.end());
  return out;
}

std::optional<Error> NaiveShard::create(const NaiveQueue& wanted, std::optional<int> visibility_s,
                                        bool& created) {
  created = false;
  if (const NaiveQueue* queue = find(wanted.name)) {
    if (!visibility_s || *visibility_s == queue->visibility_s) return {};
    return Error{ErrorCode::kQueueNameExists,
                 "A queue already exists with the same name and a different value for attribute "
                 "VisibilityTimeout"};
  }
  if (auto error = check_redrive(wanted, wanted.redrive_target)) return error;
  const auto deleted = deleted_.find(wanted.name);
  if (cooldowns_ && deleted != deleted_.end() && now - deleted->second < 60'000) {
    return Error{ErrorCode::kQueueDeletedRecently,
                 "You must wait 60 seconds after deleting a queue before you can create another "
                 "with the same name."};
  }
  queues_.push_back(std::make_unique<NaiveQueue>(wanted));
  queues_.back()->id = ++ids_;
  if (visibility_s) queues_.back()->visibility_s = *visibility_s;
  created = true;
  return {};
}

void NaiveShard::erase(NaiveQueue& queue) {
  deleted_[queue.name] = now;
  std::erase_if(queues_, [&](const auto& other) { return other.get() == &queue; });
}

std::optional<Error> NaiveShard::purge(NaiveQueue& queue) {
  touch(queue);
  if (cooldowns_ && queue.purged >= 0 && now - queue.purged < 60'000) {
    return Error{
        ErrorCode::kPurgeQueueInProgress,
        "Only one PurgeQueue operation on " + queue.name + " is allowed every 60 seconds."};
  }
  queue.purged = now;
  queue.messages.clear();
  queue.rotation.clear();
  queue.ids.clear();
  queue.attempts.clear();
  queue.flights.clear();
  queue.last_grouped_send = 0;
  return {};
}

std::optional<Error> NaiveShard::check_redrive(const NaiveQueue& source,
                                               const std::string& target) {
  if (target.empty() || target == source.name) return {};
  const std::string start = "Value {policy text} for parameter RedrivePolicy is invalid. Reason: ";
  const NaiveQueue* found = find(target);
  if (found == nullptr) {
    return Error{ErrorCode::kInvalidParameterValue, start + "Dead letter target does not exist."};
  }
  if (found->fifo == source.fifo) return {};
  return Error{ErrorCode::kInvalidParameterValue,
               start + "Dead-letter queue must be same type of queue as the source.."};
}

void NaiveShard::touch(NaiveQueue& queue) {
  settle(queue);
  for (;;) {
    auto oldest = queue.messages.end();
    for (auto at = queue.messages.begin(); at != queue.messages.end(); ++at) {
      if (now - at->sent < queue.retention_s * int64_t{1000}) continue;
      if (oldest == queue.messages.end() || at->sent < oldest->sent) oldest = at;
    }
    if (oldest == queue.messages.end()) return;
    take_out(queue, oldest->number);
  }
}

int64_t NaiveShard::count(const NaiveQueue& queue, int state) const {
  return std::count_if(queue.messages.begin(), queue.messages.end(),
                       [&](const NaiveMessage& m) { return m.state == state; });
}

std::optional<int64_t> NaiveShard::next_due(const NaiveQueue& queue) const {
  std::optional<int64_t> due;
  for (const NaiveMessage& m : queue.messages) {
    if (m.state != NaiveMessage::kReady && (!due || due_at(queue, m) < *due))
      due = due_at(queue, m);
  }
  return due;
}

NaiveSent NaiveShard::send(NaiveQueue& queue, const NaiveSend& entry) {
  touch(queue);
  if (auto error = check_send(queue, entry)) return {error, {}, 0};
  if (queue.fifo) {
    const std::pair key(queue.scope_by_group ? *entry.group : "",
                        entry.id.value_or("digest of " + entry.content));
    if (const auto found = queue.ids.find(key);
        found != queue.ids.end() && now - found->second.at < 300'000) {
      return {{}, found->second.message_id, found->second.number};
    }
    queue.ids[key] = {now, entry.message_id, last_number_ + 1};
  }
  NaiveMessage message;
  message.number = ++last_number_;
  message.content = entry.content;
  message.group = entry.group.value_or("");
  message.sent = now;
  const int delay_s = queue.fifo ? queue.delay_s : entry.delay_s.value_or(queue.delay_s);
  message.visible_at = now + delay_s * int64_t{1000};
  message.state = delay_s > 0 ? NaiveMessage::kDelayed : NaiveMessage::kReady;
  queue.messages.push_back(message);
  if (!message.group.empty()) queue.last_grouped_send = now;
  rotate(queue, message.group);
  return {{}, entry.message_id, message.number};
}

std::vector<NaiveDelivery> NaiveShard::receive(NaiveQueue& queue, int max,
                                               std::optional<int> visibility_s,
                                               const std::string& attempt_id) {
  touch(queue);
  const int64_t visible_at = now + visibility_s.value_or(queue.visibility_s) * int64_t{1000};
  std::vector<NaiveDelivery> deliveries;
  const bool has_attempt = queue.fifo && !attempt_id.empty();
  if (has_attempt && repeat(queue, queue.attempts[attempt_id], visible_at, deliveries))
    return deliveries;
  NaiveQueue* target = queue.redrive_target.empty() ? nullptr : find(queue.redrive_target);
  if (target != nullptr && target->fifo != queue.fifo) target = nullptr;
  for (const uint64_t number : candidates(queue)) {
    if (static_cast<int>(deliveries.size()) == max) break;
    NaiveMessage& message = *message_of(queue, number);
    if (target != nullptr && message.count - message.count_at_arrival >= queue.max_receive_count) {
      move(queue, *target, number);
    } else {
      deliveries.push_back(deliver(queue, message, visible_at));
    }
  }
  if (has_attempt && !deliveries.empty()) remember(queue.attempts[attempt_id], deliveries);
  return deliveries;
}

std::optional<Error> NaiveShard::remove(NaiveQueue& queue, const NaiveHandle* handle,
                                        const std::string& text) {
  touch(queue);
  if (auto error = check_handle(queue, handle, text)) return error;
  const NaiveMessage* message = message_of(queue, handle->number);
  if (message == nullptr) return {};
  if (queue.fifo && !current(*message, *handle)) {
    return bad_handle(text, "The receipt handle has expired.");
  }
  take_out(queue, handle->number);
  return {};
}

std::optional<Error> NaiveShard::change(NaiveQueue& queue, const NaiveHandle* handle,
                                        const std::string& text, int visibility_s) {
  touch(queue);
  if (auto error = check_handle(queue, handle, text)) return error;
  NaiveMessage* message = message_of(queue, handle->number);
  if (message == nullptr || (queue.fifo && !current(*message, *handle))) {
    return bad_handle(text,
                      "Message does not exist or is not available for visibility timeout change.");
  }
  const int64_t visible_at = now + visibility_s * int64_t{1000};
  if (visibility_s > 0 && visible_at - message->received >= 43'200'000) {
    return Error{ErrorCode::kInvalidParameterValue,
                 "Value " + std::to_string(visibility_s) +
                     " for parameter VisibilityTimeout is invalid. Reason: Total "
                     "VisibilityTimeout for the message "
                     "is beyond the limit [43200 seconds]"};
  }
  hide(queue, *message, visible_at);
  return {};
}

int64_t NaiveShard::due_at(const NaiveQueue& queue, const NaiveMessage& m) {
  // On FIFO the queue's delay of now counts, also for messages that wait already (contract 3.8).
  return m.state == NaiveMessage::kDelayed && queue.fifo ? m.sent + queue.delay_s * int64_t{1000}
                                                         : m.visible_at;
}

NaiveMessage* NaiveShard::message_of(NaiveQueue& queue, uint64_t number) {
  for (NaiveMessage& message : queue.messages) {
    if (message.number == number) return &message;
  }
  return nullptr;
}

void NaiveShard::settle(NaiveQueue& queue) {
  for (;;) {
    NaiveMessage* next = nullptr;
    const auto rank = [&](const NaiveMessage& m) {
      // Delayed FIFO messages all wait equally long, so that their send time orders them too.
      return std::tuple(due_at(queue, m), m.state == NaiveMessage::kDelayed, m.number);
    };
    for (NaiveMessage& m : queue.messages) {
      if (m.state == NaiveMessage::kReady || due_at(queue, m) > now) continue;
      if (next == nullptr || rank(m) < rank(*next)) next = &m;
    }
    if (next == nullptr) return;
    if (next->state == NaiveMessage::kInFlight) land(queue, *next, next->visible_at);
    next->state = NaiveMessage::kReady;
    rotate(queue, next->group);
  }
}

void NaiveShard::rotate(NaiveQueue& queue, const std::string& group) {
  if (!queue.fifo) return;
  const auto head = std::find_if(queue.messages.begin(), queue.messages.end(),
                                 [&](const NaiveMessage& m) { return m.group == group; });
  const auto place = std::find(queue.rotation.begin(), queue.rotation.end(), group);
  const bool available = head != queue.messages.end() && head->state == NaiveMessage::kReady;
  if (!available && place != queue.rotation.end()) queue.rotation.erase(place);
  if (available && place == queue.rotation.end()) queue.rotation.push_back(group);
}

void NaiveShard::take_out(NaiveQueue& queue, uint64_t number) {
  const NaiveMessage message = *message_of(queue, number);
  if (message.state == NaiveMessage::kInFlight) land(queue, message, now);
  std::erase_if(queue.messages, [&](const NaiveMessage& m) { return m.number == number; });
  rotate(queue, message.group);
  const auto same = [&](const NaiveMessage& m) { return m.group == message.group; };
  if (std::any_of(queue.messages.begin(), queue.messages.end(), same)) return;
  for (NaiveQueue::Flight& flight : queue.flights) {
    if (flight.group == message.group) flight.group.clear();
  }
}

void NaiveShard::hide(NaiveQueue& queue, NaiveMessage& message, int64_t visible_at) {
  const bool was_in_flight = message.state == NaiveMessage::kInFlight;
  message.visible_at = visible_at;
  message.state = visible_at > now ? NaiveMessage::kInFlight : NaiveMessage::kReady;
  const bool is_in_flight = message.state == NaiveMessage::kInFlight;
  if (is_in_flight && !was_in_flight) take_off(queue, message, now);
  if (was_in_flight && !is_in_flight) land(queue, message, now);
  rotate(queue, message.group);
}

std::vector<uint64_t> NaiveShard::candidates(const NaiveQueue& queue) {
  if (!queue.fifo) return standard_candidates(queue);
  std::vector<uint64_t> out;
  for (const std::string& group : queue.rotation) {
    for (const NaiveMessage& m : queue.messages) {
      if (m.group != group) continue;
      if (m.state != NaiveMessage::kReady) break;
      out.push_back(m.number);
    }
  }
  return out;
}

/// Quiet before noisy; noisy tenants by messages in flight, then by their first message; all else
/// by turn.
std::vector<uint64_t> NaiveShard::standard_candidates(const NaiveQueue& queue) {
  using Place = std::pair<int64_t, uint64_t>;
  const std::vector<std::string> noisy = noisy_groups(queue);
  std::vector<std::tuple<bool, int64_t, Place, Place>> order;
  for (const NaiveMessage& m : queue.messages) {
    if (m.state != NaiveMessage::kReady) continue;
    const bool is_noisy = std::find(noisy.begin(), noisy.end(), m.group) != noisy.end();
    Place head{};
    if (is_noisy) {
      head = turn(m);
      for (const NaiveMessage& other : queue.messages) {
        if (other.state == NaiveMessage::kReady && other.group == m.group)
          head = std::min(head, turn(other));
      }
    }
    order.emplace_back(is_noisy, is_noisy ? in_flight(queue, &m.group) : 0, head, turn(m));
  }
  std::sort(order.begin(), order.end());
  std::vector<uint64_t> out;
  out.reserve(order.size());
  for (const auto& place : order) out.push_back(std::get<3>(place).second);
  return out;
}

std::pair<int64_t, uint64_t> NaiveShard::turn(const NaiveMessage& message) {
  const bool yields = message.count - message.count_at_arrival >= 3;
  return {yields ? message.visible_at : message.sent, message.number};
}

void NaiveShard::take_off(NaiveQueue& queue, const NaiveMessage& message, int64_t at) {
  if (queue.fifo) return;
  // Older than two minutes: counts no more.
  std::erase_if(queue.flights,
                [&](const NaiveQueue::Flight& flight) { return flight.to < at - 120'000; });
  queue.flights.push_back({message.group, message.number, at, INT64_MAX});
}

void NaiveShard::land(NaiveQueue& queue, const NaiveMessage& message, int64_t at) {
  for (NaiveQueue::Flight& flight : queue.flights) {
    if (flight.number == message.number && flight.to == INT64_MAX) flight.to = at;
  }
}

/// `group`: null for all.
int64_t NaiveShard::in_flight(const NaiveQueue& queue, const std::string* group) {
  return std::count_if(queue.messages.begin(), queue.messages.end(), [&](const NaiveMessage& m) {
    return m.state == NaiveMessage::kInFlight && (group == nullptr || m.group == *group);
  });
}

int64_t NaiveShard::processing_ms(const NaiveQueue& queue, const std::string* group) const {
  const int64_t since = (now / 60'000 - 1) * 60'000;
  int64_t sum = 0;
  for (const NaiveQueue::Flight& flight : queue.flights) {
    if (group != nullptr && flight.group != *group) continue;
    sum += std::max<int64_t>(0, std::min(flight.to, now) - std::max(flight.from, since));
  }
  return sum;
}

std::vector<std::string> NaiveShard::noisy_groups(const NaiveQueue& queue) {
  std::vector<std::string> noisy;
  if (now - queue.last_grouped_send >= 300'000) return noisy;
  for (const NaiveMessage& m : queue.messages) {
    if (m.state != NaiveMessage::kReady || m.group.empty()) continue;
    if (std::find(noisy.begin(), noisy.end(), m.group) != noisy.end()) continue;
    const int64_t mine = in_flight(queue, &m.group);
    const bool many = mine >= 30 && 10 * mine > in_flight(queue, nullptr);
    const bool long_at_it = 10 * processing_ms(queue, &m.group) > processing_ms(queue, nullptr);
    if (!many && !long_at_it) continue;
    noisy.push_back(m.group);
    ++(many && long_at_it ? noise.by_both
       : many             ? noise.by_in_flight_alone
                          : noise.by_processing_alone);
  }
  if (noisy.size() > 1) ++noise.several;
  return noisy;
}

NaiveDelivery NaiveShard::deliver(NaiveQueue& queue, NaiveMessage& message, int64_t visible_at) {
  ++message.count;
  message.received = now;
  if (message.first_received == 0) message.first_received = now;
  std::erase(queue.rotation, message.group);  // served: to the tail, if it is available at all
  hide(queue, message, visible_at);
  return {message, {queue.id, message.number, message.count}};
}

void NaiveShard::move(NaiveQueue& from, NaiveQueue& to, uint64_t number) {
  NaiveMessage message = *message_of(from, number);
  take_out(from, number);
  settle(to);
  message.number = ++last_number_;
  message.count_at_arrival = message.count;
  message.source = from.name;
  message.state = NaiveMessage::kReady;
  message.visible_at = now;
  if (from.fifo) message.sent = now;
  to.messages.push_back(message);
  if (!message.group.empty()) to.last_grouped_send = std::max(to.last_grouped_send, message.sent);
  rotate(to, message.group);
}

bool NaiveShard::repeat(NaiveQueue& queue, NaiveQueue::Attempt& attempt, int64_t visible_at,
                        std::vector<NaiveDelivery>& deliveries) {
  if (attempt.items.empty() || now - attempt.at >= 300'000) return false;
  for (const auto& [number, times, hidden_until] : attempt.items) {
    const NaiveMessage* m = message_of(queue, number);
    if (m == nullptr || m->state != NaiveMessage::kInFlight || m->count != times ||
        m->visible_at != hidden_until) {
      return false;
    }
  }
  for (const auto& item : attempt.items) {
    NaiveMessage& message = *message_of(queue, std::get<0>(item));
    hide(queue, message, visible_at);
    deliveries.push_back({message, {queue.id, message.number, message.count}});
  }
  remember(attempt, deliveries);
  return true;
}

void NaiveShard::remember(NaiveQueue::Attempt& attempt,
                          const std::vector<NaiveDelivery>& deliveries) const {
  attempt.at = now;
  attempt.items.clear();
  for (const auto& [m, handle] : deliveries)
    attempt.items.emplace_back(m.number, m.count, m.visible_at);
}

bool NaiveShard::current(const NaiveMessage& message, const NaiveHandle& handle) {
  return message.state == NaiveMessage::kInFlight && message.count == handle.count;
}

Error NaiveShard::bad_handle(const std::string& text, const std::string& reason) {
  return {ErrorCode::kInvalidParameterValue,
          "Value " + text + " for parameter ReceiptHandle is invalid. Reason: " + reason};
}

std::optional<Error> NaiveShard::check_handle(const NaiveQueue& queue, const NaiveHandle* handle,
                                              const std::string& text) {
  if (handle == nullptr) {
    return Error{ErrorCode::kReceiptHandleIsInvalid,
                 "The input receipt handle \"" + text + "\" is not a valid receipt handle."};
  }
  if (handle->queue == queue.id) return {};
  return Error{ErrorCode::kReceiptHandleIsInvalid,
               "The receipt handle \"" + text + "\" is not valid for this queue."};
}

std::optional<Error> NaiveShard::check_send(const NaiveQueue& queue, const NaiveSend& entry) {
  if (!queue.fifo) {
    if (!entry.id) return {};
    return Error{ErrorCode::kInvalidParameterValue,
                 "Value " + *entry.id +
                     " for parameter MessageDeduplicationId is invalid. Reason: The request "
                     "includes a parameter "
                     "that is not valid for this queue type."};
  }
  if (!entry.group) {
    return Error{ErrorCode::kMissingParameter,
                 "The request must contain the parameter MessageGroupId."};
  }
  if (!entry.id && !queue.content_based) {
    return Error{ErrorCode::kInvalidParameterValue,
                 "The queue should either have ContentBasedDeduplication enabled or "
                 "MessageDeduplicationId provided "
                 "explicitly"};
  }
  if (entry.delay_s.value_or(0) == 0) return {};
  return Error{ErrorCode::kInvalidParameterValue,
               "Value " + std::to_string(*entry.delay_s) +
                   " for parameter DelaySeconds is invalid. Reason: The request include "
                   "parameter that is not valid "
                   "for this queue type."};
}

}  // namespace forebay::engine
