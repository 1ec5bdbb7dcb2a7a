// SPDX-License-Identifier: Apache-2.0
// `DueList`: held messages by the moment when something is due for them; and `DueTimer`, the one
// timer that a list of such moments needs.
//
// The list's links are in the messages, so nothing is allocated. Moments mostly come in growing
// order (now plus a constant): an insertion walks from the back.
// Thread: the consumer's own.
// Cost: insert is O(1) at the back, else the distance from it; the rest O(1).
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "base/check.h"
#include "env/clock.h"
#include "env/executor.h"

namespace forebay::sqs::detail {

template <class Node>
struct DueLink {
  int64_t due_ms = 0;
  Node* before = nullptr;
  Node* after = nullptr;
  bool linked = false;
};

template <class Node, DueLink<Node> Node::* kLink>
class DueList {
 public:
  bool empty() const { return front_ == nullptr; }
  Node* front() const { return front_; }
  int64_t front_due_ms() const { return (front_->*kLink).due_ms; }

  void insert(Node& node, int64_t due_ms) {
    DueLink<Node>& link = node.*kLink;
    CHECK(!link.linked);
    Node* before = back_;
    while (before != nullptr && (before->*kLink).due_ms > due_ms) before = (before->*kLink).before;
    link = {due_ms, before, before == nullptr ? front_ : (before->*kLink).after, true};
    (link.before == nullptr ? front_ : (link.before->*kLink).after) = &node;
    (link.after == nullptr ? back_ : (link.after->*kLink).before) = &node;
  }

  /// Harmless for a node that is not in the list.
  void remove(Node& node) {
    DueLink<Node>& link = node.*kLink;
    if (!link.linked) return;
    (link.before == nullptr ? front_ : (link.before->*kLink).after) = link.after;
    (link.after == nullptr ? back_ : (link.after->*kLink).before) = link.before;
    link = {};
  }

 private:
  Node* front_ = nullptr;
  Node* back_ = nullptr;
};

/// Calls its task at the earliest moment it was asked for, perhaps also without need.
class DueTimer {
 public:
  DueTimer(env::Executor& executor, const env::Clock& clock, std::function<void()> task)
      : executor_(executor), clock_(clock), task_(std::move(task)) {}
  DueTimer(const DueTimer&) = delete;
  DueTimer& operator=(const DueTimer&) = delete;

  bool armed() const { return timer_ != 0; }

  /// Monotonic; a moment that has passed is now.
  void at(int64_t due_ms) {
    if (timer_ != 0 && due_ms >= due_ms_) return;
    cancel();
    due_ms_ = due_ms;
    const int64_t now_ms = clock_.monotonic().value;
    timer_ = executor_.after(due_ms > now_ms ? due_ms - now_ms : 0, [this] {
      timer_ = 0;
      task_();
    });
  }
  void after(int64_t delay_ms) { at(clock_.monotonic().value + delay_ms); }

  void cancel() {
    executor_.cancel(timer_);
    timer_ = 0;
  }

 private:
  env::Executor& executor_;
  const env::Clock& clock_;
  const std::function<void()> task_;
  env::Executor::TimerId timer_ = 0;
  int64_t due_ms_ = 0;
};

}  // namespace forebay::sqs::detail
