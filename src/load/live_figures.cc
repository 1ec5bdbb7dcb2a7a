// SPDX-License-Identifier: Apache-2.0
#include "load/live_figures.h"

namespace forebay::load {

void LiveFigures::publish(const Histogram& latencies, uint64_t errors) {
  const std::lock_guard lock(mu_);
  latencies_.add(latencies);
  errors_ += errors;
}

LiveFigures::Figures LiveFigures::take() {
  const std::lock_guard lock(mu_);
  const Figures figures = {.requests = latencies_.count(),
                           .p50_us = latencies_.percentile(500),
                           .p99_us = latencies_.percentile(990),
                           .errors = errors_};
  latencies_.clear();
  return figures;
}

}  // namespace forebay::load
