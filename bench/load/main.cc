// SPDX-License-Identifier: Apache-2.0
// forebay_load: sends, receives and deletes as fast as one thread can, and prints what it measured.
#include <chrono>
#include <cstdio>
#include <string_view>

#include <fmt/format.h>

#include "bench/load/report.h"

namespace forebay::load {
namespace {

constexpr std::string_view kUsage =
    "usage: forebay_load --queue-url URL [flag value]... STAGE...\n"
    "  stages, one after the other: send=N receive=N delete[=N] consume=N level=N\n"
    "    N messages, or seconds: level=2.5s. receive keeps receipt handles for a later delete;\n"
    "    consume receives and deletes; level sends as many as it takes out.\n"
    "  --queue-url URL   http://127.0.0.1:PORT/ACCOUNT/NAME; {} in NAME is the queue's number\n"
    "  --queues N        queues in turn (1)         --groups N       FIFO groups in turn (0: "
    "none)\n"
    "  --batch N         messages a request (1)     --keep N         of each receive, not deleted\n"
    "  --body-bytes N    (1024)                     --connections N  closed loop each (1)\n"
    "  --start N         number of the first message: groups and queues go on from there (0)\n"
    "  --window-ms N     latencies per window too   --run TEXT       part of deduplication ids\n";

/// Differs from run to run, so that no message is a duplicate of an earlier run's.
std::string new_run() {
  return fmt::format("{:x}", std::chrono::system_clock::now().time_since_epoch().count());
}

Result<std::string> measure(const Options& options) {
  TRY_ASSIGN(const SocketAddress address, find_server(options.endpoint));
  std::vector<Connection> connections;
  for (uint32_t i = 0; i < options.connections; ++i) {
    TRY_ASSIGN(Connection connection, Connection::open(address));
    connections.push_back(std::move(connection));
  }
  Workload workload(options);
  std::vector<StageResult> results;
  for (const Stage& stage : options.stages) {
    TRY_ASSIGN(StageResult result, run_stage(options, stage, workload, connections));
    results.push_back(std::move(result));
  }
  return report(options.stages, results);
}

int run(int argc, char** argv) {
  Result<Options> options = parse_options({argv + 1, static_cast<size_t>(argc - 1)});
  if (!options.ok()) {
    fmt::print(stderr, "forebay_load: {}\n{}", options.error().message, kUsage);
    return 2;
  }
  if (options->form.run.empty()) options->form.run = new_run();
  const Result<std::string> line = measure(*options);
  if (!line.ok()) {
    fmt::print(stderr, "forebay_load: {}\n", line.error().message);
    return 1;
  }
  fmt::print("{}\n", line.value());
  return 0;
}

}  // namespace
}  // namespace forebay::load

int main(int argc, char** argv) {
  return forebay::load::run(argc, argv);
}
