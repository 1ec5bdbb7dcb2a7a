// SPDX-License-Identifier: Apache-2.0
// The handlers of the actions on queues themselves.
#include "base/base64.h"
#include "server/testing/api_fixture.h"

namespace forebay::server {
namespace {

using testing::ApiTest;
using testing::kFifoQueue;
using testing::kQueue;

constexpr std::string_view kQueueUrlBody = R"({"QueueUrl":"http://localhost:9324/000000000000/q"})";

class CreateQueueAction : public ApiTest {};

TEST_F(CreateQueueAction, PassesAttributesAndTagsOnAndAnswersTheUrl) {
  router_.will_reply(engine::CreateQueue::Reply{true});
  const http::HttpResponse response =
      json("CreateQueue",
           R"({"QueueName":"q","Attributes":{"VisibilityTimeout":"69"},"tags":{"a":"b"}})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, kQueueUrlBody);
  const auto& request = router_.request<engine::CreateQueue>();
  EXPECT_EQ(request.address, kQueue);
  EXPECT_EQ(request.attributes.visibility_timeout, 69);
  EXPECT_EQ(request.tags, (engine::Tags{{"a", "b"}}));
}

TEST_F(CreateQueueAction, RefusesBeforeAskingTheEngineNameThenAttributesThenTags) {
  const std::string bad_value = R"(,"Attributes":{"VisibilityTimeout":"43201"},"tags":{"":"x"}})";
  EXPECT_EQ(json("CreateQueue", R"({"QueueName":"a/b")" + bad_value).body,
            invalid_parameter_body("Can only include alphanumeric characters, hyphens, or "
                                   "underscores. 1 to 80 in length"));
  EXPECT_EQ(json("CreateQueue", R"({"QueueName":"q")" + bad_value).body,
            error_body("com.amazonaws.sqs#InvalidAttributeValue",
                       "Invalid value for the parameter VisibilityTimeout."));
  EXPECT_EQ(json("CreateQueue", R"({"QueueName":"q","tags":{"":"x"}})").body,
            invalid_parameter_body("Tag keys must be between 1 and 128 characters in length."));
  EXPECT_EQ(
      json("CreateQueue", R"({"QueueName":"q","Attributes":{"VisibilityTimeoutSeconds":"300",)"
                          R"("MaxReceiveCount":"3"}})")
          .body,
      error_body("com.amazonaws.sqs#InvalidAttributeName",
                 "Unknown Attribute VisibilityTimeoutSeconds."));
  EXPECT_TRUE(router_.requests.empty());
}

TEST_F(CreateQueueAction, AcceptsAliasesWhenConfigured) {
  config_.attribute_aliases = true;
  router_.will_reply(engine::CreateQueue::Reply{true});
  EXPECT_EQ(
      json("CreateQueue", R"({"QueueName":"q","Attributes":{"VisibilityTimeoutSeconds":"300",)"
                          R"("MaxReceiveCount":"3"}})")
          .status,
      200);
  const auto& attributes = router_.request<engine::CreateQueue>().attributes;
  EXPECT_EQ(attributes.visibility_timeout, 300);
  EXPECT_EQ(attributes.default_max_receive_count, 3);
}

const std::string kRedriveAttributes =
    R"("Attributes":{"RedrivePolicy":"{\"deadLetterTargetArn\":)"
    R"(\"arn:aws:sqs:us-east-1:000000000000:dlq\",\"maxReceiveCount\":3}"}})";
const std::string kCreateWithDeadLetterQueue = R"({"QueueName":"q",)" + kRedriveAttributes;

engine::DescribeQueue::Reply queue_with_allow_policy(std::string policy) {
  engine::DescribeQueue::Reply reply{};
  reply.attributes.redrive_allow_policy = std::move(policy);
  return reply;
}

TEST_F(CreateQueueAction, DoesNotAskForAQueueThatIsThereAlready) {
  router_.will_reply(engine::FindQueue::Reply{});
  router_.will_reply(engine::CreateQueue::Reply{false});
  EXPECT_EQ(json("CreateQueue", kCreateWithDeadLetterQueue).status, 200);
  EXPECT_EQ(router_.request<engine::FindQueue>().queue, kQueue);
  EXPECT_EQ(router_.requests.size(), 2u);
}

TEST_F(CreateQueueAction, AsksADeadLetterQueueWhetherItMayBeUsed) {
  router_.will_fail(ErrorCode::kQueueDoesNotExist, "");
  router_.will_reply(queue_with_allow_policy(R"({"redrivePermission":"denyAll"})"));
  const http::HttpResponse response = json("CreateQueue", kCreateWithDeadLetterQueue);
  EXPECT_EQ(response.status, 400);
  EXPECT_NE(response.body.find("Queue arn:aws:sqs:us-east-1:000000000000:dlq does not allow this "
                               "queue to use it as a dead-letter queue."),
            std::string::npos)
      << response.body;
  EXPECT_EQ(router_.requests.size(), 2u);
  EXPECT_EQ(router_.request<engine::DescribeQueue>(1).queue.name, "dlq");
}

TEST_F(CreateQueueAction, GoesOnWhenTheDeadLetterQueueAllowsOrIsUnknown) {
  router_.will_fail(ErrorCode::kQueueDoesNotExist, "");
  router_.will_reply(queue_with_allow_policy(""));
  router_.will_reply(engine::CreateQueue::Reply{true});
  EXPECT_EQ(json("CreateQueue", kCreateWithDeadLetterQueue).status, 200);
  router_.will_fail(ErrorCode::kQueueDoesNotExist, "");
  router_.will_fail(ErrorCode::kQueueDoesNotExist, "");
  router_.will_fail(ErrorCode::kInvalidParameterValue, "Dead letter target does not exist.");
  EXPECT_EQ(json("CreateQueue", kCreateWithDeadLetterQueue).body,
            invalid_parameter_body("Dead letter target does not exist."));
  EXPECT_EQ(
      router_.request<engine::CreateQueue>(5).attributes.redrive_policy.value()->max_receive_count,
      3);
}

const std::string kCreateWithPolicy =
    R"({"QueueName":"q","Attributes":{"Policy":"{\"Version\":\"1\",\"Statement\":[]}",)"
    R"("RedriveAllowPolicy":"{\"redrivePermission\":\"denyAll\"}"}})";
constexpr std::string_view kPolicyDiffers =
    "A queue already exists with the same name and a different value for attribute Policy";

engine::DescribeQueue::Reply queue_with_policies(std::string policy, std::string allow_policy) {
  engine::DescribeQueue::Reply reply = queue_with_allow_policy(std::move(allow_policy));
  reply.attributes.policy = std::move(policy);
  return reply;
}

TEST_F(CreateQueueAction, APolicySpeltInAnotherWayIsNoDifference) {
  const std::string policy = R"( { "Statement" : [ ], "Version" : "1" } )";
  const std::string allow_policy = R"({ "redrivePermission": "denyAll" })";
  router_.will_fail(ErrorCode::kQueueNameExists, std::string(kPolicyDiffers));
  router_.will_reply(queue_with_policies(policy, allow_policy));
  router_.will_reply(engine::CreateQueue::Reply{false});
  EXPECT_EQ(json("CreateQueue", kCreateWithPolicy).body, kQueueUrlBody);
  ASSERT_EQ(router_.requests.size(), 3u);
  EXPECT_EQ(router_.request<engine::DescribeQueue>(1).queue, kQueue);
  const auto& again = router_.request<engine::CreateQueue>(2);
  EXPECT_EQ(again.attributes.policy, policy) << "as it is kept: nothing is written anew";
  EXPECT_EQ(again.attributes.redrive_allow_policy, allow_policy);
}

TEST_F(CreateQueueAction, AnotherPolicyStaysADifference) {
  const std::string refused = error_body("com.amazonaws.sqs#QueueNameExists", kPolicyDiffers);
  for (const char* there :
       {"", R"({"Version":"2","Statement":[]})", R"({"Version":"1","Statement":[{}]})"}) {
    router_.will_fail(ErrorCode::kQueueNameExists, std::string(kPolicyDiffers));
    router_.will_reply(queue_with_policies(there, ""));
    EXPECT_EQ(json("CreateQueue", kCreateWithPolicy).body, refused) << there;
  }
  // Gone again in the meantime.
  router_.will_fail(ErrorCode::kQueueNameExists, std::string(kPolicyDiffers));
  router_.will_fail(ErrorCode::kQueueDoesNotExist, "");
  EXPECT_EQ(json("CreateQueue", kCreateWithPolicy).body, refused);
}

TEST_F(CreateQueueAction, WithoutAPolicyADifferenceIsReportedAtOnce) {
  router_.will_fail(ErrorCode::kQueueNameExists, "differs");
  EXPECT_EQ(json("CreateQueue", R"({"QueueName":"q","Attributes":{"DelaySeconds":"1"}})").body,
            error_body("com.amazonaws.sqs#QueueNameExists", "differs"));
  EXPECT_EQ(router_.requests.size(), 1u);
}

class GetQueueUrlAction : public ApiTest {};

TEST_F(GetQueueUrlAction, AnAccessKeysAccountAndANamedOneAreDifferentQueues) {
  config_.access_keys = {{"AKIAONE", "111122223333"}};
  base_.authorization =
      "AWS4-HMAC-SHA256 Credential=AKIAONE/20250101/eu-west-1/sqs/aws4_request, X=1";
  router_.will_reply(engine::FindQueue::Reply{});
  EXPECT_EQ(json("GetQueueUrl", R"({"QueueName":"q"})").body,
            R"({"QueueUrl":"http://localhost:9324/111122223333/q"})");
  EXPECT_EQ(router_.request<engine::FindQueue>(0).queue,
            (engine::QueueAddress{"eu-west-1", "111122223333", "q"}));
  router_.will_reply(engine::FindQueue::Reply{});
  EXPECT_EQ(
      json("GetQueueUrl", R"({"QueueName":"q","QueueOwnerAWSAccountId":"444455556666"})").body,
      R"({"QueueUrl":"http://localhost:9324/444455556666/q"})");
  EXPECT_EQ(router_.request<engine::FindQueue>(1).queue,
            (engine::QueueAddress{"eu-west-1", "444455556666", "q"}));
}

TEST_F(GetQueueUrlAction, AnswersTheUrlTheClientCanReach) {
  router_.will_reply(engine::FindQueue::Reply{});
  base_.host = "sqs.internal:80";
  EXPECT_EQ(
      json("GetQueueUrl", R"({"QueueName":"q","QueueOwnerAWSAccountId":"111122223333"})").body,
      R"({"QueueUrl":"http://sqs.internal:80/111122223333/q"})");
}

TEST_F(GetQueueUrlAction, AMissingNameIsInvalidAndAnImpossibleOneUnknown) {
  const std::string missing = invalid_parameter_body(
      "Value for parameter QueueName is invalid. Reason: Must specify a queue name.");
  EXPECT_EQ(json("GetQueueUrl", "{}").body, missing);
  EXPECT_EQ(json("GetQueueUrl", R"({"QueueName":""})").body, missing);
  const std::string unknown =
      error_body("com.amazonaws.sqs#QueueDoesNotExist", "The specified queue does not exist.");
  EXPECT_EQ(json("GetQueueUrl", R"({"QueueName":"a/b"})").body, unknown);
  EXPECT_EQ(json("GetQueueUrl", R"({"QueueName":"q","QueueOwnerAWSAccountId":"1"})").body, unknown);
}

TEST_F(GetQueueUrlAction, WorksForOtherNamesOnAQueuesPath) {
  router_.will_reply(engine::FindQueue::Reply{});
  const http::HttpResponse response = get("/000000000000/q?Action=GetQueueUrl&QueueName=other");
  EXPECT_NE(response.body.find("<QueueUrl>http://localhost:9324/000000000000/other</QueueUrl>"),
            std::string::npos)
      << response.body;
}

class ListQueuesAction : public ApiTest {};

TEST_F(ListQueuesAction, WithoutMaxResultsThereIsNoNextToken) {
  router_.will_reply(engine::ListQueues::Reply{{"a", "b"}, true});
  EXPECT_EQ(json("ListQueues", R"({"QueueNamePrefix":"p"})").body,
            R"({"QueueUrls":["http://localhost:9324/000000000000/a",)"
            R"("http://localhost:9324/000000000000/b"]})");
  const auto& request = router_.request<engine::ListQueues>();
  EXPECT_EQ(request.name_prefix, "p");
  EXPECT_EQ(request.max_results, 1000);
  EXPECT_EQ(request.region, "us-east-1");
  EXPECT_EQ(request.account, "000000000000");
}

TEST_F(ListQueuesAction, TheNextTokenContinuesAfterTheLastName) {
  router_.will_reply(engine::ListQueues::Reply{{"a", "b"}, true});
  const std::string token = base64_encode("b");
  const http::HttpResponse first = json("ListQueues", R"({"MaxResults":2})");
  EXPECT_NE(first.body.find("\"NextToken\":\"" + token + "\""), std::string::npos);
  router_.will_reply(engine::ListQueues::Reply{{"c"}, false});
  const http::HttpResponse second =
      json("ListQueues", R"({"MaxResults":10,"NextToken":")" + token + "\"}");
  EXPECT_EQ(second.body, R"({"QueueUrls":["http://localhost:9324/000000000000/c"]})");
  EXPECT_EQ(router_.request<engine::ListQueues>(1).after_name, "b");
}

TEST_F(ListQueuesAction, NothingFoundIsAnEmptyObject) {
  router_.will_reply(engine::ListQueues::Reply{{}, false});
  EXPECT_EQ(json("ListQueues", "").body, "{}");
}

TEST_F(ListQueuesAction, RefusesBadPagesAndTokens) {
  const std::string range = invalid_parameter_body(
      "Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 "
      "and 1000.");
  EXPECT_EQ(json("ListQueues", R"({"MaxResults":0})").body, range);
  EXPECT_EQ(json("ListQueues", R"({"MaxResults":1001})").body, range);
  const std::string token = invalid_parameter_body("Invalid or expired next token.");
  for (const std::string& bad :
       {std::string("%"), base64_encode("a b"), std::string(), base64_encode("other")}) {
    EXPECT_EQ(json("ListQueues", R"({"QueueNamePrefix":"q","NextToken":")" + bad + "\"}").body,
              token);
  }
}

class ListDeadLetterSourceQueuesAction : public ApiTest {};

TEST_F(ListDeadLetterSourceQueuesAction, AnswersTheUrlsOfTheSources) {
  router_.will_reply(engine::ListDeadLetterSourceQueues::Reply{{"a", "b"}, true});
  EXPECT_EQ(json("ListDeadLetterSourceQueues", R"({"QueueUrl":"http://h/111122223333/dlq"})").body,
            R"({"queueUrls":["http://localhost:9324/111122223333/a",)"
            R"("http://localhost:9324/111122223333/b"]})")
      << "without MaxResults there is no NextToken";
  const auto& request = router_.request<engine::ListDeadLetterSourceQueues>();
  EXPECT_EQ(request.queue, (engine::QueueAddress{"us-east-1", "111122223333", "dlq"}));
  EXPECT_EQ(request.max_results, 1000);
  EXPECT_EQ(request.after_name, "");
}

TEST_F(ListDeadLetterSourceQueuesAction, PagesLikeListQueues) {
  router_.will_reply(engine::ListDeadLetterSourceQueues::Reply{{"a", "b"}, true});
  const std::string token = base64_encode("b");
  const std::string first =
      json("ListDeadLetterSourceQueues", R"({"QueueUrl":"q","MaxResults":2})").body;
  EXPECT_NE(first.find("\"NextToken\":\"" + token + "\""), std::string::npos) << first;
  router_.will_reply(engine::ListDeadLetterSourceQueues::Reply{{"c"}, false});
  const http::HttpResponse second =
      get("/000000000000/q?Action=ListDeadLetterSourceQueues&MaxResults=2&NextToken=" + token);
  EXPECT_NE(second.body.find("<ListDeadLetterSourceQueuesResult><QueueUrl>http://localhost:9324/"
                             "000000000000/c</QueueUrl></ListDeadLetterSourceQueuesResult>"),
            std::string::npos)
      << second.body;
  const auto& request = router_.request<engine::ListDeadLetterSourceQueues>(1);
  EXPECT_EQ(request.after_name, "b");
  EXPECT_EQ(request.max_results, 2);
}

TEST_F(ListDeadLetterSourceQueuesAction, NothingFoundIsAnEmptyList) {
  router_.will_reply(engine::ListDeadLetterSourceQueues::Reply{{}, false});
  EXPECT_EQ(json("ListDeadLetterSourceQueues", R"({"QueueUrl":"q","MaxResults":5})").body,
            R"({"queueUrls":[]})");
}

TEST_F(ListDeadLetterSourceQueuesAction, RefusesBadPagesAndUnknownQueues) {
  EXPECT_EQ(json("ListDeadLetterSourceQueues", R"({"QueueUrl":"http://x","MaxResults":1001})").body,
            invalid_parameter_body("Value for parameter MaxResults is invalid. Reason: MaxResults "
                                   "must be an integer between 1 and 1000."));
  EXPECT_EQ(json("ListDeadLetterSourceQueues", R"({"QueueUrl":"q","NextToken":"%"})").body,
            invalid_parameter_body("Invalid or expired next token."));
  EXPECT_EQ(
      json("ListDeadLetterSourceQueues", R"({"QueueUrl":"http://x"})").body,
      error_body("com.amazonaws.sqs#QueueDoesNotExist", "The specified queue does not exist."));
  EXPECT_TRUE(router_.requests.empty());
}

class QueueAttributeActions : public ApiTest {};

TEST_F(QueueAttributeActions, PolicyTextsComeBackByteForByteEveryTime) {
  const std::string policy = "{ \"Statement\" : [ ],\t\"b\":1.50, \"a\":\"\\u0041\" }";
  for (int i = 0; i < 3; ++i) {
    router_.will_reply(queue_with_policies(policy, ""));
    const std::string body =
        json("GetQueueAttributes", R"({"QueueUrl":"q","AttributeNames":["Policy"]})").body;
    EXPECT_EQ(body, R"({"Attributes":{"Policy":"{ \"Statement\" : [ ],\t\"b\":1.50, )"
                    R"(\"a\":\"\\u0041\" }"}})");
  }
}

TEST_F(QueueAttributeActions, GetAnswersWhatWasAskedFor) {
  engine::DescribeQueue::Reply description{};
  description.attributes.visibility_timeout = 77;
  router_.will_reply(description);
  EXPECT_EQ(json("GetQueueAttributes",
                 R"({"QueueUrl":"q","AttributeNames":["VisibilityTimeout","QueueArn","Policy"]})")
                .body,
            R"({"Attributes":{"QueueArn":"arn:aws:sqs:us-east-1:000000000000:q",)"
            R"("VisibilityTimeout":"77"}})");
  router_.will_reply(description);
  EXPECT_EQ(json("GetQueueAttributes", R"({"QueueUrl":"q"})").body, "{}");
}

TEST_F(QueueAttributeActions, GetOfAnUnknownNameIsRefused) {
  router_.will_reply(engine::DescribeQueue::Reply{});
  const http::HttpResponse response =
      get("/000000000000/q?Action=GetQueueAttributes&AttributeName.1=Foobar");
  EXPECT_EQ(response.status, 400);
  EXPECT_NE(response.body.find("<Code>InvalidAttributeName</Code><Message>Unknown Attribute "
                               "Foobar.</Message>"),
            std::string::npos)
      << response.body;
}

TEST_F(QueueAttributeActions, AQueueUrlParameterBeatsThePath) {
  router_.will_reply(engine::DescribeQueue::Reply{});
  get("/000000000000/a?Action=GetQueueAttributes&QueueUrl=http%3A%2F%2Fh%2F000000000000%2Fb");
  EXPECT_EQ(router_.request<engine::DescribeQueue>().queue.name, "b");
}

TEST_F(QueueAttributeActions, SetPassesTheChangesOn) {
  router_.will_reply(engine::SetQueueAttributes::Reply{});
  const http::HttpResponse response = json(
      "SetQueueAttributes", R"({"QueueUrl":"q","Attributes":{"DelaySeconds":"1","Policy":""}})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "");
  const auto& request = router_.request<engine::SetQueueAttributes>();
  EXPECT_EQ(request.queue, kQueue);
  EXPECT_EQ(request.attributes.delay_seconds, 1);
  EXPECT_EQ(request.attributes.policy, "");
}

TEST_F(QueueAttributeActions, SetNeedsAttributes) {
  EXPECT_EQ(json("SetQueueAttributes", R"({"QueueUrl":"q"})").body,
            missing_parameter_body("Attributes"));
  EXPECT_EQ(json("SetQueueAttributes", R"({"QueueUrl":"q","Attributes":{}})").body,
            missing_parameter_body("Attribute.Name"));
}

TEST_F(QueueAttributeActions, SetRespectsADeadLetterQueuesAllowPolicy) {
  router_.will_reply(
      queue_with_allow_policy(R"({"redrivePermission":"byQueue",)"
                              R"("sourceQueueArns":["arn:aws:sqs:us-east-1:000000000000:q"]})"));
  router_.will_reply(engine::SetQueueAttributes::Reply{});
  EXPECT_EQ(json("SetQueueAttributes", R"({"QueueUrl":"q",)" + kRedriveAttributes).status, 200);
  router_.will_reply(
      queue_with_allow_policy(R"({"redrivePermission":"byQueue",)"
                              R"("sourceQueueArns":["arn:aws:sqs:us-east-1:000000000000:q"]})"));
  EXPECT_EQ(json("SetQueueAttributes", R"({"QueueUrl":"other",)" + kRedriveAttributes).status, 400);
}

class TagActions : public ApiTest {};

TEST_F(TagActions, TagsAreSetRemovedAndListed) {
  router_.will_reply(engine::TagQueue::Reply{});
  EXPECT_EQ(json("TagQueue", R"({"QueueUrl":"q","Tags":{"a":"","b":"2"}})").status, 200);
  EXPECT_EQ(router_.request<engine::TagQueue>().tags, (engine::Tags{{"a", ""}, {"b", "2"}}));
  router_.will_reply(engine::UntagQueue::Reply{});
  EXPECT_EQ(json("UntagQueue", R"({"QueueUrl":"q","TagKeys":["a"]})").status, 200);
  EXPECT_EQ(router_.request<engine::UntagQueue>(1).tag_keys, (std::vector<std::string>{"a"}));
  router_.will_reply(engine::ListQueueTags::Reply{{{"b", "2"}}});
  EXPECT_EQ(json("ListQueueTags", R"({"QueueUrl":"q"})").body, R"({"Tags":{"b":"2"}})");
  router_.will_reply(engine::ListQueueTags::Reply{});
  EXPECT_EQ(json("ListQueueTags", R"({"QueueUrl":"q"})").body, "{}");
}

TEST_F(TagActions, MissingAndEmptyTagsAreRefused) {
  for (const char* body : {R"({"QueueUrl":"q"})", R"({"QueueUrl":"q","Tags":{}})"}) {
    EXPECT_EQ(json("TagQueue", body).body, missing_parameter_body("Tags"));
  }
  EXPECT_EQ(json("UntagQueue", R"({"QueueUrl":"q"})").body, missing_parameter_body("TagKeys"));
  EXPECT_EQ(json("UntagQueue", R"({"QueueUrl":"q","TagKeys":[]})").body,
            invalid_parameter_body("Tag keys must be between 1 and 128 characters in length."));
}

class DeleteAndPurgeActions : public ApiTest {};

TEST_F(DeleteAndPurgeActions, NameTheirQueueAndAnswerNothing) {
  router_.will_reply(engine::DeleteQueue::Reply{});
  EXPECT_EQ(json("DeleteQueue", R"({"QueueUrl":"q.fifo"})").body, "");
  EXPECT_EQ(router_.request<engine::DeleteQueue>().queue, kFifoQueue);
  router_.will_reply(engine::PurgeQueue::Reply{});
  EXPECT_EQ(json("PurgeQueue", R"({"QueueUrl":"q"})").body, "");
  EXPECT_EQ(router_.request<engine::PurgeQueue>(1).queue, kQueue);
}

TEST_F(DeleteAndPurgeActions, AnOddQueueUrlIsAnUnknownQueue) {
  EXPECT_EQ(
      json("PurgeQueue", R"({"QueueUrl":"http://whatever"})").body,
      error_body("com.amazonaws.sqs#QueueDoesNotExist", "The specified queue does not exist."));
}

}  // namespace
}  // namespace forebay::server
