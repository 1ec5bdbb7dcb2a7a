// SPDX-License-Identifier: Apache-2.0
// Applying facts. Nothing here can fail, and nothing here decides.
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
  created->contents = std::make_unique<QueueContents>(
      fact.attributes.fifo_queue, int64_t{fact.attributes.delay_seconds} * 1000);
  by_address_.insert_or_assign(fact.address, fact.queue);
  in_order_.insert_or_assign(fact.address, fact.queue);
  queues_[fact.queue.value] = std::move(created);
}

void Engine::apply_fact(const QueueAttributesSet& fact, WallMs now, RecordPlace) {
  Queue* queue = advance(fact.queue, now);
  if (queue == nullptr) return;
  queue->attributes = fact.attributes;
  queue->last_modified = now;
  queue->contents->set_fifo_delay_ms(int64_t{fact.attributes.delay_seconds} * 1000);
}

void Engine::apply_fact(const QueueTagsSet& fact, WallMs now, RecordPlace) {
  if (Queue* queue = advance(fact.queue, now)) queue->tags = fact.tags;
}

void Engine::apply_fact(const QueueDeleted& fact, WallMs now, RecordPlace) {
  Queue* gone = advance(fact.queue, now);  // what is left over must not depend on who looked before
  if (gone == nullptr) return;
  while (!deleted_order_.empty() && deleted_order_.front().first + kCooldownMs <= now) {
    const auto& [moment, address] = deleted_order_.front();
    if (const auto found = deleted_.find(address);
        found != deleted_.end() && found->second == moment) {
      deleted_.erase(found);
    }
    deleted_order_.pop_front();
  }
  deleted_.insert_or_assign(gone->address, now);
  deleted_order_.emplace_back(now, gone->address);
  discard(std::move(gone->contents));
  by_address_.erase(gone->address);
  in_order_.erase(gone->address);
  queues_[fact.queue.value].reset();
}

void Engine::apply_fact(const QueuePurged& fact, WallMs now, RecordPlace) {
  Queue* queue = advance(fact.queue, now);
  if (queue == nullptr || fact.through < queue->purged_through) return;
  queue->purged = now;
  if (fact.through == queue->purged_through) return;  // holds already; what is there now came later
  queue->purged_through = fact.through;
  discard(std::exchange(queue->contents, std::make_unique<QueueContents>(
                                             queue->attributes.fifo_queue,
                                             int64_t{queue->attributes.delay_seconds} * 1000)));
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
  const bool known = fact.message.slot.value < messages_.slot_count() &&
                     messages_[fact.message.slot].number >= fact.message.number;
  if (queue == nullptr || known || fact.message.number <= queue->purged_through) {
    if (!known) released_.push_back(place);
    return;
  }
  Message& message = messages_.take(fact.message.slot);
  message.number = fact.message.number;
  message.position = place.position;
  message.record_bytes = place.record_bytes;
  message.queue = fact.queue;
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
  Message* message = queue != nullptr ? live_message(*queue, fact.message) : nullptr;
  if (message == nullptr) return;
  message->receive_count = fact.receive_count;
  message->received = fact.received;
  message->first_received = fact.first_received;
  queue->contents->set_visible_at(messages_, fact.message.slot, fact.visible_at, now, true);
}

void Engine::apply_fact(const VisibilityChanged& fact, WallMs now, RecordPlace) {
  Queue* queue = advance(fact.queue, now);
  if (queue == nullptr || live_message(*queue, fact.message) == nullptr) return;
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
  Message* message = from != nullptr ? live_message(*from, fact.message) : nullptr;
  if (message == nullptr) return;
  const std::string group =
      from->attributes.fifo_queue ? from->contents->groups()[message->group].id : std::string();
  from->contents->remove(messages_, fact.message.slot);
  Queue* to = advance(fact.to, now);
  if (to == nullptr) return free_slot(fact.message.slot);
  message->number = fact.new_number;
  message->queue = fact.to;
  message->sent = fact.sent;
  message->receive_count_at_arrival = message->receive_count;
  message->dead_letter_source = intern_dead_letter_source(from->address);
  to->contents->add(messages_, fact.message.slot, group, now, now);
}

void Engine::apply_fact(const ReceiveAttempted& fact, WallMs now, RecordPlace) {
  Queue* queue = advance(fact.queue, now);
  if (queue == nullptr) return;
  AttemptEntry entry;
  for (const MessageRef& ref : fact.messages) {
    const Message* message = live_message(*queue, ref);
    if (message == nullptr) return;  // cannot be repeated any more
    entry.items.push_back({ref, message->receive_count, message->visible_at});
  }
  queue->contents->attempts.put(fact.attempt_key, std::move(entry), now + kReceiveAttemptWindowMs);
}

void Engine::apply_fact(const Reclaimed& fact, WallMs, RecordPlace) {
  uint32_t left = fact.count;
  while (left > 0 && !discarded_.empty()) {
    QueueContents& contents = *discarded_.front();
    if (const Slot slot = contents.oldest(); slot != kNoSlot) {
      contents.remove(messages_, slot);
      free_slot(slot);
      --left;
    } else if (contents.deduplication.drain(1) && contents.attempts.drain(1)) {
      discarded_.pop_front();
    } else {
      --left;
    }
  }
}

void Engine::free_message(Queue& queue, Slot slot) {
  queue.contents->remove(messages_, slot);
  free_slot(slot);
}

void Engine::free_slot(Slot slot) {
  released_.push_back({messages_[slot].position, messages_[slot].record_bytes});
  messages_.release(slot);
}

/// Their messages stay in the table, dead by number or by queue, until Reclaimed facts free them.
void Engine::discard(std::unique_ptr<QueueContents> contents) {
  if (contents->message_count() > 0 || contents->deduplication.size() > 0 ||
      contents->attempts.size() > 0) {
    discarded_.push_back(std::move(contents));
  }
}

uint32_t Engine::intern_dead_letter_source(const QueueAddress& address) {
  const auto [at, added] = dead_letter_source_index_.try_emplace(
      queue_arn(address), static_cast<uint32_t>(dead_letter_sources_.size()));
  if (added) dead_letter_sources_.push_back(at->first);
  return at->second;
}

}  // namespace forebay::engine
