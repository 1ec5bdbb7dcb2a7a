// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.h"

#include <fmt/format.h>

#include "base/siphash.h"
#include "engine/engine_image.h"
#include "engine/limits.h"

namespace forebay::engine {

Engine::Engine(EngineOptions options) : options_(options) {
  queues_.emplace_back();               // id 0 is no queue
  dead_letter_sources_.emplace_back();  // index 0 is no source
}

Engine::~Engine() = default;

Result<QueueId> Engine::find(const QueueAddress& address) const {
  const uint32_t found =
      by_address_.find(AddressLinks{queues_}, hash_of(address),
                       [&](uint32_t id) { return queues_[id]->address == address; });
  if (found == LinearHash::kNone) {
    return Error{ErrorCode::kQueueDoesNotExist, "The specified queue does not exist."};
  }
  return QueueId(found);
}

/// An account's digits are always as many, and no region has a slash: no two addresses give the
/// same text.
uint32_t Engine::hash_of(const QueueAddress& address) const {
  fmt::memory_buffer text;  // asked for with every request: without memory from the heap
  text.append(address.region);
  text.push_back('/');
  text.append(address.account);
  text.append(address.name);
  return siphash32(secret_, {text.data(), text.size()});
}

std::optional<Fact> Engine::decide_shard(const Bytes16& secret) const {
  if (created_) return std::nullopt;
  return ShardCreated{secret};
}

bool Engine::exists(QueueId id) const {
  return queue(id) != nullptr;
}

bool Engine::is_fifo(QueueId id) const {
  const Queue* found = queue(id);
  return found != nullptr && found->attributes.fifo_queue;
}

int32_t Engine::receive_wait_time_seconds(QueueId id) const {
  const Queue* found = queue(id);
  return found != nullptr ? found->attributes.receive_message_wait_time_seconds : 0;
}

std::optional<WallMs> Engine::next_due(QueueId id) const {
  const Queue* found = queue(id);
  return found != nullptr ? found->contents->next_due(messages_) : std::nullopt;
}

std::vector<RecordPlace> Engine::take_released() {
  return std::exchange(released_, {});
}

void Engine::decide_relocation(RecordPlace place, std::string_view record, Facts& facts) const {
  const Result<MessageSent> sent = decode_content(record);
  if (!sent.ok() || sent->message.slot.value >= messages_.slot_count()) return;
  const Slot slot = sent->message.slot;  // kept through every move, unlike the number
  const Message& message = messages_[slot];
  if (message.state == MessageState::kFree || discarded(message) ||
      message.position != place.position) {
    return;
  }
  const Result<TimedFact> outer = decode_fact(record);
  const auto* again = std::get_if<MessageRelocated>(&outer->fact);
  facts.emplace_back(
      MessageRelocated{{slot, message.number}, again != nullptr ? again->sent : record});
}

bool Engine::decide_sweep(int queue_count, WallMs now, Facts& facts) {
  if (!discarded_.empty()) {
    reclaim(kReclaimPerSweep);
    return false;
  }
  auto at = in_order_.upper_bound(sweep_after_);
  while (queue_count-- > 0 && at != in_order_.end()) {
    decide_expiry(at->second, now, facts);
    const bool more =
        image_ == nullptr && !queue(at->second)->contents->drop_expired(now, kWindowsPerSweep);
    if (more || !facts.empty()) return false;  // a bounded piece of work; this queue may have more
    sweep_after_ = at->first;
    ++at;
  }
  if (at != in_order_.end()) return false;
  sweep_after_ = {};
  return true;
}

Engine::Queue* Engine::queue(QueueId id) const {
  return id.value < queues_.size() ? queues_[id.value].get() : nullptr;
}

Result<Engine::Queue*> Engine::touch(const QueueAddress& address, WallMs now) {
  TRY_ASSIGN(const QueueId id, find(address));
  return advance(id, now);
}

Engine::Queue* Engine::advance(QueueId id, WallMs now) {
  Queue* found = queue(id);
  if (found == nullptr) return nullptr;
  if (image_ != nullptr) {
    note_due_in_image(*found, now);  // and windows stay: those the image has not come to yet
  } else {
    found->contents->drop_expired(now, kWindowsPerTouch);
  }
  found->contents->advance(messages_, now);
  return found;
}

Message* Engine::live_message(const Queue& queue, MessageRef ref) {
  if (!messages_.holds(ref)) return nullptr;
  Message& message = messages_[ref.slot];
  return message.contents == queue.contents->id ? &message : nullptr;
}

Message* Engine::message_to_change(const Queue& queue, MessageRef ref) {
  Message* message = live_message(queue, ref);
  if (message != nullptr) before_change(ref.slot);
  return message;
}

bool Engine::retention_over(const Queue& queue, const Message& message, WallMs now) const {
  return message.sent + int64_t{queue.attributes.message_retention_period} * 1000 <= now;
}

/// At most kExpiredPerFact messages at once, or more only if they were sent in the same
/// millisecond.
void Engine::decide_expiry(QueueId id, WallMs now, Facts& facts) {
  const Queue* queue = advance(id, now);
  if (queue == nullptr) return;
  WallMs through;
  Slot slot = queue->contents->oldest();
  for (int i = 0;
       i < kExpiredPerFact && slot != kNoSlot && retention_over(*queue, messages_[slot], now);
       ++i) {
    through = messages_[slot].sent;
    slot = queue->contents->next_oldest(messages_, slot);
  }
  if (through.value != 0) facts.emplace_back(RetentionExpired{queue->id, through, last_number_});
}

}  // namespace forebay::engine
