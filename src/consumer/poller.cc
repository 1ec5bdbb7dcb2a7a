// SPDX-License-Identifier: Apache-2.0
#include "consumer/poller.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"

namespace forebay::sqs::detail {
namespace {

/// What a consumer cannot do without.
constexpr std::string_view kNeededAttributes[] = {"ApproximateReceiveCount", "MessageGroupId",
                                                  "MessageDeduplicationId", "AWSTraceHeader",
                                                  "SentTimestamp"};

/// A reply without a wait takes milliseconds. What takes longer must not hold up other queues.
constexpr int64_t kFetchLateMs = 1'000;

std::vector<std::string> with_needed(std::vector<std::string> names) {
  if (std::ranges::find(names, kAll) != names.end()) return names;
  for (const std::string_view needed : kNeededAttributes) {
    if (std::ranges::find(names, needed) == names.end()) names.emplace_back(needed);
  }
  return names;
}

/// Whether somebody has to act before it can get better.
bool needs_somebody(ErrorKind kind) {
  return kind == ErrorKind::kAuth || kind == ErrorKind::kQueueNotFound ||
         kind == ErrorKind::kInvalidRequest || kind == ErrorKind::kConfiguration;
}

/// Whether the messages may have been received all the same.
bool is_ambiguous(ErrorKind kind) {
  return kind == ErrorKind::kNetwork || kind == ErrorKind::kTimeout ||
         kind == ErrorKind::kServerFault || kind == ErrorKind::kChecksumMismatch;
}

/// base * 2^(nth - 1), at most max; 0 for none.
int64_t grown_ms(std::chrono::milliseconds base, std::chrono::milliseconds max, int nth) {
  return std::min(max.count(), base.count() << std::clamp(nth - 1, 0, 20));
}

}  // namespace

Poller::Poller(Context& context, Received received)
    : context_(context),
      received_(std::move(received)),
      pause_(context.executor, context.clock, context.timer_task([] {})),
      late_(context.executor, context.clock, context.timer_task([this] { note_late(); })),
      wait_time_(context.options.poll.wait_time) {
  const ConsumerOptions& options = context_.options;
  request_.queue_url = options.queue_url;
  request_.visibility_timeout = options.lease.visibility_timeout;
  request_.message_system_attribute_names =
      with_needed(options.poll.message_system_attribute_names);
  request_.message_attribute_names = options.poll.message_attribute_names;
  call_options_.stop = stop_.get_token();
  call_options_.max_attempts = 1;  // pauses after errors are this class's
}

size_t Poller::left_to_receive() const {
  const uint64_t max = context_.options.end.messages_max;
  const uint64_t taken = context_.statistics.received + asked_;
  return max == 0 ? SIZE_MAX : max - std::min(max, taken);
}

void Poller::fill(size_t free_slots) {
  free_slots = std::min(free_slots, left_to_receive());
  while (free_slots > 0 && !pause_.armed() && open_ < wanted_ &&
         (open_ == 0 || free_slots >= kBatchEntriesMax)) {
    Poll poll = next_poll(Kind::kFill, free_slots);
    poll.wait = wait_time_;
    free_slots -= std::min(free_slots, poll.asked);
    begin(std::move(poll));
  }
}

void Poller::fetch(size_t slots) {
  while (slots > 0) {
    Poll poll = next_poll(Kind::kFetch, slots);
    slots -= std::min(slots, poll.asked);
    begin(std::move(poll));
  }
}

void Poller::park(size_t limit, std::chrono::seconds wait_max) {
  CHECK(!parked_);
  Poll poll = next_poll(Kind::kPark, std::min(limit, kParkedMax));
  poll.wait = std::min(wait_time_, wait_max);
  begin(std::move(poll));
}

Poller::Poll Poller::next_poll(Kind kind, size_t limit) {
  if (!unanswered_.empty()) {
    Poll poll = std::move(unanswered_.back());
    unanswered_.pop_back();
    poll.kind = kind;
    poll.wait = std::chrono::seconds(0);
    return poll;
  }
  const size_t asked = std::min(limit, kBatchEntriesMax);
  expected_ += asked;
  return {
      .kind = kind, .asked = asked, .attempt_id = context_.fifo ? new_attempt_id() : std::string()};
}

std::string Poller::new_attempt_id() const {
  // Two receives with the same id within five minutes get the same messages.
  return fmt::format("{:016x}{:016x}", context_.random_number(), context_.random_number());
}

void Poller::begin(Poll poll) {
  poll.began_us = context_.fine_clock.monotonic_us();
  poll.number = ++last_number_;
  ++open_;
  if (poll.kind == Kind::kPark) {
    parked_ = true;
  } else {
    asked_ += poll.asked;
  }
  if (poll.kind == Kind::kFetch) {
    const int64_t late_ms = context_.now_ms() + kFetchLateMs;
    fetches_.emplace(poll.number, Fetch{poll.asked, late_ms});
    late_.at(late_ms);
  }
  ++context_.statistics.polls;
  request_.wait_time_seconds = poll.wait;
  request_.max_number_of_messages = static_cast<int>(poll.asked);
  if (context_.fifo) request_.receive_request_attempt_id = poll.attempt_id;
  context_.calls.receive(request_, call_options_,
                         context_.on_own_thread<ReceiveMessageReply>(
                             [this, poll = std::move(poll)](Result<ReceiveMessageReply> reply) {
                               ended(poll, std::move(reply));
                             }));
}

void Poller::ended(Poll poll, Result<ReceiveMessageReply> reply) {
  context_.took(Latency::kReceive, context_.fine_clock.monotonic_us() - poll.began_us);
  CHECK(open_ > 0);
  --open_;
  give_back_slots(poll);
  if (!reply.ok()) return failed(std::move(poll), reply.error());
  errors_ = 0;
  expected_ -= poll.asked;
  found(reply->messages.size(), poll);
  note(*reply);
  if (!reply->messages.empty()) received_(std::move(reply->messages));
}

void Poller::give_back_slots(const Poll& poll) {
  if (poll.kind == Kind::kPark) {
    parked_ = false;
    return;
  }
  if (poll.kind == Kind::kFetch) {
    if (fetches_.erase(poll.number) == 0) return;  // they were given back when it was late
    returned_ += poll.asked;
  }
  CHECK(asked_ >= poll.asked);
  asked_ -= poll.asked;
}

void Poller::note_late() {
  while (!fetches_.empty()) {
    const Fetch& oldest = fetches_.begin()->second;
    if (oldest.late_ms > context_.now_ms()) return late_.at(oldest.late_ms);
    CHECK(asked_ >= oldest.asked);
    asked_ -= oldest.asked;
    returned_ += oldest.asked;
    has_more_ = false;
    fetches_.erase(fetches_.begin());
  }
}

void Poller::note(const ReceiveMessageReply& reply) {
  context_.statistics.received += reply.messages.size();
  if (context_.observer == nullptr) return;
  context_.count(Counter::kReceives);
  context_.count(Counter::kReceived, reply.messages.size());
  const int64_t now_ms = context_.clock.wall().value;
  for (const Message& message : reply.messages) {
    context_.count(Counter::kReceivedBytes, message.body.size());
    const auto& sent = message.attributes.sent_timestamp;
    if (!sent) continue;
    const int64_t dwell_ms = now_ms - sent->time_since_epoch().count();
    context_.took(Latency::kDwell, std::max<int64_t>(dwell_ms, 0) * 1'000);
  }
}

void Poller::found(size_t count, const Poll& poll) {
  const PollOptions& options = context_.options.poll;
  // A short poll may miss messages and still say that there are some; a long poll misses none.
  has_more_ = poll.kind == Kind::kPark ? count >= poll.asked : count > 0;
  if (count > 0) {
    empties_ = 0;
    if (count >= poll.asked) wanted_ = std::min(wanted_ + 1, options.parallel_max);
    return;
  }
  ++context_.statistics.empty_polls;
  wanted_ = 1;
  if (poll.kind == Kind::kFetch) return;  // what parks next is no repetition
  ++empties_;
  const int64_t pause_ms = grown_ms(options.empty_pause_min, options.empty_pause_max, empties_);
  if (pause_ms > 0) pause_.after(pause_ms);
}

void Poller::failed(Poll poll, const Error& error) {
  const bool repeat = context_.fifo && is_ambiguous(error.kind);
  if (!repeat) expected_ -= poll.asked;
  if (error.kind == ErrorKind::kCancelled) return;
  const PollOptions& options = context_.options.poll;
  ++context_.statistics.poll_errors;
  context_.count(Counter::kReceiveFailed);
  ++errors_;
  empties_ = 0;
  wanted_ = 1;
  if (repeat) unanswered_.push_back(std::move(poll));
  const int64_t limit_ms = grown_ms(options.error_pause_base, options.error_pause_max, errors_);
  const int64_t asked_ms = std::chrono::milliseconds(error.retry_after).count();
  pause_.after(std::max(asked_ms, needs_somebody(error.kind)
                                      ? options.error_pause_max.count()
                                      : 1 + context_.random_below(limit_ms)));
  context_.report("poll", error);
}

void Poller::cancel() {
  stop_.request_stop();
}

}  // namespace forebay::sqs::detail
