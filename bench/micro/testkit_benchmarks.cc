// SPDX-License-Identifier: Apache-2.0
// What the test kit adds to a test: these are real times, of the threads on both sides.
#include <memory>
#include <string>

#include <forebay/testing/server.h>

#include "micro/benchmarks.h"

namespace forebay::bench {
namespace {

testing::ServerOptions with_queues(int64_t count) {
  testing::ServerOptions options;
  for (int64_t i = 0; i < count; ++i) options.queues.push_back({.name = "q" + std::to_string(i)});
  return options;
}

void start_and_stop(benchmark::State& state) {
  const testing::ServerOptions options = with_queues(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(std::make_unique<testing::Server>(options));
}

void reset(benchmark::State& state) {
  testing::Server server(with_queues(state.range(0)));
  for (auto _ : state) server.reset();
}

void advance_fourteen_days(benchmark::State& state) {
  testing::Server server(with_queues(state.range(0)));
  for (auto _ : state) server.advance(std::chrono::days(14));
}

}  // namespace

void register_testkit_benchmarks() {
  const auto add = [](const char* name, void (*measure)(benchmark::State&)) {
    benchmark::RegisterBenchmark(name, measure)
        ->Arg(1)
        ->Arg(100)
        ->UseRealTime()
        ->Unit(benchmark::kMicrosecond);
  };
  add("testkit/start_and_stop/queues", start_and_stop);
  add("testkit/reset/queues", reset);
  add("testkit/advance_14_days/queues", advance_fourteen_days);
}

}  // namespace forebay::bench
