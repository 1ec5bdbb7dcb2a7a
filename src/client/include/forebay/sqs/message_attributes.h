// SPDX-License-Identifier: Apache-2.0
// The attributes that users put on messages, and small types that requests and replies share.
//
//   request.message_attributes["tries"] = MessageAttributeValue::number(3);
//
// Thread: plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <forebay/inline_text.h>

namespace forebay::sqs {

/// A moment as SQS gives it, UTC; milliseconds for messages and tasks, whole seconds for queues.
using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

/// The value of a message attribute (contract 4.3). One of the two values is set: which one,
/// `data_type` decides.
struct MessageAttributeValue {
  /// "String", "Number" or "Binary", with an optional label behind a dot: "Number.int". At most 256
  /// bytes.
  std::string data_type = "String";
  std::optional<std::string> string_value = {};  // String and Number: UTF-8, not empty
  std::optional<std::string> binary_value = {};  // Binary: any bytes, not empty; not base64

  static MessageAttributeValue string(std::string text) {
    return {.data_type = "String", .string_value = std::move(text)};
  }
  /// A decimal number with up to 38 significant digits, as text.
  static MessageAttributeValue number(std::string text) {
    return {.data_type = "Number", .string_value = std::move(text)};
  }
  static MessageAttributeValue number(int64_t number) {
    return {.data_type = "Number", .string_value = std::to_string(number)};
  }
  static MessageAttributeValue binary(std::string bytes) {
    return {.data_type = "Binary", .binary_value = std::move(bytes)};
  }

  /// Whichever value there is; empty when there is none.
  std::string_view value() const {
    if (string_value) return *string_value;
    return binary_value ? std::string_view(*binary_value) : std::string_view();
  }

  friend bool operator==(const MessageAttributeValue&, const MessageAttributeValue&) = default;
};

/// By name, at most 10 on a message; they count for the message's size.
using MessageAttributes = std::map<std::string, MessageAttributeValue, std::less<>>;

/// Tags of a queue, at most 50.
using Tags = std::map<std::string, std::string, std::less<>>;

/// Names and values that have no field of their own, exactly as the service sent them.
using OtherAttributes = std::map<std::string, std::string, std::less<>>;

/// Ids and digests are kept in place, without memory of their own; they convert to
/// std::string_view. A server whose ids are longer is refused (ErrorKind::kServerFault).
using MessageId = InlineText<100>;
using Md5Digest = InlineText<32>;       // lower-case hexadecimal; empty: the server sent none
using SequenceNumber = InlineText<40>;  // decimal, grows within a FIFO message group; may be empty

/// In lists of attribute names: every one.
inline constexpr std::string_view kAll = "All";

}  // namespace forebay::sqs
