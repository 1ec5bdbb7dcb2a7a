// SPDX-License-Identifier: Apache-2.0
// Where move tasks may have moved messages, and what deliveries and counts prove of it.
//
// A message is where it was last known to be (its base), or in one of its `later` places. A
// delivery proves one place; so do a task's counts when they are as large or as small as they can
// be.
#include <algorithm>

#include <fmt/format.h>

#include "engine/facts.h"
#include "sim/model.h"
#include "sim/receiving.h"

namespace forebay::sim {

/// Before anything is concluded from what is where.
void Model::note_redrives(Span now) {
  for (size_t task = 0; task < tasks_.size(); ++task) {
    if (!tasks_[task].ended) note_redrives_of(task, now);
  }
}

void Model::note_redrives_of(size_t index, Span now) {
  const size_t source = tasks_[index].source;
  // FIFO: the first hidden message of a group keeps back all behind it.
  std::map<std::string, uint64_t> hidden;
  if (fifo(source)) {
    for (const size_t each : queues_[source].messages) {
      const Message& message = messages_[each];
      if (message.number == 0 || message.visible.lo <= now.hi ||
          !certainly_in(message, source, now))
        continue;
      const auto at = hidden.try_emplace(message.group, message.number).first;
      at->second = std::min(at->second, message.number);
    }
  }
  const auto consider = [&](size_t each, const Place& place) {
    const auto before = hidden.find(messages_[each].group);
    const bool kept_back =
        before != hidden.end() && std::max(place.number, place.number_above) > before->second;
    if (place.queue == source && !kept_back) redrive(index, each, place, false, now);
    if (place.maybe_moved && queues_[place.queue].spec.dead_letter_queue == source)
      redrive(index, each, place, true, now);
  };
  const auto from = dead_letter_source(source);
  for (const size_t each : queues_[source].messages) consider(each, messages_[each]);
  for (const size_t each : queues_[from.value()].messages) consider(each, messages_[each]);
  for (const size_t each : std::vector<size_t>(scattered_.begin(), scattered_.end())) {
    for (const Place& place : std::vector<Place>(messages_[each].later)) consider(each, place);
  }
}

/// `moved_first`: from the queue of `from` to the dead-letter queue, by a receive.
void Model::redrive(size_t index, size_t message_index, const Place& from, bool moved_first,
                    Span now) {
  Task& task = tasks_[index];
  const Queue& source = queues_[task.source];
  const bool arrived = moved_first || from.arrived;
  const bool restarted = arrived && from.number == 0 && fifo(task.source);
  Span moved{std::max({task.started.lo, from.visible.lo, from.proven}),
             std::min(now.hi, task.until)};
  if (!restarted && !moved_first)
    moved.hi = std::min(moved.hi, from.sent.hi + source.longest_retention_ms - 1);
  if (moved.lo > moved.hi) return;
  if (!task.request.destination && !arrived) {
    task.lacks_source = true;
    return;
  }
  const size_t target = task.request.destination ? find_queue(*task.request.destination).value()
                                                 : dead_letter_source(task.source).value();
  if (!queues_[target].exists || queues_[target].uncertain) task.lacks_destination = true;
  if (!queues_[target].exists && !queues_[target].uncertain) return;

  Message& message = messages_[message_index];
  const auto move_count = static_cast<uint16_t>(from.move_count + 1);
  const uint64_t number_above = std::max({from.number, from.number_above, task.number_above});
  auto place = std::ranges::find_if(message.later, [&](const Place& each) {
    return each.queue == target && each.move_count == move_count;
  });
  if (place == message.later.end()) {
    place = message.later.insert(place, Place{});
    place->queue = target;
    place->move_count = move_count;
    place->sent = place->visible = moved;
    place->number_above = number_above;
    scattered_.insert(message_index);
  }
  place->sent.include(moved);
  place->visible.include(moved);
  place->number_above = std::min(place->number_above, number_above);
  if (std::ranges::find(place->task_by, index) == place->task_by.end())
    place->task_by.push_back(index);
}

/// A move is proven that one of `tasks` made.
void Model::credit(const std::vector<size_t>& tasks, bool sure) {
  for (const size_t task : tasks) {
    ++(sure && tasks.size() == 1 ? tasks_[task].seen : tasks_[task].unsure);
  }
}

/// The message was moved there, and so through every move before.
void Model::redriven(size_t index, size_t at) {
  Message& message = messages_[index];
  const Place chosen = message.later[at];
  for (uint16_t level = message.move_count; level < chosen.move_count; ++level) {
    std::vector<const Place*> passed;
    if (level == message.move_count) passed.push_back(&message);
    for (const Place& place : message.later) {
      if (place.move_count == level) passed.push_back(&place);
    }
    for (const Place* place : passed) credit(place->task_by, passed.size() == 1);
  }
  credit(chosen.task_by, true);
  std::erase_if(message.later,
                [&](const Place& place) { return place.move_count <= chosen.move_count; });
  if (message.later.empty()) scattered_.erase(index);
  leave(index);
  static_cast<Place&>(message) = chosen;
  message.task_by.clear();
  message.handle.clear();
  message.attempt.clear();
  message.certain = true;
  queues_[message.queue].messages.push_back(index);
}

int64_t Model::moved_at_most(size_t task) const {
  const auto by_it = [&](const Place& place) {
    return std::ranges::find(place.task_by, task) != place.task_by.end();
  };
  int64_t most = tasks_[task].seen + tasks_[task].unsure;
  for (const Message& message : messages_) {
    most += (by_it(message) ? 1 : 0) + std::ranges::count_if(message.later, by_it);
  }
  return most;
}

/// It has moved as many as it can have.
void Model::all_moved(size_t task) {
  const auto by_it = [&](const Place& place) {
    return std::ranges::find(place.task_by, task) != place.task_by.end();
  };
  for (size_t index = 0; index < messages_.size(); ++index) {
    Message& message = messages_[index];
    if (by_it(message)) {
      credit({task}, true);
      message.task_by.clear();
    }
    for (;;) {
      const auto place = std::ranges::find_if(message.later, by_it);
      if (place == message.later.end()) break;
      place->task_by = {task};
      redriven(index, static_cast<size_t>(place - message.later.begin()));
    }
  }
}

/// It has moved nothing but what was seen, or never was.
void Model::none_moved(size_t task) {
  for (const size_t index : std::vector<size_t>(scattered_.begin(), scattered_.end())) {
    std::vector<Place>& later = messages_[index].later;
    std::erase_if(later, [&](Place& place) {
      std::erase(place.task_by, task);
      return place.task_by.empty();
    });
    if (later.empty()) scattered_.erase(index);
  }
}

void Model::refute(size_t task) {
  tasks_[task].refuted = tasks_[task].ended = true;
  none_moved(task);
}

/// A purge, or its deletion, has emptied the queue.
void Model::forget_later(size_t index, size_t queue) {
  Message& message = messages_[index];
  std::erase_if(message.later, [&](Place& place) {
    if (!possibly_at(place, queue)) return false;
    message.maybe_gone = true;
    if (place.queue != queue) return false;
    if (!place.maybe_moved) {
      credit(place.task_by, false);
      return true;
    }
    place.queue = *queues_[queue].spec.dead_letter_queue;
    place.arrived = true;
    place.maybe_moved = false;
    return false;
  });
  if (message.later.empty()) scattered_.erase(index);
}

/// The message was at its base at that moment. On FIFO nothing overtakes it on its way out.
void Model::proven_there(Message& message, int64_t moment) {
  const bool alone = std::ranges::none_of(
      message.later, [&](const Place& place) { return place.move_count == message.move_count; });
  credit(message.task_by, alone);
  message.task_by.clear();
  message.later.clear();
  message.proven = moment;
  const size_t index = by_id_.at(message.id);
  scattered_.erase(index);
  if (!fifo(message.queue) || !dead_letter_queue(message.queue)) return;
  for (const size_t each : queues_[message.queue].messages) {
    Message& other = messages_[each];
    if (other.group != message.group || other.number <= message.number) continue;
    other.later.clear();
    scattered_.erase(each);
  }
}

/// In which of its possible places was it delivered? Its move count tells.
void Model::recognise(const Receiving& receiving, size_t index,
                      const engine::ReceiveMessages::Message& told) {
  const Issued& issued = receiving.issued;
  Message& message = messages_[index];
  const Bytes16 id = engine::message_id_after_moves(message.id, told.move_count);
  const std::pair<size_t, uint16_t> named(index, told.move_count);
  if (told_ids_.try_emplace(id, named).first->second != named ||
      (told.move_count > 0 && id[6] >> 4 != 4))
    violation(issued, "the message id of another message: " + name(message));
  const auto fits = [&](const Place& place) {
    return possibly_at(place, issued.queue) && place.move_count == told.move_count;
  };
  if (told.move_count > 0) ++moved_count_;
  if (fits(message)) return;
  const auto place = std::ranges::find_if(message.later, fits);
  if (place == message.later.end()) {
    return violation(issued, fmt::format("a message that was moved {} times should not be here: {}",
                                         told.move_count, name(message)));
  }
  const Place before = static_cast<const Place&>(message);
  redriven(index, static_cast<size_t>(place - message.later.begin()));
  if (before.number != 0 && told.number.value <= before.number)
    violation(issued, "a moved message kept its place: " + name(message));
  message.sent.hi = std::min(message.sent.hi, receiving.decided.hi);
  if (fifo(issued.queue) && before.move_count + 1 == message.move_count)
    check_order_of_redrives(receiving, message, before);
}

/// FIFO: what stood before it in the dead-letter queue was moved before it.
void Model::check_order_of_redrives(const Receiving& receiving, const Message& message,
                                    const Place& before) {
  if (before.number == 0 || before.maybe_moved || !dead_letter_queue(before.queue)) return;
  for (const size_t index : queues_[before.queue].messages) {
    const Message& other = messages_[index];
    if (other.group != message.group || other.number == 0 || other.number >= before.number ||
        !other.certain || other.maybe_gone || perhaps_expired(other, receiving.now)) {
      continue;
    }
    const bool overtaken =
        other.later.empty() || (other.later.size() == 1 && other.later[0].queue == message.queue &&
                                !other.later[0].maybe_moved);
    if (overtaken) {
      violation(receiving.issued,
                "out of order: " + name(message) + " was moved before " + name(other));
    }
  }
}

}  // namespace forebay::sim
