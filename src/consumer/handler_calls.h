// SPDX-License-Identifier: Apache-2.0
// `HandlerCalls`: calls users' code: middlewares and handlers of every form.
//
// Exceptions out of users' code are caught here and nowhere else; they count as Retry.
// Thread: workers, and wherever a PendingDelivery is completed.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "consumer/context.h"
#include "consumer/held_message.h"

namespace forebay::sqs::detail {

class HandlerCalls {
 public:
  /// `told` is given each message once, with its outcome in it. Thread: any.
  HandlerCalls(const Context& context, ConsumerCore& core, std::function<void(HeldMessage&)> told);

  /// A message whose route is no batch handler's.
  void handle(HeldMessage& held) const;
  void handle_batch(const Batched& batched, std::vector<HeldMessage*> batch) const;

  /// The handler has said what becomes of it.
  void tell(HeldMessage& held, Outcome outcome) const;
  /// Tells on_error of the exception being handled.
  void report_exception() const;

 private:
  bool let_through(HeldMessage& held) const;
  void call(HeldMessage& held, const AnyHandler& handler) const;
  void call_sync(HeldMessage& held, const Handler& handler) const;

  const Context& context_;
  ConsumerCore& core_;
  const std::function<void(HeldMessage&)> told_;
};

}  // namespace forebay::sqs::detail
