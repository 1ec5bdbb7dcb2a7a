// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include <forebay/sqs/consumer_delivery.h>

#include "base/check.h"
#include "consumer/consumer_core.h"

namespace forebay::sqs {

std::string_view Delivery::trace_header() const {
  const auto& header = message_.attributes.aws_trace_header;
  return header ? std::string_view(*header) : std::string_view();
}

std::stop_token Delivery::stop_token() {
  const std::lock_guard lock(mu_);
  if (!stop_.stop_possible()) {
    stop_ = std::stop_source();
    if (stop_requested_) stop_.request_stop();
  }
  return stop_.get_token();
}

void Delivery::request_stop() {
  std::stop_source stop{std::nostopstate};
  {
    const std::lock_guard lock(mu_);
    stop_requested_ = true;
    stop = stop_;
  }
  // Users' callbacks run in here, and may ask for the token again.
  stop.request_stop();
}

std::chrono::milliseconds Delivery::time_left() const {
  return std::chrono::milliseconds(std::max<int64_t>(time_limit_ms_ - core_->now_ms(), 0));
}

Timestamp Delivery::now() const {
  return core_->wall_now();
}

PendingDelivery::PendingDelivery(std::shared_ptr<detail::ConsumerCore> core,
                                 detail::HeldMessage& held)
    : core_(std::move(core)), held_(&held) {}

PendingDelivery::PendingDelivery(PendingDelivery&& other) noexcept
    : core_(std::move(other.core_)), held_(std::exchange(other.held_, nullptr)) {}

PendingDelivery::~PendingDelivery() {
  if (held_ != nullptr) complete(Retry{});
}

Delivery& PendingDelivery::operator*() const {
  CHECK(held_ != nullptr);
  return *held_;
}

void PendingDelivery::complete(Outcome outcome) {
  CHECK(held_ != nullptr);
  core_->tell(*std::exchange(held_, nullptr), std::move(outcome));
}

void HandlerTask::failed(PendingDelivery& pending) noexcept {
  pending.fail();
}

void PendingDelivery::fail() noexcept {
  core_->report_handler_exception();
  complete(Retry{});
}

}  // namespace forebay::sqs
