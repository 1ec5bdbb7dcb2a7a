// SPDX-License-Identifier: Apache-2.0
#include "cli/journal_state.h"

#include <algorithm>
#include <variant>

namespace forebay::cli {
namespace {

/// The number that the fact gives to a message; 0: none.
MessageNumber new_number(const engine::Fact& fact) {
  if (const auto* sent = std::get_if<engine::MessageSent>(&fact)) return sent->message.number;
  if (const auto* moved = std::get_if<engine::MessageMoved>(&fact)) return moved->new_number;
  if (const auto* redriven = std::get_if<engine::MessageRedriven>(&fact)) {
    return redriven->new_number;
  }
  return {};
}

}  // namespace

JournalState::JournalState() : engine_(std::make_unique<engine::Engine>()) {}

Result<void> JournalState::load(std::string_view piece) {
  return engine_->load_image_piece(piece);
}

Result<void> JournalState::loaded() {
  TRY_ASSIGN(now_, engine_->finish_image());
  const engine::Inventory inventory(*engine_);
  for (const auto& queue : inventory.queues(now_)) names_.learn(queue.id, queue.address);
  last_number_ = inventory.last_number();
  return {};
}

Result<void> JournalState::apply(LogPosition at, std::string_view record) {
  TRY_ASSIGN(const engine::TimedFact timed, engine::decode_fact(record));
  now_ = std::max(now_, timed.now);
  note_number(timed.fact);
  names_.learn(timed.fact);
  engine_->apply(timed.fact, timed.now, {at, static_cast<uint32_t>(record.size())});
  (void)engine_->take_released();
  ++fact_count_;
  return {};
}

void JournalState::skip(LogPosition from, LogPosition to) {
  gaps_.push_back({from, to});
  gap_open_ = true;
  engine_->apply(engine::FactsDropped{}, now_, {});
}

void JournalState::note_number(const engine::Fact& fact) {
  const MessageNumber number = new_number(fact);
  if (number <= last_number_) return;
  if (gap_open_) gaps_.back().messages_numbered = number.value - last_number_.value - 1;
  gap_open_ = false;
  last_number_ = number;
}

std::vector<engine::Inventory::QueueCounts> JournalState::queues() {
  return engine::Inventory(*engine_).queues(now_);
}

std::vector<LiveMessage> JournalState::live_messages() {
  std::vector<LiveMessage> found;
  engine::Inventory(*engine_).for_each_message([&](const engine::Inventory::HeldMessage& held) {
    found.push_back({held.place, held.queue, held.message});
  });
  std::ranges::sort(found, {}, [](const LiveMessage& m) { return m.place.position; });
  return found;
}

}  // namespace forebay::cli
