// SPDX-License-Identifier: Apache-2.0
#include "consumer/handler_calls.h"

#include <exception>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>

#include "base/check.h"
#include "consumer/consumer_core.h"
#include "consumer/router.h"

namespace forebay::sqs::detail {
namespace {

/// The place where exceptions of users' code end. Their text, or nothing when there was none.
template <class Call>
std::optional<std::string> guarded(const Call& call) {
  try {
    call();
    return std::nullopt;
  } catch (const std::exception& exception) {
    return exception.what();
  } catch (...) {
    return "something that is no std::exception";
  }
}

Error handler_error(std::string text) {
  return {.kind = ErrorKind::kInvalidRequest,
          .message = "The handler has thrown: " + std::move(text)};
}

}  // namespace

HandlerCalls::HandlerCalls(const Context& context, ConsumerCore& core,
                           std::function<void(HeldMessage&)> told)
    : context_(context), core_(core), told_(std::move(told)) {}

bool HandlerCalls::let_through(HeldMessage& held) const {
  held.begun_us = context_.fine_clock.monotonic_us();
  for (const auto& middleware : context_.options.middleware) {
    if (std::optional<Outcome> outcome = middleware->before(held)) {
      tell(held, *std::move(outcome));
      return false;
    }
    ++held.passed;
  }
  return true;
}

void HandlerCalls::handle(HeldMessage& held) const {
  if (let_through(held)) call(held, *held.route->handler);
}

void HandlerCalls::call(HeldMessage& held, const AnyHandler& handler) const {
  if (const auto* sync = std::get_if<Handler>(&handler)) return call_sync(held, *sync);
  // From here on the message belongs to its PendingDelivery, which tells Retry when it is dropped.
  PendingDelivery pending(core_.shared_from_this(), held);
  std::optional<std::string> thrown;
  if (const auto* async = std::get_if<AsyncHandler>(&handler)) {
    thrown = guarded([&] { (*async)(std::move(pending)); });
  } else if (const auto* coroutine = std::get_if<CoroutineHandler>(&handler)) {
    thrown = guarded([&] { (*coroutine)(held).start(std::move(pending)); });
  }
  if (thrown) core_.report_handler(handler_error(*std::move(thrown)));
}

void HandlerCalls::call_sync(HeldMessage& held, const Handler& handler) const {
  Outcome outcome = Retry{};
  if (auto thrown = guarded([&] { outcome = handler(held); })) {
    outcome = Retry{};
    core_.report_handler(handler_error(*std::move(thrown)));
  }
  tell(held, std::move(outcome));
}

void HandlerCalls::handle_batch(const Batched& batched, std::vector<HeldMessage*> batch) const {
  std::erase_if(batch, [this](HeldMessage* held) { return !let_through(*held); });
  if (batch.empty()) return;
  const std::vector<Delivery*> deliveries(batch.begin(), batch.end());
  std::vector<Outcome> outcomes;
  if (auto thrown = guarded([&] { outcomes = batched.handle(deliveries); })) {
    outcomes.clear();
    core_.report_handler(handler_error(*std::move(thrown)));
  }
  outcomes.resize(batch.size(), Retry{});
  for (size_t i = 0; i < batch.size(); ++i) tell(*batch[i], std::move(outcomes[i]));
}

void HandlerCalls::tell(HeldMessage& held, Outcome outcome) const {
  const auto& chain = context_.options.middleware;
  while (held.passed > 0) chain[--held.passed]->after(held, outcome);
  context_.took(Latency::kHandle, context_.fine_clock.monotonic_us() - held.begun_us);
  held.outcome = std::move(outcome);
  told_(held);
}

void HandlerCalls::report_exception() const {
  const auto thrown = guarded([] { std::rethrow_exception(std::current_exception()); });
  core_.report_handler(handler_error(thrown.value_or("nothing")));
}

}  // namespace forebay::sqs::detail
