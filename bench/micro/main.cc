// SPDX-License-Identifier: Apache-2.0
// forebay_micro: what single steps of a request cost. See bench/README.md.
#include "micro/benchmarks.h"

int main(int argc, char** argv) {
  using namespace forebay::bench;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  register_http_benchmarks();
  register_protocol_benchmarks();
  register_digest_benchmarks();
  register_journal_benchmarks();
  register_engine_benchmarks();
  register_request_benchmarks();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
