// SPDX-License-Identifier: Apache-2.0
#include "producer/send_groups.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/check.h"
#include "producer/alarm.h"

namespace forebay::sqs::detail {
namespace {

// Names of groups that are kept though nothing waits, so that groups that come and go cost nothing.
constexpr size_t kIdleNamedMax = 4'096;

}  // namespace

SendGroup& SendGroups::group_of(PendingSend& pending) {
  if (!limits_.fifo) {
    if (unnamed_idle_.empty()) {
      unnamed_.push_back(std::make_unique<SendGroup>());
      return *unnamed_.back();
    }
    return unnamed_idle_.pop_front();
  }
  const std::string& name = *pending.message.entry.message_group_id;
  const auto found = named_.find(std::string_view(name));
  if (found != named_.end()) {
    if (found->second->state == SendGroup::State::kIdle) --idle_named_;
    return *found->second;
  }
  const auto made = named_.emplace(name, std::make_unique<SendGroup>()).first;
  made->second->name = &made->first;
  return *made->second;
}

void SendGroups::add(PendingSend& pending) {
  SendGroup& group = group_of(pending);
  pending.message.group = &group;
  group.waiting.push_back(pending);
  group.waiting_bytes += pending.message.bytes;
  if (pending.message.urgent) ++urgent_messages_;
  if (group.state == SendGroup::State::kIdle) {
    group.due_us = pending.message.accepted_us + limits_.linger_us;
    make_ready(group, lingering_);
  } else if (group.state == SendGroup::State::kReady) {
    ++ready_messages_;
    ready_bytes_ += pending.message.bytes;
  }
}

void SendGroups::make_ready(SendGroup& group, IntrusiveQueue<SendGroup>& list) {
  group.state = SendGroup::State::kReady;
  ready_messages_ += group.waiting.size();
  ready_bytes_ += group.waiting_bytes;
  list.push_back(group);
}

SendGroup& SendGroups::take_ready(IntrusiveQueue<SendGroup>& list) {
  SendGroup& group = list.pop_front();
  ready_messages_ -= group.waiting.size();
  ready_bytes_ -= group.waiting_bytes;
  return group;
}

void SendGroups::make_idle(SendGroup& group) {
  group.state = SendGroup::State::kIdle;
  if (group.name == nullptr) {
    unnamed_idle_.push_back(group);
  } else if (++idle_named_ > kIdleNamedMax) {
    --idle_named_;
    named_.erase(named_.find(*group.name));
  }
}

void SendGroups::wake_up(int64_t now_us) {
  while (!pausing_.empty() && pausing_.front().until_us <= now_us) {
    std::pop_heap(pausing_.begin(), pausing_.end(), std::greater<>());
    SendGroup& group = *pausing_.back().group;
    pausing_.pop_back();
    make_ready(group, overdue_);
  }
  // What is due takes its turn among the overdue, so that busy groups starve no new ones.
  while (!lingering_.empty() && lingering_.front().due_us <= now_us) {
    overdue_.push_back(lingering_.pop_front());
  }
}

bool SendGroups::fills_batch() const {
  const size_t entries = limits_.group_batching == GroupBatching::kApart
                             ? overdue_.size() + lingering_.size()
                             : ready_messages_;
  return entries >= limits_.entries_max || ready_bytes_ >= limits_.bytes_max;
}

bool SendGroups::is_due(bool hurry) const {
  if (!overdue_.empty()) return true;
  return !lingering_.empty() && (hurry || urgent_messages_ > 0 || fills_batch());
}

void SendGroups::take(int64_t now_us, bool hurry, std::vector<PendingSend*>& batch,
                      std::vector<PendingSend*>& expired) {
  wake_up(now_us);
  if (!is_due(hurry)) return;
  batch_bytes_ = 0;
  for (IntrusiveQueue<SendGroup>* list : {&overdue_, &lingering_}) {
    while (!list->empty() && batch.size() < limits_.entries_max) {
      SendGroup& group = list->front();
      const size_t before = batch.size();
      take_ready(*list);
      group.state = SendGroup::State::kUnderWay;
      const bool room = move_some(group, now_us, batch, expired);
      if (batch.size() == before) {
        // Nothing of it fits, or nothing was left of it.
        if (group.waiting.empty()) {
          make_idle(group);
        } else {
          group.state = SendGroup::State::kReady;
          ready_messages_ += group.waiting.size();
          ready_bytes_ += group.waiting_bytes;
          list->push_front(group);
        }
      }
      if (!room) return;
    }
  }
}

/// Moves what may go from the front of a group. False: the batch is full.
bool SendGroups::move_some(SendGroup& group, int64_t now_us, std::vector<PendingSend*>& batch,
                           std::vector<PendingSend*>& expired) {
  const size_t before = batch.size();
  while (!group.waiting.empty()) {
    const BufferedMessage& message = group.waiting.front().message;
    if (message.accepted_us + limits_.delivery_timeout_us <= now_us) {
      expired.push_back(&take_front(group));
      continue;
    }
    if (batch.size() >= limits_.entries_max) return false;
    if (!batch.empty() && (message.alone || batch_bytes_ + message.bytes > limits_.bytes_max)) {
      return false;
    }
    const bool alone = message.alone;
    batch_bytes_ += message.bytes;
    batch.push_back(&take_front(group));
    if (alone) return false;
    if (limits_.group_batching == GroupBatching::kApart && batch.size() > before) return true;
  }
  return true;
}

PendingSend& SendGroups::take_front(SendGroup& group) {
  PendingSend& pending = group.waiting.pop_front();
  group.waiting_bytes -= pending.message.bytes;
  if (pending.message.urgent) --urgent_messages_;
  return pending;
}

int64_t SendGroups::next_due_us() const {
  if (!overdue_.empty()) return 0;
  int64_t due_us = Alarm::kNever;
  if (!pausing_.empty()) due_us = pausing_.front().until_us;
  if (!lingering_.empty()) due_us = std::min(due_us, lingering_.front().due_us);
  return due_us;
}

void SendGroups::put_back(PendingSend& pending) {
  SendGroup& group = *pending.message.group;
  CHECK(group.state == SendGroup::State::kUnderWay);
  group.waiting.push_front(pending);
  group.waiting_bytes += pending.message.bytes;
  if (pending.message.urgent) ++urgent_messages_;
}

void SendGroups::release(SendGroup& group, int64_t pause_until_us) {
  CHECK(group.state == SendGroup::State::kUnderWay);
  if (group.waiting.empty()) {
    make_idle(group);
  } else if (pause_until_us == 0) {
    make_ready(group, overdue_);
  } else {
    group.state = SendGroup::State::kPausing;
    pausing_.push_back({pause_until_us, ++pauses_, &group});
    std::push_heap(pausing_.begin(), pausing_.end(), std::greater<>());
  }
}

void SendGroups::take_all(std::vector<PendingSend*>& out) {
  const auto empty = [&](SendGroup& group) {
    while (!group.waiting.empty()) out.push_back(&take_front(group));
  };
  for (IntrusiveQueue<SendGroup>* list : {&overdue_, &lingering_}) {
    while (!list->empty()) {
      SendGroup& group = take_ready(*list);
      empty(group);
      make_idle(group);
    }
  }
  for (const Pause& pause : std::exchange(pausing_, {})) {
    empty(*pause.group);
    make_idle(*pause.group);
  }
  // What is left waits behind a batch under way; its group becomes idle when that ends.
  for (const auto& [name, group] : named_) empty(*group);
}

}  // namespace forebay::sqs::detail
