// SPDX-License-Identifier: Apache-2.0
// The texts that many actions share (contract sections 0.2 and 2.0).
// Thread: any.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/error.h"

namespace forebay::server {

/// kMissingParameter: "The request must contain the parameter <name>."
Error missing_parameter(std::string_view name);

/// kInvalidParameterValue: "Value <value> for parameter <name> is invalid. Reason: <reason>"
Error invalid_parameter(std::string_view value, std::string_view name, std::string_view reason);
Error invalid_parameter(int64_t value, std::string_view name, std::string_view reason);

/// kInvalidAttributeValue: "Invalid value for the parameter <name>.", then " Reason: <reason>"
/// unless empty.
Error invalid_attribute_value(std::string_view name, std::string_view reason = {});

/// kInvalidAttributeName: "Unknown Attribute <name>."
Error unknown_attribute(std::string_view name);

/// kQueueDoesNotExist; each wire has its own text for it.
Error queue_does_not_exist();

}  // namespace forebay::server
