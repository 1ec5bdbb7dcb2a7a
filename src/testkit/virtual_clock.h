// SPDX-License-Identifier: Apache-2.0
// Time that passes when it is told to: the wall clock and the monotonic one, together.
// Thread: reading any; the rest the io thread.
#pragma once

#include <atomic>

#include "base/check.h"
#include "env/clock.h"

namespace forebay::testkit {

class VirtualClock final : public env::Clock {
 public:
  explicit VirtualClock(WallMs start) : start_(start) {}

  WallMs wall() const override { return start_ + ahead_ms_ + elapsed_ms_; }
  MonotonicMs monotonic() const override { return MonotonicMs(elapsed_ms_); }

  void set(MonotonicMs now) {
    CHECK(now >= monotonic());
    elapsed_ms_ = now.value;
  }
  /// Sets the wall clock forward, the monotonic one does not notice: for a server that finds a
  /// journal of later days.
  void catch_up(WallMs now) {
    if (now > wall()) ahead_ms_ += now - wall();
  }
  /// Back to the start, for a server that begins anew.
  void rewind() { ahead_ms_ = elapsed_ms_ = 0; }

 private:
  const WallMs start_;
  std::atomic<int64_t> ahead_ms_ = 0;
  std::atomic<int64_t> elapsed_ms_ = 0;
};

/// What the network sees: the date of the virtual clock, and deadlines by the machine's.
/// Thread: any.
class NetworkClock final : public env::Clock {
 public:
  /// Borrows `dates`.
  explicit NetworkClock(const env::Clock& dates) : dates_(dates) {}

  WallMs wall() const override { return dates_.wall(); }
  MonotonicMs monotonic() const override { return env::system_clock().monotonic(); }

 private:
  const env::Clock& dates_;
};

}  // namespace forebay::testkit
