// SPDX-License-Identifier: Apache-2.0
#include "server/queue_policy_text.h"

#include <gtest/gtest.h>

namespace forebay::server {
namespace {

const engine::QueueAddress kSource{"us-east-1", "000000000000", "q"};
const std::string kArn = "arn:aws:sqs:us-east-1:000000000000:dlq";

std::string policy(const std::string& arn, const std::string& count) {
  return R"({"deadLetterTargetArn":")" + arn + R"(","maxReceiveCount":)" + count + "}";
}

TEST(RedrivePolicy, TakesTheCountAsNumberOrText) {
  for (const std::string& text :
       {policy(kArn, "7"), policy(kArn, "\"7\""),
        R"( { "maxReceiveCount" : 7, "deadLetterTargetArn" : ")" + kArn + "\" } "}) {
    const auto parsed = parse_redrive_policy(kSource, text, false);
    ASSERT_TRUE(parsed.ok()) << text;
    EXPECT_EQ(parsed.value().text, text);
    EXPECT_EQ(parsed.value().max_receive_count, 7);
    EXPECT_EQ(parsed.value().dead_letter_target,
              (engine::QueueAddress{"us-east-1", "000000000000", "dlq"}));
  }
}

TEST(RedrivePolicy, NotAJsonObjectIsAnInvalidAttributeValue) {
  for (const char* text : {"x", "[]", "\"a\"", "{", "{} {}", "null", "7", "{\"a\":\xFF}"}) {
    const auto parsed = parse_redrive_policy(kSource, text, false);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error(), (Error{ErrorCode::kInvalidAttributeValue,
                                     "Invalid value for the parameter RedrivePolicy. Reason: "
                                     "Redrive policy is not a valid JSON map."}));
  }
}

TEST(RedrivePolicy, EveryOtherFaultHasItsReason) {
  const std::string range = ", valid values are from 1 to 1000 both inclusive.";
  const std::pair<std::string, std::string> cases[] = {
      {"{}", "Redrive policy does not contain mandatory attribute: maxReceiveCount."},
      {R"({"deadLetterTargetArn":"x"})",
       "Redrive policy does not contain mandatory attribute: maxReceiveCount."},
      {R"({"maxReceiveCount":1})",
       "Redrive policy does not contain mandatory attribute: deadLetterTargetArn."},
      {R"({"maxReceiveCount":1,"deadLetterTargetArn":"x","more":1})",
       "Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount]."},
      {policy(kArn, "0"), "Invalid value for maxReceiveCount: 0" + range},
      {policy(kArn, "1001"), "Invalid value for maxReceiveCount: 1001" + range},
      {policy(kArn, "-1"), "Invalid value for maxReceiveCount: -1" + range},
      {policy(kArn, "1.5"), "Invalid value for maxReceiveCount: 1.5" + range},
      {policy(kArn, "\"invalid\""), "Invalid value for maxReceiveCount: invalid" + range},
      {policy(kArn, "\"\""), "Invalid value for maxReceiveCount: " + range},
      {policy(kArn, "\" 3\""), "Invalid value for maxReceiveCount:  3" + range},
      {policy(kArn, "null"), "Invalid value for maxReceiveCount: null" + range},
      {policy("dummy", "1"), "Invalid value for deadLetterTargetArn."},
      {policy("arn:aws:sqs:us-east-1:000000000000", "1"), "Invalid value for deadLetterTargetArn."},
      {R"({"maxReceiveCount":1,"deadLetterTargetArn":5})",
       "Invalid value for deadLetterTargetArn."},
      {policy("arn:aws:sns:us-east-1:000000000000:dlq", "1"),
       "Only SQS queues are valid resources for deadLetterTargetArn."},
      {policy("arn:aws:sqs:us-west-2:000000000000:dlq", "1"),
       "Dead-letter target must be in same region as the source."},
      {policy("arn:aws:sqs:us-east-1:111111111111:dlq", "1"),
       "Dead-letter target owner should be same as the source."},
  };
  for (const auto& [text, reason] : cases) {
    const auto parsed = parse_redrive_policy(kSource, text, false);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(
        parsed.error(),
        (Error{ErrorCode::kInvalidParameterValue,
               "Value " + text + " for parameter RedrivePolicy is invalid. Reason: " + reason}));
  }
}

TEST(RedrivePolicy, TheCountMayBeMissingWhereItIsOptional) {
  const auto parsed =
      parse_redrive_policy(kSource, R"({"deadLetterTargetArn":")" + kArn + "\"}", true);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed.value().max_receive_count, 0);
  EXPECT_FALSE(parse_redrive_policy(kSource, policy(kArn, "0"), true).ok());
}

TEST(RedriveAllowPolicy, AcceptsTheThreePermissions) {
  for (const char* text :
       {R"({"redrivePermission":"allowAll"})", R"({"redrivePermission":"denyAll"})",
        R"({"redrivePermission":"allowAll","sourceQueueArns":[]})",
        R"({"redrivePermission":"byQueue",)"
        R"("sourceQueueArns":["arn:aws:sqs:us-east-1:000000000000:a"]})"}) {
    EXPECT_TRUE(check_redrive_allow_policy(text).ok()) << text;
  }
}

TEST(RedriveAllowPolicy, UnknownFormsAreAnInvalidAttributeValue) {
  for (const char* text :
       {"x", "[]", "{}", R"({"redrivePermission":"some"})", R"({"redrivePermission":1})",
        R"({"redrivePermission":"allowAll","x":1})",
        R"({"redrivePermission":"byQueue","sourceQueueArns":"a"})",
        R"({"redrivePermission":"byQueue","sourceQueueArns":[1]})"}) {
    const auto result = check_redrive_allow_policy(text);
    ASSERT_FALSE(result.ok()) << text;
    EXPECT_EQ(result.error(),
              (Error{ErrorCode::kInvalidAttributeValue,
                     "Invalid value for the parameter RedriveAllowPolicy. Reason: Amazon SQS can't "
                     "create the redrive allow policy, as it’s in an unsupported format."}));
  }
}

TEST(RedriveAllowPolicy, ArnsMustFitThePermission) {
  const std::string eleven = R"(["a","a","a","a","a","a","a","a","a","a","a"])";
  const std::pair<std::string, std::string> cases[] = {
      {R"({"redrivePermission":"byQueue"})",
       "When you specify the byQueue permission type, you must also specify one or more "
       "sourceQueueArns values."},
      {R"({"redrivePermission":"byQueue","sourceQueueArns":)" + eleven + "}",
       "The maximum number of source queue ARNs you can specify is 10."},
      {R"({"redrivePermission":"denyAll","sourceQueueArns":["a"]})",
       "To specify one or more source queue ARNs, you must set redrivePermission to byQueue."},
  };
  for (const auto& [text, reason] : cases) {
    const auto result = check_redrive_allow_policy(text);
    ASSERT_FALSE(result.ok()) << text;
    EXPECT_EQ(result.error(),
              (Error{ErrorCode::kInvalidParameterValue,
                     "Value " + text +
                         " for parameter RedriveAllowPolicy is invalid. Reason: Amazon SQS can't "
                         "create the redrive allow policy. " +
                         reason}));
  }
}

TEST(RedriveAllowPolicy, DecidesForASource) {
  EXPECT_TRUE(redrive_allowed("", kSource));
  EXPECT_TRUE(redrive_allowed(R"({"redrivePermission":"allowAll"})", kSource));
  EXPECT_FALSE(redrive_allowed(R"({"redrivePermission":"denyAll"})", kSource));
  EXPECT_TRUE(redrive_allowed(R"({"redrivePermission":"byQueue","sourceQueueArns":["x",)"
                              R"("arn:aws:sqs:us-east-1:000000000000:q"]})",
                              kSource));
  EXPECT_FALSE(redrive_allowed(R"({"redrivePermission":"byQueue",)"
                               R"("sourceQueueArns":["arn:aws:sqs:us-east-1:000000000000:other"]})",
                               kSource));
}

TEST(Policy, IsAJsonObjectWithStatements) {
  for (const char* text : {R"({"Version":"2012-10-17","Statement":[]})", R"({"Statement":{}})",
                           R"({"Statement":[{"Effect":"Allow"}]})"}) {
    EXPECT_TRUE(check_policy(text, true).ok()) << text;
  }
  // No deeper than what AddPermission can take apart again.
  const std::string deep = R"({"Statement":)" + std::string(65, '[') + std::string(65, ']') + "}";
  const std::string too_long = R"({"Statement":[],"Id":")" + std::string(8192, 'x') + "\"}";
  for (const std::string& text : {std::string("x"), std::string("[]"), std::string("{}"),
                                  std::string(R"({"Statement":"x"})"), deep, too_long}) {
    const auto result = check_policy(text, false);
    ASSERT_FALSE(result.ok()) << text.substr(0, 40);
    EXPECT_EQ(result.error(), (Error{ErrorCode::kInvalidAttributeValue,
                                     "Invalid value for the parameter Policy."}));
  }
}

TEST(Policy, MoreThan20StatementsAreReportedByAction) {
  std::string text = R"({"Statement":[{})";
  for (int i = 1; i < 20; ++i) text += ",{}";
  EXPECT_TRUE(check_policy(text + "]}", true).ok());
  text += ",{},{}]}";
  const std::string message = "22 statements were found in the submitted policy, max allowed is 20";
  EXPECT_EQ(check_policy(text, true).error(), (Error{ErrorCode::kInvalidParameterValue, message}));
  EXPECT_EQ(check_policy(text, false).error(), (Error{ErrorCode::kOverLimit, message}));
}

TEST(QueueArn, IsTakenApart) {
  EXPECT_EQ(parse_queue_arn("arn:aws-cn:sqs:cn-north-1:000000000000:a.fifo"),
            (engine::QueueAddress{"cn-north-1", "000000000000", "a.fifo"}));
  for (const char* arn :
       {"", "arn", "arn:aws:sqs:r:a:", "arn:aws:sns:r:a:n", "x:aws:sqs:r:a:n", "arn::sqs:r:a:n"}) {
    EXPECT_EQ(parse_queue_arn(arn), std::nullopt) << arn;
  }
}

}  // namespace
}  // namespace forebay::server
