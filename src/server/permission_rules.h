// SPDX-License-Identifier: Apache-2.0
// What an AddPermission may ask for, and every text with which it and RemovePermission refuse
// (contract sections 2.8, 2.9).
// Thread: any.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "protocol/shapes.h"

namespace forebay::server {

/// All that shows without looking at the queue: Label, Actions, AWSAccountIds.
/// Errors: kMissingParameter: no Label, no Actions; kOverLimit: more than 7 actions; else
///   kInvalidParameterValue, actions before accounts.
Result<void> check_permission(const protocol::AddPermissionRequest& request);

/// kInvalidParameterValue: a statement with this label is there.
Error label_exists(std::string_view label);
/// kInvalidParameterValue: none is.
Error label_not_found(std::string_view label);
/// kOverLimit.
Error too_many_statements(size_t count, size_t max);
/// kOverLimit.
Error policy_too_long(size_t bytes, size_t max);

}  // namespace forebay::server
