// SPDX-License-Identifier: Apache-2.0
#include "consumer/settle_buffer.h"

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
      retry_(context.executor, context.clock, context.timer_task([this] { retry(); })) {
  delete_request_.queue_url = context.options.queue_url;
}

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
  gather(waiting, held);
  if (context_.options.settle.linger.count() <= 0) return send_all(waiting);
  if (!waiting.entries.empty()) linger_.after(context_.options.settle.linger.count());
}

void SettleBuffer::gather(Waiting& waiting, HeldMessage& held) {
  waiting.entries.push_back(&held);
  if (waiting.entries.full()) send_all(waiting);
}

void SettleBuffer::send_all(Waiting& waiting) {
  if (!waiting.entries.empty()) send(std::exchange(waiting.entries, {}));
}

void SettleBuffer::flush() {
  send_all(deletes_);
  send_all(returns_);
}

void SettleBuffer::retry() {
  for (Waiting* waiting : {&deletes_, &returns_}) {
    for (HeldMessage* held : std::exchange(waiting->again, {})) gather(*waiting, *held);
    send_all(*waiting);
  }
}

void SettleBuffer::send(const Batch& batch) {
  for (size_t i = 0; i < batch.size(); ++i) {
    ++batch[i].pins;
    ++batch[i].settle_attempts;
  }
  ++context_.statistics.settle_calls;
  batch[0].to_delete ? send_deletes(batch) : send_returns(batch);
}

void SettleBuffer::send_deletes(const Batch& batch) {
  delete_request_.entries.resize(batch.size());
  for (size_t i = 0; i < batch.size(); ++i) {
    delete_request_.entries[i].id = entry_id(i);
    delete_request_.entries[i].receipt_handle = batch[i].message().receipt_handle;
  }
  context_.calls.remove(delete_request_, {.stop = stop_.get_token()},
                        context_.on_own_thread<BatchReply>(
                            [this, batch](const Result<BatchReply>& r) { answered(batch, r); }));
}

void SettleBuffer::send_returns(const Batch& batch) {
  ChangeMessageVisibilityBatchRequest request{.queue_url = context_.options.queue_url};
  request.entries.reserve(batch.size());
  for (size_t i = 0; i < batch.size(); ++i) {
    request.entries.push_back(
        {entry_id(i), batch[i].message().receipt_handle, batch[i].return_visibility});
  }
  context_.calls.change_visibility(
      request, {.stop = stop_.get_token()},
      context_.on_own_thread<BatchReply>(
          [this, batch](const Result<BatchReply>& r) { answered(batch, r); }));
}

void SettleBuffer::answered(const Batch& batch, const Result<BatchReply>& reply) {
  const bool cancelled = !reply.ok() && reply.error().kind == ErrorKind::kCancelled;
  if (!reply.ok() && !cancelled) context_.report("settle", reply.error());
  const EntryResults results(batch.size(), reply);
  for (size_t i = 0; i < batch.size(); ++i) {
    HeldMessage& held = batch[i];
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
