// SPDX-License-Identifier: Apache-2.0
// The three queue attributes that are JSON: RedrivePolicy, RedriveAllowPolicy, Policy (contract
// sections 3.4, 3.5, 3.7). Their texts are kept and returned as they were sent; here is what they
// mean.
// Thread: any.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/queue_attributes.h"

namespace forebay::server {

inline constexpr size_t kPolicyBytesMax = 8192;
inline constexpr size_t kPolicyStatementsMax = 20;

/// Splits an SQS ARN. Nothing for another service or a malformed one.
std::optional<engine::QueueAddress> parse_queue_arn(std::string_view arn);

/// The RedrivePolicy of a queue in `source`'s region and account. `maxReceiveCount` may be missing
/// when `count_optional` (the result's is 0 then).
/// Errors: kInvalidAttributeValue when it is not a
/// JSON object, else kInvalidParameterValue.
Result<engine::RedrivePolicy> parse_redrive_policy(const engine::QueueAddress& source,
                                                   std::string_view text, bool count_optional);

/// Errors: kInvalidAttributeValue for an unknown form, else kInvalidParameterValue.
Result<void> check_redrive_allow_policy(std::string_view text);

/// Whether a queue whose RedriveAllowPolicy is `text` (valid, or empty: unset) lets `source` use it
/// as dead-letter queue.
bool redrive_allowed(std::string_view text, const engine::QueueAddress& source);

/// Lenient: a JSON object with `Statement`, at most 8,192 bytes and 20 statements.
/// Errors: kInvalidAttributeValue; for too many statements kInvalidParameterValue when `creating`,
/// else
///   kOverLimit.
Result<void> check_policy(std::string_view text, bool creating);

}  // namespace forebay::server
