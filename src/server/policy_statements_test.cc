// SPDX-License-Identifier: Apache-2.0
#include "server/policy_statements.h"

#include <gtest/gtest.h>

#include "server/queue_policy_text.h"

namespace forebay::server {
namespace {

Permission permission(std::string label) {
  return {{"us-east-1", "000000000000", "q"}, std::move(label), {"111122223333"}, {"SendMessage"}};
}

/// The statement that permission(label) makes.
std::string statement(const std::string& label) {
  return R"({"Sid":")" + label +
         R"(","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},)"
         R"("Action":"SQS:SendMessage","Resource":"arn:aws:sqs:us-east-1:000000000000:q"})";
}

std::string default_policy(const std::string& statements) {
  return R"({"Version":"2008-10-17",)"
         R"("Id":"arn:aws:sqs:us-east-1:000000000000:q/SQSDefaultPolicy","Statement":[)" +
         statements + "]}";
}

std::string added(std::string_view policy, const Permission& what) {
  const Result<std::string> result = with_statement(policy, what);
  EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().message);
  return result.ok() ? result.value() : "";
}

std::string removed(std::string_view policy, std::string_view label) {
  const Result<std::string> result = without_statement(policy, label);
  EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().message);
  return result.ok() ? result.value() : "refused";
}

Error refusal(const Result<std::string>& result) {
  EXPECT_FALSE(result.ok()) << result.value();
  return result.ok() ? Error{} : result.error();
}

TEST(PolicyStatements, TheFirstMakesThePolicy) {
  EXPECT_EQ(added("", permission("l")), default_policy(statement("l")));
}

TEST(PolicyStatements, SeveralAccountsAndActionsAreLists) {
  Permission what = permission("l");
  what.account_ids = {"111122223333", "444455556666"};
  what.actions = {"ReceiveMessage", "*"};
  EXPECT_EQ(added("", what),
            default_policy(R"({"Sid":"l","Effect":"Allow","Principal":{"AWS":[)"
                           R"("arn:aws:iam::111122223333:root","arn:aws:iam::444455556666:root"]},)"
                           R"("Action":["SQS:ReceiveMessage","SQS:*"],)"
                           R"("Resource":"arn:aws:sqs:us-east-1:000000000000:q"})"));
}

TEST(PolicyStatements, AccountsAreOfTheQueuesPartition) {
  Permission what = permission("l");
  what.queue.region = "cn-north-1";
  EXPECT_NE(added("", what).find(R"("arn:aws-cn:iam::111122223333:root")"), std::string::npos);
}

TEST(PolicyStatements, FurtherOnesAreAppended) {
  EXPECT_EQ(added(default_policy(statement("a")), permission("b")),
            default_policy(statement("a") + "," + statement("b")));
}

TEST(PolicyStatements, EverythingElseStaysInItsPlace) {
  const std::string policy = R"( { "Version" : "2012-10-17", "Statement" : [ {"Sid":"x",
      "Condition" : {"StringEquals" : {"é\n" : [1, 1.5, true, null]}}}, 7 ], "Id" : "mine",
      "More" : {} } )";
  const std::string kept =
      R"({"Sid":"x","Condition":{"StringEquals":{"é\n":[1,1.5,true,null]}}},7)";
  EXPECT_EQ(added(policy, permission("l")), R"({"Version":"2012-10-17","Statement":[)" + kept +
                                                "," + statement("l") +
                                                R"(],"Id":"mine","More":{}})");
}

TEST(PolicyStatements, ASingleStatementIsAListOfOne) {
  const std::string policy = R"({"Statement":{"Sid":"x","Effect":"Deny"}})";
  EXPECT_EQ(added(policy, permission("l")),
            R"({"Statement":[{"Sid":"x","Effect":"Deny"},)" + statement("l") + "]}");
  EXPECT_EQ(removed(policy, "x"), "");
  EXPECT_EQ(refusal(with_statement(policy, permission("x"))).message,
            "Value x for parameter Label is invalid. Reason: Already exists.");
}

TEST(PolicyStatements, ALabelIsUsedOnce) {
  EXPECT_EQ(refusal(with_statement(default_policy(statement("l")), permission("l"))),
            (Error{ErrorCode::kInvalidParameterValue,
                   "Value l for parameter Label is invalid. Reason: Already exists."}));
}

TEST(PolicyStatements, TwentyAreEnough) {
  std::string policy;
  for (int i = 1; i <= 20; ++i) policy = added(policy, permission("l" + std::to_string(i)));
  EXPECT_TRUE(check_policy(policy, false).ok());
  EXPECT_EQ(refusal(with_statement(policy, permission("l21"))),
            (Error{ErrorCode::kOverLimit, "21 Statements were found, maximum allowed is 20."}));
}

TEST(PolicyStatements, ThePolicyStaysWithinItsBytes) {
  const std::string before = R"({"Id":")";
  const std::string after = R"(","Statement":[]})";
  const size_t around = before.size() + after.size() + statement("l").size();
  const std::string fits = before + std::string(kPolicyBytesMax - around, 'x') + after;
  EXPECT_EQ(added(fits, permission("l")).size(), kPolicyBytesMax);
  const std::string too_long = before + std::string(kPolicyBytesMax - around + 1, 'x') + after;
  EXPECT_EQ(refusal(with_statement(too_long, permission("l"))).code, ErrorCode::kOverLimit);
}

TEST(PolicyStatements, AnyOfThemCanBeRemoved) {
  const std::string three =
      default_policy(statement("a") + "," + statement("b") + "," + statement("c"));
  EXPECT_EQ(removed(three, "b"), default_policy(statement("a") + "," + statement("c")));
  EXPECT_EQ(removed(removed(three, "a"), "c"), default_policy(statement("b")));
  EXPECT_EQ(removed(default_policy(statement("a")), "a"), "")
      << "with the last one goes the policy";
}

TEST(PolicyStatements, AnUnknownLabelIsNotFound) {
  for (const std::string& policy :
       {std::string(), default_policy(statement("a")), std::string(R"({"Statement":[{},7,[]]})"),
        std::string(R"({"Statement":[{"Sid":7}]})")}) {
    EXPECT_EQ(refusal(without_statement(policy, "l")),
              (Error{ErrorCode::kInvalidParameterValue,
                     "Value l for parameter Label is invalid. Reason: can't find label."}));
  }
}

}  // namespace
}  // namespace forebay::server
