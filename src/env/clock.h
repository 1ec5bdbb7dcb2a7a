// SPDX-License-Identifier: Apache-2.0
// Time and randomness as seams: product code gets them by reference, tests pass their own.
#pragma once

#include <cstdint>
#include <span>

#include "base/ids.h"

namespace forebay::env {

/// Two clocks. Wall time names moments and may step; monotonic time measures and never does.
/// Thread: any.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallMs wall() const = 0;
  virtual MonotonicMs monotonic() const = 0;
};

/// For those who measure: the monotonic clock as finely as it can be read.
/// Thread: any.
class FineClock {
 public:
  virtual ~FineClock() = default;
  /// Since some moment; only differences mean anything.
  virtual int64_t monotonic_us() const = 0;
};

/// What the calling thread has used of a processor so far.
struct CpuTime {
  int64_t user_us = 0;
  int64_t system_us = 0;
};
CpuTime thread_cpu_time();

/// Unpredictable bytes, fit for secrets and message ids.
/// Thread: any.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<uint8_t> out) = 0;
};

/// The machine's clocks and its random generator. Live for the whole process.
Clock& system_clock();
FineClock& system_fine_clock();
Random& system_random();

}  // namespace forebay::env
