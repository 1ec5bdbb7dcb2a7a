// SPDX-License-Identifier: Apache-2.0
#include "engine/ready_messages.h"

#include <algorithm>
#include <utility>

namespace forebay::engine {

void ReadyMessages::join(MessageTable& table, Slot slot, std::string_view group) {
  if (!group.empty()) join(table, slot, restore_tenant(group));
}

GroupIndex ReadyMessages::restore_tenant(std::string_view id) {
  if (tenants_ == nullptr) tenants_ = std::make_unique<Tenants>();
  return find_or_create(id);
}

void ReadyMessages::join(MessageTable& table, Slot slot, GroupIndex index) {
  Message& message = table[slot];
  message.group = index;
  ++tenant(index).message_count;
  last_grouped_send_ = std::max(last_grouped_send_, message.sent);
}

void ReadyMessages::leave(MessageTable& table, Slot slot) {
  const GroupIndex index = std::exchange(table[slot].group, kNoGroup);
  if (index == kNoGroup) return;
  Tenant& left = tenant(index);
  CHECK(left.message_count > 0);
  if (--left.message_count > 0) return;
  CHECK(left.ready.empty() && left.processing.in_flight() == 0);
  tenants_->by_id.erase(left.id);
  left = Tenant{};
  tenants_->free.push_back(index);
}

void ReadyMessages::insert(MessageTable& table, Slot slot) {
  const GroupIndex index = table[slot].group;
  if (index == kNoGroup) {
    ungrouped_.insert(table, slot);
  } else {
    const bool was_there = !tenant(index).ready.empty();
    tenant(index).ready.insert(table, slot);
    if (tenant(index).ready.first() == slot) place_head(table, index, was_there);
  }
  find_first(table);
}

void ReadyMessages::erase(MessageTable& table, Slot slot) {
  const GroupIndex index = table[slot].group;
  if (index == kNoGroup) {
    ungrouped_.erase(table, slot);
  } else {
    const bool was_head = tenant(index).ready.first() == slot;
    tenant(index).ready.erase(table, slot);
    if (was_head) place_head(table, index, true);
  }
  find_first(table);
}

std::string_view ReadyMessages::group_id(const Message& message) const {
  return message.group != kNoGroup ? std::string_view(tenant(message.group).id)
                                   : std::string_view();
}

std::vector<const ReadyMessages::Tenant*> ReadyMessages::tenants() const {
  std::vector<const Tenant*> out;
  if (tenants_ == nullptr) return out;
  for (const Tenant& each : tenants_->all) {
    if (each.message_count > 0) out.push_back(&each);
  }
  std::ranges::sort(out, {}, [](const Tenant* each) { return std::string_view(each->id); });
  return out;
}

GroupIndex ReadyMessages::find_or_create(std::string_view id) {
  Tenants& tenants = *tenants_;
  if (const auto found = tenants.by_id.find(id); found != tenants.by_id.end()) return found->second;
  GroupIndex index;
  if (tenants.free.empty()) {
    index = GroupIndex(static_cast<uint32_t>(tenants.all.size()));
    tenants.all.emplace_back();
  } else {
    index = tenants.free.back();
    tenants.free.pop_back();
  }
  tenant(index).id = id;
  tenants.by_id.emplace(tenant(index).id, index);
  return index;
}

/// The tenant has a new first message, or none any more. `was_there`: it had one before.
void ReadyMessages::place_head(const MessageTable& table, GroupIndex index, bool was_there) {
  Tenant& moved = tenant(index);
  Heads& heads = tenants_->heads;
  if (moved.ready.empty()) {
    heads.erase(moved.head);
    return;
  }
  const Turn turn = turn_of(table[moved.ready.first()]);
  if (was_there) {
    auto node = heads.extract(moved.head);  // keeps its memory
    node.key() = turn;
    moved.head = heads.insert(std::move(node)).position;
  } else {
    moved.head = heads.emplace(turn, index).first;
  }
}

void ReadyMessages::find_first(const MessageTable& table) {
  first_ = ungrouped_.first();
  if (tenants_ == nullptr || tenants_->heads.empty()) return;
  const auto& [turn, index] = *tenants_->heads.begin();
  if (first_ == kNoSlot || turn < turn_of(table[first_])) first_ = tenant(index).ready.first();
}

void ReadyMessages::count_flight(const Message& message, int64_t difference, WallMs at) {
  processing_.change(difference, at);
  if (message.group != kNoGroup) tenant(message.group).processing.change(difference, at);
}

ReadyMessages::Cursor::Cursor(const ReadyMessages& ready, const MessageTable& table, WallMs now,
                              bool fair)
    : ready_(ready), table_(table), now_(now), fair_(fair), ungrouped_(ready.ungrouped_.first()) {
  if (ready.tenants_ == nullptr) return;
  if (fair) queue_processing_ms_ = ready.processing_.total_ms(now);
  unopened_ = ready.tenants_->heads.begin();
  open_next_tenant();
}

Slot ReadyMessages::Cursor::next() {
  if (ungrouped_ == kNoSlot) return !candidates_.empty() ? take_candidate() : next_noisy();
  if (!candidates_.empty() && candidates_.front().turn < turn_of(table_[ungrouped_])) {
    return take_candidate();
  }
  return std::exchange(ungrouped_, ready_.ungrouped_.next(table_, ungrouped_));
}

/// By the published thresholds [D]; 10 % exactly is not noisy [?].
bool ReadyMessages::Cursor::noisy(const Tenant& tenant) const {
  if (!fair_) return false;
  const int64_t in_flight = tenant.processing.in_flight();
  if (in_flight >= kNoisyInFlightMin &&
      in_flight * 100 > ready_.processing_.in_flight() * kNoisyPercent) {
    return true;
  }
  return tenant.processing.total_ms(now_) * 100 > queue_processing_ms_ * kNoisyPercent;
}

void ReadyMessages::Cursor::open_next_tenant() {
  const Heads& heads = ready_.tenants_->heads;
  while (unopened_ != heads.end()) {
    const auto [turn, index] = *unopened_++;
    const Tenant& tenant = ready_.tenant(index);
    if (!noisy(tenant)) return push({turn, tenant.ready.first(), index, true});
    noisy_.push_back(index);
  }
}

void ReadyMessages::Cursor::push(Candidate candidate) {
  candidates_.push_back(candidate);
  std::ranges::push_heap(candidates_, std::ranges::greater{}, &Candidate::turn);
}

Slot ReadyMessages::Cursor::take_candidate() {
  std::ranges::pop_heap(candidates_, std::ranges::greater{}, &Candidate::turn);
  const Candidate taken = candidates_.back();
  candidates_.pop_back();
  const Slot after = ready_.tenant(taken.tenant).ready.next(table_, taken.slot);
  if (after != kNoSlot) push({turn_of(table_[after]), after, taken.tenant, false});
  if (taken.head) open_next_tenant();
  return taken.slot;
}

Slot ReadyMessages::Cursor::next_noisy() {
  if (served_slot_ == kNoSlot) {
    if (noisy_.empty()) return kNoSlot;
    const auto least = std::ranges::min_element(noisy_, {}, [&](GroupIndex index) {
      const Tenant& tenant = ready_.tenant(index);
      return std::pair(tenant.processing.in_flight(), tenant.head->first);
    });
    served_ = *least;
    noisy_.erase(least);
    served_slot_ = ready_.tenant(served_).ready.first();
  }
  return std::exchange(served_slot_, ready_.tenant(served_).ready.next(table_, served_slot_));
}

}  // namespace forebay::engine
