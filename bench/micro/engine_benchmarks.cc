// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "micro/benchmarks.h"
#include "micro/engine_under_load.h"

namespace forebay::bench {
namespace {

enum class Operation : uint8_t { kSend, kReceiveTen, kDelete, kChangeVisibility };

struct Setting {
  QueueKind kind;
  uint64_t queued;

  friend bool operator==(const Setting&, const Setting&) = default;
};

/// Messages that go through the queue between two looks at the clock.
constexpr int kRound = 1000;

/// The engine of the last setting is kept: Google Benchmark calls a function several times, and a
/// million messages take a second to send. Every round leaves the queue as long as it was.
EngineUnderLoad& engine_for(const Setting& setting) {
  static std::pair<Setting, std::unique_ptr<EngineUnderLoad>> last;
  if (last.second == nullptr || last.first != setting) {
    last.second.reset();  // before the next one takes its memory
    last = {setting, std::make_unique<EngineUnderLoad>(setting.kind, setting.queued)};
  }
  return *last.second;
}

/// Rounds of sends, receives and deletes, of which `operation` is timed.
void run(benchmark::State& state, const Setting& setting, Operation operation) {
  EngineUnderLoad& engine = engine_for(setting);
  PartTimer timer;
  const auto part = [&](Operation timed, auto&& work) {
    if (timed == operation) {
      timer.time(work);
    } else {
      work();
    }
  };
  std::vector<engine::SendEntry> entries;
  std::vector<std::string> handles;
  const int in_round = operation == Operation::kReceiveTen ? kRound / 10 : kRound;
  while (state.KeepRunningBatch(in_round)) {
    entries.clear();
    handles.clear();
    for (int i = 0; i < kRound; ++i) entries.push_back(engine.next_entry());
    part(Operation::kSend, [&] {
      for (const engine::SendEntry& entry : entries) engine.send(entry);
    });
    part(Operation::kReceiveTen, [&] {
      while (handles.size() < kRound) engine.receive_ten(handles);
    });
    if (operation == Operation::kChangeVisibility) {
      std::vector<engine::ChangeVisibility::Entry> changes;
      for (const std::string& handle : handles) changes.push_back({handle, 60});
      timer.time([&] {
        for (const auto& change : changes) engine.change_visibility(change);
      });
    }
    part(Operation::kDelete, [&] {
      for (const std::string& handle : handles) engine.remove(handle);
    });
    timer.report(state);
  }
}

constexpr std::pair<QueueKind, std::string_view> kKinds[] = {
    {QueueKind::kStandard, "standard"}, {QueueKind::kFifo, "fifo"}, {QueueKind::kFair, "fair"}};
constexpr std::pair<Operation, std::string_view> kOperations[] = {
    {Operation::kSend, "send"},
    {Operation::kReceiveTen, "receive_ten"},
    {Operation::kDelete, "delete"},
    {Operation::kChangeVisibility, "change_visibility"}};

}  // namespace

void register_engine_benchmarks() {
  for (const auto& [kind, kind_name] : kKinds) {
    for (const uint64_t queued : {0, 1'000'000}) {
      for (const auto& [operation, operation_name] : kOperations) {
        const std::string name =
            fmt::format("engine_{}/{}/queued:{}", operation_name, kind_name, queued);
        benchmark::RegisterBenchmark(name.c_str(), run, Setting{kind, queued}, operation)
            ->UseManualTime();
      }
    }
  }
}

}  // namespace forebay::bench
