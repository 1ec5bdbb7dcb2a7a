// SPDX-License-Identifier: Apache-2.0
#include "commands/text_format.h"

#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>

namespace forebay::commands {
namespace {

/// Of UTF-8.
size_t character_count(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

}  // namespace

std::string count_text(uint64_t count) {
  std::string digits = std::to_string(count);
  for (size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

std::string counted(uint64_t count, std::string_view one) {
  return fmt::format("{} {}{}", count_text(count), one, count == 1 ? "" : "s");
}

std::string bytes_text(uint64_t bytes) {
  constexpr std::array kUnits = {"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  while (value >= 1023.95 && unit + 1 < kUnits.size()) {  // what would be printed as 1024.0
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string duration_text(int64_t ms) {
  const int64_t seconds = (ms + 500) / 1000;
  if (ms < 10'000) return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000);
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {} min", seconds / 3600, seconds % 3600 / 60);
}

std::string moment_text(WallMs moment) {
  using Milliseconds = std::chrono::milliseconds;
  const std::chrono::sys_time<Milliseconds> at{Milliseconds(moment.value)};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(at - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count(),
                     time.subseconds().count());
}

std::string TextTable::text() const {
  std::vector<size_t> widths;
  for (const auto& cells : rows_) {
    widths.resize(std::max(widths.size(), cells.size()));
    for (size_t i = 0; i < cells.size(); ++i) {
      widths[i] = std::max(widths[i], character_count(cells[i]));
    }
  }
  std::string out;
  for (const auto& cells : rows_) {
    for (size_t i = 0; i < cells.size(); ++i) {
      const std::string blanks(widths[i] - character_count(cells[i]), ' ');
      const bool left = sides_[std::min(i, sides_.size() - 1)] == 'l';
      if (i > 0) out += "  ";
      if (!left) out += blanks;
      out += cells[i];
      if (left && i + 1 < cells.size()) out += blanks;
    }
    out += '\n';
  }
  return out;
}

}  // namespace forebay::commands
