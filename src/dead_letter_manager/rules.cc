// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <forebay/sqs/dead_letter_rules.h>

#include "consumer/event_type.h"

namespace forebay::sqs {
namespace {

/// "90 s", "24 h", "2 days": the largest unit that divides it.
std::string span_text(std::chrono::seconds span) {
  const int64_t s = span.count();
  if (s > 86'400 && s % 86'400 == 0) return fmt::format("{} days", s / 86'400);
  if (s > 0 && s % 3'600 == 0) return fmt::format("{} h", s / 3'600);
  if (s > 0 && s % 60 == 0) return fmt::format("{} min", s / 60);
  return fmt::format("{} s", s);
}

std::string event_type_of(const Message& message, const EventTypeSource& source) {
  std::string type;
  const auto attribute = message.message_attributes.find(source.attribute);
  if (!source.attribute.empty() && attribute != message.message_attributes.end()) {
    type = attribute->second.string_value.value_or("");
  }
  if (type.empty() && !source.body_field.empty()) {
    detail::read_event_type(message.body, source.body_field, type);
  }
  return type;
}

}  // namespace

std::chrono::milliseconds DeadLetter::age() const {
  const auto& sent = message.attributes.sent_timestamp;
  return sent && now > *sent ? now - *sent : std::chrono::milliseconds(0);
}

int DeadLetter::requeue_attempts() const {
  const auto found = message.message_attributes.find(kRequeueAttemptAttribute);
  if (found == message.message_attributes.end()) return 0;
  const std::string_view text = found->second.value();
  int attempts = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), attempts);
  return error == std::errc() && end == text.data() + text.size() ? std::max(attempts, 0) : 0;
}

std::string_view to_string(const LetterAction& action) {
  if (std::holds_alternative<RequeueLetter>(action)) return "requeue";
  if (std::holds_alternative<ArchiveLetter>(action)) return "archive";
  if (std::holds_alternative<DeleteLetter>(action)) return "delete";
  return "keep";
}

DeadLetterRule event_type_rule(std::vector<std::string> types, LetterAction action,
                               EventTypeSource source) {
  auto decide = [types = std::move(types), action = std::move(action), source = std::move(source)](
                    const DeadLetter& letter) -> std::optional<LetterVerdict> {
    const std::string type = event_type_of(letter.message, source);
    if (type.empty() || std::ranges::find(types, type) == types.end()) return std::nullopt;
    return LetterVerdict{action, "event type " + type};
  };
  return {.name = "event type", .decide = std::move(decide)};
}

DeadLetterRule age_rule(std::chrono::seconds older_than, LetterAction action) {
  auto decide = [older_than, action = std::move(action)](
                    const DeadLetter& letter) -> std::optional<LetterVerdict> {
    if (letter.age() <= older_than) return std::nullopt;
    return LetterVerdict{action, "older than " + span_text(older_than)};
  };
  return {.name = "age", .decide = std::move(decide)};
}

DeadLetterRule receive_count_rule(int64_t at_least, LetterAction action) {
  auto decide = [at_least, action = std::move(action)](
                    const DeadLetter& letter) -> std::optional<LetterVerdict> {
    const int64_t count = letter.message.attributes.approximate_receive_count.value_or(1);
    if (count < at_least) return std::nullopt;
    return LetterVerdict{action, fmt::format("received {} times or more", at_least)};
  };
  return {.name = "receive count", .decide = std::move(decide)};
}

DeadLetterRule decision_rule(
    std::string name, std::function<std::optional<LetterVerdict>(const DeadLetter&)> decide) {
  return {.name = std::move(name), .decide = std::move(decide)};
}

}  // namespace forebay::sqs
