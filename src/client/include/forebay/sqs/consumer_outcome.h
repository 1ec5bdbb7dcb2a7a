// SPDX-License-Identifier: Apache-2.0
// What a handler says about a message: `Outcome`, a value.
//
//   return Ack{};                                   // done: it is deleted
//   return Retry{};                                 // again, after the consumer's backoff
//   return Retry{.after = std::chrono::minutes(2)};
//   return Dead{"no such customer"};                // to the dead-letter queue, at once
//   return Defer{delivery.now() + std::chrono::hours(3)};
//
// Thread: plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include <forebay/sqs/message_attributes.h>

namespace forebay::sqs {

/// How long a failed message stays invisible, by how often it was received: a random time between
/// half of and all of `base * 2^(receives - 1)`, at most `max`. Whole seconds are SQS's unit: what
/// is below is rounded up.
struct Backoff {
  std::chrono::milliseconds base{2'000};   // 0: visible again at once
  std::chrono::milliseconds max{900'000};  // at most 12 hours

  /// The full time for the n-th receive (1 or more), without chance.
  std::chrono::milliseconds after_receive(int64_t receive_count) const;

  friend bool operator==(const Backoff&, const Backoff&) = default;
};

/// Handled: the message is deleted.
struct Ack {
  friend bool operator==(const Ack&, const Ack&) = default;
};

/// Not handled, and worth another try. SQS's own redrive policy counts these receives.
struct Retry {
  std::optional<std::chrono::seconds> after = {};  // 0 s to 12 h; goes before `backoff`
  std::optional<Backoff> backoff = {};             // absent: ConsumerOptions::backoff

  friend bool operator==(const Retry&, const Retry&) = default;
};

/// Never to be handled: sent to the queue's dead-letter queue with the attributes below, then
/// deleted. Body, attributes, group id and AWSTraceHeader go with it.
struct Dead {
  /// The attributes are left out when the message has no room for them (10 are allowed).
  static constexpr std::string_view kReasonAttribute = "forebay.dead_reason";
  static constexpr std::string_view kReceiveCountAttribute = "forebay.receive_count";
  static constexpr size_t kReasonBytesMax = 1'024;  // what is longer is cut

  std::string reason = {};

  friend bool operator==(const Dead&, const Dead&) = default;
};

/// Not yet: invisible until that moment. SQS holds a message for at most 12 hours after its
/// receive; for a later moment it comes back then, and is deferred again. Each time is a receive
/// that a redrive policy counts.
struct Defer {
  Timestamp until = {};

  friend bool operator==(const Defer&, const Defer&) = default;
};

using Outcome = std::variant<Ack, Retry, Dead, Defer>;

}  // namespace forebay::sqs
