// SPDX-License-Identifier: Apache-2.0
#include "server/api_handler.h"

#include <stdexcept>

#include "server/actions.h"
#include "server/testing/api_fixture.h"

namespace forebay::server {
namespace {

using testing::ApiTest;
using testing::kFixedUuid;

class ApiHandlerTest : public ApiTest {
 protected:
  http::HttpRequest bench_request() const {
    http::HttpRequest request = base_;
    request.method = "POST";
    request.target = "/bench";
    request.content_type = "application/x-amz-json-1.0";
    request.amz_target = "AmazonSQS.SendMessage";
    request.body = "never looked at";
    return request;
  }
};

TEST_F(ApiHandlerTest, HealthTellsVersionUptimeAndDurability) {
  handler();
  clock_.now_ms += 61'500;
  const http::HttpResponse response = get("/health?x=1");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body, R"({"status":"ok","version":")" FOREBAY_VERSION
                           R"(","uptime_s":61,"durability":"sync"})");
}

TEST_F(ApiHandlerTest, HealthSaysWhenNothingIsKept) {
  config_.memory = true;
  EXPECT_NE(get("/health").body.find(R"("durability":"memory")"), std::string::npos);
  config_.memory = false;
  config_.sync_interval_ms = 50;
  EXPECT_NE(get("/health").body.find(R"("durability":"interval=50")"), std::string::npos);
}

TEST_F(ApiHandlerTest, HealthDoesNotShadowQueues) {
  router_.will_reply(engine::DeleteQueue::Reply{});
  EXPECT_EQ(get("/000000000000/health?Action=DeleteQueue").status, 200);
  EXPECT_EQ(router_.request<engine::DeleteQueue>().queue.name, "health");
}

TEST_F(ApiHandlerTest, TheBenchPathAnswersLikeSendMessageWithoutAQueue) {
  config_.bench_path = "/bench";
  router_.will_reply(engine::SendMessages::Reply{{engine::SentMessage{}}});
  const http::HttpResponse sent = json("SendMessage", R"({"QueueUrl":"q","MessageBody":"m"})");
  ASSERT_EQ(sent.status, 200);
  router_.requests.clear();
  const std::optional<http::HttpResponse> fixed = send(bench_request());
  ASSERT_TRUE(fixed.has_value());
  EXPECT_EQ(fixed->status, 200);
  EXPECT_EQ(fixed->body.size(), sent.body.size());
  EXPECT_EQ(fixed->content_type, sent.content_type);
  EXPECT_EQ(fixed->request_id.size(), sent.request_id.size());
  EXPECT_TRUE(router_.requests.empty());
}

TEST_F(ApiHandlerTest, WithoutAnOptionThereIsNoBenchPath) {
  http::HttpRequest request = bench_request();
  EXPECT_EQ(send(request)->status, 400);
  request.body = R"({"QueueUrl":"q","MessageBody":"m"})";
  router_.will_reply(engine::SendMessages::Reply{{engine::SentMessage{}}});
  EXPECT_EQ(send(request)->status, 200);
  EXPECT_EQ(router_.requests.size(), 1u);
}

TEST_F(ApiHandlerTest, OnlyTheBenchPathItselfIsFixed) {
  config_.bench_path = "/bench";
  EXPECT_EQ(get("/bench/x").status, 404);
  EXPECT_EQ(get("/bench").status, 200);
}

TEST_F(ApiHandlerTest, AnswersCarryARequestIdAndTheWiresContentType) {
  router_.will_reply(engine::DeleteQueue::Reply{});
  const http::HttpResponse response = json("DeleteQueue", R"({"QueueUrl":"q"})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.request_id, kFixedUuid);
  EXPECT_EQ(response.content_type, "application/x-amz-json-1.0");
  EXPECT_EQ(response.body, "");
}

TEST_F(ApiHandlerTest, AnUnknownQueueHasOneTextForEachWire) {
  router_.will_fail(ErrorCode::kQueueDoesNotExist, "The specified queue does not exist.");
  const http::HttpResponse in_json =
      json("PurgeQueue", R"({"QueueUrl":"http://h/000000000000/q"})");
  EXPECT_EQ(in_json.status, 400);
  EXPECT_EQ(in_json.query_error, "AWS.SimpleQueueService.NonExistentQueue;Sender");
  EXPECT_EQ(in_json.body, error_body("com.amazonaws.sqs#QueueDoesNotExist",
                                     "The specified queue does not exist."));
  router_.will_fail(ErrorCode::kQueueDoesNotExist, "The specified queue does not exist.");
  const http::HttpResponse in_xml = get("/000000000000/q?Action=PurgeQueue");
  EXPECT_EQ(in_xml.status, 400);
  EXPECT_NE(in_xml.body.find("The specified queue does not exist for this wsdl version."),
            std::string::npos);
}

TEST_F(ApiHandlerTest, UnknownActionsAreNamed) {
  const std::string text = "The action FooBar is not valid for this endpoint.";
  const http::HttpResponse in_json = json("FooBar", "{}");
  EXPECT_EQ(in_json.status, 404);
  EXPECT_EQ(in_json.body, error_body("com.amazon.coral.service#UnknownOperationException", text));
  for (const char* target : {"/000000000000/q?Action=FooBar", "/?Action=FooBar"}) {
    const http::HttpResponse in_xml = get(target);
    EXPECT_EQ(in_xml.status, 400);
    EXPECT_NE(in_xml.body.find("<Type>Sender</Type><Code>InvalidAction</Code><Message>" + text),
              std::string::npos)
        << in_xml.body;
  }
}

TEST_F(ApiHandlerTest, CreateAndListAreNotForAQueuesPath) {
  for (const std::string action : {"CreateQueue", "ListQueues"}) {
    const http::HttpResponse response = get("/000000000000/q?QueueName=x&Action=" + action);
    EXPECT_EQ(response.status, 400);
    EXPECT_NE(response.body.find("The action " + action + " is not valid for this endpoint."),
              std::string::npos);
  }
  EXPECT_TRUE(router_.requests.empty());
}

TEST_F(ApiHandlerTest, JsonIsServedOnEveryPath) {
  router_.will_reply(engine::ListQueues::Reply{{}, false});
  http::HttpRequest request;
  request.method = "POST";
  request.target = "/000000000000/q";
  request.content_type = "application/x-amz-json-1.0";
  request.amz_target = "AmazonSQS.ListQueues";
  EXPECT_EQ(send(request)->body, "{}");
}

TEST_F(ApiHandlerTest, NoActionIs404WithAWSsBody) {
  const http::HttpResponse response = get("/000000000000/q");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body, "<UnknownOperationException/>");
}

TEST_F(ApiHandlerTest, EveryActionNeedsItsParametersOnEveryWire) {
  for (const Action& action : all_actions()) {
    if (action.name == "ListQueues") continue;  // has no required parameter
    const std::string name(action.name);
    EXPECT_EQ(json(name, "{}").status, 400) << name;
    EXPECT_EQ(get("/?Action=" + name).status, 400) << name;
  }
  EXPECT_TRUE(router_.requests.empty());
}

TEST_F(ApiHandlerTest, AMissingQueueUrlIsAMissingParameter) {
  for (const char* action :
       {"AddPermission", "RemovePermission", "ListDeadLetterSourceQueues", "DeleteQueue",
        "GetQueueAttributes", "SetQueueAttributes", "SendMessage", "SendMessageBatch",
        "ReceiveMessage", "DeleteMessage", "DeleteMessageBatch", "ChangeMessageVisibility",
        "ChangeMessageVisibilityBatch", "PurgeQueue", "TagQueue", "UntagQueue", "ListQueueTags"}) {
    EXPECT_EQ(json(action, "{}").body, missing_parameter_body("QueueUrl")) << action;
    EXPECT_EQ(json(action, R"({"QueueUrl":""})").body, missing_parameter_body("QueueUrl"))
        << action;
  }
}

TEST_F(ApiHandlerTest, EngineErrorsReachTheClientAsTheyAre) {
  router_.will_fail(ErrorCode::kPurgeQueueInProgress,
                    "Only one PurgeQueue operation on q is allowed every 60 seconds.");
  const http::HttpResponse response = json("PurgeQueue", R"({"QueueUrl":"q"})");
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(response.body,
            error_body("com.amazonaws.sqs#PurgeQueueInProgress",
                       "Only one PurgeQueue operation on q is allowed every 60 seconds."));
}

TEST_F(ApiHandlerTest, UndecodableBodiesAreSerializationErrors) {
  const http::HttpResponse response = json("DeleteQueue", "{");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.query_error, "MalformedInput;Sender");
}

class ThrowingRouter final : public shard::Router {
 public:
  void submit(shard::Request, shard::Done) override { throw std::runtime_error("boom"); }
  void abandon(std::shared_ptr<const engine::Client>) override {}
};

TEST_F(ApiHandlerTest, AnExceptionIsAnInternalFailureWithoutDetails) {
  ThrowingRouter router;
  ApiHandler handler(config_, router, random_, clock_);
  http::HttpRequest request;
  request.method = "GET";
  request.target = "/000000000000/q?Action=PurgeQueue";
  int answers = 0;
  handler.handle(request, [&](const http::HttpResponse& response) {
    ++answers;
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(response.body.find("boom"), std::string::npos);
  });
  EXPECT_EQ(answers, 1);
}

TEST_F(ApiHandlerTest, AnswersMayComeLater) {
  http::HttpRequest request;
  request.method = "GET";
  request.target = "/000000000000/q?Action=PurgeQueue";
  EXPECT_FALSE(send(request).has_value());
  ASSERT_EQ(router_.parked.size(), 1u);
  router_.parked[0](shard::Reply(engine::PurgeQueue::Reply{}));
  EXPECT_EQ((*late_)->status, 200);
}

TEST_F(ApiHandlerTest, AClientThatWentAwayEndsItsPoll) {
  handler().client_gone(client_);
  ASSERT_EQ(router_.abandoned.size(), 1u);
  EXPECT_EQ(router_.abandoned[0], client_);
}

TEST_F(ApiHandlerTest, RefusalsOfTheFrontEndKeepTheirStatus) {
  for (const int status : {400, 408, 413, 431, 503}) {
    const http::HttpResponse response = handler().refusal(status, "why");
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(response.content_type, "application/x-amz-json-1.0");
    EXPECT_NE(response.body.find(R"("message":"why")"), std::string::npos);
    EXPECT_FALSE(response.query_error.empty());
    EXPECT_EQ(response.request_id, kFixedUuid);
  }
}

TEST_F(ApiHandlerTest, RegionAndAccountComeFromTheCredentials) {
  router_.will_reply(engine::PurgeQueue::Reply{});
  base_.authorization =
      "AWS4-HMAC-SHA256 Credential=111122223333/20250101/eu-west-1/sqs/aws4_request, X=1";
  EXPECT_EQ(json("PurgeQueue", R"({"QueueUrl":"q"})").status, 200);
  EXPECT_EQ(router_.request<engine::PurgeQueue>().queue,
            (engine::QueueAddress{"eu-west-1", "111122223333", "q"}));
}

TEST_F(ApiHandlerTest, APresignedUrlHasItsCredentialsInTheQuery) {
  config_.access_keys = {{"AKIAONE", "111122223333"}};
  router_.will_reply(engine::PurgeQueue::Reply{});
  get("/?Action=PurgeQueue&QueueUrl=q&X-Amz-Credential=AKIAONE%2F20250101%2Feu-west-1%2Fsqs%2F"
      "aws4_request&X-Amz-Signature=0");
  EXPECT_EQ(router_.request<engine::PurgeQueue>().queue,
            (engine::QueueAddress{"eu-west-1", "111122223333", "q"}));
}

}  // namespace
}  // namespace forebay::server
