// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <forebay/sqs/consumer_outcome.h>

namespace forebay::sqs {

std::chrono::milliseconds Backoff::after_receive(int64_t receive_count) const {
  constexpr int64_t kDoublingsMax = 20;
  const int64_t doublings = std::clamp<int64_t>(receive_count - 1, 0, kDoublingsMax);
  return std::min(max, std::min(base, max) * (int64_t{1} << doublings));
}

}  // namespace forebay::sqs
