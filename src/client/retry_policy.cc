// SPDX-License-Identifier: Apache-2.0
#include "client/retry_policy.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

namespace forebay::sqs {
namespace {

constexpr int kCost = 5;
constexpr int kTimeoutCost = 10;
constexpr int kDoublingsMax = 30;  // far beyond any sensible pause; keeps the shift defined

}  // namespace

bool RetryTokens::take(ErrorKind error, int& taken) {
  taken = 0;
  if (capacity_ == 0) return true;
  const int cost = error == ErrorKind::kTimeout ? kTimeoutCost : kCost;
  if (cost > available_) return false;
  available_ -= cost;
  taken = cost;
  return true;
}

void RetryTokens::give_back(int taken) {
  available_ = std::min(capacity_, available_ + std::max(taken, 1));
}

int64_t backoff_ms(const RetryOptions& options, ErrorKind error, int retry, env::Random& random) {
  const int64_t base = error == ErrorKind::kThrottled ? options.throttled_backoff_base.count()
                                                      : options.backoff_base.count();
  const int64_t longest = std::max<int64_t>(options.backoff_max.count(), 0);
  const int doublings = std::min(retry - 1, kDoublingsMax);
  const int64_t limit =
      base > longest >> doublings ? longest : std::min(base << doublings, longest);
  if (limit <= 0) return 0;
  std::array<uint8_t, sizeof(uint64_t)> bytes;
  random.fill(bytes);
  uint64_t number = 0;
  std::memcpy(&number, bytes.data(), sizeof(number));
  return static_cast<int64_t>(number % static_cast<uint64_t>(limit + 1));
}

}  // namespace forebay::sqs
