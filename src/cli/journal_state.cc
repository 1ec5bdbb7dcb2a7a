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

/// Facts may be missing anywhere.
JournalState::JournalState() : engine_(std::make_unique<engine::Engine>()) {
  engine_->apply(engine::FactsDropped{}, {}, {});
}

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
  note_number(at, timed.fact);
  names_.learn(timed.fact);
  engine_->apply(timed.fact, timed.now, {at, static_cast<uint32_t>(record.size())});
  (void)engine_->take_released();
  ++fact_count_;
  return {};
}

void JournalState::note_number(LogPosition at, const engine::Fact& fact) {
  const MessageNumber number = new_number(fact);
  if (number <= last_number_) return;
  const uint64_t missing = number.value - last_number_.value - 1;
  if (missing > 0) number_holes_.push_back({last_number_at_, at, missing});
  last_number_ = number;
  last_number_at_ = at;
}

std::vector<engine::Inventory::QueueCounts> JournalState::queues() {
  return engine::Inventory(*engine_).queues(now_);
}

void JournalState::for_each_live(const std::function<void(const LiveMessage&)>& visit) {
  engine::Inventory(*engine_).for_each_message([&](const engine::Inventory::HeldMessage& held) {
    visit({held.place, held.queue, held.message, held.sent});
  });
}

}  // namespace forebay::cli
