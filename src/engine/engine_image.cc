// SPDX-License-Identifier: Apache-2.0
// Taking images: the walk, and what is noted ahead of it.
#include "engine/engine_image.h"

#include <algorithm>

#include "engine/limits.h"

namespace forebay::engine {
namespace {

/// What is noted between two pieces is cut into pieces of this size.
constexpr size_t kNotedPieceBytes = 64 << 10;
/// Looking at a slot or a queue that needs no writing costs something too: as much as this many
/// bytes.
constexpr size_t kStepBytes = 4;

}  // namespace

// ---- The engine's side ----

void Engine::begin_image(WallMs now) {
  image_ = std::make_unique<ImageTaking>(*this, now);
}

std::string Engine::take_image_piece(size_t bytes) {
  if (image_ == nullptr) return {};
  std::string piece = image_->next_piece(bytes);
  if (image_->complete()) image_.reset();
  return piece;
}

void Engine::abandon_image() {
  image_.reset();
}

void Engine::note_in_image(Slot slot) {
  image_->note(slot);
}
void Engine::note_in_image(const Queue& queue) {
  image_->note(queue);
}
void Engine::note_taken_in_image(Slot slot) {
  image_->note_taken(slot);
}

void Engine::note_due_in_image(const Queue& queue, WallMs now) {
  queue.contents->for_each_due(messages_, now, [this](Slot slot) { image_->note(slot); });
}

void Engine::for_each_content(const std::function<void(RecordPlace, bool needed)>& visit) const {
  for (uint32_t slot = 0; slot < messages_.slot_count(); ++slot) {
    const Message& message = messages_[Slot(slot)];
    if (message.state == MessageState::kFree) continue;
    visit({message.position, message.record_bytes}, !discarded(message));
  }
}

uint64_t Engine::message_count() const {
  return messages_.taken_count();
}

// ---- The walk ----

Engine::ImageTaking::ImageTaking(const Engine& engine, WallMs now)
    : engine_(engine),
      now_(now),
      queue_ids_(static_cast<uint32_t>(engine.queues_.size())),
      slots_(engine.messages_.slot_count()),
      sources_(engine.dead_letter_sources_.size()),
      names_end_(engine.deleted_names_dropped_ + engine.deleted_order_.size()),
      next_name_(engine.deleted_names_dropped_) {
  out_.filling.add(
      ImageHeader{now, engine.created_, engine.secret_, engine.last_number_, queue_ids_, slots_});
}

std::string Engine::ImageTaking::next_piece(size_t bytes) {
  size_t looked_at = 0;
  while (step_ != Step::kComplete && out_.full.empty()) {
    const size_t before = out_.filling.size();
    walk();
    if (out_.filling.size() == before) looked_at += kStepBytes;
    if (out_.filling.size() + looked_at >= bytes) break;
  }
  out_.cut(0);
  std::string piece = out_.full.empty() ? out_.filling.take() : std::move(out_.full.front());
  if (!out_.full.empty()) out_.full.pop_front();
  ImageWriter::number(piece, sequence_++);
  return piece;
}

void Engine::ImageTaking::walk() {
  switch (step_) {
    case Step::kSources:
      return take_source();
    case Step::kNames:
      return take_name();
    case Step::kQueues:
      return take_queue();
    case Step::kMessages:
      return take_message();
    case Step::kWindows:
      return take_window();
    case Step::kEnd:
      return take_end();
    case Step::kComplete:
      return;
  }
}

/// Sources only ever are added.
void Engine::ImageTaking::take_source() {
  if (next_source_ == sources_) {
    step_ = Step::kNames;
    return;
  }
  out_.filling.add(ImageDeadLetterSource{engine_.dead_letter_sources_[next_source_++]});
  ++totals_.others;
}

/// A name dropped since will be dropped by the same fact again, and need not be in.
void Engine::ImageTaking::take_name() {
  next_name_ = std::max(next_name_, engine_.deleted_names_dropped_);
  if (next_name_ >= names_end_) {
    step_ = Step::kQueues;
    return;
  }
  const auto& [moment, address] =
      engine_.deleted_order_[next_name_++ - engine_.deleted_names_dropped_];
  out_.filling.add(ImageDeletedName{moment, address});
  ++totals_.others;
}

void Engine::ImageTaking::take_queue() {
  if (next_queue_ == queue_ids_) {
    release_held_back();
    step_ = Step::kMessages;
    return;
  }
  const Queue* queue = engine_.queues_[next_queue_].get();
  if (queue != nullptr && !noted_queues_.contains(next_queue_)) write(*queue);
  ++next_queue_;
}

/// The queues are all written, and their messages may follow.
void Engine::ImageTaking::release_held_back() {
  if (held_back_.empty()) return;
  out_.cut(0);
  for (std::string& piece : held_back_.full) out_.full.push_back(std::move(piece));
  held_back_.full.clear();
  std::swap(out_.filling, held_back_.filling);
}

void Engine::ImageTaking::take_message() {
  if (next_slot_ == slots_) {
    step_ = Step::kWindows;
    return;
  }
  const Slot slot(next_slot_);
  if (!noted_slots_.contains(next_slot_) && engine_.messages_[slot].state != MessageState::kFree) {
    write(slot);
  }
  ++next_slot_;
}

void Engine::ImageTaking::take_window() {
  if (next_window_ == queue_ids_) {
    step_ = Step::kEnd;
    return;
  }
  const Queue* queue = engine_.queues_[next_window_].get();
  if (queue != nullptr && (in_attempts_ ? write_attempt(*queue) : write_deduplication(*queue))) {
    return;
  }
  next_entry_ = 0;
  if (in_attempts_) ++next_window_;
  in_attempts_ = !in_attempts_;
}

void Engine::ImageTaking::take_end() {
  out_.filling.add(totals_);
  step_ = Step::kComplete;
}

// ---- Noting ----

void Engine::ImageTaking::note(const Queue& queue) {
  const uint32_t id = queue.id.value;
  if (id < next_queue_ || id >= queue_ids_ || !noted_queues_.insert(id)) return;
  write(queue);
  out_.cut(kNotedPieceBytes);
}

/// With the first message of its group, which tells the group's place in the rotation: that place
/// may change too.
void Engine::ImageTaking::note(Slot slot) {
  const Message& message = engine_.messages_[slot];
  const QueueContents& contents = *engine_.contents_[message.contents.value];
  if (const Slot first = contents.first_of_group(message); first != kNoSlot) note_one(first);
  note_one(slot);
}

void Engine::ImageTaking::note_one(Slot slot) {
  if (slot.value < next_slot_ || slot.value >= slots_ || !noted_slots_.insert(slot.value)) return;
  write(slot);
  (step_ < Step::kMessages ? held_back_ : out_).cut(kNotedPieceBytes);
}

void Engine::ImageTaking::note_taken(Slot slot) {
  if (slot.value >= next_slot_ && slot.value < slots_) noted_slots_.insert(slot.value);
}

// ---- Writing ----

void Engine::ImageTaking::write(const Queue& queue) {
  ImageQueue item;
  item.queue = {queue.id, queue.address, queue.attributes, queue.tags};
  item.created = queue.created;
  item.last_modified = queue.last_modified;
  item.purged = queue.purged;
  item.purged_through = queue.purged_through;
  item.deduplication_scope = queue.deduplication_scope;
  // Sends since may have raised it; they will raise it again.
  item.last_grouped_send = queue.contents->ready().last_grouped_send();
  for (const MoveTask& task : queue.move_tasks) {
    item.move_tasks.push_back({task.shown, task.next_step_us});
  }
  out_.filling.add(item);
  ++totals_.queues;
}

void Engine::ImageTaking::write(Slot slot) {
  const Message& message = engine_.messages_[slot];
  const QueueContents& contents = *engine_.contents_[message.contents.value];
  if (contents.discarded) return;
  ImageMessage item;
  item.queue = contents.queue;
  item.slot = slot;
  item.state = message.state;
  item.yields = message.yields;
  item.number = message.number;
  item.position = message.position;
  item.record_bytes = message.record_bytes;
  item.sent = message.sent;
  item.visible_at = message.visible_at;
  item.has_history = message.history != 0;
  if (item.has_history) item.history = engine_.messages_.history(message);
  item.has_group = message.group != kNoGroup;
  if (item.has_group) name_group(message, item);
  if (item.group_spelled) item.group_id = contents.group_id(engine_.messages_, slot);
  if (contents.first_of_group(message) == slot && contents.groups()[message.group].available) {
    item.ticket = contents.groups()[message.group].ticket;
  }
  (step_ < Step::kMessages ? held_back_ : out_).filling.add(item);
  ++totals_.messages;
}

void Engine::ImageTaking::name_group(const Message& message, ImageMessage& item) {
  uint32_t& number = groups_[message.contents.value][message.group.value];
  item.group_spelled = number == 0;
  if (item.group_spelled) number = ++group_count_;
  item.group = number - 1;
}

/// False when there is no more that is in the image.
bool Engine::ImageTaking::write_deduplication(const Queue& queue) {
  bool written = false;
  queue.contents->deduplication.visit_next(
      next_entry_, [&](WallMs expires, const Bytes16& key, const DeduplicationEntry& entry) {
        written = expires <= now_ + kDeduplicationWindowMs;
        if (written) out_.filling.add(ImageDeduplication{queue.id, expires, key, entry});
      });
  totals_.others += written ? 1 : 0;
  return written;
}

bool Engine::ImageTaking::write_attempt(const Queue& queue) {
  bool written = false;
  queue.contents->attempts.visit_next(
      next_entry_, [&](WallMs expires, const Bytes16& key, const AttemptEntry& entry) {
        written = expires <= now_ + kReceiveAttemptWindowMs;
        if (written) out_.filling.add(ImageAttempt{queue.id, expires, key, entry});
      });
  totals_.others += written ? 1 : 0;
  return written;
}

}  // namespace forebay::engine
