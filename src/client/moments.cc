// SPDX-License-Identifier: Apache-2.0
#include "client/moments.h"

#include <charconv>
#include <chrono>

namespace forebay::sqs {
namespace {

struct Parts {
  int year, month, day, hour, minute, second;
};

/// The digits of `text` from `at`, `count` of them; nothing when they are none.
std::optional<int> digits(std::string_view text, size_t at, size_t count) {
  int number = 0;
  const char* const first = text.data() + at;
  const auto [end, error] = std::from_chars(first, first + count, number);
  if (error != std::errc() || end != first + count || number < 0) return std::nullopt;
  return number;
}

std::optional<Timestamp> moment(const Parts& parts) {
  const std::chrono::year_month_day date{std::chrono::year(parts.year),
                                         std::chrono::month(static_cast<unsigned>(parts.month)),
                                         std::chrono::day(static_cast<unsigned>(parts.day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(parts.hour) +
         std::chrono::minutes(parts.minute) + std::chrono::seconds(parts.second);
}

}  // namespace

std::optional<Timestamp> read_iso_time(std::string_view text) {
  // "YYYY-MM-DDTHH:MM:SS", then perhaps a fraction, then "Z".
  constexpr size_t kSeconds = 19;
  const bool utc = text.ends_with('Z') || text.ends_with("+00:00");
  if (text.size() <= kSeconds || !utc || text[4] != '-' || text[7] != '-' || text[10] != 'T' ||
      text[13] != ':' || text[16] != ':') {
    return std::nullopt;
  }
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  return moment({*year, *month, *day, *hour, *minute, *second});
}

std::optional<Timestamp> read_http_date(std::string_view text) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  // "Www, DD Mmm YYYY HH:MM:SS GMT"
  if (text.size() != 29 || !text.ends_with(" GMT") || text.substr(3, 2) != ", " ||
      text[19] != ':' || text[22] != ':') {
    return std::nullopt;
  }
  const size_t month = kMonths.find(text.substr(8, 3));
  const auto day = digits(text, 5, 2), year = digits(text, 12, 4);
  const auto hour = digits(text, 17, 2), minute = digits(text, 20, 2), second = digits(text, 23, 2);
  if (month == kMonths.npos || month % 3 != 0 || !day || !year || !hour || !minute || !second) {
    return std::nullopt;
  }
  return moment({*year, static_cast<int>(month / 3) + 1, *day, *hour, *minute, *second});
}

}  // namespace forebay::sqs
