// SPDX-License-Identifier: Apache-2.0
// Rules that say what becomes of a dead letter: send it again, archive it, keep it, delete it.
//
//   std::vector<DeadLetterRule> rules = {
//       event_type_rule({"UserDeleted", "OrderCancelled"}, ArchiveLetter{}),
//       age_rule(std::chrono::hours(24), ArchiveLetter{}),
//       receive_count_rule(20, KeepLetter{})};
//
// The first rule that has an opinion decides, and its name is the class the message is reported
// under. A rule is a function, so that a program can bring its own (decision_rule).
// Thread: plain values; rules run on the thread of DeadLetterManager::process().
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <forebay/sqs/messages.h>

namespace forebay::sqs {

/// Names of the two message attributes that a requeued message carries.
inline constexpr std::string_view kRequeueAttemptAttribute = "RequeueAttempt";  // Number, from 1
inline constexpr std::string_view kFirstFailureAttribute = "FirstFailureTimestamp";  // Number, ms

/// A message in a dead-letter queue. Valid while a rule looks at it.
struct DeadLetter {
  const Message& message;
  Timestamp now = {};

  /// Since it was first sent (SentTimestamp). On standard queues that is before it came here; a
  /// FIFO queue counts anew from the move.
  std::chrono::milliseconds age() const;
  /// How often it was requeued before: its attribute kRequeueAttemptAttribute; 0 without one.
  int requeue_attempts() const;
};

/// Sent to a queue once more, then deleted here.
struct RequeueLetter {
  std::chrono::seconds delay{0};  // 0 to 900; must be 0 for FIFO queues, which have no such delay
  /// Name, URL or ARN. Empty: ProcessOptions::target_queue, else where it came from.
  std::string queue = {};
};
/// Stored in ProcessOptions::archive, then deleted here.
struct ArchiveLetter {};
/// Stays where it is.
struct KeepLetter {};
/// Deleted, and nowhere else.
struct DeleteLetter {};

using LetterAction = std::variant<KeepLetter, RequeueLetter, ArchiveLetter, DeleteLetter>;

/// "keep", "requeue", "archive", "delete".
std::string_view to_string(const LetterAction& action);

struct LetterVerdict {
  LetterAction action = KeepLetter();
  std::string reason = {};  // for the report and the archive: "older than 24 h"
};

struct DeadLetterRule {
  std::string name = {};  // the class in the report
  /// Nothing: the next rule decides. Must not throw.
  std::function<std::optional<LetterVerdict>(const DeadLetter&)> decide = {};
};

/// Where a message says what it is about.
struct EventTypeSource {
  std::string attribute = "eventType";   // a message attribute; empty: not looked at
  std::string body_field = "eventType";  // else: a text at the top level of a JSON body; or empty
};

/// Messages of these event types: those that no repetition helps.
DeadLetterRule event_type_rule(std::vector<std::string> types, LetterAction action,
                               EventTypeSource source = {});
/// Messages older than that.
DeadLetterRule age_rule(std::chrono::seconds older_than, LetterAction action);
/// Messages that were received at least so often, here and before, this time included.
DeadLetterRule receive_count_rule(int64_t at_least, LetterAction action);
/// What a program knows better.
DeadLetterRule decision_rule(std::string name,
                             std::function<std::optional<LetterVerdict>(const DeadLetter&)> decide);

}  // namespace forebay::sqs
