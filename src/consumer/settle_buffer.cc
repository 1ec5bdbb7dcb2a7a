// SPDX-License-Identifier: Apache-2.0
#include "consumer/settle_buffer.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "consumer/batch_entries.h"

namespace forebay::sqs::detail {
namespace {

constexpr int kReturnAttemptsMax = 3;

}  // namespace

SettleBuffer::SettleBuffer(Context& context, Events events)
    : context_(context),
      events_(std::move(events)),
      linger_(context.executor, context.clock, context.timer_task([this] {
        send_all(deletes_);
        send_all(returns_);
      })),
      retry_(context.executor, context.clock, context.timer_task([this] { retry(); })) {}

void SettleBuffer::remove(HeldMessage& held) {
  held.to_delete = true;
  add(deletes_, held);
}

void SettleBuffer::give_back(HeldMessage& held, std::chrono::seconds visibility) {
  held.to_delete = false;
  held.return_visibility = visibility;
  add(returns_, held);
}

void SettleBuffer::add(Waiting& waiting, HeldMessage& held) {
  held.phase = Phase::kSettling;
  held.settle_attempts = 0;
  ++size_;
  context_.level(Level::kAcksBuffered, 1);
  waiting.entries.push_back(&held);
  if (context_.options.settle.linger.count() <= 0) return send_all(waiting);
  send_full(waiting);
  if (!waiting.entries.empty()) linger_.after(context_.options.settle.linger.count());
}

void SettleBuffer::send_full(Waiting& waiting) {
  if (waiting.entries.size() < kBatchEntriesMax) return;
  send(std::exchange(waiting.entries, {}));
}

void SettleBuffer::send_all(Waiting& waiting) {
  Batch& entries = waiting.entries;
  while (!entries.empty()) {
    const auto end =
        entries.begin() + static_cast<ptrdiff_t>(std::min(entries.size(), kBatchEntriesMax));
    Batch batch(entries.begin(), end);
    entries.erase(entries.begin(), end);
    send(std::move(batch));
  }
}

void SettleBuffer::flush() {
  send_all(deletes_);
  send_all(returns_);
}

void SettleBuffer::retry() {
  for (Waiting* waiting : {&deletes_, &returns_}) {
    for (HeldMessage* held : std::exchange(waiting->again, {})) {
      waiting->entries.push_back(held);
      send_full(*waiting);
    }
    send_all(*waiting);
  }
}

void SettleBuffer::send(Batch batch) {
  for (HeldMessage* held : batch) {
    ++held->pins;
    ++held->settle_attempts;
  }
  ++context_.statistics.settle_calls;
  batch.front()->to_delete ? send_deletes(std::move(batch)) : send_returns(std::move(batch));
}

void SettleBuffer::send_deletes(Batch batch) {
  DeleteMessageBatchRequest request{.queue_url = context_.options.queue_url};
  request.entries.reserve(batch.size());
  for (size_t i = 0; i < batch.size(); ++i) {
    request.entries.push_back({entry_id(i), batch[i]->message().receipt_handle});
  }
  context_.calls.remove(
      request, {.stop = stop_.get_token()},
      context_.on_own_thread<BatchReply>(
          [this, batch = std::move(batch)](const Result<BatchReply>& r) { answered(batch, r); }));
}

void SettleBuffer::send_returns(Batch batch) {
  ChangeMessageVisibilityBatchRequest request{.queue_url = context_.options.queue_url};
  request.entries.reserve(batch.size());
  for (size_t i = 0; i < batch.size(); ++i) {
    request.entries.push_back(
        {entry_id(i), batch[i]->message().receipt_handle, batch[i]->return_visibility});
  }
  context_.calls.change_visibility(
      request, {.stop = stop_.get_token()},
      context_.on_own_thread<BatchReply>(
          [this, batch = std::move(batch)](const Result<BatchReply>& r) { answered(batch, r); }));
}

void SettleBuffer::answered(const Batch& batch, const Result<BatchReply>& reply) {
  const bool cancelled = !reply.ok() && reply.error().kind == ErrorKind::kCancelled;
  if (!reply.ok() && !cancelled) context_.report("settle", reply.error());
  const EntryResults results(batch.size(), reply);
  for (size_t i = 0; i < batch.size(); ++i) {
    HeldMessage& held = *batch[i];
    --held.pins;
    if (abandoned_) {
      events_.unpinned(held);
    } else if (results[i] == EntryResult::kTryAgain && !cancelled) {
      try_again(held);
    } else {
      end(held, results[i] == EntryResult::kDone);
    }
  }
}

void SettleBuffer::try_again(HeldMessage& held) {
  const bool useless =
      held.to_delete ? held.lease_lost : held.settle_attempts >= kReturnAttemptsMax;
  if (useless) return end(held, false);
  (held.to_delete ? deletes_ : returns_).again.push_back(&held);
  retry_.after(context_.options.settle.retry_pause.count());
}

void SettleBuffer::end(HeldMessage& held, bool confirmed) {
  CHECK(size_ > 0);
  --size_;
  context_.level(Level::kAcksBuffered, -1);
  if (!confirmed) {
    ++context_.statistics.settle_failures;
    if (held.to_delete) context_.count(Counter::kAckFailed);
  }
  events_.settled(held, confirmed);
}

void SettleBuffer::abandon() {
  abandoned_ = true;
  linger_.cancel();
  retry_.cancel();
  deletes_ = {};
  returns_ = {};
  context_.level(Level::kAcksBuffered, -static_cast<int64_t>(size_));
  size_ = 0;
  stop_.request_stop();
}

}  // namespace forebay::sqs::detail
