// SPDX-License-Identifier: Apache-2.0
// When each request of an open loop is due: evenly, whatever the server does.
//
// A latency is measured from the moment the request was due, not from when it could be sent: the
// time that requests wait behind a slow one would else be in no figure ("coordinated omission").
// Thread: one at a time.
#pragma once

#include <cstdint>

namespace forebay::load {

class Pacer {
 public:
  /// `per_second` requests from `begin_us` on; the first is due `offset` of an interval (0 to 1)
  /// later, so that several threads do not send in the same moments.
  Pacer(double per_second, int64_t begin_us, double offset)
      : per_second_(per_second), begin_us_(begin_us), offset_(offset) {}

  /// When the next request is due.
  int64_t due_us() const {
    // Computed from the start, not added up: no rounding adds up over an hour.
    return begin_us_ +
           static_cast<int64_t>((static_cast<double>(taken_) + offset_) * 1e6 / per_second_);
  }
  void take() { ++taken_; }

  /// Requests that were due before `us` and are not taken.
  uint64_t waiting(int64_t us) const {
    if (us <= begin_us_) return 0;
    const double due = static_cast<double>(us - begin_us_) * per_second_ / 1e6 - offset_;
    const double open = due - static_cast<double>(taken_);
    return open > 0 ? static_cast<uint64_t>(open) : 0;
  }

 private:
  const double per_second_;
  const int64_t begin_us_;
  const double offset_;
  uint64_t taken_ = 0;
};

}  // namespace forebay::load
