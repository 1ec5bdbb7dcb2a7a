// SPDX-License-Identifier: Apache-2.0
// What one connection says to beanstalkd and what it makes of the answers: text in, text out.
//
// An exchange is a request of the load and its replies: `put` (a window of pipelined puts),
// `reserve` or `delete`. A round is one exchange of each kind that the mix has, in this order, for
// ever.
// Thread: one at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace forebay::bench {

enum class Exchange : uint8_t { kPut, kReserve, kDelete };
inline constexpr size_t kExchangeCount = 3;

struct BeanstalkMix {
  uint32_t window = 1;  // puts on their way at once
  uint32_t body_bytes = 1024;
  bool round_trip = false;  // reserve and delete after each put; needs a window of 1
};

class BeanstalkLane {
 public:
  enum class Reading : uint8_t { kIncomplete, kComplete, kWrong };

  explicit BeanstalkLane(const BeanstalkMix& mix) : mix_(mix), body_(mix.body_bytes, 'x') {}

  Exchange exchange() const { return exchange_; }
  /// Messages that the current exchange is about.
  uint32_t messages() const { return exchange_ == Exchange::kPut ? mix_.window : 1; }

  /// Appends the current exchange's commands.
  void write(std::string& out) const;
  /// Whether `in` holds all the replies to them and nothing else; kWrong when one is not the hoped
  /// for, or more came. kComplete goes on to the next exchange.
  Reading read(std::string_view in);

 private:
  Reading read_puts(std::string_view in) const;
  Reading read_reserved(std::string_view in);

  const BeanstalkMix mix_;
  const std::string body_;
  Exchange exchange_ = Exchange::kPut;
  std::string job_id_;  // of the last reserve
};

}  // namespace forebay::bench
