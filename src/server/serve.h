// SPDX-License-Identifier: Apache-2.0
// `forebay serve`: puts journal, shard, API and HTTP front end together, runs them, takes them down
// in order.
// Thread: main.
#pragma once

#include "base/result.h"
#include "server/config.h"

namespace forebay::server {

/// Serves until SIGTERM or SIGINT, then answers what is in flight, parked long polls with an empty
/// result, and makes everything durable. Prints the address and how to use it once requests are
/// answered. A journal that cannot be written ends the process (base/check.h, fatal). Errors:
/// kInvalidConfiguration, kStorageFailure, kStorageFull, kStorageDamaged: it did not start.
Result<void> serve(const Config& config);

}  // namespace forebay::server
