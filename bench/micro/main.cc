// SPDX-License-Identifier: Apache-2.0
// forebay_micro: what single steps of a request cost. See bench/README.md.
#include "micro/benchmarks.h"

int main(int argc, char** argv) {
  namespace bench = forebay::bench;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  bench::register_http_benchmarks();
  bench::register_protocol_benchmarks();
  bench::register_digest_benchmarks();
  bench::register_journal_benchmarks();
  bench::register_engine_benchmarks();
  bench::register_request_benchmarks();
  bench::register_testkit_benchmarks();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
