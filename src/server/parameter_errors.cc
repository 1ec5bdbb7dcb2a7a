// SPDX-License-Identifier: Apache-2.0
#include "server/parameter_errors.h"

#include <string>

#include <fmt/format.h>

namespace forebay::server {

Error missing_parameter(std::string_view name) {
  return {ErrorCode::kMissingParameter,
          fmt::format("The request must contain the parameter {}.", name)};
}

// The two templates are recorded [S]; reasons without a recording are an emulator's [E], and stand
// where they are given.
Error invalid_parameter(std::string_view value, std::string_view name, std::string_view reason) {
  return {ErrorCode::kInvalidParameterValue,
          fmt::format("Value {} for parameter {} is invalid. Reason: {}", value, name, reason)};
}

Error invalid_parameter(int64_t value, std::string_view name, std::string_view reason) {
  return invalid_parameter(std::to_string(value), name, reason);
}

Error invalid_attribute_value(std::string_view name, std::string_view reason) {
  std::string message = fmt::format("Invalid value for the parameter {}.", name);
  if (!reason.empty()) message += fmt::format(" Reason: {}", reason);
  return {ErrorCode::kInvalidAttributeValue, std::move(message)};
}

Error unknown_attribute(std::string_view name) {
  return {ErrorCode::kInvalidAttributeName, fmt::format("Unknown Attribute {}.", name)};
}

Error queue_does_not_exist() {
  return {ErrorCode::kQueueDoesNotExist, "The specified queue does not exist."};
}

}  // namespace forebay::server
