// SPDX-License-Identifier: Apache-2.0
// Connections under one epoll, each with at most one request in flight, for programs that look at
// single answers and the moments they came.
//
// Write a request to request(i), hand it over with begin(i), and wait() tells of the answer. A
// connection that breaks ends the measurement.
// Thread: one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "env/clock.h"
#include "load/connection.h"
#include "load/endpoint.h"

namespace forebay::bench {

class Exchanges {
 public:
  /// The answer to a connection's request, valid during the call, and when it was complete. The
  /// connection may be given its next request. An error ends wait().
  using Answered =
      std::function<Result<void>(size_t index, const load::Response& response, int64_t at_us)>;

  /// Borrows: `clock`.
  explicit Exchanges(const env::FineClock& clock) : clock_(clock) {}
  Exchanges(const Exchanges&) = delete;
  Exchanges& operator=(const Exchanges&) = delete;
  ~Exchanges();

  /// Opens `count` connections more; waits for each.
  /// Errors: kServiceUnavailable.
  Result<void> open(const load::SocketAddress& address, size_t count);

  /// Where to write the next request. Precondition: none is in flight.
  std::string& request(size_t index) { return connections_[index].request(); }
  /// Sends it; when the system had it.
  /// Errors: kServiceUnavailable.
  Result<int64_t> begin(size_t index);

  /// Tells `answered` of each answer; returns at `until_us`, or before, after some answers.
  /// Errors: kServiceUnavailable, and those of `answered`.
  Result<void> wait(int64_t until_us, const Answered& answered);

 private:
  const env::FineClock& clock_;
  std::vector<load::Connection> connections_;
  int epoll_fd_ = -1;
};

}  // namespace forebay::bench
