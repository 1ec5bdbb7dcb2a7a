// SPDX-License-Identifier: Apache-2.0
#include "consumer/message_order.h"

#include <algorithm>

#include "base/check.h"

namespace forebay::sqs::detail {

bool MessageOrder::admit(HeldMessage& held) {
  const auto found = groups_.find(held.group());
  if (found == groups_.end()) {
    groups_.emplace(held.group(), std::deque<HeldMessage*>());
    held.phase = Phase::kReady;
    return true;
  }
  held.phase = Phase::kBlocked;
  found->second.push_back(&held);
  ++blocked_;
  return false;
}

HeldMessage* MessageOrder::next(std::string_view group) {
  const auto found = groups_.find(group);
  CHECK(found != groups_.end());
  if (found->second.empty()) {
    groups_.erase(found);
    return nullptr;
  }
  HeldMessage* const first = found->second.front();
  found->second.pop_front();
  --blocked_;
  first->phase = Phase::kReady;
  return first;
}

std::vector<HeldMessage*> MessageOrder::stop(std::string_view group) {
  const auto found = groups_.find(group);
  CHECK(found != groups_.end());
  const std::vector<HeldMessage*> later(found->second.begin(), found->second.end());
  blocked_ -= later.size();
  groups_.erase(found);
  return later;
}

std::vector<HeldMessage*> MessageOrder::cut(HeldMessage& held) {
  const auto found = groups_.find(held.group());
  CHECK(found != groups_.end() && held.phase == Phase::kBlocked);
  std::deque<HeldMessage*>& waiting = found->second;
  const auto from = std::ranges::find(waiting, &held);
  CHECK(from != waiting.end());
  const std::vector<HeldMessage*> later(from, waiting.end());
  waiting.erase(from, waiting.end());
  blocked_ -= later.size();
  return later;
}

std::vector<HeldMessage*> MessageOrder::stop_all() {
  std::vector<HeldMessage*> all;
  for (auto& [group, waiting] : groups_) {
    all.insert(all.end(), waiting.begin(), waiting.end());
    waiting.clear();
  }
  blocked_ = 0;
  return all;
}

}  // namespace forebay::sqs::detail
