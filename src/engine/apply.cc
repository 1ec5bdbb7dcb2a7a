// SPDX-License-Identifier: Apache-2.0
// Applying facts. Nothing here can fail, and nothing here decides.
#include <algorithm>

#include "engine/engine.h"
#include "engine/limits.h"

namespace forebay::engine {

void Engine::apply(const Fact& fact, WallMs now, RecordPlace place) {
  std::visit([&](const auto& value) { apply_fact(value, now, place); }, fact);
}

void Engine::apply_fact(const ShardCreated& fact, WallMs, RecordPlace) {
  created_ = true;
  secret_ = fact.secret;
}

void Engine::apply_fact(const QueueCreated& fact, WallMs now, RecordPlace) {
  if (fact.queue.value < queues_.size()) return;
  queues_.resize(fact.queue.value + 1);
  auto created = std::make_unique<Queue>();
  created->id = fact.queue;
  created->address = fact.address;
  created->attributes = fact.attributes;
  created->tags = fact.tags;
  created->created = created->last_modified = now;
  created->deduplication_scope = fact.attributes.deduplication_scope;
  created->contents = make_contents(fact.queue, fact.attributes);
  add_queue(std::move(created));
}

/// Its id must be below queues_.size().
void Engine::add_queue(std::unique_ptr<Queue> queue) {
  const QueueId id = queue->id;
  queue->address_hash = hash_of(queue->address);
  in_order_.insert_or_assign(queue->address, id);
  note_dead_letter_target(*queue, true);
  queues_[id.value] = std::move(queue);
  by_address_.insert(AddressLinks{queues_}, id.value);
}

void Engine::apply_fact(const QueueAttributesSet& fact, WallMs now, RecordPlace) {
  Queue* queue = advance(fact.queue, now);
  if (queue == nullptr) return;
  before_change(*queue);
  note_dead_letter_target(*queue, false);
  queue->attributes = fact.attributes;
  note_dead_letter_target(*queue, true);
  queue->last_modified = now;
  queue->contents->set_fifo_delay_ms(int64_t{fact.attributes.delay_seconds} * 1000);
}

void Engine::apply_fact(const QueueTagsSet& fact, WallMs now, RecordPlace) {
  Queue* queue = advance(fact.queue, now);
  if (queue == nullptr) return;
  before_change(*queue);
  queue->tags = fact.tags;
}

void Engine::apply_fact(const QueueDeleted& fact, WallMs now, RecordPlace) {
  Queue* gone = advance(fact.queue, now);  // what is left over must not depend on who looked before
  if (gone == nullptr) return;
  before_change(*gone);
  while (!deleted_order_.empty() && deleted_order_.front().first + kCooldownMs <= now) {
    const auto& [moment, address] = deleted_order_.front();
    if (const auto found = deleted_.find(address);
        found != deleted_.end() && found->second == moment) {
      deleted_.erase(found);
    }
    deleted_order_.pop_front();
    ++deleted_names_dropped_;
  }
  deleted_.insert_or_assign(gone->address, now);
  deleted_order_.emplace_back(now, gone->address);
  note_dead_letter_target(*gone, false);
  forget_pace(*gone);
  discard(std::move(gone->contents));
  by_address_.erase(AddressLinks{queues_}, fact.queue.value);
  in_order_.erase(gone->address);
  queues_[fact.queue.value].reset();
}

void Engine::apply_fact(const QueuePurged& fact, WallMs now, RecordPlace) {
  Queue* queue = advance(fact.queue, now);
  if (queue == nullptr || fact.through < queue->purged_through) return;
  before_change(*queue);
  queue->purged = now;
  if (fact.through == queue->purged_through) return;  // holds already; what is there now came later
  queue->purged_through = fact.through;
  discard(std::exchange(queue->contents, make_contents(queue->id, queue->attributes)));
}

void Engine::apply_fact(const RetentionExpired& fact, WallMs now, RecordPlace) {
  Queue* queue = advance(fact.queue, now);
  if (queue == nullptr) return;
  Slot slot = queue->contents->oldest();
  while (slot != kNoSlot && messages_[slot].sent <= fact.sent_through) {
    const Slot next = queue->contents->next_oldest(messages_, slot);
    if (messages_[slot].number <= fact.through) free_message(*queue, slot);
    slot = next;
  }
}

void Engine::apply_fact(const MessageSent& fact, WallMs now, RecordPlace place) {
  Queue* queue = advance(fact.queue, now);
  last_number_ = std::max(last_number_, fact.message.number);
  const bool slot_exists = fact.message.slot.value < messages_.slot_count();
  const bool known = slot_exists && messages_[fact.message.slot].number >= fact.message.number;
  if (queue == nullptr || known || fact.message.number <= queue->purged_through) {
    if (!known) released_.push_back(place);
    return;
  }
  if (slot_exists && messages_[fact.message.slot].state != MessageState::kFree) {
    evict(fact.message.slot);
  }
  if (image_ != nullptr) note_taken_in_image(fact.message.slot);
  Message& message = messages_.take(fact.message.slot);
  message.number = fact.message.number;
  message.position = place.position;
  message.record_bytes = place.record_bytes;
  message.contents = queue->contents->id;
  message.sent = fact.sent;
  queue->contents->add(messages_, fact.message.slot, fact.group, fact.visible_at, now);
  if (fact.deduplication_key != Bytes16{}) {
    queue->contents->deduplication.put(fact.deduplication_key,
                                       {fact.message_id, fact.message.number},
                                       fact.sent + kDeduplicationWindowMs);
  }
}

void Engine::apply_fact(const MessageReceived& fact, WallMs now, RecordPlace) {
  Queue* queue = advance(fact.queue, now);
  Message* message = queue != nullptr ? message_to_change(*queue, fact.message) : nullptr;
  if (message == nullptr) return;
  History& history = messages_.change_history(*message);
  history.receive_count = fact.receive_count;
  history.received = fact.received;
  history.first_received = fact.first_received;
  message->yields = history.receives_here() >= kReceivesBeforeYielding;
  queue->contents->set_visible_at(messages_, fact.message.slot, fact.visible_at, now, true);
}

void Engine::apply_fact(const VisibilityChanged& fact, WallMs now, RecordPlace) {
  Queue* queue = advance(fact.queue, now);
  if (queue == nullptr || message_to_change(*queue, fact.message) == nullptr) return;
  queue->contents->set_visible_at(messages_, fact.message.slot, fact.visible_at, now, false);
}

void Engine::apply_fact(const MessageDeleted& fact, WallMs now, RecordPlace) {
  Queue* queue = advance(fact.queue, now);
  if (queue == nullptr || live_message(*queue, fact.message) == nullptr) return;
  free_message(*queue, fact.message.slot);
}

void Engine::apply_fact(const MessageMoved& fact, WallMs now, RecordPlace) {
  Queue* from = advance(fact.queue, now);
  last_number_ = std::max(last_number_, fact.new_number);
  Message* message = from != nullptr ? message_to_change(*from, fact.message) : nullptr;
  if (message == nullptr) return;
  History& history = messages_.change_history(*message);
  history.dead_letter_source = intern_dead_letter_source(from->address);
  history.receive_count_at_arrival = history.receive_count;
  message->yields = false;  // before it is filed: by turn
  move_message(*from, {fact.message.slot, fact.to, fact.new_number, fact.sent}, now);
}

void Engine::apply_fact(const ReceiveAttempted& fact, WallMs now, RecordPlace) {
  Queue* queue = advance(fact.queue, now);
  if (queue == nullptr) return;
  AttemptEntry entry;
  for (const MessageRef& ref : fact.messages) {
    const Message* message = live_message(*queue, ref);
    if (message == nullptr) return;  // cannot be repeated any more
    entry.items.push_back({ref, messages_.history(*message).receive_count, message->visible_at});
  }
  queue->contents->attempts.put(fact.attempt_key, std::move(entry), now + kReceiveAttemptWindowMs);
}

void Engine::apply_fact(const Reclaimed&, WallMs, RecordPlace) {}

void Engine::apply_fact(const MessageRedriven& fact, WallMs now, RecordPlace) {
  Queue* from = advance(fact.queue, now);
  last_number_ = std::max(last_number_, fact.new_number);
  if (from == nullptr) return;
  before_change(*from);
  MoveTask* task = running_task(*from);
  if (task != nullptr && task->shown.moved_count < fact.task_moved_count) {
    task->shown.moved_count = fact.task_moved_count;
    pace(*from, *task, now);
  }
  Message* message = message_to_change(*from, fact.message);
  if (message == nullptr) return;
  History& history = messages_.change_history(*message);
  history = History{};
  history.move_count = fact.move_count;
  message->yields = false;
  move_message(*from, {fact.message.slot, fact.to, fact.new_number, now}, now);
}

void Engine::apply_fact(const MoveTaskStarted& fact, WallMs now, RecordPlace) {
  Queue* queue = advance(fact.queue, now);
  if (queue == nullptr) return;
  const auto same = [&](const MoveTask& task) { return task.shown.task_id == fact.task_id; };
  if (std::ranges::any_of(queue->move_tasks, same)) return;
  before_change(*queue);
  MoveTask task;
  task.shown.task_id = fact.task_id;
  if (fact.has_destination) task.shown.destination = fact.destination;
  if (fact.rate > 0) task.shown.max_number_of_messages_per_second = fact.rate;
  task.shown.started = now;
  task.shown.to_move_count = fact.to_move_count;
  task.next_step_us = now.value * 1000;
  moving_.emplace(task.next_step_us, queue->id);
  queue->move_tasks.push_back(std::move(task));
}

void Engine::apply_fact(const MoveTaskEnded& fact, WallMs now, RecordPlace) {
  Queue* queue = advance(fact.queue, now);
  if (queue == nullptr) return;
  MoveTask* task = running_task(*queue);
  if (task == nullptr || task->shown.task_id != fact.task_id) return;
  before_change(*queue);
  forget_pace(*queue);
  task->shown.failure_reason = fact.failure_reason;
  task->shown.status = !fact.failure_reason.empty() ? MoveTaskStatus::kFailed
                       : fact.cancelled             ? MoveTaskStatus::kCancelled
                                                    : MoveTaskStatus::kCompleted;
  if (queue->move_tasks.size() > kMoveTasksKept) queue->move_tasks.erase(queue->move_tasks.begin());
}

void Engine::apply_fact(const MessageRelocated& fact, WallMs, RecordPlace place) {
  if (!messages_.holds(fact.message) || discarded(messages_[fact.message.slot])) {
    released_.push_back(place);
    return;
  }
  Message& message = messages_[fact.message.slot];
  if (message.position == place.position) return;
  before_change(fact.message.slot);
  released_.push_back({message.position, message.record_bytes});
  message.position = place.position;
  message.record_bytes = place.record_bytes;
}

void Engine::apply_fact(const FactsDropped&, WallMs, RecordPlace) {
  facts_dropped_ = true;
}

/// Only the newest task can be running.
Engine::MoveTask* Engine::running_task(Queue& queue) {
  if (queue.move_tasks.empty()) return nullptr;
  MoveTask& newest = queue.move_tasks.back();
  return newest.shown.status == MoveTaskStatus::kRunning ? &newest : nullptr;
}

/// After a step at `now`: the next one is due at the task's rate, counted from when this one was
/// due. What a late timer or a stopped server missed is caught up only in part, or a task would
/// exceed its rate.
void Engine::pace(Queue& queue, MoveTask& task, WallMs now) {
  forget_pace(queue);
  const int64_t now_us = now.value * 1000;
  if (const std::optional<int32_t> rate = task.shown.max_number_of_messages_per_second) {
    task.next_step_us =
        std::max(task.next_step_us, now_us - kMoveTaskCatchUpUs) + 1'000'000 / *rate;
  } else {
    task.next_step_us = now_us;
  }
  moving_.emplace(task.next_step_us, queue.id);
}

void Engine::forget_pace(const Queue& queue) {
  if (queue.move_tasks.empty()) return;
  moving_.erase({queue.move_tasks.back().next_step_us, queue.id});
}

/// Files the message at the end of another queue, visible at once (contract 5.9: whether a queue's
/// delay applies is not recorded [?]). When that queue is gone, so is the message.
void Engine::move_message(Queue& from, const Relocation& to, WallMs now) {
  const std::string group(from.contents->group_id(messages_, to.slot));
  from.contents->remove(messages_, to.slot);
  Queue* queue = advance(to.queue, now);
  if (queue == nullptr) return free_slot(to.slot);
  Message& message = messages_[to.slot];
  message.number = to.number;
  message.contents = queue->contents->id;
  message.sent = to.sent;
  queue->contents->add(messages_, to.slot, group, now, now);
}

/// Keeps dead_letter_users_: `queue` names its RedrivePolicy's target, or does so no longer.
void Engine::note_dead_letter_target(const Queue& queue, bool names_it) {
  if (!queue.attributes.redrive_policy) return;
  const QueueAddress& target = queue.attributes.redrive_policy->dead_letter_target;
  std::set<std::string>& users = dead_letter_users_[target];
  names_it ? (void)users.insert(queue.address.name) : (void)users.erase(queue.address.name);
  if (users.empty()) dead_letter_users_.erase(target);
}

void Engine::free_message(Queue& queue, Slot slot) {
  before_change(slot);
  queue.contents->remove(messages_, slot);
  free_slot(slot);
}

void Engine::free_slot(Slot slot) {
  released_.push_back({messages_[slot].position, messages_[slot].record_bytes});
  messages_.release(slot);
}

std::unique_ptr<QueueContents> Engine::make_contents(QueueId queue,
                                                     const QueueAttributes& attributes) {
  ContentsId id(static_cast<uint32_t>(contents_.size()));
  if (free_contents_.empty()) {
    contents_.push_back(nullptr);
  } else {
    id = free_contents_.back();
    free_contents_.pop_back();
  }
  auto made = std::make_unique<QueueContents>(queue, id, attributes.fifo_queue,
                                              int64_t{attributes.delay_seconds} * 1000, secret_);
  contents_[id.value] = made.get();
  return made;
}

/// Their messages stay in the table, dead, until reclaim() frees them or their slot is taken.
void Engine::discard(std::unique_ptr<QueueContents> contents) {
  contents->discarded = true;
  discarded_.push_back(std::move(contents));
}

/// Frees the memory of up to `count` discarded messages. No fact: when it happens shows nowhere.
void Engine::reclaim(uint32_t count) {
  for (uint32_t left = count; left > 0 && !discarded_.empty(); --left) {
    QueueContents& contents = *discarded_.front();
    if (const Slot slot = contents.oldest(); slot != kNoSlot) {
      evict(slot);
    } else if (contents.drain()) {
      contents_[contents.id.value] = nullptr;
      free_contents_.push_back(contents.id);
      discarded_.pop_front();
    }
  }
}

/// Takes a discarded message out of the table; or, while a log is replayed, one whose end was a
/// fact that was dropped.
void Engine::evict(Slot slot) {  // no image has what is discarded: nothing to note
  QueueContents& contents = *contents_[messages_[slot].contents.value];
  CHECK(contents.discarded || facts_dropped_);
  contents.remove(messages_, slot);
  free_slot(slot);
}

uint32_t Engine::intern_dead_letter_source(const QueueAddress& address) {
  const auto [at, added] = dead_letter_source_index_.try_emplace(
      address, static_cast<uint32_t>(dead_letter_sources_.size()));
  if (added) dead_letter_sources_.push_back(at->first);
  return at->second;
}

}  // namespace forebay::engine
