// SPDX-License-Identifier: Apache-2.0
// What a message may be made of (contract sections 4.1 to 4.4), with AWS's texts for what it may
// not.
//
// Everything here needs the message alone. What depends on the queue (its MaximumMessageSize, its
// type) is the engine's to check.
// Thread: any.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "protocol/shapes.h"

namespace forebay::server {

inline constexpr int32_t kMessageAttributesMax = 10;
inline constexpr std::string_view kTraceHeaderName = "AWSTraceHeader";

/// Body and user attributes in bytes, as SQS counts them: names, types with labels, decoded values.
int64_t message_size(std::string_view body, const protocol::MessageAttributes& attributes);

/// Errors: kInvalidMessageContents.
Result<void> check_body(std::string_view body);

/// Errors: kInvalidParameterValue, kUnsupportedOperation for list values. The first fault in
/// request order.
Result<void> check_message_attributes(const protocol::MessageAttributes& attributes);

/// Only AWSTraceHeader of type String.
/// Errors: kInvalidParameterValue.
Result<void> check_system_attributes(const protocol::MessageAttributes& attributes);

/// MessageGroupId, MessageDeduplicationId, ReceiveRequestAttemptId: 1 to 128 letters, digits and
/// punctuation of ASCII.
/// Errors: kInvalidParameterValue, naming `parameter`.
Result<void> check_token(std::string_view parameter, std::string_view value);

/// The base of a DataType: "Number" of "Number.java.lang.Long".
std::string_view base_type(std::string_view data_type);

}  // namespace forebay::server
