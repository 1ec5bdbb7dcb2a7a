// SPDX-License-Identifier: Apache-2.0
#include "testkit/fault_gate.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/check.h"
#include "testkit/forced_error.h"

namespace forebay::testkit {

using testing::Fault;

void FaultGate::shut() {
  api_ = nullptr;
  while (!in_hand_.empty()) drop(in_hand_.begin()->first);
}

void FaultGate::inject(Fault fault, int count, std::string action) {
  CHECK(count >= 1 || count == testing::Server::kAlways);
  CHECK(fault.kind != Fault::Kind::kError || (fault.status >= 300 && fault.status <= 599));
  CHECK(fault.delay.count() >= 0);
  faults_.push_back({std::move(fault), count, std::move(action)});
}

std::optional<Fault> FaultGate::take_fault(std::string_view action) {
  const auto found = std::find_if(faults_.begin(), faults_.end(), [&](const Injected& each) {
    return each.action.empty() || each.action == action;
  });
  if (found == faults_.end()) return std::nullopt;
  std::optional<Fault> fault = found->fault;
  if (found->count != testing::Server::kAlways && --found->count == 0) faults_.erase(found);
  return fault;
}

void FaultGate::handle(const http::HttpRequest& request, http::Respond respond) {
  if (api_ == nullptr) return respond({.status = http::kNoAnswer});
  std::string action = action_of(request);
  if (action.empty()) return pass_on(request, std::move(respond));  // no request of the API's
  activity_.change([&](Figures& figures) { ++figures.requests[action]; });
  const std::optional<Fault> fault = take_fault(action);
  const RequestNumber number = ++last_number_;
  in_hand_.emplace(number, InHand{std::move(action), std::move(respond)});
  if (fault) return meet(*fault, number, request);
  pass_on(request,
          [this, number](const http::HttpResponse& response) { answer(number, response); });
}

void FaultGate::meet(const Fault& fault, RequestNumber number, const http::HttpRequest& request) {
  switch (fault.kind) {
    case Fault::Kind::kError:
      return answer(number, forced_error(request, fault, random_));
    case Fault::Kind::kDropRequest:
      return drop(number);
    case Fault::Kind::kDropReply:
      return pass_on(request, [this, number](const http::HttpResponse&) { drop(number); });
    case Fault::Kind::kDelayReply:
      return pass_on(request,
                     [this, number, ms = fault.delay.count()](http::HttpResponse response) {
                       delay(number, ms, std::move(response));
                     });
  }
}

void FaultGate::pass_on(const http::HttpRequest& request, http::Respond respond) {
  api_->handle(request, std::move(respond));
  handed_on_();
}

void FaultGate::delay(RequestNumber number, int64_t ms, http::HttpResponse response) {
  const auto found = in_hand_.find(number);
  if (found == in_hand_.end()) return;
  found->second.delayed = true;
  // Tasks are copied; the answer is not.
  auto shared = std::make_shared<const http::HttpResponse>(std::move(response));
  executor_.after(ms, [this, number, shared] { answer(number, *shared); });
  activity_.change([](Figures& figures) { ++figures.delayed; });
}

void FaultGate::answer(RequestNumber number, const http::HttpResponse& response) {
  auto taken = in_hand_.extract(number);
  if (taken.empty()) return;  // dropped meanwhile
  InHand& in_hand = taken.mapped();
  in_hand.respond(response);
  activity_.change([&](Figures& figures) {
    if (in_hand.delayed) --figures.delayed;
    if (response.status != http::kNoAnswer) ++figures.answers[in_hand.action];
  });
}

void FaultGate::drop(RequestNumber number) {
  answer(number, {.status = http::kNoAnswer});
}

void FaultGate::client_gone(const std::shared_ptr<const engine::Client>& client) {
  if (api_ == nullptr) return;
  api_->client_gone(client);
  handed_on_();
}

http::HttpResponse FaultGate::refusal(int status, std::string_view reason) {
  if (api_ == nullptr) return {.status = http::kNoAnswer};
  return api_->refusal(status, reason);
}

}  // namespace forebay::testkit
