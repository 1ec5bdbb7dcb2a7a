// SPDX-License-Identifier: Apache-2.0
// Runs seeds of the simulator: `forebay_sim --seeds 1..1000`, `forebay_sim --seed 17 --verbose`.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "base/log.h"
#include "env/clock.h"
#include "sim/run.h"

namespace {

constexpr uint64_t kSeedsMax = 10'000'000;

volatile uint64_t current_seed = 0;

/// A CHECK of the product has failed: say with which seed.
void on_abort(int) {
  std::fprintf(stderr, "aborted in seed %llu; again: forebay_sim --seed %llu --verbose\n",
               static_cast<unsigned long long>(current_seed),
               static_cast<unsigned long long>(current_seed));
}

struct Arguments {
  uint64_t first = 1;
  uint64_t last = 1000;
  bool verbose = false;
};

std::optional<Arguments> parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--verbose") {
      arguments.verbose = true;
    } else if (name == "--seed" && i + 1 < argc) {
      arguments.first = arguments.last = std::strtoull(argv[++i], nullptr, 10);
    } else if (name == "--seeds" && i + 1 < argc) {
      unsigned long long first = 0;
      unsigned long long last = 0;
      if (std::sscanf(argv[++i], "%llu..%llu", &first, &last) != 2) return std::nullopt;
      arguments.first = first;
      arguments.last = last;
    } else {
      return std::nullopt;
    }
  }
  if (arguments.last < arguments.first || arguments.last - arguments.first >= kSeedsMax)
    return std::nullopt;
  return arguments;
}

bool run_seed(uint64_t seed, bool verbose, forebay::sim::Outcome& total) {
  current_seed = seed;
  const forebay::sim::RunOptions options = forebay::sim::draw_options(seed);
  if (verbose) fmt::print("{}\n", to_text(options));
  const forebay::sim::Outcome outcome = run(seed, options, verbose);
  total.answer_count += outcome.answer_count;
  total.delivered_count += outcome.delivered_count;
  total.moved_count += outcome.moved_count;
  total.death_count += outcome.death_count;
  total.simulated_ms += outcome.simulated_ms;
  if (verbose) fmt::print("digest {:016x}\n", outcome.digest);
  if (outcome.violation.empty()) return true;
  fmt::print("seed {} ({}): {}\nagain: forebay_sim --seed {} --verbose\n", seed, to_text(options),
             outcome.violation, seed);
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  const std::optional<Arguments> arguments = parse(argc, argv);
  if (!arguments) {
    fmt::print(stderr, "usage: forebay_sim [--seeds A..B | --seed N] [--verbose]\n");
    return 2;
  }
  std::signal(SIGABRT, on_abort);
  forebay::configure_log(forebay::LogFormat::kText, forebay::LogLevel::kOff);
  const forebay::MonotonicMs begin = forebay::env::system_clock().monotonic();
  forebay::sim::Outcome total;
  uint64_t seed = arguments->first;
  bool good = true;
  for (; good && seed <= arguments->last; ++seed) good = run_seed(seed, arguments->verbose, total);
  const double minutes =
      static_cast<double>(forebay::env::system_clock().monotonic() - begin) / 60'000;
  const uint64_t count = seed - arguments->first;
  fmt::print(
      "{} seeds, {:.0f} a minute; {} answers, {} messages delivered, {} of them moved by tasks, {} "
      "deaths, {:.1f} simulated "
      "hours\n",
      count, static_cast<double>(count) / minutes, total.answer_count, total.delivered_count,
      total.moved_count, total.death_count, static_cast<double>(total.simulated_ms) / 3'600'000);
  return good ? 0 : 1;
}
