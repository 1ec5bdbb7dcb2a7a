// SPDX-License-Identifier: Apache-2.0
// For tests: drives a Log the way its owner does, one append at a time, and waits for each outcome.
// Thread: the test's own.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "env/testing/pumped_executor.h"
#include "journal/log.h"

namespace forebay::journal {

class LogDriver {
 public:
  using Records = std::vector<std::string>;

  LogDriver(Log& log, env::PumpedExecutor& executor) : log_(log), executor_(executor) {}

  Result<void> acquire() {
    TRY_ASSIGN(const Log::Acquired acquired, log_.acquire("test"));
    epoch_ = acquired.epoch;
    tail_ = acquired.tail;
    return {};
  }

  /// Appends `records` as one batch at the tail.
  AppendOutcome append(const Records& records) {
    BatchWriter writer(tail_);
    positions_.clear();
    for (const std::string& record : records) {
      positions_.push_back(writer.add([&](std::string& out) { out += record; }));
    }
    const LogPosition end = writer.end();
    const AppendOutcome outcome = append_at(tail_, writer.seal(epoch_));
    if (outcome == AppendOutcome::kDurable) tail_ = end;
    return outcome;
  }

  AppendOutcome append_at(LogPosition at, std::string batch) {
    std::optional<AppendOutcome> outcome;
    log_.append(epoch_, at, std::move(batch), [&](AppendOutcome o, const std::string& detail) {
      outcome = o;
      detail_ = detail;
    });
    CHECK(!outcome);  // never inside the call
    executor_.run_until([&] { return outcome.has_value(); });
    return *outcome;
  }

  Result<Records> scan(LogPosition from = LogPosition(0)) {
    Records found;
    TRY(log_.scan(from, [&](LogPosition, std::string_view record) {
      found.emplace_back(record);
      return Result<void>();
    }));
    return found;
  }

  Epoch epoch() const { return epoch_; }
  LogPosition tail() const { return tail_; }
  /// Of the records of the last append().
  const std::vector<LogPosition>& positions() const { return positions_; }
  /// What the last append said.
  const std::string& detail() const { return detail_; }

 private:
  Log& log_;
  env::PumpedExecutor& executor_;
  Epoch epoch_;
  LogPosition tail_;
  std::vector<LogPosition> positions_;
  std::string detail_;
};

}  // namespace forebay::journal
