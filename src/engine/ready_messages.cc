// SPDX-License-Identifier: Apache-2.0
#include "engine/ready_messages.h"

#include <algorithm>
#include <utility>

#include "base/siphash.h"

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
  tenants_->by_id.erase(*tenants_, index.value);
  give_back(index);
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
  for (uint32_t i = 0; i < tenants_->places.size(); ++i) {
    if (const Tenant& each = tenant(GroupIndex(i)); each.message_count > 0) out.push_back(&each);
  }
  std::ranges::sort(out, {}, [](const Tenant* each) { return std::string_view(each->id); });
  return out;
}

GroupIndex ReadyMessages::find_or_create(std::string_view id) {
  const uint32_t hash = siphash32(hash_key_, id);
  const uint32_t found = tenants_->by_id.find(
      *tenants_, hash, [&](uint32_t at) { return tenant(GroupIndex(at)).id == id; });
  if (found != LinearHash::kNone) return GroupIndex(found);
  const GroupIndex index = take_place();
  tenant(index).id = id;
  tenant(index).hash = hash;
  tenants_->by_id.insert(*tenants_, index.value);
  return index;
}

GroupIndex ReadyMessages::take_place() {
  if (tenants_->free == kNoGroup) {
    tenants_->places.push_back({});
    return GroupIndex(tenants_->places.size() - 1);
  }
  const GroupIndex next(tenant(tenants_->free).next_in_chain);
  return std::exchange(tenants_->free, next);
}

void ReadyMessages::give_back(GroupIndex index) {
  std::string id;
  id.swap(tenant(index).id);  // an assignment would keep the memory
  tenant(index) = Tenant{};
  tenant(index).next_in_chain = std::exchange(tenants_->free, index).value;
}

bool ReadyMessages::drain(uint32_t count) {
  if (tenants_ == nullptr) return true;
  CHECK(tenants_->by_id.size() == 0);
  tenants_->free = kNoGroup;
  for (; count > 0 && tenants_->places.size() > 0; --count) tenants_->places.pop_back();
  return tenants_->places.size() == 0;
}

/// The tenant has a new first message, or none any more. `was_there`: it had one before.
void ReadyMessages::place_head(const MessageTable& table, GroupIndex index, bool was_there) {
  Tenant& moved = tenant(index);
  if (was_there) tenants_->heads.erase(tenants_->places, index);
  if (moved.ready.empty()) return;
  moved.turn = turn_of(table[moved.ready.first()]);
  tenants_->heads.insert(tenants_->places, index);
}

void ReadyMessages::find_first(const MessageTable& table) {
  first_ = ungrouped_.first();
  if (tenants_ == nullptr || tenants_->heads.empty()) return;
  const Tenant& next = tenant(tenants_->heads.first());
  if (first_ == kNoSlot || next.turn < turn_of(table[first_])) first_ = next.ready.first();
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
  unopened_ = ready.tenants_->heads.first();
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
  const Tenants& tenants = *ready_.tenants_;
  while (unopened_ != kNoGroup) {
    const GroupIndex index =
        std::exchange(unopened_, tenants.heads.next(tenants.places, unopened_));
    const Tenant& tenant = ready_.tenant(index);
    if (!noisy(tenant)) return push({tenant.turn, tenant.ready.first(), index, true});
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
      return std::pair(tenant.processing.in_flight(), tenant.turn);
    });
    served_ = *least;
    noisy_.erase(least);
    served_slot_ = ready_.tenant(served_).ready.first();
  }
  return std::exchange(served_slot_, ready_.tenant(served_).ready.next(table_, served_slot_));
}

}  // namespace forebay::engine
