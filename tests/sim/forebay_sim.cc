// SPDX-License-Identifier: Apache-2.0
// Runs seeds of the simulator: `forebay_sim --seeds 1..1000`, `forebay_sim --seed 17 --verbose`;
// every fault point of small runs: `forebay_sim --enumerate --seeds 1..5`.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "base/log.h"
#include "env/clock.h"
#include "sim/enumeration.h"

namespace {

constexpr uint64_t kSeedsMax = 10'000'000;

std::string current;  // how to see the run at hand again

/// A CHECK of the product has failed: say with which seed.
void on_abort(int) {
  std::fprintf(stderr, "aborted; again: forebay_sim %s --verbose\n", current.c_str());
}

std::string to_text(const forebay::sim::SimDisk::Strike& strike) {
  return fmt::format("{}:{}:{}", static_cast<int>(strike.call), strike.nth,
                     static_cast<int>(strike.fate));
}

struct Arguments {
  uint64_t first = 1;
  uint64_t last = 1000;
  bool verbose = false;
  bool enumerate = false;
  std::optional<forebay::sim::SimDisk::Strike> strike;  // the one fault point to look at
};

/// Kind of call, which one, fate: as printed.
std::optional<forebay::sim::SimDisk::Strike> parse_strike(const char* text) {
  unsigned call = 0;
  unsigned long long nth = 0;
  unsigned fate = 0;
  using forebay::sim::SimDisk;
  if (std::sscanf(text, "%u:%llu:%u", &call, &nth, &fate) != 3 || call >= SimDisk::kCallCount ||
      fate > static_cast<unsigned>(SimDisk::Fate::kPowerFails)) {
    return std::nullopt;
  }
  return SimDisk::Strike{static_cast<SimDisk::Call>(call), nth, static_cast<SimDisk::Fate>(fate)};
}

std::optional<Arguments> parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--verbose") {
      arguments.verbose = true;
    } else if (name == "--enumerate") {
      arguments.enumerate = true;
    } else if (name == "--strike" && i + 1 < argc) {
      arguments.strike = parse_strike(argv[++i]);
      if (!arguments.strike) return std::nullopt;
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

bool run_seed(uint64_t seed, const Arguments& arguments, forebay::sim::Outcome& total) {
  const bool verbose = arguments.verbose;
  current = fmt::format("--seed {}", seed);
  forebay::sim::RunOptions options = forebay::sim::draw_options(seed);
  if (arguments.strike) {
    options = forebay::sim::enumeration_options(seed);
    options.strike = arguments.strike;
    current += " --strike " + to_text(*arguments.strike);
  }
  if (verbose) fmt::print("{}\n", to_text(options));
  const forebay::sim::Outcome outcome = run(seed, options, verbose);
  total.answer_count += outcome.answer_count;
  total.delivered_count += outcome.delivered_count;
  total.moved_count += outcome.moved_count;
  total.death_count += outcome.death_count;
  total.simulated_ms += outcome.simulated_ms;
  if (verbose) fmt::print("digest {:016x}\n", outcome.digest);
  if (outcome.violation.empty()) return true;
  fmt::print("seed {} ({}): {}\nagain: forebay_sim {} --verbose\n", seed, to_text(options),
             outcome.violation, current);
  return false;
}

double minutes_since(forebay::MonotonicMs begin) {
  return static_cast<double>(forebay::env::system_clock().monotonic() - begin) / 60'000;
}

/// The exit status.
int enumerate_seeds(const Arguments& arguments) {
  const forebay::MonotonicMs begin = forebay::env::system_clock().monotonic();
  uint64_t points = 0;
  uint64_t seed = arguments.first;
  std::string violation;
  for (; violation.empty() && seed <= arguments.last; ++seed) {
    const forebay::sim::Enumeration all =
        forebay::sim::enumerate(seed, 0, [seed](const forebay::sim::SimDisk::Strike& strike) {
          current = fmt::format("--seed {} --strike {}", seed, to_text(strike));
        });
    points += all.point_count;
    violation = all.violation;
    if (violation.empty()) continue;
    fmt::print("seed {}, call {} ({}) {}: {}\nagain: forebay_sim {} --verbose\n", seed, all.at.nth,
               to_text(all.at.call), to_text(all.at.fate), violation, current);
  }
  fmt::print("{} fault points of {} runs, {:.0f} a minute\n", points, seed - arguments.first,
             static_cast<double>(points) / minutes_since(begin));
  return violation.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::optional<Arguments> arguments = parse(argc, argv);
  if (!arguments) {
    fmt::print(stderr,
               "usage: forebay_sim [--enumerate] [--seeds A..B | --seed N [--strike POINT]] "
               "[--verbose]\n");
    return 2;
  }
  std::signal(SIGABRT, on_abort);
  forebay::configure_log(forebay::LogFormat::kText, forebay::LogLevel::kOff);
  if (arguments->enumerate) return enumerate_seeds(*arguments);
  const forebay::MonotonicMs begin = forebay::env::system_clock().monotonic();
  forebay::sim::Outcome total;
  uint64_t seed = arguments->first;
  bool good = true;
  for (; good && seed <= arguments->last; ++seed) good = run_seed(seed, *arguments, total);
  const uint64_t count = seed - arguments->first;
  fmt::print(
      "{} seeds, {:.0f} a minute; {} answers, {} messages delivered, {} of them moved by tasks, {} "
      "deaths, {:.1f} simulated "
      "hours\n",
      count, static_cast<double>(count) / minutes_since(begin), total.answer_count,
      total.delivered_count, total.moved_count, total.death_count,
      static_cast<double>(total.simulated_ms) / 3'600'000);
  return good ? 0 : 1;
}
