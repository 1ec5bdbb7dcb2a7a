// SPDX-License-Identifier: Apache-2.0
#include "beanstalk_exchange.h"

#include <charconv>
#include <iterator>

#include <fmt/format.h>

namespace forebay::bench {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

/// Whether `text` may go on to begin with `start`, or does already.
bool may_begin_with(std::string_view text, std::string_view start) {
  return text.starts_with(start) || start.starts_with(text);
}

}  // namespace

void BeanstalkLane::write(std::string& out) const {
  switch (exchange_) {
    case Exchange::kPut:
      for (uint32_t i = 0; i < mix_.window; ++i) {
        fmt::format_to(std::back_inserter(out), "put 1024 0 3600 {}\r\n", body_.size());
        out.append(body_).append(kLineEnd);
      }
      return;
    case Exchange::kReserve:
      out += "reserve\r\n";
      return;
    case Exchange::kDelete:
      fmt::format_to(std::back_inserter(out), "delete {}\r\n", job_id_);
      return;
  }
}

BeanstalkLane::Reading BeanstalkLane::read(std::string_view in) {
  constexpr std::string_view kDeleted = "DELETED\r\n";
  Reading reading = Reading::kWrong;
  Exchange next = Exchange::kPut;
  switch (exchange_) {
    case Exchange::kPut:
      reading = read_puts(in);
      next = mix_.round_trip ? Exchange::kReserve : Exchange::kPut;
      break;
    case Exchange::kReserve:
      reading = read_reserved(in);
      next = Exchange::kDelete;
      break;
    case Exchange::kDelete:
      if (in == kDeleted)
        reading = Reading::kComplete;
      else if (kDeleted.starts_with(in))
        reading = Reading::kIncomplete;
      break;
  }
  if (reading == Reading::kComplete) exchange_ = next;
  return reading;
}

BeanstalkLane::Reading BeanstalkLane::read_puts(std::string_view in) const {
  for (uint32_t i = 0; i < mix_.window; ++i) {
    if (!may_begin_with(in, "INSERTED ")) return Reading::kWrong;
    const size_t end = in.find(kLineEnd);
    if (end == std::string_view::npos) return Reading::kIncomplete;
    in.remove_prefix(end + kLineEnd.size());
  }
  return in.empty() ? Reading::kComplete : Reading::kWrong;
}

BeanstalkLane::Reading BeanstalkLane::read_reserved(std::string_view in) {
  constexpr std::string_view kReserved = "RESERVED ";
  if (!may_begin_with(in, kReserved)) return Reading::kWrong;
  const size_t line_end = in.find(kLineEnd);
  if (line_end == std::string_view::npos) return Reading::kIncomplete;
  const std::string_view words = in.substr(kReserved.size(), line_end - kReserved.size());
  const size_t space = words.find(' ');
  if (space == std::string_view::npos) return Reading::kWrong;
  const std::string_view bytes = words.substr(space + 1);
  size_t body_bytes = 0;
  const auto [end, error] = std::from_chars(bytes.data(), bytes.data() + bytes.size(), body_bytes);
  if (error != std::errc() || end != bytes.data() + bytes.size()) return Reading::kWrong;
  const size_t wanted = line_end + kLineEnd.size() + body_bytes + kLineEnd.size();
  if (in.size() < wanted) return Reading::kIncomplete;
  job_id_ = words.substr(0, space);
  return in.size() == wanted ? Reading::kComplete : Reading::kWrong;
}

}  // namespace forebay::bench
