// SPDX-License-Identifier: Apache-2.0
// The command line of `forebay bench ...`, taken apart.
// Thread: any.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "load/endpoint.h"
#include "load/mix.h"

namespace forebay::cli {

enum class BenchFormat : uint8_t { kText, kJson, kCsv };

struct BenchArguments {
  bool help = false;
  bool quiet = false;

  load::Endpoint endpoint = {.host = "127.0.0.1", .port = 9324};
  std::string queue_url = {};   // empty: queues are created
  std::string raw_target = {};  // a path that is no queue's; empty: a real queue
  bool keep_queues = false;

  load::Mix mix = {};
  uint32_t batch = 1;  // messages a request
  uint32_t body_bytes = 1024;
  uint32_t queues = 1;
  uint32_t groups = 0;   // 0: standard queues
  uint32_t wait_s = 0;   // of receives
  uint64_t preload = 0;  // messages sent before anything is measured

  uint32_t connections = 16;
  uint32_t threads = 1;
  double rate = 0;  // requests a second; 0: closed loop
  int64_t warm_up_ms = 2'000;
  int64_t duration_ms = 10'000;  // 0: until `requests` were made
  uint64_t requests = 0;

  BenchFormat format = BenchFormat::kText;
  std::string output = {};  // a file; empty: standard output
};

/// Errors: kInvalidConfiguration: what is wrong, complete for printing.
Result<BenchArguments> parse_bench_arguments(const std::vector<std::string>& arguments);

}  // namespace forebay::cli
