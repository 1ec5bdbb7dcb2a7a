// SPDX-License-Identifier: Apache-2.0
// How often each error came, and what it said the first time.
// Thread: one at a time.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace forebay::load {

class ErrorCounts {
 public:
  struct Kind {
    uint64_t count = 0;
    std::string first_message = {};
  };

  void add(std::string_view code, std::string_view message);
  void add(const ErrorCounts& other);

  uint64_t total() const { return total_; }
  /// By code.
  const std::map<std::string, Kind, std::less<>>& kinds() const { return kinds_; }

 private:
  uint64_t total_ = 0;
  std::map<std::string, Kind, std::less<>> kinds_;
};

}  // namespace forebay::load
