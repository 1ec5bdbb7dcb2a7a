// SPDX-License-Identifier: Apache-2.0
// ConsumerCore: what happens to messages, from their receive to their end.
#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "base/check.h"
#include "consumer/consumer_core.h"

namespace forebay::sqs::detail {
namespace {

// What is handled and not confirmed may grow to this many messages for each slot, when deletes fail
// while receives do not; then polls stop.
constexpr size_t kUnsettledPerSlot = 10;
constexpr size_t kUnsettledMin = 1'000;

constexpr int64_t ceil_seconds(int64_t ms) {
  return ms <= 0 ? 0 : (ms + 999) / 1'000;
}

}  // namespace

// ---- Messages come ----

void ConsumerCore::received(std::vector<Message> messages) {
  if (state_ == State::kStopped) return;
  for (Message& message : messages) {
    HeldMessage& held = take_free();
    held.reuse(std::move(message));
    leases_.add(held);
    if (state_ == State::kForced) {
      release(held);
    } else if (!context_.fifo) {
      held.phase = Phase::kReady;
      ready_.push_back(&held);
    } else if (order_.admit(held)) {
      ready_.push_back(&held);
    }
  }
}

HeldMessage& ConsumerCore::take_free() {
  if (free_.empty()) {
    all_.push_back(std::make_unique<HeldMessage>(*this, context_.options.queue_url));
    return *all_.back();
  }
  HeldMessage& held = *free_.back();
  free_.pop_back();
  CHECK(held.phase == Phase::kFree && held.pins == 0);
  return held;
}

bool ConsumerCore::congested() const {
  // Those behind their group have no slot, but may not pile up either.
  return order_.blocked() >= slots_ + kBatchEntriesMax ||
         settle_.size() + dying_ >= std::max(kUnsettledMin, kUnsettledPerSlot * slots_);
}

bool ConsumerCore::may_poll() const {
  return state_ == State::kRunning && !paused_ && !poller_.pausing() && !congested();
}

size_t ConsumerCore::free_slots() const {
  const size_t used = running_ + ready_.size() + poller_.asked();
  return congested() || used >= slots_ ? 0 : slots_ - used;
}

void ConsumerCore::begin_ready() {
  while (!ready_.empty() && running_ < slots_) begin_next();
}

void ConsumerCore::begin_next() {
  CHECK(!ready_.empty());
  HeldMessage& held = *ready_.front();
  ready_.pop_front();
  begin(held);
}

void ConsumerCore::begin(HeldMessage& held) {
  CHECK(held.phase == Phase::kReady);
  held.phase = Phase::kRunning;
  ++running_;
  context_.level(Level::kHandling, 1);
  int64_t limit_ms = held.lease_limit_ms;
  if (const int64_t timeout_ms = context_.options.handle_timeout.count(); timeout_ms > 0) {
    const int64_t deadline_ms = context_.now_ms() + timeout_ms;
    limit_ms = std::min(limit_ms, deadline_ms);
    deadlines_.insert(held, deadline_ms);
    deadline_timer_.at(deadline_ms);
  }
  held.set_time_limit(limit_ms);
  held.route = router_.find(held);
  if (held.route == nullptr) return no_handler(held);
  if (held.route->batched != nullptr) return gather(held);
  context_.workers.run([this, &held] { handler_calls_.handle(held); });
}

void ConsumerCore::no_handler(HeldMessage& held) {
  ++context_.statistics.unknown_types;
  switch (context_.options.routes.unknown) {
    case UnknownType::kRetry:
      held.outcome = Retry{};
      break;
    case UnknownType::kDead:
      held.outcome = Dead{"No handler is for the type \"" + std::string(held.type()) + "\"."};
      break;
    case UnknownType::kAck:
      held.outcome = Ack{};
      break;
  }
  ended(held);
}

void ConsumerCore::gather(HeldMessage& held) {
  Route& route = *held.route;
  if (route.gathered.empty()) {
    route.hand_over_ms = context_.now_ms() + route.batched->window.count();
  }
  route.gathered.push_back(&held);
  if (route.gathered.size() >= route.batched->size_max) hand_over(route);
}

void ConsumerCore::hand_over_due() {
  for (Route& route : router_.routes()) {
    if (route.gathered.empty()) continue;
    // Nobody comes any more when the consumer drains.
    if (state_ >= State::kDraining || route.hand_over_ms <= context_.now_ms()) {
      hand_over(route);
    } else {
      batch_timer_.at(route.hand_over_ms);
    }
  }
}

void ConsumerCore::hand_over(Route& route) {
  context_.workers.run(
      [this, &batched = *route.batched, batch = std::exchange(route.gathered, {})] {
        handler_calls_.handle_batch(batched, batch);
      });
}

void ConsumerCore::stop_late_handlers() {
  while (!deadlines_.empty() && deadlines_.front_due_ms() <= context_.now_ms()) {
    HeldMessage& held = *deadlines_.front();
    deadlines_.remove(held);
    held.request_stop();
  }
  if (!deadlines_.empty()) deadline_timer_.at(deadlines_.front_due_ms());
}

// ---- Messages go ----

void ConsumerCore::told(HeldMessage& held) {
  bool first = false;
  {
    const std::lock_guard lock(told_mu_);
    first = told_.empty();
    told_.push_back(&held);
  }
  if (first) {
    context_.gate->post([this] { take_told(); });
  }
}

void ConsumerCore::take_told() {
  {
    const std::lock_guard lock(told_mu_);
    taken_.swap(told_);
  }
  for (HeldMessage* held : taken_) ended(*held);
  taken_.clear();
  after_event();
}

void ConsumerCore::ended(HeldMessage& held) {
  CHECK(held.phase == Phase::kRunning && running_ > 0);
  --running_;
  context_.level(Level::kHandling, -1);
  deadlines_.remove(held);
  ++context_.statistics.handled;
  if (held.duplicate()) {
    ++context_.statistics.duplicates;
    context_.count(Counter::kDuplicates);
  }
  if (held.lease_lost) {
    ++context_.statistics.outcomes_ignored;
    if (state_ != State::kStopped) stop_group(held);
    return finish(held);
  }
  std::visit([&](const auto& outcome) { settle(held, outcome); }, held.outcome);
}

void ConsumerCore::settle(HeldMessage& held, const Ack& /*ack*/) {
  go_on_with_group(held);
  settle_.remove(held);
}

void ConsumerCore::settle(HeldMessage& held, const Retry& retry) {
  if (retry.after) return return_after(held, std::chrono::milliseconds(*retry.after).count());
  const Backoff& backoff = retry.backoff ? *retry.backoff : context_.options.backoff;
  const int64_t full_ms = backoff.after_receive(held.receive_count()).count();
  const int64_t half_ms = full_ms / 2;
  return_after(held, full_ms - context_.random_below(half_ms + 1));
}

void ConsumerCore::settle(HeldMessage& held, const Defer& defer) {
  return_after(held, (defer.until - wall_now()).count());
}

void ConsumerCore::settle(HeldMessage& held, const Dead& /*dead*/) {
  // The lease goes on, and the group waits, until the message is safe elsewhere.
  held.phase = Phase::kDying;
  ++dying_;
  dead_letters_.send(held);
}

void ConsumerCore::return_after(HeldMessage& held, int64_t delay_ms) {
  stop_group(held);
  leases_.forget(held);
  // SQS counts 12 hours from the receive; a second less for clocks that differ.
  const int64_t held_s = ceil_seconds(context_.now_ms() - held.received_ms);
  const int64_t max_s = std::max<int64_t>(kVisibilityTimeoutMax.count() - held_s - 1, 0);
  settle_.give_back(held, std::chrono::seconds(std::min(ceil_seconds(delay_ms), max_s)));
}

void ConsumerCore::dead_letter_ended(HeldMessage& held, bool sent) {
  CHECK(held.phase == Phase::kDying && dying_ > 0);
  --dying_;
  if (state_ == State::kStopped) return;
  if (sent && !held.lease_lost) {
    go_on_with_group(held);
    return settle_.remove(held);
  }
  if (held.lease_lost) {
    ++context_.statistics.outcomes_ignored;
    stop_group(held);
    return finish(held);
  }
  held.outcome = Retry{};
  settle(held, Retry{});
}

void ConsumerCore::settled(HeldMessage& held, bool confirmed) {
  if (confirmed) count_settled(held);
  finish(held);
}

void ConsumerCore::count_settled(const HeldMessage& held) {
  ConsumerStatistics& statistics = context_.statistics;
  if (held.released) {
    ++statistics.released;
    return;
  }
  struct Count {
    uint64_t& figure;
    Counter counter;
  };
  const Count counts[] = {{statistics.acked, Counter::kAcked},
                          {statistics.retried, Counter::kRetried},
                          {statistics.dead, Counter::kDead},
                          {statistics.deferred, Counter::kDeferred}};
  static_assert(std::variant_size_v<Outcome> == 4);
  const Count& count = counts[held.outcome.index()];
  ++count.figure;
  context_.count(count.counter);
}

void ConsumerCore::lease_lost(HeldMessage& held) {
  switch (held.phase) {
    case Phase::kBlocked:
      for (HeldMessage* later : order_.cut(held)) {
        if (later != &held) release(*later);
      }
      return finish(held);
    case Phase::kReady:
      std::erase(ready_, &held);
      stop_group(held);
      return finish(held);
    case Phase::kRunning:
      if (!take_from_batch(held)) return held.request_stop();
      --running_;
      context_.level(Level::kHandling, -1);
      stop_group(held);
      return finish(held);
    case Phase::kDying:
    case Phase::kSettling:
      return;  // the calls under way will say
    case Phase::kFree:
      break;
  }
  CHECK(false);
}

/// Whether it was not handed to a handler yet.
bool ConsumerCore::take_from_batch(HeldMessage& held) {
  return held.route != nullptr && std::erase(held.route->gathered, &held) > 0;
}

void ConsumerCore::go_on_with_group(const HeldMessage& held) {
  if (!context_.fifo) return;
  if (HeldMessage* next = order_.next(held.group())) ready_.push_back(next);
}

void ConsumerCore::stop_group(const HeldMessage& held) {
  if (!context_.fifo) return;
  for (HeldMessage* later : order_.stop(held.group())) release(*later);
}

void ConsumerCore::release(HeldMessage& held) {
  leases_.forget(held);
  held.released = true;
  settle_.give_back(held, std::chrono::seconds(0));
}

void ConsumerCore::finish(HeldMessage& held) {
  leases_.forget(held);
  deadlines_.remove(held);
  held.phase = Phase::kFree;
  recycle(held);
}

void ConsumerCore::recycle(HeldMessage& held) {
  if (held.phase != Phase::kFree || held.pins > 0 || held.in_free_list) return;
  held.in_free_list = true;
  free_.push_back(&held);
}

}  // namespace forebay::sqs::detail
