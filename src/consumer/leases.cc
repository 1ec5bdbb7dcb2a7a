// SPDX-License-Identifier: Apache-2.0
#include "consumer/leases.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string>
#include <utility>

#include "consumer/batch_entries.h"

namespace forebay::sqs::detail {

Leases::Leases(Context& context, Events events)
    : context_(context),
      events_(std::move(events)),
      visibility_ms_(std::chrono::milliseconds(context.options.lease.visibility_timeout).count()),
      timer_(context.executor, context.clock, context.timer_task([this] { work(); })) {}

void Leases::add(HeldMessage& held) {
  const int64_t now_ms = context_.now_ms();
  held.received_ms = now_ms;
  held.lease_limit_ms =
      now_ms + std::chrono::milliseconds(context_.options.lease.max_lease).count();
  set_expiry(held, now_ms, visibility_ms_);
  arm();
}

void Leases::forget(HeldMessage& held) {
  renewals_.remove(held);
  expiries_.remove(held);
}

void Leases::set_expiry(HeldMessage& held, int64_t from_ms, int64_t visibility_ms) {
  forget(held);
  const int64_t expires_ms = std::min(from_ms + visibility_ms, held.lease_limit_ms);
  expiries_.insert(held, expires_ms);
  // What cannot get a second more is not asked for.
  if (expires_ms < held.lease_limit_ms) renewals_.insert(held, from_ms + visibility_ms / 2);
}

void Leases::arm() {
  if (!renewals_.empty()) timer_.at(renewals_.front_due_ms());
  if (!expiries_.empty()) timer_.at(expiries_.front_due_ms());
}

void Leases::work() {
  const int64_t now_ms = context_.now_ms();
  lose_expired(now_ms);
  // What is due soon goes along: fewer calls, and leases received apart come together.
  const int64_t soon_ms = now_ms + visibility_ms_ / 8;
  if (!renewals_.empty() && renewals_.front_due_ms() <= now_ms) {
    Batch batch;
    while (!renewals_.empty() && renewals_.front_due_ms() <= soon_ms) {
      HeldMessage& held = *renewals_.front();
      renewals_.remove(held);
      if (extension_s(held, now_ms) < 1) continue;
      batch.push_back(&held);
      if (batch.size() == kBatchEntriesMax) extend(std::exchange(batch, {}), now_ms);
    }
    if (!batch.empty()) extend(batch, now_ms);
  }
  arm();
}

void Leases::lose_expired(int64_t now_ms) {
  while (!expiries_.empty() && expiries_.front_due_ms() <= now_ms) lose(*expiries_.front());
}

void Leases::lose(HeldMessage& held) {
  forget(held);
  held.lease_lost = true;
  ++context_.statistics.leases_lost;
  context_.count(Counter::kLeaseLost);
  events_.lost(held);
}

int64_t Leases::extension_s(const HeldMessage& held, int64_t now_ms) const {
  return std::min(visibility_ms_, held.lease_limit_ms - now_ms) / 1'000;
}

void Leases::extend(const Batch& batch, int64_t now_ms) {
  ChangeMessageVisibilityBatchRequest request{.queue_url = context_.options.queue_url};
  request.entries.reserve(batch.size());
  for (size_t i = 0; i < batch.size(); ++i) {
    ++batch[i]->pins;
    request.entries.push_back({entry_id(i), batch[i]->message().receipt_handle,
                               std::chrono::seconds(extension_s(*batch[i], now_ms))});
  }
  ++context_.statistics.extend_calls;
  // An answer after half of the time that is left helps nobody.
  const CallOptions options{.timeout = std::chrono::milliseconds(visibility_ms_ / 2)};
  context_.calls.change_visibility(
      request, options,
      context_.on_own_thread<BatchReply>([this, batch, now_ms](const Result<BatchReply>& reply) {
        extended(batch, now_ms, reply);
      }));
}

void Leases::extended(const Batch& batch, int64_t asked_ms, const Result<BatchReply>& reply) {
  if (!reply.ok()) context_.report("extend", reply.error());
  const EntryResults results(batch.size(), reply);
  for (size_t i = 0; i < batch.size(); ++i) {
    HeldMessage& held = *batch[i];
    --held.pins;
    // Settled, returned or lost meanwhile: then it has no expiry.
    if (held.expiry.linked) {
      if (results[i] == EntryResult::kDone) {
        ++context_.statistics.extended;
        context_.count(Counter::kLeaseExtended);
        set_expiry(held, asked_ms, extension_s(held, asked_ms) * 1'000);
      } else if (results[i] == EntryResult::kTryAgain) {
        again_later(held);
      } else {
        lose(held);
      }
    }
    events_.unpinned(held);
  }
  arm();
}

void Leases::again_later(HeldMessage& held) {
  renewals_.insert(held, context_.now_ms() + std::max<int64_t>(visibility_ms_ / 20, 100));
}

}  // namespace forebay::sqs::detail
