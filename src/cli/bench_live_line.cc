// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_live_line.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "cli/bench_report.h"
#include "commands/text_format.h"

namespace forebay::cli {

BenchLiveLine::BenchLiveLine(const BenchArguments& arguments, Write write)
    : arguments_(arguments), write_(std::move(write)) {}

BenchLiveLine::~BenchLiveLine() {
  if (columns_ > 0) write_(fmt::format("\r{}\r", std::string(columns_, ' ')));
}

void BenchLiveLine::show(const load::LiveFigures::Figures& figures, int64_t ms) {
  const int64_t since_ms = std::max<int64_t>(1, ms - shown_ms_);
  shown_ms_ = ms;
  const int64_t all_ms = arguments_.warm_up_ms + arguments_.duration_ms;
  const std::string of_all =
      arguments_.duration_ms > 0 ? fmt::format(" of {}", commands::duration_text(all_ms)) : "";
  const std::string line =
      fmt::format("{}{}{}: {} requests/s, p50 {}, p99 {}, {}", commands::duration_text(ms), of_all,
                  ms < arguments_.warm_up_ms ? " (warm-up)" : "",
                  commands::count_text(figures.requests * 1000 / static_cast<uint64_t>(since_ms)),
                  latency_text(figures.p50_us), latency_text(figures.p99_us),
                  commands::counted(figures.errors, "error"));
  const size_t left_over = columns_ > line.size() ? columns_ - line.size() : 0;
  columns_ = line.size();
  write_(fmt::format("\r{}{}", line, std::string(left_over, ' ')));
}

}  // namespace forebay::cli
