// SPDX-License-Identifier: Apache-2.0
// AddPermission and RemovePermission.
#include "server/actions.h"
#include "server/handlers/policy_edit.h"
#include "server/testing/api_fixture.h"

namespace forebay::server {
namespace {

using testing::ApiTest;
using testing::kQueue;

constexpr std::string_view kOldPolicy = R"({"Statement":[{"Sid":"old"}]})";
constexpr std::string_view kAddBody =
    R"({"QueueUrl":"q","Label":"l","AWSAccountIds":["111122223333"],"Actions":["SendMessage"]})";
constexpr std::string_view kStatement =
    R"({"Sid":"l","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},)"
    R"("Action":"SQS:SendMessage","Resource":"arn:aws:sqs:us-east-1:000000000000:q"})";

class PermissionActions : public ApiTest {
 protected:
  void will_find_policy(std::string_view policy) {
    engine::DescribeQueue::Reply reply{};
    reply.attributes.policy = policy;
    router_.will_reply(std::move(reply));
  }
  void will_write(bool changed) { router_.will_reply(engine::SetQueueAttributes::Reply{changed}); }

  std::string add(std::string_view label, std::string_view accounts, std::string_view actions) {
    return json("AddPermission", R"({"QueueUrl":"q","Label":")" + std::string(label) +
                                     R"(","AWSAccountIds":)" + std::string(accounts) +
                                     R"(,"Actions":)" + std::string(actions) + "}")
        .body;
  }
};

TEST_F(PermissionActions, AddWritesTheEditedPolicyOverTheOneThatWasRead) {
  will_find_policy(kOldPolicy);
  will_write(true);
  const http::HttpResponse response = json("AddPermission", kAddBody);
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.body, "");
  EXPECT_EQ(router_.request<engine::DescribeQueue>(0).queue, kQueue);
  const auto& write = router_.request<engine::SetQueueAttributes>(1);
  EXPECT_EQ(write.queue, kQueue);
  EXPECT_EQ(write.expected_policy, kOldPolicy);
  EXPECT_EQ(write.attributes.policy,
            R"({"Statement":[{"Sid":"old"},)" + std::string(kStatement) + "]}");
  EXPECT_FALSE(write.attributes.redrive_policy.has_value());
}

TEST_F(PermissionActions, AddWorksOverQuery) {
  will_find_policy("");
  will_write(true);
  const http::HttpResponse response =
      get("/000000000000/q?Action=AddPermission&Label=l&AWSAccountId.1=111122223333"
          "&ActionName.1=SendMessage");
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.body.find("Result"), std::string::npos) << response.body;
  const auto& write = router_.request<engine::SetQueueAttributes>(1);
  EXPECT_EQ(write.expected_policy, "");
  EXPECT_EQ(write.attributes.policy,
            R"({"Version":"2008-10-17",)"
            R"("Id":"arn:aws:sqs:us-east-1:000000000000:q/SQSDefaultPolicy","Statement":[)" +
                std::string(kStatement) + "]}");
}

TEST_F(PermissionActions, AnEditThatSomebodyElseOvertookBeginsAnew) {
  will_find_policy("");
  will_write(false);
  will_find_policy(kOldPolicy);
  will_write(true);
  EXPECT_EQ(json("AddPermission", kAddBody).status, 200);
  ASSERT_EQ(router_.requests.size(), 4u);
  const auto& write = router_.request<engine::SetQueueAttributes>(3);
  EXPECT_EQ(write.expected_policy, kOldPolicy);
  EXPECT_NE(write.attributes.policy->find("\"old\""), std::string::npos);
}

TEST_F(PermissionActions, ACrowdIsThrottled) {
  for (int i = 0; i < kPolicyEditAttemptsMax; ++i) {
    will_find_policy("");
    will_write(false);
  }
  const http::HttpResponse response = json("AddPermission", kAddBody);
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(response.query_error, "RequestThrottled;Sender");
  EXPECT_EQ(router_.requests.size(), 2u * kPolicyEditAttemptsMax);
}

TEST_F(PermissionActions, TheEnginesErrorsAreTheAnswer) {
  const std::string unknown =
      error_body("com.amazonaws.sqs#QueueDoesNotExist", "The specified queue does not exist.");
  router_.will_fail(ErrorCode::kQueueDoesNotExist, "");
  EXPECT_EQ(json("AddPermission", kAddBody).body, unknown);
  will_find_policy("");
  router_.will_fail(ErrorCode::kQueueDoesNotExist, "");
  EXPECT_EQ(json("AddPermission", kAddBody).body, unknown) << "deleted between the two steps";
}

TEST_F(PermissionActions, ATakenLabelIsRefusedWithoutWriting) {
  will_find_policy(R"({"Statement":[{"Sid":"crossaccountpermission"}]})");
  EXPECT_EQ(add("crossaccountpermission", R"(["111122223333"])", R"(["SendMessage"])"),
            invalid_parameter_body("Value crossaccountpermission for parameter Label is invalid. "
                                   "Reason: Already exists."));
  EXPECT_EQ(router_.requests.size(), 1u);
}

TEST_F(PermissionActions, WhatShowsByItselfIsRefusedBeforeTheQueueIsLookedAt) {
  const std::string accounts = R"(["111122223333"])";
  const std::string actions = R"(["SendMessage"])";
  EXPECT_EQ(add("", accounts, actions), missing_parameter_body("Label"));
  EXPECT_EQ(add("a b", accounts, "[]"), missing_parameter_body("Actions"));
  EXPECT_EQ(add("l", accounts, "null"), missing_parameter_body("Actions"));
  for (const std::string& label :
       {std::string("a b"), std::string("a.fifo"), std::string(81, 'a')}) {
    EXPECT_EQ(add(label, accounts, actions),
              invalid_parameter_body("Value " + label +
                                     " for parameter Label is invalid. Reason: Can only include "
                                     "alphanumeric characters, hyphens, or underscores. 1 to 80 in "
                                     "length."));
  }
  EXPECT_EQ(
      add("l", accounts, R"(["a","b","c","d","e","f","g","h"])"),
      error_body("com.amazonaws.sqs#OverLimit", "8 Actions were found, maximum allowed is 7."));
  EXPECT_EQ(add("l", "[]", R"(["SendMessage","RemovePermission"])"),
            invalid_parameter_body("Value SQS:RemovePermission for parameter ActionName is "
                                   "invalid. Reason: Only the queue owner is allowed to invoke "
                                   "this action."));
  EXPECT_EQ(add("l", accounts, R"(["sendmessage"])"),
            invalid_parameter_body("Value SQS:sendmessage for parameter ActionName is invalid. "
                                   "Reason: Please refer to the appropriate WSDL for a list of "
                                   "valid actions. "));
  EXPECT_EQ(add("l", "[]", actions), invalid_parameter_body("Value [] for parameter PrincipalId is "
                                                            "invalid. Reason: Unable to verify."));
  EXPECT_EQ(add("l", R"(["111122223333","1"])", actions),
            invalid_parameter_body("Value [111122223333, 1] for parameter PrincipalId is invalid. "
                                   "Reason: Unable to verify."));
  EXPECT_TRUE(router_.requests.empty());
}

TEST_F(PermissionActions, EveryActionIsEitherSharedOrTheOwners) {
  const std::vector<std::string> owners = {
      "AddPermission",        "CancelMessageMoveTask", "CreateQueue", "DeleteQueue",
      "ListMessageMoveTasks", "ListQueueTags",         "ListQueues",  "RemovePermission",
      "SetQueueAttributes",   "StartMessageMoveTask",  "TagQueue",    "UntagQueue"};
  for (const Action& action : all_actions()) {
    const std::string name(action.name);
    const bool is_owners = std::find(owners.begin(), owners.end(), name) != owners.end();
    if (!is_owners) {
      will_find_policy("");
      will_write(true);
    }
    const std::string answer = add("l", R"(["111122223333"])", "[\"" + name + "\"]");
    EXPECT_EQ(answer.find("Only the queue owner") != std::string::npos, is_owners) << answer;
    EXPECT_EQ(answer.empty(), !is_owners) << answer;
  }
}

TEST_F(PermissionActions, RemoveWritesThePolicyWithoutTheStatement) {
  will_find_policy(R"({"Statement":[{"Sid":"l"},{"Sid":"old"}]})");
  will_write(true);
  EXPECT_EQ(json("RemovePermission", R"({"QueueUrl":"q","Label":"l"})").body, "");
  const auto& write = router_.request<engine::SetQueueAttributes>(1);
  EXPECT_EQ(write.attributes.policy, kOldPolicy);
  EXPECT_EQ(write.expected_policy, R"({"Statement":[{"Sid":"l"},{"Sid":"old"}]})");
}

TEST_F(PermissionActions, RemovingTheLastStatementRemovesTheAttribute) {
  will_find_policy(kOldPolicy);
  will_write(true);
  EXPECT_EQ(get("/000000000000/q?Action=RemovePermission&Label=old").status, 200);
  EXPECT_EQ(router_.request<engine::SetQueueAttributes>(1).attributes.policy, "");
}

TEST_F(PermissionActions, RemovingAnUnknownLabelIsRefused) {
  for (const std::string_view policy : {std::string_view(), kOldPolicy}) {
    will_find_policy(policy);
    EXPECT_EQ(json("RemovePermission", R"({"QueueUrl":"q","Label":"x y"})").body,
              invalid_parameter_body("Value x y for parameter Label is invalid. Reason: can't find "
                                     "label."));
  }
  EXPECT_EQ(router_.requests.size(), 2u);
  EXPECT_EQ(json("RemovePermission", R"({"QueueUrl":"q"})").body, missing_parameter_body("Label"));
}

}  // namespace
}  // namespace forebay::server
