// SPDX-License-Identifier: Apache-2.0
// For tests: drives Snapshots the way its owner does, one call at a time, and waits for each.
// Thread: the test's own.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "env/testing/pumped_executor.h"
#include "journal/snapshots.h"

namespace forebay::journal {

class SnapshotDriver {
 public:
  using Chunks = std::vector<std::string>;

  SnapshotDriver(Snapshots& snapshots, env::PumpedExecutor& executor)
      : snapshots_(snapshots), executor_(executor) {}

  Result<void> write(std::string chunk) {
    return wait([&](auto done) { snapshots_.write(std::move(chunk), std::move(done)); });
  }
  Result<void> commit(LogPosition through) {
    return wait([&](auto done) { snapshots_.commit(through, std::move(done)); });
  }

  /// A whole one, of the state at `from`; abandoned when anything fails.
  Result<void> make(LogPosition from, const Chunks& chunks, LogPosition through) {
    snapshots_.begin(from);
    auto made = write_all(chunks);
    if (made.ok()) made = commit(through);
    if (!made.ok()) snapshots_.abandon();
    return made;
  }

  Result<Chunks> load(const Snapshots::Info& info) {
    Chunks chunks;
    TRY_ASSIGN(through_, snapshots_.load(info, [&](std::string_view chunk) {
      chunks.emplace_back(chunk);
      return Result<void>();
    }));
    return chunks;
  }
  /// What the last load() returned.
  LogPosition through() const { return through_; }

 private:
  Result<void> write_all(const Chunks& chunks) {
    for (const std::string& chunk : chunks) TRY(write(chunk));
    return {};
  }

  template <class Call>
  Result<void> wait(Call&& call) {
    std::optional<Result<void>> outcome;
    call([&](Result<void> done) { outcome = std::move(done); });
    CHECK(!outcome);  // never inside the call
    executor_.run_until([&] { return outcome.has_value(); });
    return *outcome;
  }

  Snapshots& snapshots_;
  env::PumpedExecutor& executor_;
  LogPosition through_;
};

}  // namespace forebay::journal
