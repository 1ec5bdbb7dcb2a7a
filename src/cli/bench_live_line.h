// SPDX-License-Identifier: Apache-2.0
// One line on a terminal while a load runs, drawn over once a second; gone at the end.
// Thread: one owner.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "cli/bench_arguments.h"
#include "load/live_figures.h"

namespace forebay::cli {

class BenchLiveLine {
 public:
  using Write = std::function<void(std::string_view text)>;

  /// Borrows: `arguments`.
  BenchLiveLine(const BenchArguments& arguments, Write write);
  BenchLiveLine(const BenchLiveLine&) = delete;
  BenchLiveLine& operator=(const BenchLiveLine&) = delete;
  /// Takes the line away.
  ~BenchLiveLine();

  /// `figures` since the last call; the load has run for `ms`.
  void show(const load::LiveFigures::Figures& figures, int64_t ms);

 private:
  const BenchArguments& arguments_;
  const Write write_;
  int64_t shown_ms_ = 0;
  size_t columns_ = 0;  // on the terminal now
};

}  // namespace forebay::cli
