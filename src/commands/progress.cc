// SPDX-License-Identifier: Apache-2.0
#include "commands/progress.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "commands/text_format.h"

namespace forebay::commands {
namespace {

constexpr size_t kBarWidth = 16;  // the whole line then fits a terminal of 80 columns
/// A rate measured over less says nothing.
constexpr int64_t kMeasuredMs = 500;

double share(uint64_t done, uint64_t all) {
  return all == 0 ? 1.0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(all));
}

}  // namespace

std::string progress_text(uint64_t done, uint64_t all, int64_t elapsed_ms) {
  std::string text = fmt::format("{} of {}, {} %", bytes_text(done), bytes_text(all),
                                 static_cast<int>(share(done, all) * 100));
  if (elapsed_ms < kMeasuredMs || done == 0) return text;
  const double per_ms = static_cast<double>(done) / static_cast<double>(elapsed_ms);
  const uint64_t left = all > done ? all - done : 0;
  text += fmt::format(", {}/s, {} left", bytes_text(static_cast<uint64_t>(per_ms * 1000)),
                      duration_text(static_cast<int64_t>(static_cast<double>(left) / per_ms)));
  return text;
}

std::string progress_bar(uint64_t done, uint64_t all, size_t width) {
  const auto filled = static_cast<size_t>(share(done, all) * static_cast<double>(width));
  return fmt::format("[{}{}]", std::string(filled, '#'), std::string(width - filled, '-'));
}

Progress::Progress(Options options, const env::Clock& clock, Write write)
    : options_(std::move(options)),
      clock_(clock),
      write_(std::move(write)),
      began_(clock.monotonic()),
      drawn_(began_) {}

Progress::~Progress() {
  finish();
}

void Progress::update(uint64_t done, uint64_t all) {
  if (finished_ || options_.style == ProgressStyle::kNone) return;
  const bool bar = options_.style == ProgressStyle::kBar;
  const MonotonicMs now = clock_.monotonic();
  if (now - drawn_ < (bar ? kProgressBarMs : kProgressLineMs)) return;
  drawn_ = now;
  const std::string text = progress_text(done, all, now - began_);
  if (!bar) return write_(fmt::format("{}: {}\n", options_.title, text));
  const std::string line =
      fmt::format("{} {} {}", options_.title, progress_bar(done, all, kBarWidth), text);
  const size_t left_over = columns_ > line.size() ? columns_ - line.size() : 0;
  columns_ = line.size();
  write_(fmt::format("\r{}{}", line, std::string(left_over, ' ')));
}

void Progress::finish() {
  if (!finished_ && columns_ > 0) write_(fmt::format("\r{}\r", std::string(columns_, ' ')));
  finished_ = true;
}

}  // namespace forebay::commands
