// SPDX-License-Identifier: Apache-2.0
// Long polls parked at a server: how soon a message wakes one, and how many can wait at a time.
//
// Both park one ReceiveMessage of 20 seconds on each of their connections and renew it when it was
// answered. The queue is theirs alone, and empty when they begin.
// Thread: one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/result.h"
#include "env/clock.h"
#include "load/endpoint.h"
#include "load/histogram.h"
#include "load/requests.h"

#include "exchanges.h"

namespace forebay::bench {

constexpr uint32_t kPollWaitS = 20;

/// What a message that finds a parked poll sees. All latencies count from when the send was
/// written, unless they say otherwise.
struct WakeUps {
  load::Histogram send;      // to the send's answer
  load::Histogram receive;   // to the poll's answer
  load::Histogram after;     // from the send's answer to the poll's; 0 when the poll's came first
  uint64_t before_send = 0;  // polls answered before their send was
};

/// One message after the other: sends it when every poll is parked and has been for two
/// milliseconds, waits for both answers, deletes it.
class WakeUpRun {
 public:
  /// Borrows: all three; `form` names one queue and has a wait of kPollWaitS.
  WakeUpRun(const load::SocketAddress& address, const load::RequestForm& form,
            const env::FineClock& clock);

  /// Errors: kServiceUnavailable: a request failed, or was not answered within ten seconds.
  Result<WakeUps> run(uint32_t polls, uint32_t samples);

 private:
  Result<void> park(size_t index);
  Result<void> take_sample(WakeUps& found);
  Result<void> answered(size_t index, const load::Response& response, int64_t at_us);
  Result<void> poll_answered(size_t index, const load::Response& response, int64_t at_us);
  /// Handles answers until `done()` or the moment has come; which of the two.
  template <class Done>
  Result<bool> handle_until(int64_t until_us, Done done);

  const load::SocketAddress& address_;
  const env::FineClock& clock_;
  load::Requests requests_;
  Exchanges exchanges_;
  uint64_t sent_ = 0;
  std::optional<size_t> deleting_;  // the connection that received and now deletes
  int64_t parked_us_ = 0;           // when the last poll was parked
  // Of the message on its way; 0: did not happen yet.
  int64_t written_us_ = 0;
  int64_t send_answered_us_ = 0;
  int64_t received_us_ = 0;
};

/// Polls that only wait.
class ParkedRun {
 public:
  ParkedRun(const load::SocketAddress& address, const load::RequestForm& form,
            const env::FineClock& clock);

  /// Parks the polls and gives the server a second to notice them.
  /// Errors: kServiceUnavailable.
  Result<void> park(uint32_t polls);
  /// Renews what is answered, for so long; how many that were.
  /// Errors: kServiceUnavailable: a poll failed, or received something.
  Result<uint64_t> hold(uint32_t seconds);

 private:
  Result<void> park_one(size_t index);

  const load::SocketAddress& address_;
  const env::FineClock& clock_;
  load::Requests requests_;
  Exchanges exchanges_;
  uint64_t renewed_ = 0;
};

}  // namespace forebay::bench
