// SPDX-License-Identifier: Apache-2.0
// StartMessageMoveTask, CancelMessageMoveTask and ListMessageMoveTasks.
#include "base/base64.h"
#include "server/move_task_rules.h"
#include "server/testing/api_fixture.h"
#include "server/uuid.h"

namespace forebay::server {
namespace {

using testing::ApiTest;
using testing::kFixedUuid;

const engine::QueueAddress kDlq{"us-east-1", "000000000000", "dlq"};
const engine::QueueAddress kDestination{"us-east-1", "000000000000", "q"};
const std::string kDlqArn = "arn:aws:sqs:us-east-1:000000000000:dlq";
const std::string kDestinationArn = "arn:aws:sqs:us-east-1:000000000000:q";
const std::string kHandle = base64_encode(R"({"taskId":")" + std::string(kFixedUuid) +
                                          R"(","sourceArn":")" + kDlqArn + "\"}");

class MoveTaskActions : public ApiTest {};

TEST_F(MoveTaskActions, StartPassesEverythingOnAndAnswersTheHandle) {
  router_.will_reply(engine::StartMessageMoveTask::Reply{});
  EXPECT_EQ(
      json("StartMessageMoveTask", R"({"SourceArn":")" + kDlqArn + R"(","DestinationArn":")" +
                                       kDestinationArn + R"(","MaxNumberOfMessagesPerSecond":7})")
          .body,
      R"({"TaskHandle":")" + kHandle + "\"}");
  const auto& request = router_.request<engine::StartMessageMoveTask>();
  EXPECT_EQ(request.source, kDlq);
  EXPECT_EQ(request.destination, kDestination);
  EXPECT_EQ(request.max_number_of_messages_per_second, 7);
  EXPECT_EQ(uuid_text(request.task_id), kFixedUuid);
}

TEST_F(MoveTaskActions, StartNeedsOnlyTheSource) {
  for (const char* more : {"", R"(,"DestinationArn":"")"}) {
    router_.requests.clear();
    router_.will_reply(engine::StartMessageMoveTask::Reply{});
    EXPECT_EQ(
        json("StartMessageMoveTask", R"({"SourceArn":")" + kDlqArn + "\"" + more + "}").status,
        200);
    const auto& request = router_.request<engine::StartMessageMoveTask>();
    EXPECT_FALSE(request.destination.has_value());
    EXPECT_FALSE(request.max_number_of_messages_per_second.has_value());
  }
}

TEST_F(MoveTaskActions, StartChecksSourceThenDestinationThenRate) {
  const auto form = [](const std::string& name) {
    return invalid_parameter_body("You must use this format to specify the " + name +
                                  ": arn:<partition>:<service>:<region>:<account-id>:"
                                  "<resource-id>");
  };
  EXPECT_EQ(json("StartMessageMoveTask", R"({"MaxNumberOfMessagesPerSecond":0})").body,
            missing_parameter_body("SourceArn"));
  EXPECT_EQ(json("StartMessageMoveTask", R"({"SourceArn":""})").body,
            missing_parameter_body("SourceArn"));
  EXPECT_EQ(json("StartMessageMoveTask",
                 R"({"SourceArn":"x","DestinationArn":"y","MaxNumberOfMessagesPerSecond":0})")
                .body,
            form("SourceArn"));
  EXPECT_EQ(json("StartMessageMoveTask", R"({"SourceArn":")" + kDlqArn +
                                             R"(","DestinationArn":"y",)"
                                             R"("MaxNumberOfMessagesPerSecond":0})")
                .body,
            form("DestinationArn"));
  EXPECT_EQ(json("StartMessageMoveTask",
                 R"({"SourceArn":")" + kDlqArn + R"(","MaxNumberOfMessagesPerSecond":501})")
                .body,
            invalid_parameter_body("Value for parameter MaxNumberOfMessagesPerSecond is invalid. "
                                   "Reason: You must enter a number that's between 1 and 500."));
  EXPECT_TRUE(router_.requests.empty());
}

TEST_F(MoveTaskActions, AQueueElsewhereIsLeftToTheEngineAsNobodys) {
  router_.will_fail(ErrorCode::kResourceNotFound,
                    "The resource that you specified for the DestinationArn parameter doesn't "
                    "exist.");
  const http::HttpResponse response = json(
      "StartMessageMoveTask", R"({"SourceArn":")" + kDlqArn +
                                  R"(","DestinationArn":"arn:aws:sqs:us-east-1:111122223333:q"})");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body,
            error_body("com.amazonaws.sqs#ResourceNotFoundException",
                       "The resource that you specified for the DestinationArn parameter doesn't "
                       "exist."));
  EXPECT_EQ(router_.request<engine::StartMessageMoveTask>().destination->name, "");
}

TEST_F(MoveTaskActions, CancelNamesTheTaskByItsHandle) {
  router_.will_reply(engine::CancelMessageMoveTask::Reply{3});
  EXPECT_EQ(json("CancelMessageMoveTask", R"({"TaskHandle":")" + kHandle + "\"}").body,
            R"({"ApproximateNumberOfMessagesMoved":3})");
  const auto& request = router_.request<engine::CancelMessageMoveTask>();
  EXPECT_EQ(request.source, kDlq);
  EXPECT_EQ(uuid_text(request.task_id), kFixedUuid);
}

TEST_F(MoveTaskActions, CancelRefusesWhatIsNoHandle) {
  EXPECT_EQ(json("CancelMessageMoveTask", R"({"TaskHandle":"foobared"})").body,
            invalid_parameter_body("Value for parameter TaskHandle is invalid."));
  EXPECT_EQ(json("CancelMessageMoveTask", R"({"TaskHandle":""})").body,
            missing_parameter_body("TaskHandle"));
  EXPECT_TRUE(router_.requests.empty());
  router_.will_fail(ErrorCode::kResourceNotFound, "Task does not exist.");
  const http::HttpResponse response =
      json("CancelMessageMoveTask",
           R"({"TaskHandle":")" +
               base64_encode(R"({"taskId":"foobared","sourceArn":")" + kDlqArn + "\"}") + "\"}");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.query_error, "ResourceNotFoundException;Sender");
}

engine::MessageMoveTask task(engine::MoveTaskStatus status) {
  engine::MessageMoveTask shown;
  shown.task_id.fill(0xAB);
  shown.task_id[6] = 0x4B;
  shown.status = status;
  shown.started = WallMs(1'700'000'000'123);
  shown.moved_count = 2;
  shown.to_move_count = 10;
  return shown;
}

TEST_F(MoveTaskActions, ListShowsARunningTaskWithItsHandleAndWhatWasGiven) {
  engine::MessageMoveTask running = task(engine::MoveTaskStatus::kRunning);
  running.destination = kDestination;
  running.max_number_of_messages_per_second = 1;
  running.failure_reason = "not yet";
  router_.will_reply(engine::ListMessageMoveTasks::Reply{{running}});
  EXPECT_EQ(json("ListMessageMoveTasks", R"({"SourceArn":")" + kDlqArn + "\"}").body,
            R"({"Results":[{"ApproximateNumberOfMessagesMoved":2,)"
            R"("ApproximateNumberOfMessagesToMove":10,"DestinationArn":")" +
                kDestinationArn + R"(","MaxNumberOfMessagesPerSecond":1,"SourceArn":")" + kDlqArn +
                R"(","StartedTimestamp":1700000000123,"Status":"RUNNING","TaskHandle":")" +
                kHandle + "\"}]}");
  const auto& request = router_.request<engine::ListMessageMoveTasks>();
  EXPECT_EQ(request.source, kDlq);
  EXPECT_EQ(request.max_results, 1);
}

TEST_F(MoveTaskActions, ListShowsFinishedTasksWithoutHandle) {
  using engine::MoveTaskStatus;
  engine::MessageMoveTask failed = task(MoveTaskStatus::kFailed);
  failed.failure_reason = "AWS.SimpleQueueService.NonExistentQueue";
  router_.will_reply(engine::ListMessageMoveTasks::Reply{
      {task(MoveTaskStatus::kCompleted), task(MoveTaskStatus::kCancelled), failed}});
  const std::string body =
      json("ListMessageMoveTasks", R"({"MaxResults":10,"SourceArn":")" + kDlqArn + "\"}").body;
  const std::string common =
      R"("SourceArn":")" + kDlqArn + R"(","StartedTimestamp":1700000000123,)";
  const std::string counts =
      R"({"ApproximateNumberOfMessagesMoved":2,"ApproximateNumberOfMessagesToMove":10,)";
  EXPECT_EQ(body, R"({"Results":[)" + counts + common + R"("Status":"COMPLETED"},)" + counts +
                      common + R"("Status":"CANCELLED"},)" + counts +
                      R"("FailureReason":"AWS.SimpleQueueService.NonExistentQueue",)" + common +
                      R"("Status":"FAILED"}]})");
  EXPECT_EQ(router_.request<engine::ListMessageMoveTasks>().max_results, 10);
}

TEST_F(MoveTaskActions, ListRefusesBadArnsAndCounts) {
  EXPECT_EQ(json("ListMessageMoveTasks", "{}").body, missing_parameter_body("SourceArn"));
  EXPECT_EQ(json("ListMessageMoveTasks", R"({"SourceArn":"x","MaxResults":11})").body,
            invalid_parameter_body("You must use this format to specify the SourceArn: "
                                   "arn:<partition>:<service>:<region>:<account-id>:"
                                   "<resource-id>"));
  EXPECT_EQ(
      json("ListMessageMoveTasks", R"({"MaxResults":11,"SourceArn":")" + kDlqArn + "\"}").body,
      invalid_parameter_body("Value for parameter MaxResults is invalid. Reason: You must enter a "
                             "number that's between 1 and 10."));
  EXPECT_TRUE(router_.requests.empty());
}

TEST_F(MoveTaskActions, WorkOverQuery) {
  router_.will_reply(engine::StartMessageMoveTask::Reply{});
  EXPECT_NE(get("/?Action=StartMessageMoveTask&MaxNumberOfMessagesPerSecond=5&SourceArn=" + kDlqArn)
                .body.find("<StartMessageMoveTaskResult><TaskHandle>" + kHandle + "</TaskHandle>"),
            std::string::npos);
  router_.will_reply(engine::ListMessageMoveTasks::Reply{});
  EXPECT_NE(get("/?Action=ListMessageMoveTasks&SourceArn=" + kDlqArn)
                .body.find("<ListMessageMoveTasksResult/>"),
            std::string::npos);
}

}  // namespace
}  // namespace forebay::server
