// SPDX-License-Identifier: Apache-2.0
// `OutgoingMessage`, what a Producer sends, and short ways to make one: events with typed
// attributes, FIFO messages with a deduplication id from their content, delays by priority.
//
//   const OutgoingMessage message = Event("OrderCreated", order_json)
//                                       .priority("low", {{"low", std::chrono::minutes(5)}})
//                                       .text("customerId", order.customer)
//                                       .number("orderAmount", "99.90")
//                                       .timestamp("createdAt", now)
//                                       .message();
//
// Thread: plain values.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <forebay/sqs/message_attributes.h>

namespace forebay::sqs {

/// A message on its way to a queue. Names and ranges are SendMessageRequest's.
struct OutgoingMessage {
  std::string body = {};                                   // UTF-8, 1 byte to 1 MiB
  std::optional<std::chrono::seconds> delay_seconds = {};  // 0 to 900; not on FIFO queues
  MessageAttributes message_attributes = {};               // at most 10
  MessageAttributes message_system_attributes = {};        // "AWSTraceHeader" only
  std::optional<std::string> message_deduplication_id = {};
  std::optional<std::string> message_group_id = {};  // FIFO: required
};

/// What counts for the limits of 1 MiB: body, and names, types and values of its attributes.
size_t bytes_of(const OutgoingMessage& message);

/// SHA-256 over group, body and attributes, 64 hexadecimal digits: equal for equal messages of one
/// group only, where SQS's own content-based deduplication looks at the body alone.
std::string content_deduplication_id(const OutgoingMessage& message);

/// For a FIFO queue. Without a deduplication id it gets content_deduplication_id().
OutgoingMessage fifo_message(std::string body, std::string group_id,
                             std::optional<std::string> deduplication_id = {});

/// How long messages of a priority stay invisible; one that is not named: not at all.
using PriorityDelays = std::map<std::string, std::chrono::seconds, std::less<>>;

/// Builds a message that says what has happened: its type in the attribute "eventType", its
/// priority in "priority", others as the program names them. Of SQS's 10 attributes every call
/// takes one; a name that is given twice has its last value.
class Event {
 public:
  Event(std::string_view type, std::string body);

  /// The attribute "priority"; and the delay that `delays` have for it. (On FIFO queues only queues
  /// have delays, not messages: give none.)
  Event& priority(std::string_view priority, const PriorityDelays& delays = {});
  Event& text(std::string name, std::string value);      // not empty
  Event& number(std::string name, std::string decimal);  // up to 38 digits, exact
  template <std::integral Integer>
  Event& number(std::string name, Integer value) {
    return number(std::move(name), std::to_string(value));
  }
  Event& number(std::string name, double value) = delete;  // which digits: give them as text
  Event& binary(std::string name, std::string bytes);      // not empty
  /// As text: "2026-01-01T00:00:00.000Z".
  Event& timestamp(std::string name, Timestamp moment);
  Event& delay(std::chrono::seconds delay);  // 0 to 900
  Event& group(std::string group_id);
  Event& deduplication_id(std::string id);
  /// content_deduplication_id() of what message() returns.
  Event& deduplicated_by_content();

  OutgoingMessage message() const&;
  OutgoingMessage message() &&;

 private:
  OutgoingMessage message_with_id();

  OutgoingMessage message_;
  bool by_content_ = false;
};

}  // namespace forebay::sqs
