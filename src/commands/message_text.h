// SPDX-License-Identifier: Apache-2.0
// Messages as commands read and print them. What `receive --json` prints, `send --json-lines`
// takes.
// Thread: any.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <forebay/sqs/messages.h>

#include "base/result.h"
#include "commands/command_spec.h"

namespace forebay::commands {

using Entry = sqs::SendMessageBatchRequest::Entry;

/// "tries=Number:3", "image=Binary.png:<base64>", "note=any text" (a String).
/// Errors: kConfiguration.
sqs::Result<std::pair<std::string, sqs::MessageAttributeValue>> parse_message_attribute(
    const std::string& text);

/// A JSON object with "body" and perhaps "delay_seconds", "message_group_id",
/// "message_deduplication_id" and "message_attributes", each of these a text, a number, or an
/// object with "data_type" and "string_value" or "binary_value" (base64). What a receive tells
/// beside is passed over; other members are refused. Replaces what is set in `entry`.
/// Errors: kInvalidRequest: what is wrong, without the line's number.
sqs::Result<void> read_json_line(std::string_view line, Entry& entry);

/// What SQS counts for a message's size: body, names, types and values of its attributes.
size_t message_bytes(const Entry& entry);

/// One line, without its end.
std::string json_of(const sqs::Message& message);

/// Everything about it, a line each, then the body.
std::string described(const sqs::Message& message);

}  // namespace forebay::commands
