// SPDX-License-Identifier: Apache-2.0
// Whether a Consumer can be made with these options.
#pragma once

#include <chrono>
#include <cstddef>

#include <forebay/sqs/consumer_options.h>

namespace forebay::sqs::detail {

/// Errors: kConfiguration, with the name of the field that is wrong.
Result<void> check_options(const ConsumerOptions& options);
Result<void> check_concurrency(size_t concurrency);
Result<void> check_wait_time(std::chrono::seconds wait_time);

}  // namespace forebay::sqs::detail
