// SPDX-License-Identifier: Apache-2.0
// What clients are doing, for a test that waits for it on another thread.
// Thread: any.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace forebay::testkit {

struct Figures {
  using PerAction = std::map<std::string, uint64_t, std::less<>>;

  size_t parked = 0;   // long polls that wait
  size_t delayed = 0;  // answers that a fault holds back
  PerAction requests = {};
  PerAction answers = {};

  /// Of one action; empty: of all.
  static uint64_t count_of(const PerAction& counts, std::string_view action);
};

class Activity {
 public:
  void change(const std::function<void(Figures&)>& change);
  Figures figures() const;

  /// False when the condition did not come true in `patience` of real time.
  bool wait_until(const std::function<bool(const Figures&)>& condition,
                  std::chrono::milliseconds patience);

 private:
  mutable std::mutex mu_;
  std::condition_variable changed_;
  Figures figures_;  // guarded by mu_
};

}  // namespace forebay::testkit
