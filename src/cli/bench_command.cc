// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_command.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "base/base64.h"
#include "cli/bench_arguments.h"
#include "cli/bench_environment.h"
#include "cli/bench_help.h"
#include "cli/bench_live_line.h"
#include "cli/bench_queues.h"
#include "cli/bench_report.h"
#include "cli/replaced_file.h"
#include "env/clock.h"
#include "env/file_system.h"
#include "load/load_run.h"

namespace forebay::cli {
namespace {

constexpr int kExitFine = 0;
constexpr int kExitFailed = 1;
constexpr int kExitWrongUse = 2;
/// Any key will do where nothing is checked; emulators read account and region from this.
constexpr std::string_view kUnsignedHeader =
    "Authorization: AWS4-HMAC-SHA256 Credential=forebay-bench/20260101/{}/sqs/aws4_request, "
    "SignedHeaders=host, "
    "Signature=0000000000000000000000000000000000000000000000000000000000000000\r\n";

std::atomic<bool> stop_wanted = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");

/// The first SIGINT or SIGTERM ends the load in an orderly way, the second one the process.
void stop_on_signals() {
  struct sigaction action = {};
  action.sa_handler = [](int) { stop_wanted = true; };
  action.sa_flags = SA_RESETHAND;
  for (const int number : {SIGINT, SIGTERM}) ::sigaction(number, &action, nullptr);
}

std::string new_run_name() {
  std::array<uint8_t, 5> bytes{};
  env::system_random().fill(bytes);
  return hex_encode({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

load::RequestForm request_form(const BenchArguments& arguments, const std::string& run) {
  load::RequestForm form;
  form.host_header = arguments.endpoint.authority();
  if (!arguments.raw_target.empty()) form.path = arguments.raw_target;
  form.groups = arguments.groups;
  form.body_bytes = arguments.body_bytes;
  form.wait_s = arguments.wait_s;
  form.run = run;
  form.credentials = aws_credentials();
  form.region = aws_region();
  form.unsigned_header = fmt::format(fmt::runtime(kUnsignedHeader), form.region);
  return form;
}

load::LoadOptions load_options(const BenchArguments& arguments,
                               const load::SocketAddress& address) {
  return {.address = address,
          .mix = arguments.mix,
          .batch = arguments.batch,
          .connections = arguments.connections,
          .threads = arguments.threads,
          .warm_up_ms = arguments.warm_up_ms,
          .duration_ms = arguments.duration_ms,
          .requests = arguments.requests,
          .rate = arguments.rate,
          .wait_s = arguments.wait_s,
          .any_200_is_success = !arguments.raw_target.empty()};
}

/// The first error and how many there were.
std::string errors_text(const load::ErrorCounts& errors) {
  if (errors.total() == 0) return "nothing was answered";
  const auto most = std::ranges::max_element(errors.kinds(), {},
                                             [](const auto& entry) { return entry.second.count; });
  return fmt::format("{} errors; {} times {}: {}", errors.total(), most->second.count, most->first,
                     most->second.first_message);
}

/// Sends exactly `count` messages, in tens as far as that goes.
Result<void> send_ahead(uint64_t count, load::LoadOptions options, load::RequestForm form) {
  options.mix = {};
  options.threads = 1;
  options.warm_up_ms = 0;
  options.duration_ms = 0;
  options.rate = 0;
  for (const uint32_t batch : {load::kBatchMax, uint32_t{1}}) {
    options.batch = batch;
    options.requests = batch == 1 ? count % load::kBatchMax : count / load::kBatchMax;
    if (options.requests == 0) continue;
    form.run += 'p';  // no message is a duplicate of one sent later
    TRY_ASSIGN(const load::LoadFigures figures,
               load::run_load(options, form, env::system_fine_clock(), {.stop = &stop_wanted}));
    if (figures.interrupted) return {};
    if (figures.errors.total() > 0) {
      return Error{ErrorCode::kServiceUnavailable,
                   "--preload failed: " + errors_text(figures.errors)};
    }
  }
  return {};
}

Result<load::LoadFigures> measure(const BenchArguments& arguments, const load::LoadOptions& options,
                                  const load::RequestForm& form) {
  if (arguments.preload > 0) TRY(send_ahead(arguments.preload, options, form));
  load::LoadWatch watch{.stop = &stop_wanted};
  BenchLiveLine line(arguments, [](std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
  });
  if (!arguments.quiet && ::isatty(STDERR_FILENO) == 1) {
    watch.tick = [&line](const load::LiveFigures::Figures& figures, int64_t ms) {
      line.show(figures, ms);
    };
  }
  return load::run_load(options, form, env::system_fine_clock(), watch);
}

Result<void> write_report(const BenchArguments& arguments, const load::LoadFigures& figures) {
  const std::string report = bench_report(arguments, figures);
  if (!arguments.output.empty()) {
    return replace_file(env::posix_file_system(), arguments.output, report);
  }
  const bool written = std::fwrite(report.data(), 1, report.size(), stdout) == report.size() &&
                       std::fflush(stdout) == 0;
  if (written) return {};
  return Error{ErrorCode::kStorageFailure, "cannot write the report to standard output"};
}

/// The exit code of a load that was measured.
Result<int> conclude(const BenchArguments& arguments, const load::LoadFigures& figures) {
  if (figures.requests() == 0 && !figures.interrupted) {
    return Error{ErrorCode::kServiceUnavailable,
                 "no request succeeded: " + errors_text(figures.errors)};
  }
  TRY(write_report(arguments, figures));
  return figures.interrupted ? kExitFailed : kExitFine;
}

Result<load::SocketAddress> find_server(const BenchArguments& arguments) {
  auto address = load::find_server(arguments.endpoint);
  if (address.ok()) return *address;
  return Error{address.error().code,
               fmt::format("{}. Is the server running? --endpoint names another one.",
                           address.error().message)};
}

Result<int> run(const BenchArguments& arguments) {
  const std::string run_name = new_run_name();
  load::RequestForm form = request_form(arguments, run_name);
  TRY_ASSIGN(const load::SocketAddress address, find_server(arguments));
  BenchQueues queues(arguments, address, form, run_name);
  TRY_ASSIGN(form.queue_urls, queues.open(stop_wanted));
  if (stop_wanted) return kExitFailed;
  TRY_ASSIGN(const load::LoadFigures figures,
             measure(arguments, load_options(arguments, address), form));
  return conclude(arguments, figures);
}

int report(const Error& error) {
  fmt::print(stderr, "forebay: {}\n", error.message);
  return error.code == ErrorCode::kInvalidConfiguration ? kExitWrongUse : kExitFailed;
}

}  // namespace

int run_bench_command(const std::vector<std::string>& arguments) {
  const Result<BenchArguments> parsed = parse_bench_arguments(arguments);
  if (!parsed.ok()) return report(parsed.error());
  if (parsed->help) {
    fmt::print("{}", bench_help());
    return kExitFine;
  }
  stop_on_signals();
  const Result<int> code = run(*parsed);
  return code.ok() ? *code : report(code.error());
}

}  // namespace forebay::cli
