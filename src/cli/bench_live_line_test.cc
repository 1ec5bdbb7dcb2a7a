// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_live_line.h"

#include <gtest/gtest.h>

namespace forebay::cli {
namespace {

TEST(BenchLiveLine, ShowsTheLastSecondAndGoesAway) {
  std::string written;
  const BenchArguments arguments;
  {
    BenchLiveLine line(arguments, [&](std::string_view text) { written += text; });
    line.show({.requests = 12'345, .p50_us = 810, .p99_us = 2'500, .errors = 1}, 1000);
    EXPECT_EQ(written,
              "\r1.0 s of 12 s (warm-up): 12,345 requests/s, p50 810 us, p99 2.50 ms, 1 error");
    written.clear();
    line.show({.requests = 3'000, .p50_us = 1, .p99_us = 2, .errors = 0}, 3'000);
    EXPECT_EQ(written.substr(0, written.find_last_not_of(' ') + 1),
              "\r3.0 s of 12 s: 1,500 requests/s, p50 1 us, p99 2 us, 0 errors");
    written.clear();
  }
  EXPECT_EQ(written.find_first_not_of("\r "), std::string::npos);
  EXPECT_TRUE(written.ends_with("\r"));
}

TEST(BenchLiveLine, PrintsNothingThatWasNotAskedFor) {
  std::string written;
  const BenchArguments arguments;
  {
    const BenchLiveLine line(arguments, [&](std::string_view text) { written += text; });
  }
  EXPECT_EQ(written, "");
}

TEST(BenchLiveLine, ANumberOfRequestsHasNoEndInSight) {
  std::string written;
  BenchArguments arguments;
  arguments.warm_up_ms = 0;
  arguments.duration_ms = 0;
  BenchLiveLine line(arguments, [&](std::string_view text) { written += text; });
  line.show({}, 1000);
  EXPECT_TRUE(written.starts_with("\r1.0 s: 0 requests/s"));
}

}  // namespace
}  // namespace forebay::cli
