// SPDX-License-Identifier: Apache-2.0
// `Leases`: keeps held messages invisible to others while they are ours.
//
// A lease is renewed when half of its visibility timeout is over, together with those that are
// nearly due: one ChangeMessageVisibilityBatch for each ten. It is lost when SQS refuses, or when
// its time is over before SQS has confirmed more, and then never comes back.
// Thread: the consumer's own.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "consumer/context.h"
#include "consumer/due_list.h"
#include "consumer/held_message.h"

namespace forebay::sqs::detail {

class Leases {
 public:
  struct Events {
    std::function<void(HeldMessage&)> lost;      // lease_lost is set
    std::function<void(HeldMessage&)> unpinned;  // one of its pins is gone
  };

  Leases(Context& context, Events events);

  /// A message that has just been received.
  void add(HeldMessage& held);
  /// Nothing is renewed or lost any more. Harmless for a message that has no lease.
  void forget(HeldMessage& held);

 private:
  using Batch = std::vector<HeldMessage*>;

  void set_expiry(HeldMessage& held, int64_t from_ms, int64_t visibility_ms);
  void arm();
  void work();
  void lose_expired(int64_t now_ms);
  void lose(HeldMessage& held);
  void extend(const Batch& batch, int64_t now_ms);
  int64_t extension_s(const HeldMessage& held, int64_t now_ms) const;
  void extended(const Batch& batch, int64_t asked_ms, const Result<BatchReply>& reply);
  void again_later(HeldMessage& held);

  Context& context_;
  const Events events_;
  const int64_t visibility_ms_;
  DueTimer timer_;
  DueList<HeldMessage, &HeldMessage::renewal> renewals_;
  DueList<HeldMessage, &HeldMessage::expiry> expiries_;
};

}  // namespace forebay::sqs::detail
