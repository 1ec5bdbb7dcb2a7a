// SPDX-License-Identifier: Apache-2.0
// Whether and when an attempt is repeated (the SDKs' "standard" mode).
// Thread: one at a time.
#pragma once

#include <cstdint>

#include <forebay/sqs/client_options.h>
#include <forebay/sqs/error.h>

#include "env/clock.h"

namespace forebay::sqs {

/// The bucket that all calls' retries draw from: while a server is down, calls fail fast instead of
/// multiplying its load.
class RetryTokens {
 public:
  explicit RetryTokens(int capacity) : capacity_(capacity), available_(capacity) {}

  /// What a retry after this error takes; 0 with a capacity of 0, which is no limit. Nothing, and
  /// false, when the bucket has not that much.
  bool take(ErrorKind error, int& taken);
  /// A call has succeeded: what its last retry took comes back, or 1 when it needed none.
  void give_back(int taken);

  int available() const { return available_; }

 private:
  const int capacity_;
  int available_;
};

/// Milliseconds before the `retry`-th retry (from 1): random, between 0 and what doubles each time.
int64_t backoff_ms(const RetryOptions& options, ErrorKind error, int retry, env::Random& random);

}  // namespace forebay::sqs
