// SPDX-License-Identifier: Apache-2.0
#include "server/move_task_rules.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "server/uuid.h"

namespace forebay::server {
namespace {

const RequestScope kScope{"eu-west-1", "111122223333"};
const engine::QueueAddress kDlq{"eu-west-1", "111122223333", "dlq"};
const engine::QueueAddress kNobodys{"eu-west-1", "111122223333", ""};
constexpr std::string_view kTaskId = "0c5d1b3e-7b1a-4c55-9e42-0d7f3a1b2c4d";

template <class Value>
std::string refusal(const Result<Value>& result) {
  if (result.ok()) return "accepted";
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidParameterValue);
  return result.error().message;
}

TEST(MoveTaskArn, NamesAQueueOfTheCaller) {
  const auto queue =
      parse_move_task_arn(kScope, "SourceArn", "arn:aws:sqs:eu-west-1:111122223333:dlq");
  ASSERT_TRUE(queue.ok());
  EXPECT_EQ(queue.value(), kDlq);
}

TEST(MoveTaskArn, AQueueElsewhereIsNobodys) {
  for (const char* arn :
       {"arn:aws:sqs:eu-west-2:111122223333:dlq", "arn:aws:sqs:eu-west-1:444455556666:dlq"}) {
    const auto queue = parse_move_task_arn(kScope, "SourceArn", arn);
    ASSERT_TRUE(queue.ok()) << arn;
    EXPECT_EQ(queue.value(), kNobodys) << arn;
  }
}

TEST(MoveTaskArn, AnythingElseIsRefusedWithTheForm) {
  for (const char* arn : {"dlq", "arn:aws:sqs:eu-west-1:111122223333", "arn:aws:sqs:eu-west-1:1:",
                          "arn:aws:s3:eu-west-1:111122223333:dlq", "http://h/111122223333/dlq"}) {
    EXPECT_EQ(refusal(parse_move_task_arn(kScope, "SourceArn", arn)),
              "You must use this format to specify the SourceArn: "
              "arn:<partition>:<service>:<region>:<account-id>:<resource-id>")
        << arn;
  }
}

TEST(MoveTaskRules, RangesAreInclusive) {
  for (const int good : {1, 500}) EXPECT_TRUE(check_move_task_rate(good).ok());
  EXPECT_TRUE(check_move_task_rate({}).ok());
  for (const int bad : {0, -1, 501}) {
    EXPECT_EQ(refusal(check_move_task_rate(bad)),
              "Value for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: You must enter "
              "a number that's between 1 and 500.");
  }
  EXPECT_EQ(parse_move_task_count({}).value(), 1);
  EXPECT_EQ(parse_move_task_count(10).value(), 10);
  for (const int bad : {0, 11}) {
    EXPECT_EQ(refusal(parse_move_task_count(bad)),
              "Value for parameter MaxResults is invalid. Reason: You must enter a number that's "
              "between 1 and 10.");
  }
}

TEST(TaskHandle, IsTheBase64OfItsParts) {
  const std::string handle = make_task_handle({kDlq, *parse_uuid(kTaskId)});
  EXPECT_EQ(base64_decode(handle), R"({"taskId":"0c5d1b3e-7b1a-4c55-9e42-0d7f3a1b2c4d",)"
                                   R"("sourceArn":"arn:aws:sqs:eu-west-1:111122223333:dlq"})");
  const auto task = parse_task_handle(kScope, handle);
  ASSERT_TRUE(task.ok());
  EXPECT_EQ(task.value().source, kDlq);
  EXPECT_EQ(uuid_text(task.value().task_id), kTaskId);
}

TEST(TaskHandle, AClientMayWriteItsOwn) {
  const auto task = parse_task_handle(
      kScope, base64_encode(R"({ "sourceArn": "arn:aws:sqs:eu-west-1:111122223333:dlq",)"
                            R"( "taskId": "foobared" })"));
  ASSERT_TRUE(task.ok());
  EXPECT_EQ(task.value().source, kDlq);
  EXPECT_EQ(task.value().task_id, Bytes16{}) << "no task has this id";
}

TEST(TaskHandle, ASourceElsewhereIsNobodys) {
  for (const char* arn : {"arn:aws:sqs:eu-west-2:111122223333:dlq",
                          "arn:aws:sqs:eu-west-1:444455556666:dlq", "no arn"}) {
    const auto task = parse_task_handle(
        kScope, base64_encode(R"({"taskId":"x","sourceArn":")" + std::string(arn) + "\"}"));
    ASSERT_TRUE(task.ok()) << arn;
    EXPECT_EQ(task.value().source, kNobodys) << arn;
  }
}

TEST(TaskHandle, AnythingElseIsInvalid) {
  const std::string bad[] = {"foobared",
                             "",
                             base64_encode("foobared"),
                             base64_encode("[]"),
                             base64_encode("{}"),
                             base64_encode(R"({"taskId":"x"})"),
                             base64_encode(R"({"sourceArn":"x"})"),
                             base64_encode(R"({"taskId":1,"sourceArn":"x"})"),
                             base64_encode(R"({"taskId":"x","sourceArn":null})"),
                             base64_encode("{\"taskId\":\"\xff\",\"sourceArn\":\"x\"}")};
  for (const std::string& handle : bad) {
    EXPECT_EQ(refusal(parse_task_handle(kScope, handle)),
              "Value for parameter TaskHandle is invalid.")
        << handle;
  }
}

}  // namespace
}  // namespace forebay::server
