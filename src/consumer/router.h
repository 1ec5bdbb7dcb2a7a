// SPDX-License-Identifier: Apache-2.0
// `Router`: which handler a message is for.
//
// Thread: the consumer's own; constant after construction but for what batches gather.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "consumer/context.h"
#include "consumer/due_list.h"
#include "consumer/held_message.h"

namespace forebay::sqs::detail {

/// A handler, and for a batch handler the messages that are being gathered for it.
struct Route {
  const AnyHandler* handler = nullptr;
  const Batched* batched = nullptr;  // null: messages are handled one by one
  std::vector<HeldMessage*> gathered = {};
  int64_t hand_over_ms = 0;  // when the oldest of them has waited enough
};

class Router {
 public:
  explicit Router(const ConsumerOptions& options);

  /// Sets the message's type; its route, or null when no handler is for it.
  Route* find(HeldMessage& held);

  std::deque<Route>& routes() { return routes_; }

 private:
  void read_type(HeldMessage& held) const;
  Route* add(const AnyHandler& handler);

  const Routes& options_;
  std::deque<Route> routes_;
  std::map<std::string, Route*, std::less<>> by_type_;
  Route* otherwise_ = nullptr;
};

}  // namespace forebay::sqs::detail
