// SPDX-License-Identifier: Apache-2.0
#include "long_polls.h"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include "load/replies.h"

namespace forebay::bench {
namespace {

constexpr int64_t kAnswerUsMax = 10'000'000;
/// Time for the server to park a poll: nothing tells when it has.
constexpr int64_t kParkUs = 2'000;
constexpr int64_t kParkAllUs = 1'000'000;
/// Messages that are not measured: buffers grow, caches fill.
constexpr uint32_t kWarmUpSamples = 100;
/// The connection that sends; polls are on the others.
constexpr size_t kSender = 0;

Error failed(std::string text) {
  return Error{ErrorCode::kServiceUnavailable, std::move(text)};
}

Result<void> check_status(const load::Response& response) {
  if (response.status == 200) return {};
  std::string own_code;
  const load::ServiceError error = load::service_error(response, own_code);
  return failed(fmt::format("{}: {}", error.code, error.message));
}

}  // namespace

WakeUpRun::WakeUpRun(const load::SocketAddress& address, const load::RequestForm& form,
                     const env::FineClock& clock)
    : address_(address), clock_(clock), requests_(form, env::system_clock()), exchanges_(clock) {}

Result<WakeUps> WakeUpRun::run(uint32_t polls, uint32_t samples) {
  TRY(exchanges_.open(address_, polls + 1));
  for (size_t i = 1; i <= polls; ++i) TRY(park(i));
  WakeUps warm_up;
  for (uint32_t i = 0; i < kWarmUpSamples; ++i) TRY(take_sample(warm_up));
  WakeUps found;
  for (uint32_t i = 0; i < samples; ++i) TRY(take_sample(found));
  return found;
}

Result<void> WakeUpRun::park(size_t index) {
  requests_.receive(0, 1, exchanges_.request(index));
  TRY_ASSIGN(parked_us_, exchanges_.begin(index));
  return {};
}

template <class Done>
Result<bool> WakeUpRun::handle_until(int64_t until_us, Done done) {
  const Exchanges::Answered handler = [this](size_t index, const load::Response& response,
                                             int64_t at_us) {
    return answered(index, response, at_us);
  };
  while (!done()) {
    if (clock_.monotonic_us() >= until_us) return false;
    TRY(exchanges_.wait(until_us, handler));
  }
  return true;
}

Result<void> WakeUpRun::take_sample(WakeUps& found) {
  const int64_t deadline_us = clock_.monotonic_us() + kAnswerUsMax;
  TRY_ASSIGN(const bool deleted, handle_until(deadline_us, [&] { return !deleting_; }));
  if (!deleted) return failed("a delete was not answered");
  TRY(handle_until(parked_us_ + kParkUs, [] { return false; }));
  send_answered_us_ = received_us_ = 0;
  requests_.send(0, sent_++, 1, exchanges_.request(kSender));
  TRY_ASSIGN(written_us_, exchanges_.begin(kSender));
  TRY_ASSIGN(const bool woken,
             handle_until(deadline_us, [&] { return send_answered_us_ > 0 && received_us_ > 0; }));
  if (!woken) return failed("a send or the poll it should wake was not answered");
  const auto since = [](int64_t from_us, int64_t to_us) {
    return static_cast<uint64_t>(std::max<int64_t>(0, to_us - from_us));
  };
  found.send.record(since(written_us_, send_answered_us_));
  found.receive.record(since(written_us_, received_us_));
  found.after.record(since(send_answered_us_, received_us_));
  found.before_send += received_us_ < send_answered_us_ ? 1 : 0;
  return {};
}

Result<void> WakeUpRun::answered(size_t index, const load::Response& response, int64_t at_us) {
  TRY(check_status(response));
  if (index != kSender) return poll_answered(index, response, at_us);
  send_answered_us_ = at_us;
  return {};
}

Result<void> WakeUpRun::poll_answered(size_t index, const load::Response& response, int64_t at_us) {
  std::array<std::string, 1> handles;
  if (load::receipt_handles(response.body, handles) == 0) {
    // The answer to a delete, or to a poll whose time was over.
    if (deleting_ == index) deleting_.reset();
    return park(index);
  }
  if (received_us_ > 0 || written_us_ == 0)
    return failed("a message was received that was not sent");
  received_us_ = at_us;
  deleting_ = index;
  requests_.delete_messages(0, handles, exchanges_.request(index));
  TRY(exchanges_.begin(index));
  return {};
}

ParkedRun::ParkedRun(const load::SocketAddress& address, const load::RequestForm& form,
                     const env::FineClock& clock)
    : address_(address), clock_(clock), requests_(form, env::system_clock()), exchanges_(clock) {}

Result<void> ParkedRun::park(uint32_t polls) {
  TRY(exchanges_.open(address_, polls));
  for (size_t i = 0; i < polls; ++i) TRY(park_one(i));
  const int64_t noticed_us = clock_.monotonic_us() + kParkAllUs;
  const Exchanges::Answered early = [](size_t, const load::Response& response,
                                       int64_t) -> Result<void> {
    TRY(check_status(response));
    return failed("a poll did not wait");
  };
  while (clock_.monotonic_us() < noticed_us) TRY(exchanges_.wait(noticed_us, early));
  return {};
}

Result<uint64_t> ParkedRun::hold(uint32_t seconds) {
  const Exchanges::Answered renew = [this](size_t index, const load::Response& response,
                                           int64_t) -> Result<void> {
    TRY(check_status(response));
    std::array<std::string, 1> handles;
    if (load::receipt_handles(response.body, handles) > 0) {
      return failed("a poll of an empty queue received a message");
    }
    ++renewed_;
    return park_one(index);
  };
  const int64_t end_us = clock_.monotonic_us() + int64_t{seconds} * 1'000'000;
  while (clock_.monotonic_us() < end_us) TRY(exchanges_.wait(end_us, renew));
  return renewed_;
}

Result<void> ParkedRun::park_one(size_t index) {
  requests_.receive(0, 1, exchanges_.request(index));
  TRY(exchanges_.begin(index));
  return {};
}

}  // namespace forebay::bench
