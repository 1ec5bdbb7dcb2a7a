// SPDX-License-Identifier: Apache-2.0
// Turns many small steps of long work into a report every few MiB.
// Thread: one owner.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "journal/file/journal_inspection.h"

namespace forebay::journal {

class ProgressMeter {
 public:
  static constexpr uint64_t kStepBytes = 4u << 20;

  ProgressMeter(Progress report, uint64_t all_bytes)
      : report_(std::move(report)), all_bytes_(all_bytes) {}

  void add(uint64_t bytes) { set(done_bytes_ + bytes); }

  /// Never goes back, and never beyond what there is.
  void set(uint64_t done_bytes) {
    done_bytes_ = std::min(std::max(done_bytes, done_bytes_), all_bytes_);
    if (done_bytes_ - reported_bytes_ >= kStepBytes) tell();
  }

  void finish() {
    done_bytes_ = all_bytes_;
    tell();
  }

 private:
  void tell() {
    reported_bytes_ = done_bytes_;
    if (report_) report_(done_bytes_, all_bytes_);
  }

  const Progress report_;
  const uint64_t all_bytes_;
  uint64_t done_bytes_ = 0;
  uint64_t reported_bytes_ = 0;
};

}  // namespace forebay::journal
