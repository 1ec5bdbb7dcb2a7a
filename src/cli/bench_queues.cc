// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_queues.h"

#include <cstdio>

#include <fmt/format.h>

#include "env/clock.h"

namespace forebay::cli {

BenchQueues::BenchQueues(const BenchArguments& arguments, const load::SocketAddress& address,
                         const load::RequestForm& form, const std::string& run_name)
    : arguments_(arguments),
      prefix_("forebay-bench-" + run_name),
      admin_(address, form, env::system_clock()) {}

Result<std::vector<std::string>> BenchQueues::open(const std::atomic<bool>& stop) {
  if (!arguments_.queue_url.empty()) return std::vector{arguments_.queue_url};
  if (!arguments_.raw_target.empty()) {
    return std::vector{
        fmt::format("http://{}/000000000000/{}", arguments_.endpoint.authority(), prefix_)};
  }
  const bool fifo = arguments_.groups > 0;
  for (uint32_t i = 0; i < arguments_.queues && !stop; ++i) {
    const std::string name = fmt::format("{}-{}{}", prefix_, i, fifo ? ".fifo" : "");
    TRY_ASSIGN(std::string url, admin_.create(name, fifo));
    made_.push_back(std::move(url));
  }
  return made_;
}

BenchQueues::~BenchQueues() {
  if (arguments_.keep_queues) return;
  for (const std::string& url : made_) {
    const Result<void> removed = admin_.remove(url);
    if (removed.ok()) continue;
    // A server that is gone would make each of them wait.
    fmt::print(stderr, "forebay: left behind: queues {}-*: {}\n", prefix_, removed.error().message);
    return;
  }
}

}  // namespace forebay::cli
