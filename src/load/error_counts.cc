// SPDX-License-Identifier: Apache-2.0
#include "load/error_counts.h"

namespace forebay::load {

void ErrorCounts::add(std::string_view code, std::string_view message) {
  ++total_;
  const auto known = kinds_.find(code);
  if (known != kinds_.end()) {
    ++known->second.count;
  } else {
    kinds_.emplace(code, Kind{.count = 1, .first_message = std::string(message)});
  }
}

void ErrorCounts::add(const ErrorCounts& other) {
  total_ += other.total_;
  for (const auto& [code, kind] : other.kinds_) {
    const auto [known, is_new] = kinds_.try_emplace(code, kind);
    if (!is_new) known->second.count += kind.count;
  }
}

}  // namespace forebay::load
