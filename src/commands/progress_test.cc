// SPDX-License-Identifier: Apache-2.0
#include "commands/progress.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace forebay::commands {
namespace {

constexpr uint64_t kMiB = 1u << 20;

class FakeClock final : public env::Clock {
 public:
  WallMs wall() const override { return {}; }
  MonotonicMs monotonic() const override { return MonotonicMs(now_ms); }
  int64_t now_ms = 1000;
};

struct Theatre {
  FakeClock clock;
  std::vector<std::string> written;

  Progress make(ProgressStyle style) {
    return Progress({.style = style, .title = "Verifying"}, clock,
                    [this](std::string_view text) { written.emplace_back(text); });
  }
};

TEST(ProgressText, TellsShareRateAndTimeLeft) {
  EXPECT_EQ(progress_text(25 * kMiB, 100 * kMiB, 1000),
            "25.0 MiB of 100.0 MiB, 25 %, 25.0 MiB/s, 3.0 s left");
  EXPECT_EQ(progress_text(100 * kMiB, 100 * kMiB, 2000),
            "100.0 MiB of 100.0 MiB, 100 %, 50.0 MiB/s, 0.0 s left");
}

TEST(ProgressText, NeverRoundsUpToDone) {
  EXPECT_EQ(progress_text(999, 1000, 0), "999 B of 1000 B, 99 %");
  EXPECT_EQ(progress_text(51, 100, 0), "51 B of 100 B, 51 %");
}

TEST(ProgressText, SaysNoRateBeforeSomethingCanBeSaid) {
  EXPECT_EQ(progress_text(kMiB, 2 * kMiB, 499), "1.0 MiB of 2.0 MiB, 50 %");
  EXPECT_EQ(progress_text(0, 2 * kMiB, 60'000), "0 B of 2.0 MiB, 0 %");
}

TEST(ProgressText, SurvivesSizesThatDoNotAddUp) {
  EXPECT_EQ(progress_text(3 * kMiB, 2 * kMiB, 3000),
            "3.0 MiB of 2.0 MiB, 100 %, 1.0 MiB/s, 0.0 s left");
  EXPECT_EQ(progress_text(0, 0, 1000), "0 B of 0 B, 100 %");
}

TEST(ProgressBar, FillsFromTheLeft) {
  EXPECT_EQ(progress_bar(0, 10, 5), "[-----]");
  EXPECT_EQ(progress_bar(5, 10, 5), "[##---]");
  EXPECT_EQ(progress_bar(10, 10, 5), "[#####]");
  EXPECT_EQ(progress_bar(20, 10, 5), "[#####]");
  EXPECT_EQ(progress_bar(0, 0, 5), "[#####]");
}

TEST(Progress, ABarIsDrawnOverAndTakenAway) {
  Theatre theatre;
  Progress progress = theatre.make(ProgressStyle::kBar);
  progress.update(0, 100);
  EXPECT_TRUE(theatre.written.empty());  // too early
  theatre.clock.now_ms += kProgressBarMs;
  progress.update(50, 100);
  progress.update(51, 100);
  theatre.clock.now_ms += 1000;
  progress.update(100, 100);
  progress.finish();
  progress.update(100, 100);
  ASSERT_EQ(theatre.written.size(), 3u);
  EXPECT_EQ(theatre.written[0], "\rVerifying [########--------] 50 B of 100 B, 50 %");
  EXPECT_EQ(theatre.written[1].front(), '\r');
  const size_t columns = theatre.written[1].size() - 1;
  EXPECT_EQ(theatre.written[2], "\r" + std::string(columns, ' ') + "\r");
}

TEST(Progress, AShorterBarLeavesNothingOfTheLongerOne) {
  Theatre theatre;
  Progress progress = theatre.make(ProgressStyle::kBar);
  theatre.clock.now_ms += 10'000;
  progress.update(1'000'000, 4'000'000'000);
  const size_t first = theatre.written.back().size();
  theatre.clock.now_ms += 10'000;
  progress.update(5, 9);
  EXPECT_EQ(theatre.written.back().size(), first);
  EXPECT_EQ(theatre.written.back().back(), ' ');
}

TEST(Progress, LinesComeEveryFewSeconds) {
  Theatre theatre;
  Progress progress = theatre.make(ProgressStyle::kLines);
  for (int i = 0; i < 70; ++i) {
    progress.update(static_cast<uint64_t>(i), 70);
    theatre.clock.now_ms += 100;
  }
  progress.finish();
  ASSERT_EQ(theatre.written.size(), 2u);
  EXPECT_EQ(theatre.written[0], "Verifying: 30 B of 70 B, 42 %, 10 B/s, 4.0 s left\n");
}

TEST(Progress, QuietPrintsNothing) {
  Theatre theatre;
  {
    Progress progress = theatre.make(ProgressStyle::kNone);
    theatre.clock.now_ms += 60'000;
    progress.update(1, 2);
  }
  EXPECT_TRUE(theatre.written.empty());
}

}  // namespace
}  // namespace forebay::commands
