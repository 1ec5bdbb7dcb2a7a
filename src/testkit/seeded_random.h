// SPDX-License-Identifier: Apache-2.0
// Random bytes that a seed repeats. Fit for tests, and for nothing that must not be guessed.
// Thread: one at a time.
#pragma once

#include <cstdint>
#include <span>

#include "env/clock.h"
#include "env/unsynced_file.h"

namespace forebay::testkit {

class SeededRandom final : public env::Random {
 public:
  explicit SeededRandom(uint64_t seed) : numbers_(seed) {}

  void fill(std::span<uint8_t> out) override {
    uint64_t number = 0;
    for (size_t i = 0; i < out.size(); ++i) {
      if (i % sizeof number == 0) number = numbers_.next();
      out[i] = static_cast<uint8_t>(number >> (8 * (i % sizeof number)));
    }
  }

  /// The same bytes again, from the first.
  void restart(uint64_t seed) { numbers_ = env::SeededNumbers(seed); }

 private:
  env::SeededNumbers numbers_;
};

}  // namespace forebay::testkit
