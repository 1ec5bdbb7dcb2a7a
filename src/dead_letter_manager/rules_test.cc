// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <string>

#include <forebay/sqs/dead_letter_rules.h>
#include <gtest/gtest.h>

namespace forebay::sqs {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr Timestamp kSent(hours(1'000));

Message message_of(std::string body) {
  Message message;
  message.body = std::move(body);
  message.attributes.sent_timestamp = kSent;
  return message;
}

std::optional<LetterVerdict> decide(const DeadLetterRule& rule, const Message& message,
                                    Timestamp now = kSent) {
  return rule.decide({.message = message, .now = now});
}

TEST(EventTypeRule, LooksAtTheAttributeFirstAndAtTheBodyThen) {
  const DeadLetterRule rule = event_type_rule({"UserDeleted", "OrderCancelled"}, ArchiveLetter{});
  Message message = message_of(R"({"eventType": "UserDeleted", "id": 7})");
  const auto verdict = decide(rule, message);
  ASSERT_TRUE(verdict.has_value());
  EXPECT_EQ(to_string(verdict->action), "archive");
  EXPECT_EQ(verdict->reason, "event type UserDeleted");
  message.message_attributes["eventType"] = MessageAttributeValue::string("OrderCreated");
  EXPECT_FALSE(decide(rule, message).has_value());
  message.message_attributes["eventType"] = MessageAttributeValue::string("OrderCancelled");
  EXPECT_TRUE(decide(rule, message).has_value());
}

TEST(EventTypeRule, HasNoOpinionOnWhatSaysNothing) {
  const DeadLetterRule rule = event_type_rule({"", "a"}, DeleteLetter{});
  for (const char* body : {"", "no JSON", "[]", R"({"eventType": 5})", R"({"other": "a"})"}) {
    EXPECT_FALSE(decide(rule, message_of(body)).has_value()) << body;
  }
}

TEST(EventTypeRule, NamesCanBeChosen) {
  const DeadLetterRule rule =
      event_type_rule({"a"}, KeepLetter{}, {.attribute = "", .body_field = "kind"});
  EXPECT_TRUE(decide(rule, message_of(R"({"kind": "a"})")).has_value());
  EXPECT_FALSE(decide(rule, message_of(R"({"eventType": "a"})")).has_value());
}

TEST(AgeRule, CountsFromTheFirstSend) {
  const DeadLetterRule rule = age_rule(hours(24), DeleteLetter{});
  const Message message = message_of("x");
  EXPECT_FALSE(decide(rule, message, kSent + hours(24)).has_value());
  const auto verdict = decide(rule, message, kSent + hours(24) + std::chrono::milliseconds(1));
  ASSERT_TRUE(verdict.has_value());
  EXPECT_EQ(verdict->reason, "older than 24 h");
  // A server's clock may be ahead of ours.
  EXPECT_EQ((DeadLetter{.message = message, .now = kSent - seconds(1)}).age().count(), 0);
}

TEST(ReceiveCountRule, CountsThisTimeToo) {
  const DeadLetterRule rule = receive_count_rule(3, KeepLetter{});
  Message message = message_of("x");
  message.attributes.approximate_receive_count = 2;
  EXPECT_FALSE(decide(rule, message).has_value());
  message.attributes.approximate_receive_count = 3;
  EXPECT_TRUE(decide(rule, message).has_value());
}

TEST(DeadLetterAttempts, AreReadFromTheirAttribute) {
  Message message = message_of("x");
  const auto attempts = [&] { return DeadLetter{.message = message}.requeue_attempts(); };
  EXPECT_EQ(attempts(), 0);
  MessageAttributeValue& value = message.message_attributes[std::string(kRequeueAttemptAttribute)];
  value = MessageAttributeValue::number(12);
  EXPECT_EQ(attempts(), 12);
  for (const char* other : {"", "x", "-3", "1.5", "99999999999"}) {
    value = MessageAttributeValue::string(other);
    EXPECT_EQ(attempts(), 0) << other;
  }
}

}  // namespace
}  // namespace forebay::sqs
