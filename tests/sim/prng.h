// SPDX-License-Identifier: Apache-2.0
// All chance in a simulated run: a small generator whose whole state is one number.
//
//   Prng prng(seed);
//   Prng disk = prng.fork();   // its own stream: one part drawing more does not change the others
//
// Thread: one owner.
#pragma once

#include <cstdint>
#include <span>

#include "base/check.h"
#include "env/clock.h"

namespace forebay::sim {

/// SplitMix64 (Steele, Lea, Flood 2014).
class Prng {
 public:
  explicit Prng(uint64_t seed) : state_(seed) {}

  uint64_t next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  /// 0 .. n-1; n > 0.
  uint64_t below(uint64_t n) {
    CHECK(n > 0);
    return next() % n;
  }
  /// low .. high, both included.
  int64_t between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(below(static_cast<uint64_t>(high - low) + 1));
  }
  bool chance(int per_mille) { return static_cast<int>(below(1000)) < per_mille; }

  Prng fork() { return Prng(next()); }

 private:
  uint64_t state_;
};

/// The product's source of random bytes.
class SimRandom final : public env::Random {
 public:
  explicit SimRandom(Prng prng) : prng_(prng) {}
  void fill(std::span<uint8_t> out) override {
    for (uint8_t& byte : out) byte = static_cast<uint8_t>(prng_.next());
  }

 private:
  Prng prng_;
};

}  // namespace forebay::sim
