// SPDX-License-Identifier: Apache-2.0
#include "consumer/slot_order.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

namespace forebay::sqs::detail {
namespace {

class StrictOrder final : public SlotOrder {
 public:
  StrictOrder(size_t queues, const StarvationLimits& limits) : limits_(limits), waits_(queues) {}

  size_t give(const std::vector<bool>& wanting, int64_t now_ms) override {
    note(wanting, now_ms);
    const size_t chosen = choose(wanting, now_ms);
    if (chosen == kNobody) return kNobody;
    for (size_t i = 0; i < waits_.size(); ++i) {
      if (wanting[i]) ++waits_[i].passed;
    }
    waits_[chosen] = {.wanting = true, .since_ms = now_ms, .order = ++given_, .passed = 0};
    return chosen;
  }

  void take_back(size_t /*queue*/, size_t /*slots*/) override {}

 private:
  struct Wait {
    bool wanting = false;
    int64_t since_ms = 0;  // since it wanted a slot or got one, whichever is later
    uint64_t order = 0;    // among those of the same moment
    size_t passed = 0;     // slots that others got since then

    bool is_older_than(const Wait& other) const {
      return std::tie(since_ms, order) < std::tie(other.since_ms, other.order);
    }
  };

  void note(const std::vector<bool>& wanting, int64_t now_ms) {
    for (size_t i = 0; i < waits_.size(); ++i) {
      if (wanting[i] != waits_[i].wanting) waits_[i] = {wanting[i], now_ms, given_, 0};
    }
  }

  size_t choose(const std::vector<bool>& wanting, int64_t now_ms) const {
    size_t first = kNobody;
    size_t most_passed = kNobody;
    size_t oldest = kNobody;
    for (size_t i = 0; i < waits_.size(); ++i) {
      if (!wanting[i]) continue;
      if (first == kNobody) first = i;
      if (most_passed == kNobody || waits_[i].passed > waits_[most_passed].passed) most_passed = i;
      if (oldest == kNobody || waits_[i].is_older_than(waits_[oldest])) oldest = i;
    }
    if (first == kNobody) return kNobody;
    if (limits_.one_in > 0 && waits_[most_passed].passed + 1 >= limits_.one_in) return most_passed;
    const int64_t wait_max_ms = limits_.wait_max.count();
    if (wait_max_ms > 0 && now_ms - waits_[oldest].since_ms >= wait_max_ms) return oldest;
    return first;
  }

  const StarvationLimits limits_;
  std::vector<Wait> waits_;
  uint64_t given_ = 0;
};

/// Each slot moves its queue on by a step that is shorter for a larger weight; who is furthest
/// behind gets the next.
class WeightedOrder final : public SlotOrder {
 public:
  explicit WeightedOrder(const std::vector<size_t>& weights) {
    for (const size_t weight : weights) {
      queues_.push_back({.step = kUnit / static_cast<int64_t>(weight)});
    }
  }

  size_t give(const std::vector<bool>& wanting, int64_t /*now_ms*/) override {
    join(wanting);
    size_t chosen = kNobody;
    for (size_t i = 0; i < queues_.size(); ++i) {
      if (!wanting[i]) continue;
      if (chosen == kNobody || queues_[i].place < queues_[chosen].place) chosen = i;
    }
    if (chosen == kNobody) return kNobody;
    place_ = queues_[chosen].place;
    queues_[chosen].place += queues_[chosen].step;
    if (place_ > kPlaceMax) begin_anew();
    return chosen;
  }

  void take_back(size_t queue, size_t slots) override {
    queues_[queue].place -= queues_[queue].step * static_cast<int64_t>(slots);
  }

 private:
  // Divisible by all weights up to 24, so that their shares are exact.
  static constexpr int64_t kUnit = 5'354'228'880;
  static constexpr int64_t kPlaceMax = kUnit * 1'000'000;

  /// Who wants slots again begins beside the one that is furthest behind.
  void join(const std::vector<bool>& wanting) {
    int64_t behind = std::numeric_limits<int64_t>::max();
    for (size_t i = 0; i < queues_.size(); ++i) {
      if (wanting[i] && queues_[i].wanting) behind = std::min(behind, queues_[i].place);
    }
    if (behind == std::numeric_limits<int64_t>::max()) behind = place_;
    for (size_t i = 0; i < queues_.size(); ++i) {
      Queue& queue = queues_[i];
      if (wanting[i] && !queue.wanting) queue.place = std::max(queue.place, behind);
      queue.wanting = wanting[i];
    }
  }

  /// The same distances from a start at 0.
  void begin_anew() {
    for (Queue& queue : queues_) queue.place = std::max<int64_t>(queue.place - place_, 0);
    place_ = 0;
  }

  struct Queue {
    int64_t step;
    int64_t place = 0;
    bool wanting = false;
  };

  std::vector<Queue> queues_;
  int64_t place_ = 0;  // of who got the last slot, before it
};

}  // namespace

std::unique_ptr<SlotOrder> make_strict_order(size_t queues, const StarvationLimits& limits) {
  return std::make_unique<StrictOrder>(queues, limits);
}

std::unique_ptr<SlotOrder> make_weighted_order(const std::vector<size_t>& weights) {
  return std::make_unique<WeightedOrder>(weights);
}

}  // namespace forebay::sqs::detail
