// SPDX-License-Identifier: Apache-2.0
#include "consumer/priority_core.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <set>
#include <string_view>
#include <utility>
#include <variant>

#include <forebay/sqs/messages.h>

#include "base/check.h"
#include "base/result.h"
#include "consumer/options_check.h"

namespace forebay::sqs::detail {
namespace {

constexpr size_t kQueuesMax = 100;
constexpr size_t kWeightMax = 1'000;

/// Of parked polls near EndOptions::messages_max: what they may bring is asked of no other queue.
constexpr std::chrono::seconds kLastWait{1};

Error refused(std::string message) {
  return {.kind = ErrorKind::kConfiguration, .message = std::move(message)};
}

/// Of one of the queues.
ConsumerOptions options_of(const PriorityConsumerOptions& all, const PriorityQueue& queue) {
  ConsumerOptions options = all.consumer;
  options.queue_url = queue.queue_url;
  if (!std::holds_alternative<std::monostate>(queue.handler)) options.handler = queue.handler;
  if (queue.visibility_timeout) options.lease.visibility_timeout = *queue.visibility_timeout;
  if (all.on_error) {
    options.on_error = [on_error = all.on_error, url = queue.queue_url](
                           std::string_view what, const Error& e) { on_error(url, what, e); };
  }
  return options;
}

std::unique_ptr<SlotOrder> make_order(const PriorityConsumerOptions& options) {
  if (options.policy == PriorityPolicy::kStrict) {
    return make_strict_order(options.queues.size(), options.starvation);
  }
  std::vector<size_t> weights;
  weights.reserve(options.queues.size());
  for (const PriorityQueue& queue : options.queues) weights.push_back(queue.weight);
  return make_weighted_order(weights);
}

}  // namespace

Result<void> check_options(const PriorityConsumerOptions& options) {
  if (options.queues.empty() || options.queues.size() > kQueuesMax) {
    return refused("queues must be 1 to 100.");
  }
  if (options.starvation.wait_max.count() < 0) return refused("wait_max must be 0 or more.");
  std::set<std::string_view> urls;
  for (const PriorityQueue& queue : options.queues) {
    if (queue.weight < 1 || queue.weight > kWeightMax) return refused("weight must be 1 to 1,000.");
    if (!urls.insert(queue.queue_url).second) {
      return refused("The queue " + queue.queue_url + " is given twice.");
    }
    TRY(check_options(options_of(options, queue)));
  }
  return {};
}

PriorityCore::PriorityCore(const PriorityConsumerOptions& options, const ConsumerParts& parts,
                           std::function<void(StopReport)> stopped)
    : workers_(parts.workers),
      clock_(parts.clock),
      stopped_(std::move(stopped)),
      threads_follow_slots_(options.consumer.worker_threads_max == 0),
      end_(options.consumer.end),
      gate_(std::make_shared<Gate>(parts.executor)),
      order_(make_order(options)),
      wanting_(options.queues.size()),
      slots_(options.consumer.concurrency),
      running_queues_(options.queues.size()) {
  queues_.reserve(options.queues.size());
  for (const PriorityQueue& queue : options.queues) {
    queues_.push_back({.core = std::make_shared<ConsumerCore>(
                           options_of(options, queue), parts,
                           [this](StopReport report) { one_stopped(report); }, this),
                       .parallel_max = options.consumer.poll.parallel_max});
  }
}

/// So that the first of them does not get all slots.
template <class Change>
void PriorityCore::change_all(Change change) {
  gate_->post([this] { changing_ = true; });
  for (Queue& queue : queues_) change(*queue.core);
  gate_->post([this] {
    changing_ = false;
    share_out();
  });
}

void PriorityCore::start() {
  change_all([](ConsumerCore& core) { core.start(); });
}

void PriorityCore::pause(bool paused) {
  change_all([paused](ConsumerCore& core) { core.pause(paused); });
}

void PriorityCore::request_stop() {
  for (Queue& queue : queues_) queue.core->request_stop();
}

void PriorityCore::abort() {
  for (Queue& queue : queues_) queue.core->abort();
}

void PriorityCore::set_slots(size_t slots) {
  gate_->post([this, slots] {
    slots_ = slots;
    if (threads_follow_slots_) workers_.set_threads_max(slots);
    share_out();
  });
}

std::vector<ConsumerStatistics> PriorityCore::statistics() const {
  std::vector<ConsumerStatistics> all;
  all.reserve(queues_.size());
  for (const Queue& queue : queues_) all.push_back(queue.core->statistics());
  return all;
}

void PriorityCore::close() {
  gate_->close();
  for (Queue& queue : queues_) queue.core->close();
}

void PriorityCore::share_out() {
  for (size_t i = 0; i < queues_.size(); ++i) begin_fetched(i);
  if (free_slots() > 0 && !changing_) {
    give_free_slots();
    park();
  }
  fetch_given();
  for (Queue& queue : queues_) queue.core->follow_up();
  if (!ending_ && has_come_to_its_end()) {
    ending_ = true;
    request_stop();
  }
}

/// Slots whose fetch has ended begin what it has brought; others are free again.
void PriorityCore::begin_fetched(size_t index) {
  Queue& queue = queues_[index];
  size_t slots = queue.core->poller().take_returned();
  if (!queue.core->may_poll() || !queue.core->poller().has_more()) {
    slots += std::exchange(queue.given, 0);
  }
  for (; slots > 0 && queue.core->ready() > 0; --slots) queue.core->begin_next();
  order_->take_back(index, slots);
}

size_t PriorityCore::free_slots() const {
  size_t used = 0;
  for (const Queue& queue : queues_) {
    used += queue.core->running() + queue.core->poller().asked() + queue.given;
  }
  return used >= slots_ ? 0 : slots_ - used;
}

void PriorityCore::give_free_slots() {
  while (free_slots() > 0) {
    const bool may_ask = left_to_ask() > 0;
    for (size_t i = 0; i < queues_.size(); ++i) {
      const Queue& queue = queues_[i];
      // What is repeated was counted when it was asked for, and needs a slot to begin.
      const bool may_fetch = may_ask || (queue.given == 0 && queue.core->poller().repeats());
      wanting_[i] = queue.core->ready() > 0 || (may_fetch && can_fetch(queue));
    }
    const size_t chosen = order_->give(wanting_, clock_.monotonic().value);
    if (chosen == SlotOrder::kNobody) return;
    Queue& queue = queues_[chosen];
    queue.core->ready() > 0 ? queue.core->begin_next() : void(++queue.given);
  }
}

/// Whether one slot more is of use to it.
bool PriorityCore::can_fetch(const Queue& queue) {
  const Poller& poller = queue.core->poller();
  const size_t open = poller.open_polls();
  // Without a poll to spare it keeps as many as the next one will ask for.
  const size_t polls = open < queue.parallel_max ? queue.parallel_max - open : 1;
  return queue.core->may_poll() && poller.has_more() && queue.given < polls * kBatchEntriesMax;
}

void PriorityCore::fetch_given() {
  for (Queue& queue : queues_) {
    Poller& poller = queue.core->poller();
    // While a fetch is under way, what comes together until its end is asked for in one.
    const bool at_once = poller.asked() == 0 || (queue.given >= kBatchEntriesMax &&
                                                 poller.open_polls() < queue.parallel_max);
    if (queue.given > 0 && at_once) poller.fetch(std::exchange(queue.given, 0));
  }
}

void PriorityCore::park() {
  const size_t parked_max = Poller::kParkedMax * queues_.size();
  const bool near_the_end = left_to_receive() < slots_ + parked_max;
  const size_t limit = near_the_end ? 1 : std::max<size_t>(free_slots(), 1);
  const std::chrono::seconds wait_max = near_the_end ? kLastWait : kWaitTimeMax;
  const bool found_is_enough = only_emptiness_is_awaited();
  // In turn, for when there is not a message left for each.
  const size_t first = next_to_park_;
  for (size_t i = 0; i < queues_.size(); ++i) {
    const size_t index = (first + i) % queues_.size();
    Queue& queue = queues_[index];
    Poller& poller = queue.core->poller();
    if (!can_park(queue) || (found_is_enough && poller.found_nothing())) continue;
    if (left_to_ask() == 0 && !poller.repeats()) continue;
    poller.park(limit, wait_max);
    next_to_park_ = (index + 1) % queues_.size();
  }
}

bool PriorityCore::can_park(const Queue& queue) {
  const Poller& poller = queue.core->poller();
  const bool in_hand = queue.core->ready() > 0;
  return queue.core->may_poll() && !poller.has_more() && !poller.parked() && !in_hand;
}

/// Without EndOptions::messages_max: as many as one likes, as the next.
uint64_t PriorityCore::left_to_receive() const {
  if (end_.messages_max == 0) return UINT64_MAX;
  uint64_t received = 0;
  for (const Queue& queue : queues_) received += queue.core->received_count();
  return end_.messages_max - std::min(end_.messages_max, received);
}

uint64_t PriorityCore::left_to_ask() const {
  if (end_.messages_max == 0) return UINT64_MAX;
  uint64_t asked = 0;
  for (const Queue& queue : queues_) asked += queue.core->poller().expected() + queue.given;
  const uint64_t left = left_to_receive();
  return left - std::min(left, asked);
}

/// Then a queue that has found nothing waits for the others to find nothing: if each were asked
/// again at once, there would never be a moment without a poll. One that fails may do so for long.
bool PriorityCore::only_emptiness_is_awaited() const {
  return end_.when_empty && has_nothing_in_hand() &&
         std::ranges::none_of(queues_, [](const Queue& q) { return q.core->poller().failing(); });
}

/// By EndOptions.
bool PriorityCore::has_come_to_its_end() const {
  if (left_to_receive() == 0) return true;
  return end_.when_empty && has_nothing_in_hand() &&
         std::ranges::all_of(queues_,
                             [](const Queue& q) { return q.core->poller().found_nothing(); });
}

bool PriorityCore::has_nothing_in_hand() const {
  return std::ranges::all_of(queues_, [](const Queue& q) { return q.core->has_nothing_in_hand(); });
}

void PriorityCore::one_stopped(const StopReport& report) {
  report_.clean = report_.clean && report.clean;
  report_.handlers_left += report.handlers_left;
  report_.messages_unsettled += report.messages_unsettled;
  CHECK(running_queues_ > 0);
  if (--running_queues_ == 0) stopped_(report_);
}

}  // namespace forebay::sqs::detail
