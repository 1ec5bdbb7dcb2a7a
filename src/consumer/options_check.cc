// SPDX-License-Identifier: Apache-2.0
#include "consumer/options_check.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <variant>

#include <forebay/sqs/messages.h>

#include "base/result.h"

namespace forebay::sqs::detail {
namespace {

constexpr size_t kConcurrencyMax = 100'000;
constexpr std::chrono::seconds kVisibilityMin{2};

Error refused(std::string message) {
  return {.kind = ErrorKind::kConfiguration, .message = std::move(message)};
}

struct Rule {
  bool holds;
  const char* text;
};

template <size_t N>
Result<void> check_all(const Rule (&rules)[N]) {
  for (const Rule& rule : rules) {
    if (!rule.holds) return refused(rule.text);
  }
  return {};
}

struct CheckHandler {
  size_t concurrency;

  Result<void> operator()(std::monostate) const { return refused("A route has no handler."); }
  template <class Function>
  Result<void> operator()(const Function& function) const {
    if (!function) return refused("A handler is an empty function.");
    return {};
  }
  Result<void> operator()(const Batched& batched) const {
    if (!batched.handle) return refused("A batch handler is an empty function.");
    if (batched.size_max < 1 || batched.size_max > concurrency) {
      return refused("Batched::size_max must be 1 to concurrency.");
    }
    if (batched.window.count() < 0) return refused("Batched::window must be 0 or more.");
    return {};
  }
};

Result<void> check_handlers(const ConsumerOptions& options) {
  const CheckHandler check{options.concurrency};
  const Routes& routes = options.routes;
  const bool has_handler = !std::holds_alternative<std::monostate>(options.handler);
  if (has_handler) TRY(std::visit(check, options.handler));
  if (!has_handler && routes.handlers.empty()) return refused("There is no handler.");
  if (!routes.handlers.empty() && routes.attribute.empty() && routes.body_field.empty()) {
    return refused("Routes need an attribute or a body_field to go by.");
  }
  for (const auto& [type, handler] : routes.handlers) TRY(std::visit(check, handler));
  return {};
}

Result<void> check_figures(const ConsumerOptions& options) {
  const PollOptions& poll = options.poll;
  const LeaseOptions& lease = options.lease;
  const auto not_negative = [](auto... spans) { return ((spans.count() >= 0) && ...); };
  const Rule rules[] = {
      {!options.queue_url.empty(), "queue_url is missing."},
      {options.handle_timeout.count() >= 0, "handle_timeout must be 0 or more."},
      {not_negative(options.backoff.base, options.backoff.max), "backoff must be 0 or more."},
      {poll.parallel_max >= 1, "poll.parallel_max must be 1 or more."},
      {not_negative(poll.empty_pause_min, poll.empty_pause_max, poll.error_pause_base,
                    poll.error_pause_max),
       "Pauses must be 0 or more."},
      {lease.visibility_timeout >= kVisibilityMin &&
           lease.visibility_timeout <= kVisibilityTimeoutMax,
       "lease.visibility_timeout must be 2 s to 12 h."},
      {lease.max_lease >= kVisibilityMin && lease.max_lease <= kVisibilityTimeoutMax,
       "lease.max_lease must be 2 s to 12 h."},
      {not_negative(options.settle.linger, options.settle.retry_pause),
       "settle.linger and settle.retry_pause must be 0 or more."},
      {not_negative(options.stop.deadline, options.stop.grace, options.stop.polls),
       "The stop's limits must be 0 or more."},
      {std::ranges::none_of(options.middleware, [](const auto& m) { return m == nullptr; }),
       "A middleware is null."},
  };
  return check_all(rules);
}

}  // namespace

Result<void> check_concurrency(size_t concurrency) {
  if (concurrency >= 1 && concurrency <= kConcurrencyMax) return {};
  return refused("concurrency must be 1 to 100,000.");
}

Result<void> check_wait_time(std::chrono::seconds wait_time) {
  if (wait_time.count() >= 0 && wait_time <= kWaitTimeMax) return {};
  return refused("poll.wait_time must be 0 to 20 s.");
}

Result<void> check_options(const ConsumerOptions& options) {
  TRY(check_concurrency(options.concurrency));
  TRY(check_wait_time(options.poll.wait_time));
  TRY(check_figures(options));
  return check_handlers(options);
}

}  // namespace forebay::sqs::detail
