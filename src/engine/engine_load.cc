// SPDX-License-Identifier: Apache-2.0
// Loading images. Pieces fill the entries; the structures are built when all are there, each in the
// order in which it grows at its end.
#include <algorithm>
#include <type_traits>

#include "engine/engine_image.h"

namespace forebay::engine {
namespace {

Error does_not_add_up(const std::string& reason) {
  return {ErrorCode::kStorageDamaged, "an image does not add up: " + reason};
}

/// Eight bytes each are taken at once; no shard comes near.
constexpr uint32_t kQueueIdsMax = 1u << 28;
/// How far ahead entries are fetched that are visited out of order.
constexpr size_t kPrefetch = 16;

}  // namespace

// ---- The engine's side ----

Result<void> Engine::load_image_piece(std::string_view piece) {
  if (loading_ == nullptr) {
    CHECK(!created_ && queues_.size() == 1 && messages_.slot_count() == 0);
    loading_ = std::make_unique<ImageLoading>(*this);
  }
  return loading_->load(piece);
}

Result<WallMs> Engine::finish_image() {
  if (loading_ == nullptr) return does_not_add_up("it is empty");
  Result<WallMs> finished = loading_->finish();
  loading_.reset();
  return finished;
}

// ---- Items ----

Result<void> Engine::ImageLoading::load(std::string_view piece) {
  return read_image_piece(piece, sequence_++, *this);
}

bool Engine::ImageLoading::add(const ImageHeader& header) {
  if (begun_ || header.queue_ids == 0 || header.queue_ids > kQueueIdsMax) return false;
  begun_ = true;
  header_ = header;
  engine_.created_ = header.created;
  engine_.secret_ = header.secret;
  engine_.last_number_ = header.last_number;
  engine_.queues_.resize(header.queue_ids);
  return true;
}

bool Engine::ImageLoading::add(const ImageDeadLetterSource& source) {
  if (!in_body() || engine_.dead_letter_source_index_.contains(source.address)) return false;
  engine_.intern_dead_letter_source(source.address);
  ++totals_.others;
  return true;
}

bool Engine::ImageLoading::add(const ImageDeletedName& name) {
  if (!in_body()) return false;
  engine_.deleted_.insert_or_assign(name.address, name.moment);
  engine_.deleted_order_.emplace_back(name.moment, name.address);
  ++totals_.others;
  return true;
}

bool Engine::ImageLoading::add(ImageQueue&& image) {
  const QueueId id = image.queue.queue;
  if (!in_body() || id.value == 0 || id.value >= header_.queue_ids ||
      engine_.queues_[id.value] != nullptr || engine_.find(image.queue.address).ok()) {
    return false;
  }
  auto queue = std::make_unique<Queue>();
  queue->id = id;
  queue->address = std::move(image.queue.address);
  queue->attributes = std::move(image.queue.attributes);
  queue->tags = std::move(image.queue.tags);
  queue->created = image.created;
  queue->last_modified = image.last_modified;
  queue->purged = image.purged;
  queue->purged_through = image.purged_through;
  queue->deduplication_scope = image.deduplication_scope;
  queue->contents = engine_.make_contents(id, queue->attributes);
  queue->contents->restore_last_grouped_send(image.last_grouped_send);
  for (ImageMoveTask& task : image.move_tasks) {
    queue->move_tasks.push_back({std::move(task.shown), task.next_step_us});
  }
  if (const MoveTask* task = running_task(*queue)) {
    engine_.moving_.emplace(task->next_step_us, id);
  }
  engine_.add_queue(std::move(queue));
  ++totals_.queues;
  return true;
}

/// Null: there is none.
Engine::Queue* Engine::ImageLoading::queue_of(const ImageMessage& message) {
  if (!message.has_group || message.group_spelled) return queue(message.queue);
  return message.group < groups_.size() ? groups_[message.group].queue : nullptr;
}

bool Engine::ImageLoading::fits(const ImageMessage& message, const Queue& queue) const {
  const MessageTable& table = engine_.messages_;
  const bool free =
      message.slot.value >= table.slot_count() || table[message.slot].state == MessageState::kFree;
  const bool numbered = message.number.value > 0 && message.number <= engine_.last_number_ &&
                        (!message.has_history ||
                         message.history.dead_letter_source < engine_.dead_letter_sources_.size());
  const bool fifo = queue.contents->fifo();
  const bool spelled = !message.group_spelled ||
                       (message.group == groups_.size() && (fifo || !message.group_id.empty()));
  const bool grouped = fifo ? message.has_group : message.ticket == 0;
  return message.slot.value < header_.slots && free && numbered && grouped && spelled;
}

bool Engine::ImageLoading::add(const ImageMessage& image) {
  Queue* queue = queue_of(image);
  if (queue == nullptr || !fits(image, *queue)) return false;
  QueueContents& contents = *queue->contents;
  Message& message = engine_.messages_.take(image.slot);
  message.number = image.number;
  message.position = image.position;
  message.sent = image.sent;
  message.visible_at = image.visible_at;
  message.contents = contents.id;
  message.record_bytes = image.record_bytes;
  message.yields = image.yields;
  message.state = image.state;
  if (image.has_history) engine_.messages_.change_history(message) = image.history;
  if (image.has_group) {
    if (image.group_spelled) groups_.push_back({queue, contents.restore_group(image.group_id)});
    message.group = groups_[image.group].index;
    if (!contents.fifo()) contents.restore_tenant(engine_.messages_, image.slot, message.group);
  }
  if (image.ticket != 0) {
    tickets_.push_back({contents.id, image.ticket, message.group, image.slot});
  }
  ++totals_.messages;
  return true;
}

bool Engine::ImageLoading::add(const ImageDeduplication& image) {
  const Queue* queue = this->queue(image.queue);
  if (queue == nullptr) return false;
  if (image.expires < header_.now + kDeduplicationWindowMs) {
    queue->contents->deduplication.restore(image.key, image.entry, image.expires);
  } else {
    last_deduplications_.push_back(image);
  }
  ++totals_.others;
  return true;
}

bool Engine::ImageLoading::add(ImageAttempt&& image) {
  const Queue* queue = this->queue(image.queue);
  if (queue == nullptr) return false;
  if (image.expires < header_.now + kReceiveAttemptWindowMs) {
    queue->contents->attempts.restore(image.key, std::move(image.entry), image.expires);
  } else {
    last_attempts_.push_back(std::move(image));
  }
  ++totals_.others;
  return true;
}

bool Engine::ImageLoading::add(const ImageEnd& end) {
  if (!in_body()) return false;
  ended_ = true;
  return end == totals_;
}

// ---- Structures ----

Result<WallMs> Engine::ImageLoading::finish() {
  if (!ended_) return does_not_add_up("its end is missing");
  tally();
  file_in_slot_order();
  if (!file_sorted()) return does_not_add_up("two messages of a queue have the same number");
  build_rotations();
  build_windows();
  return header_.now;
}

Turn Engine::ImageLoading::turn_in_tree(const Message& message) {
  return message.state == MessageState::kReady ? turn_of(message)
                                               : Turn{message.visible_at, message.number};
}

void Engine::ImageLoading::Tally::add(const Message& message) {
  const Turn message_age{message.sent, message.number};
  const Turn turn = turn_in_tree(message);
  Turn& last_turn = turns[static_cast<size_t>(message.state)];
  if (message.number <= number || message_age <= age || turn <= last_turn) in_order = false;
  ++messages;
  number = message.number;
  age = message_age;
  last_turn = turn;
}

void Engine::ImageLoading::tally() {
  const MessageTable& table = engine_.messages_;
  tallies_.resize(engine_.contents_.size());
  for (uint32_t slot = 0; slot < table.slot_count(); ++slot) {
    const Message& message = table[Slot(slot)];
    if (message.state == MessageState::kFree) continue;
    tallies_[message.contents.value].add(message);
  }
}

void Engine::ImageLoading::file_in_slot_order() {
  MessageTable& table = engine_.messages_;
  for (uint32_t i = 0; i < table.slot_count(); ++i) {
    const Slot slot(i);
    const Message& message = table[slot];
    if (message.state == MessageState::kFree || !tallies_[message.contents.value].in_order)
      continue;
    file(*engine_.contents_[message.contents.value], slot);
  }
}

/// The queues that are not in the order of their slots. False: the image is damaged.
bool Engine::ImageLoading::file_sorted() {
  std::vector<uint32_t> next(tallies_.size());  // place of each queue's next slot in `slots`
  uint32_t count = 0;
  for (size_t i = 0; i < tallies_.size(); ++i) {
    next[i] = count;
    if (!tallies_[i].in_order) count += tallies_[i].messages;
  }
  std::vector<Slot> slots(count);
  const MessageTable& table = engine_.messages_;
  for (uint32_t slot = 0; slot < table.slot_count() && count > 0; ++slot) {
    const Message& message = table[Slot(slot)];
    if (message.state == MessageState::kFree || tallies_[message.contents.value].in_order) continue;
    slots[next[message.contents.value]++] = Slot(slot);
  }
  for (size_t i = 0; i < tallies_.size(); ++i) {
    if (tallies_[i].in_order) continue;
    const auto end = slots.begin() + next[i];
    if (!file_sorted(*engine_.contents_[i], {end - tallies_[i].messages, end})) return false;
  }
  return true;
}

bool Engine::ImageLoading::file_sorted(QueueContents& contents, std::span<Slot> slots) {
  MessageTable& table = engine_.messages_;
  sort_by(slots, [](const Message& message) { return message.number; });
  Tally tally;
  bool distinct = true;
  visit(slots, [&](Slot slot) {
    distinct = distinct && tally.number < table[slot].number;
    tally.add(table[slot]);
  });
  if (!distinct) return false;
  if (tally.in_order) {
    visit(slots, [&](Slot slot) { file(contents, slot); });
    return true;
  }
  if (contents.fifo()) visit(slots, [&](Slot slot) { link(contents, slot); });
  sort_by(slots, [](const Message& message) { return Turn{message.sent, message.number}; });
  visit(slots, [&](Slot slot) { contents.restore_age(table, slot); });
  sort_by(slots, turn_in_tree);
  visit(slots, [&](Slot slot) { contents.restore_state(table, slot, header_.now); });
  return true;
}

/// Calls `see(slot)` for each, with their entries fetched ahead.
template <class See>
void Engine::ImageLoading::visit(std::span<const Slot> slots, const See& see) {
  for (size_t i = 0; i < slots.size(); ++i) {
    if (i + kPrefetch < slots.size()) __builtin_prefetch(&engine_.messages_[slots[i + kPrefetch]]);
    see(slots[i]);
  }
}

/// By what `key_of` makes of their messages.
template <class KeyOf>
void Engine::ImageLoading::sort_by(std::span<Slot> slots, const KeyOf& key_of) {
  struct Keyed {
    std::invoke_result_t<KeyOf, const Message&> key;
    Slot slot;
  };
  std::vector<Keyed> keyed;
  keyed.reserve(slots.size());
  visit(slots, [&](Slot slot) { keyed.push_back({key_of(engine_.messages_[slot]), slot}); });
  if (std::ranges::is_sorted(keyed, {}, &Keyed::key)) return;
  std::ranges::sort(keyed, {}, &Keyed::key);
  std::ranges::transform(keyed, slots.begin(), &Keyed::slot);
}

void Engine::ImageLoading::file(QueueContents& contents, Slot slot) {
  contents.restore_age(engine_.messages_, slot);
  contents.restore_state(engine_.messages_, slot, header_.now);
  if (contents.fifo()) link(contents, slot);
}

void Engine::ImageLoading::link(QueueContents& contents, Slot slot) {
  contents.restore_in_group(engine_.messages_, slot);
  const Message& message = engine_.messages_[slot];
  if (message.state == MessageState::kReady && contents.first_of_group(message) == slot) {
    ready_groups_.push_back({contents.id, 0, message.group, slot});
  }
}

/// By the tickets of the groups' first messages. (A message that became the first only after the
/// image's moment may have one too: from a later time, and of no meaning.) A ready group without
/// one is of a queue that is purged or deleted right after the image's moment: its place does not
/// matter.
void Engine::ImageLoading::build_rotations() {
  std::ranges::sort(tickets_, {},
                    [](const Ticket& each) { return std::pair(each.contents, each.ticket); });
  for (const Ticket& each : tickets_) {
    QueueContents& contents = *engine_.contents_[each.contents.value];
    const Message& message = engine_.messages_[each.slot];
    if (contents.first_of_group(message) == each.slot && message.state == MessageState::kReady) {
      contents.restore_rotation(each.group);
    }
  }
  for (const Ticket& each : ready_groups_) {
    QueueContents& contents = *engine_.contents_[each.contents.value];
    if (!contents.groups()[each.group].available) contents.restore_rotation(each.group);
  }
}

/// Of the last millisecond an image may have a key twice: as it was, and as it was put since.
void Engine::ImageLoading::build_windows() {
  for (QueueContents* contents : engine_.contents_) {
    if (contents == nullptr) continue;
    contents->deduplication.finish_restore();
    contents->attempts.finish_restore();
  }
  for (const ImageDeduplication& each : last_deduplications_) {
    engine_.queue(each.queue)->contents->deduplication.put(each.key, each.entry, each.expires);
  }
  for (ImageAttempt& each : last_attempts_) {
    engine_.queue(each.queue)
        ->contents->attempts.put(each.key, std::move(each.entry), each.expires);
  }
}

}  // namespace forebay::engine
