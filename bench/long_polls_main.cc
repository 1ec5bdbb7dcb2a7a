// SPDX-License-Identifier: Apache-2.0
// long_polls: how soon a parked long poll is woken by a message, and what many parked ones cost.
//
//   long_polls wakeup <queue url> <polls> <samples>
//   long_polls park <queue url> <polls> <seconds>
//
// wakeup prints one line of JSON: {"samples":n,"before_send":n,"send_us":{"p50":n,"p99":n,
// "p999":n,"max":n},"receive_us":{...},"after_us":{...}} (long_polls.h says what these are).
// park prints {"parked":n} when all wait and, the seconds later, {"renewed":n}; the polls stay
// until its standard input ends, so that one can look at the server meanwhile. The queue has to be
// there.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "load/endpoint.h"

#include "long_polls.h"
#include "number_argument.h"

namespace forebay::bench {
namespace {

constexpr rlim_t kOtherFiles = 64;
constexpr std::string_view kUsage =
    "usage: long_polls wakeup <queue url> <polls> <samples>\n"
    "       long_polls park <queue url> <polls> <seconds>\n";

struct Plan {
  bool wake_up = false;
  std::string queue_url;
  uint32_t polls = 0;
  uint32_t amount = 0;  // samples or seconds
};

std::optional<Plan> parse(int argc, char** argv) {
  if (argc != 5) return std::nullopt;
  const std::string_view what = argv[1];
  if (what != "wakeup" && what != "park") return std::nullopt;
  const auto polls = parse_number(argv[3], 1'000'000);
  const auto amount = parse_number(argv[4], 1'000'000);
  if (!polls || !amount) return std::nullopt;
  return Plan{what == "wakeup", argv[2], *polls, *amount};
}

/// As many files as the polls need, as far as the system lets us.
void allow_connections(uint32_t polls) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = std::min(std::max(files.rlim_cur, polls + kOtherFiles), files.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &files);  // if not: open() says what is missing
}

std::string latencies(std::string_view name, const load::Histogram& histogram) {
  return fmt::format(R"("{}":{{"p50":{},"p99":{},"p999":{},"max":{}}})", name,
                     histogram.percentile(500), histogram.percentile(990),
                     histogram.percentile(999), histogram.max());
}

void print_line(const std::string& line) {
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

Result<void> wake_up(const Plan& plan, const load::SocketAddress& address,
                     const load::RequestForm& form) {
  WakeUpRun run(address, form, env::system_fine_clock());
  TRY_ASSIGN(const WakeUps found, run.run(plan.polls, plan.amount));
  print_line(fmt::format(R"({{"samples":{},"before_send":{},{},{},{}}})", found.send.count(),
                         found.before_send, latencies("send_us", found.send),
                         latencies("receive_us", found.receive),
                         latencies("after_us", found.after)));
  return {};
}

Result<void> hold(const Plan& plan, const load::SocketAddress& address,
                  const load::RequestForm& form) {
  ParkedRun run(address, form, env::system_fine_clock());
  TRY(run.park(plan.polls));
  print_line(fmt::format(R"({{"parked":{}}})", plan.polls));
  TRY_ASSIGN(const uint64_t renewed, run.hold(plan.amount));
  print_line(fmt::format(R"({{"renewed":{}}})", renewed));
  while (std::getchar() != EOF) {
  }
  return {};
}

Result<void> measure(const Plan& plan) {
  TRY_ASSIGN(const load::ServerUrl url, load::parse_server_url(plan.queue_url));
  TRY_ASSIGN(const load::SocketAddress address, load::find_server(url.endpoint));
  load::RequestForm form;
  form.host_header = url.endpoint.authority();
  form.queue_urls = {plan.queue_url};
  form.wait_s = kPollWaitS;
  allow_connections(plan.polls);
  return plan.wake_up ? wake_up(plan, address, form) : hold(plan, address, form);
}

int run(int argc, char** argv) {
  const std::optional<Plan> plan = parse(argc, argv);
  if (!plan) {
    fmt::print(stderr, "{}", kUsage);
    return 2;
  }
  const Result<void> measured = measure(*plan);
  if (measured.ok()) return 0;
  fmt::print(stderr, "long_polls: {}\n", measured.error().message);
  return 1;
}

}  // namespace
}  // namespace forebay::bench

int main(int argc, char** argv) {
  return forebay::bench::run(argc, argv);
}
