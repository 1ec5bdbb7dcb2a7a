// SPDX-License-Identifier: Apache-2.0
// The consumer's own life: start, stop, figures. What happens to messages: message_life.cc.
#include "consumer/consumer_core.h"

#include <utility>

#include "base/check.h"

namespace forebay::sqs::detail {

ConsumerCore::ConsumerCore(ConsumerOptions options, const ConsumerParts& parts,
                           std::function<void(StopReport)> stopped, SlotGiver* giver)
    : context_(std::move(options), parts),
      stopped_(std::move(stopped)),
      giver_(giver),
      router_(context_.options),
      poller_(context_, [this](std::vector<Message> messages) { received(std::move(messages)); }),
      leases_(context_, {.lost = [this](HeldMessage& held) { lease_lost(held); },
                         .unpinned = [this](HeldMessage& held) { recycle(held); }}),
      settle_(context_,
              {.settled = [this](HeldMessage& held, bool confirmed) { settled(held, confirmed); },
               .unpinned = [this](HeldMessage& held) { recycle(held); }}),
      dead_letters_(context_,
                    [this](HeldMessage& held, bool sent) { dead_letter_ended(held, sent); }),
      handler_calls_(context_, *this, [this](HeldMessage& held) { told(held); }),
      slots_(context_.options.concurrency),
      deadline_timer_(context_.executor, context_.clock,
                      context_.timer_task([this] { stop_late_handlers(); })),
      batch_timer_(context_.executor, context_.clock, context_.timer_task([] {})),
      stop_polls_timer_(context_.executor, context_.clock,
                        context_.timer_task([this] { poller_.cancel(); })),
      force_timer_(context_.executor, context_.clock,
                   context_.timer_task([this] { force_stop(); })),
      grace_timer_(context_.executor, context_.clock, context_.timer_task([this] { give_up(); })) {
  context_.after_event = [this] { after_event(); };
}

void ConsumerCore::post(std::function<void()> task) {
  context_.gate->post(context_.timer_task(std::move(task)));
}

void ConsumerCore::start() {
  post([this] {
    if (state_ == State::kIdle) state_ = State::kRunning;
  });
}

void ConsumerCore::pause(bool paused) {
  post([this, paused] { paused_ = paused; });
}

void ConsumerCore::request_stop() {
  post([this] { begin_stop(); });
}

void ConsumerCore::abort() {
  post([this] {
    if (state_ == State::kStopped) return;
    poller_.cancel();
    request_stop_of_handlers();
    give_up();
  });
}

void ConsumerCore::set_slots(size_t slots) {
  post([this, slots] {
    slots_ = slots;
    if (giver_ == nullptr && context_.options.worker_threads_max == 0) {
      context_.workers.set_threads_max(slots);
    }
  });
}

void ConsumerCore::set_wait_time(std::chrono::seconds wait_time) {
  post([this, wait_time] { poller_.set_wait_time(wait_time); });
}

ConsumerStatistics ConsumerCore::statistics() const {
  const std::lock_guard lock(statistics_mu_);
  return published_;
}

Timestamp ConsumerCore::wall_now() const {
  return Timestamp(std::chrono::milliseconds(context_.clock.wall().value));
}

void ConsumerCore::report_handler(const Error& error) {
  handler_exceptions_.fetch_add(1, std::memory_order_relaxed);
  context_.report("handler", error);
}

void ConsumerCore::after_event() {
  if (giver_ != nullptr) return giver_->share_out();
  if (state_ != State::kStopped) {
    begin_ready();
    if (state_ == State::kRunning && has_come_to_its_end()) begin_stop();
    if (state_ == State::kRunning && !paused_) poller_.fill(free_slots());
  }
  follow_up();
}

void ConsumerCore::follow_up() {
  if (state_ != State::kStopped) {
    hand_over_due();
    if (state_ >= State::kDraining) end_if_done();
  }
  publish();
}

void ConsumerCore::publish() {
  ConsumerStatistics now = context_.statistics;
  now.handler_exceptions = handler_exceptions_.load(std::memory_order_relaxed);
  now.running = running_;
  now.waiting = ready_.size() + order_.blocked();
  now.unsettled = settle_.size() + dying_;
  now.polls_open = poller_.open_polls();
  const std::lock_guard lock(statistics_mu_);
  published_ = now;
}

/// By its options.
bool ConsumerCore::has_come_to_its_end() const {
  const EndOptions& end = context_.options.end;
  if (end.messages_max > 0 && context_.statistics.received >= end.messages_max) return true;
  return end.when_empty && has_nothing_in_hand() && poller_.found_nothing();
}

bool ConsumerCore::has_nothing_in_hand() const {
  return all_handled() && settle_.size() == 0;
}

bool ConsumerCore::all_handled() const {
  return running_ == 0 && dying_ == 0 && ready_.empty() && order_.blocked() == 0;
}

void ConsumerCore::begin_stop() {
  if (state_ >= State::kDraining) return;
  state_ = State::kDraining;
  failures_before_stop_ = context_.statistics.settle_failures;
  const StopOptions& stop = context_.options.stop;
  if (stop.polls.count() <= 0) {
    poller_.cancel();
  } else {
    stop_polls_timer_.after(stop.polls.count());
  }
  force_timer_.after(stop.deadline.count());
}

void ConsumerCore::force_stop() {
  if (state_ != State::kDraining) return;
  state_ = State::kForced;
  poller_.cancel();
  release_unstarted();
  request_stop_of_handlers();
  grace_timer_.after(context_.options.stop.grace.count());
}

/// (What was gathered for batches went to its handlers when the stop began.)
void ConsumerCore::release_unstarted() {
  while (!ready_.empty()) {
    HeldMessage& held = *ready_.front();
    ready_.pop_front();
    stop_group(held);
    release(held);
  }
  for (HeldMessage* held : order_.stop_all()) release(*held);
}

void ConsumerCore::request_stop_of_handlers() {
  for (const auto& held : all_) {
    if (held->phase == Phase::kRunning) held->request_stop();
  }
}

void ConsumerCore::give_up() {
  if (state_ == State::kStopped) return;
  const size_t unsettled = settle_.size() + dying_ + ready_.size() + order_.blocked();
  settle_.abandon();
  for (const auto& held : all_) {
    if (held->phase != Phase::kFree) held->lease_lost = true;
  }
  end({.clean = false, .handlers_left = running_, .messages_unsettled = unsettled});
}

void ConsumerCore::end_if_done() {
  if (!all_handled()) return;
  settle_.flush();
  if (poller_.open_polls() > 0 || settle_.size() > 0) return;
  end({.clean = context_.statistics.settle_failures == failures_before_stop_});
}

void ConsumerCore::end(StopReport report) {
  state_ = State::kStopped;
  for (const auto& held : all_) {
    leases_.forget(*held);
    deadlines_.remove(*held);
  }
  for (DueTimer* timer : {&stop_polls_timer_, &force_timer_, &grace_timer_, &batch_timer_}) {
    timer->cancel();
  }
  publish();
  stopped_(report);
}

}  // namespace forebay::sqs::detail
