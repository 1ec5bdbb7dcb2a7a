// SPDX-License-Identifier: Apache-2.0
#include "env/clock.h"

#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/check.h"

namespace forebay::env {
namespace {

int64_t read_ms(clockid_t id) {
  timespec now{};
  CHECK(clock_gettime(id, &now) == 0);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

class SystemClock final : public Clock {
 public:
  WallMs wall() const override { return WallMs(read_ms(CLOCK_REALTIME)); }
  MonotonicMs monotonic() const override { return MonotonicMs(read_ms(CLOCK_MONOTONIC)); }
};

class SystemFineClock final : public FineClock {
 public:
  int64_t monotonic_us() const override {
    timespec now{};
    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
  }
};

int64_t us_of(const timeval& time) {
  return int64_t{time.tv_sec} * 1'000'000 + time.tv_usec;
}

void fill_from_kernel(std::span<uint8_t> out) {
  while (!out.empty()) {
    const ssize_t got = getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) fatal("getrandom: the system gives no random bytes");
    out = out.subspan(static_cast<size_t>(got));
  }
}

/// Kernel randomness in slabs: one system call for 256 message ids. Bytes are wiped as they are
/// handed out, so what was given away cannot be read back from memory.
class RandomSlab {
 public:
  void fill(std::span<uint8_t> out) {
    while (!out.empty()) {
      if (next_ == slab_.size()) {
        fill_from_kernel(slab_);
        next_ = 0;
      }
      const size_t count = std::min(out.size(), slab_.size() - next_);
      std::memcpy(out.data(), slab_.data() + next_, count);
      explicit_bzero(slab_.data() + next_, count);
      next_ += count;
      out = out.subspan(count);
    }
  }

 private:
  std::array<uint8_t, 4096> slab_{};
  size_t next_ = slab_.size();
};

class SystemRandom final : public Random {
 public:
  void fill(std::span<uint8_t> out) override {
    thread_local RandomSlab slab;
    slab.fill(out);
  }
};

}  // namespace

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

FineClock& system_fine_clock() {
  static SystemFineClock clock;
  return clock;
}

CpuTime thread_cpu_time() {
  rusage used{};
  CHECK(getrusage(RUSAGE_THREAD, &used) == 0);
  return {.user_us = us_of(used.ru_utime), .system_us = us_of(used.ru_stime)};
}

Random& system_random() {
  static SystemRandom random;
  return random;
}

}  // namespace forebay::env
