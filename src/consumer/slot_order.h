// SPDX-License-Identifier: Apache-2.0
// `SlotOrder`: which of several queues gets the next slot.
//
// Plain rules: queues are numbers from 0, time is given, nothing is asked of anybody.
// Thread: one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <forebay/sqs/priority_consumer.h>

namespace forebay::sqs::detail {

class SlotOrder {
 public:
  static constexpr size_t kNobody = static_cast<size_t>(-1);

  virtual ~SlotOrder() = default;
  /// Who of those that want a slot gets one, or kNobody when none does. `wanting` has an element
  /// for each queue.
  virtual size_t give(const std::vector<bool>& wanting, int64_t now_ms) = 0;
  /// Slots given to `queue` that it had no message for.
  virtual void take_back(size_t queue, size_t slots) = 0;
};

/// The first queue that wants one gets it, unless another has been passed over for too long: then
/// that one, and of several the one that has waited most.
std::unique_ptr<SlotOrder> make_strict_order(size_t queues, const StarvationLimits& limits);

/// Slots are given in proportion to the weights (1 or more) of those that want some. Who comes back
/// after a time without messages gets no more for it.
std::unique_ptr<SlotOrder> make_weighted_order(const std::vector<size_t>& weights);

}  // namespace forebay::sqs::detail
