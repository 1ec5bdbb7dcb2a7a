// SPDX-License-Identifier: Apache-2.0
// The groups of micro benchmarks; each function registers its own with Google Benchmark, under
// names of the form group/what/with. `./dev bench micro --benchmark_filter=REGEX` picks.
// Thread: main().
#pragma once

#include <chrono>

#include <benchmark/benchmark.h>

namespace forebay::bench {

void register_engine_benchmarks();
void register_journal_benchmarks();
void register_protocol_benchmarks();
void register_digest_benchmarks();
void register_http_benchmarks();
void register_request_benchmarks();
void register_testkit_benchmarks();

/// Times one part of what each iteration does, for benchmarks with UseManualTime().
class PartTimer {
 public:
  template <class Work>
  void time(Work&& work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }
  /// To be called once at the end of each iteration, or of each batch of them.
  void report(benchmark::State& state) {
    state.SetIterationTime(seconds_);
    seconds_ = 0;
  }

 private:
  double seconds_ = 0;
};

}  // namespace forebay::bench
