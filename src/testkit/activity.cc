// SPDX-License-Identifier: Apache-2.0
#include "testkit/activity.h"

namespace forebay::testkit {

uint64_t Figures::count_of(const PerAction& counts, std::string_view action) {
  uint64_t sum = 0;
  for (const auto& [name, count] : counts) {
    if (action.empty() || action == name) sum += count;
  }
  return sum;
}

void Activity::change(const std::function<void(Figures&)>& change) {
  {
    const std::lock_guard lock(mu_);
    change(figures_);
  }
  changed_.notify_all();
}

Figures Activity::figures() const {
  const std::lock_guard lock(mu_);
  return figures_;
}

bool Activity::wait_until(const std::function<bool(const Figures&)>& condition,
                          std::chrono::milliseconds patience) {
  std::unique_lock lock(mu_);
  return changed_.wait_for(lock, patience, [&] { return condition(figures_); });
}

}  // namespace forebay::testkit
