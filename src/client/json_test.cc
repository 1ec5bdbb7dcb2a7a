// SPDX-License-Identifier: Apache-2.0
// Requests as text and replies from text; the server's own reader and writer stand on the other
// side in client_server_test.cc.
#include <string>
#include <vector>

#include <forebay/sqs/detail/exchange.h>
#include <forebay/sqs/message_move_tasks.h>
#include <forebay/sqs/queues.h>
#include <gtest/gtest.h>

#include "client/digests.h"
#include "protocol/digests.h"

namespace forebay::sqs {
namespace {

using std::chrono::seconds;

template <class Request>
std::string json_of(const Request& request) {
  detail::Sent sent;
  return detail::encode(request, sent).json;
}

template <class Request>
Result<typename Request::Reply> reply_of(std::string json, const detail::Sent& sent = {}) {
  return detail::decode<Request>(Result<std::string>(std::move(json)), sent);
}

TEST(RequestAsJson, HasOnlyWhatIsSet) {
  EXPECT_EQ(json_of(ListQueuesRequest{}), "{}");
  EXPECT_EQ(json_of(ListQueuesRequest{.queue_name_prefix = "", .max_results = 7}),
            R"({"QueueNamePrefix":"","MaxResults":7})");
  EXPECT_EQ(json_of(SendMessageRequest{.queue_url = "u", .message_body = "b"}),
            R"({"QueueUrl":"u","MessageBody":"b"})");
  EXPECT_EQ(json_of(ChangeMessageVisibilityRequest{.queue_url = "u", .receipt_handle = "h"}),
            R"({"QueueUrl":"u","ReceiptHandle":"h","VisibilityTimeout":0})");
  EXPECT_EQ(json_of(DeleteMessageBatchRequest{.queue_url = "u"}),
            R"({"QueueUrl":"u","Entries":[]})");
}

TEST(RequestAsJson, EscapesTextAndEncodesBytes) {
  EXPECT_EQ(json_of(SendMessageRequest{
                .queue_url = "u",
                .message_body = "a\"\\\nä",
                .message_attributes = {{"b", MessageAttributeValue::binary(std::string("\0\1", 2))},
                                       {"n", MessageAttributeValue::number(42)}}}),
            R"({"QueueUrl":"u","MessageBody":"a\"\\\nä","MessageAttributes":{)"
            R"("b":{"DataType":"Binary","BinaryValue":"AAE="},)"
            R"("n":{"DataType":"Number","StringValue":"42"}}})");
}

TEST(RequestAsJson, SpellsAttributesAsSqsDoes) {
  const QueueAttributes attributes{
      .visibility_timeout = seconds(30),
      .redrive_policy = RedrivePolicy{.dead_letter_target_arn = "a\"b", .max_receive_count = 5},
      .redrive_allow_policy =
          RedriveAllowPolicy{.redrive_permission = RedriveAllowPolicy::RedrivePermission::kByQueue,
                             .source_queue_arns = {"x", "y"}},
      .fifo_queue = true,
      .fifo_throughput_limit = FifoThroughputLimit::kPerMessageGroupId,
      .others = {{"NewThing", "1"}}};
  const OtherAttributes expected = {
      {"FifoQueue", "true"},
      {"FifoThroughputLimit", "perMessageGroupId"},
      {"NewThing", "1"},
      {"RedriveAllowPolicy", R"({"redrivePermission":"byQueue","sourceQueueArns":["x","y"]})"},
      {"RedrivePolicy", R"({"deadLetterTargetArn":"a\"b","maxReceiveCount":5})"},
      {"VisibilityTimeout", "30"}};
  EXPECT_EQ(to_text(attributes), expected);
  EXPECT_EQ(to_text(QueueAttributes{.redrive_policy = RedrivePolicy()}),
            (OtherAttributes{{"RedrivePolicy", ""}}));
}

TEST(RequestAsJson, ALongPollSaysHowLong) {
  detail::Sent sent;
  EXPECT_EQ(detail::encode(ReceiveMessageRequest{.wait_time_seconds = seconds(3)}, sent).wait,
            seconds(3));
  // The queue's own wait may be as long as it gets.
  EXPECT_EQ(detail::encode(ReceiveMessageRequest{}, sent).wait, kWaitTimeMax);
  EXPECT_EQ(detail::encode(SendMessageRequest{}, sent).wait, seconds(0));
}

TEST(ReplyFromJson, AttributesFindTheirFields) {
  const auto reply = reply_of<GetQueueAttributesRequest>(
      R"({"Attributes":{"QueueArn":"arn","DelaySeconds":"5","CreatedTimestamp":"1700000000",)"
      R"("RedrivePolicy":"{\"deadLetterTargetArn\":\"d\",\"maxReceiveCount\":\"3\"}",)"
      R"("DeduplicationScope":"messageGroup","VisibilityTimeout":"soon","Invented":"x"}})");
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply->status.queue_arn, "arn");
  EXPECT_EQ(reply->attributes.delay_seconds, seconds(5));
  EXPECT_EQ(reply->status.created_timestamp, Timestamp(seconds(1'700'000'000)));
  EXPECT_EQ(reply->attributes.redrive_policy,
            (RedrivePolicy{.dead_letter_target_arn = "d", .max_receive_count = 3}));
  EXPECT_EQ(reply->attributes.deduplication_scope, DeduplicationScope::kMessageGroup);
  EXPECT_EQ(reply->attributes.others,
            (OtherAttributes{{"Invented", "x"}, {"VisibilityTimeout", "soon"}}));
}

TEST(ReplyFromJson, AttributesSurviveTheWayThereAndBack) {
  const QueueAttributes attributes{
      .delay_seconds = seconds(1),
      .maximum_message_size_bytes = 2'048,
      .policy = "{}",
      .redrive_policy = RedrivePolicy{.dead_letter_target_arn = "d", .max_receive_count = 9},
      .redrive_allow_policy =
          RedriveAllowPolicy{.redrive_permission = RedriveAllowPolicy::RedrivePermission::kDenyAll,
                             .source_queue_arns = {}},
      .sqs_managed_sse_enabled = false,
      .content_based_deduplication = true,
      .deduplication_scope = DeduplicationScope::kQueue,
      .fifo_throughput_limit = FifoThroughputLimit::kPerQueue};
  const std::string json =
      json_of(SetQueueAttributesRequest{.queue_url = "u", .attributes = attributes});
  const auto reply = reply_of<GetQueueAttributesRequest>(json);
  ASSERT_TRUE(reply.ok()) << reply.error();
  EXPECT_EQ(reply->attributes, attributes);
}

TEST(ReplyFromJson, WhatIsUnknownOrNullIsPassedOver) {
  const auto reply = reply_of<ListQueuesRequest>(
      R"({"New":{"a":[1]},"NextToken":null,"QueueUrls":["a",null,"b"]})");
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply->queue_urls, (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(reply->next_token.has_value());
  EXPECT_TRUE(reply_of<DeleteMessageRequest>("").ok());
  EXPECT_TRUE(reply_of<DeleteMessageRequest>("{}").ok());
}

TEST(ReplyFromJson, WhatCannotBeReadIsTheServersFault) {
  for (const char* json :
       {"<html>", "[1]", R"({"QueueUrls":"a"})", R"({"QueueUrls":[1]})", R"({"NextToken":{}})"}) {
    const auto reply = reply_of<ListQueuesRequest>(json);
    ASSERT_FALSE(reply.ok()) << json;
    EXPECT_EQ(reply.error().kind, ErrorKind::kServerFault);
  }
  EXPECT_FALSE(
      reply_of<SendMessageRequest>("{\"MessageId\":\"" + std::string(101, 'x') + "\"}").ok());
}

TEST(ReplyFromJson, ATaskHasItsStatusAndTime) {
  const auto reply = reply_of<ListMessageMoveTasksRequest>(
      R"({"Results":[{"Status":"FAILED","FailureReason":"f","SourceArn":"s",)"
      R"("StartedTimestamp":1.7E12},{"Status":"NEW"}]})");
  ASSERT_TRUE(reply.ok()) << reply.error();
  EXPECT_EQ(reply->results[0].status, MessageMoveTaskStatus::kFailed);
  EXPECT_EQ(reply->results[0].started_timestamp, Timestamp(seconds(1'700'000'000)));
  EXPECT_EQ(reply->results[1].status, MessageMoveTaskStatus::kUnknown);
}

// ---- Digests ----

TEST(MessageDigest, IsThatOfTheContractsVectors) {
  EXPECT_EQ(md5_of({{"Help.Me", MessageAttributeValue::string("Me")},
                    {"Hello", MessageAttributeValue::string("There")},
                    {"General", MessageAttributeValue::string("Kenobi")}}),
            "4c360f3fdafd970e05fae2f149d997f5");
  EXPECT_EQ(md5_of({{"timestamp", MessageAttributeValue::number("1493147359900")}}),
            "235c5c510d26fb653d073faed50ae77c");
  EXPECT_EQ(md5_of({}), "");
}

std::string message_json(const std::string& body_md5, const std::string& attributes_md5) {
  return R"({"Messages":[{"MessageId":"m","ReceiptHandle":"h","Body":"message","MD5OfBody":")" +
         body_md5 + R"(","MD5OfMessageAttributes":")" + attributes_md5 +
         R"(","MessageAttributes":{"Foo":{"DataType":"String","StringValue":"Bar"}}}]})";
}

TEST(MessageDigest, OfWhatIsReceivedMustMatch) {
  const std::string body = "78e731027d8fd50ed642340b7c9a63b3";
  const std::string attributes = "ae7155c6026991b6d54b11589678bf9c";
  EXPECT_TRUE(reply_of<ReceiveMessageRequest>(message_json(body, attributes)).ok());
  std::string wrong = body;
  wrong[0] = '8';
  const auto bad_body = reply_of<ReceiveMessageRequest>(message_json(wrong, attributes));
  ASSERT_FALSE(bad_body.ok());
  EXPECT_EQ(bad_body.error().kind, ErrorKind::kChecksumMismatch);
  EXPECT_FALSE(reply_of<ReceiveMessageRequest>(message_json(body, wrong)).ok());
  EXPECT_FALSE(reply_of<ReceiveMessageRequest>(message_json("", attributes)).ok());
}

TEST(MessageDigest, OfWhatIsSentMustMatch) {
  const SendMessageRequest request{
      .queue_url = "u",
      .message_body = "message",
      .message_attributes = {{"Foo", MessageAttributeValue::string("Bar")}},
      .message_system_attributes = {{"AWSTraceHeader", MessageAttributeValue::string("t")}}};
  detail::Sent sent;
  detail::encode(request, sent);
  const auto reply = [&](const std::string& body, const std::string& attributes,
                         const std::string& system) {
    return reply_of<SendMessageRequest>(
        R"({"MessageId":"m","MD5OfMessageBody":")" + body + R"(","MD5OfMessageAttributes":")" +
            attributes + R"(","MD5OfMessageSystemAttributes":")" + system + "\"}",
        sent);
  };
  const std::string body = "78e731027d8fd50ed642340b7c9a63b3";
  const std::string attributes = "ae7155c6026991b6d54b11589678bf9c";
  const std::string system(std::string_view(md5_of(request.message_system_attributes)));
  EXPECT_TRUE(reply(body, attributes, system).ok());
  EXPECT_TRUE(reply(body, "", "").ok());
  EXPECT_FALSE(reply(attributes, attributes, system).ok());
  EXPECT_FALSE(reply(body, body, system).ok());
  EXPECT_FALSE(reply(body, attributes, body).ok());
  EXPECT_FALSE(reply("", attributes, system).ok());
}

TEST(MessageDigest, OfABatchIsCheckedEntryByEntry) {
  const SendMessageBatchRequest request{
      .queue_url = "u",
      .entries = {{.id = "a", .message_body = "message"}, {.id = "b", .message_body = "other"}}};
  detail::Sent sent;
  detail::encode(request, sent);
  const auto entry = [](const std::string& id, const std::string& md5) {
    return R"({"Id":")" + id + R"(","MessageId":"m","MD5OfMessageBody":")" + md5 + "\"}";
  };
  const std::string a = "78e731027d8fd50ed642340b7c9a63b3";
  const std::string b(std::string_view(protocol::md5_hex("other")));
  const auto ok = [&](const std::string& entries) {
    return reply_of<SendMessageBatchRequest>(R"({"Successful":[)" + entries + "]}", sent).ok();
  };
  EXPECT_TRUE(ok(entry("b", b) + "," + entry("a", a)));
  EXPECT_FALSE(ok(entry("b", a)));
  EXPECT_FALSE(ok(entry("c", a)));
}

/// Twelve: more than are digested at a time.
TEST(MessageDigest, OfEachOfManyMessagesIsChecked) {
  constexpr size_t kMessages = 12;
  constexpr size_t kAllRight = kMessages;
  for (size_t wrong = 0; wrong <= kAllRight; ++wrong) {
    SendMessageBatchRequest request{.queue_url = "u"};
    ReceiveMessageReply received;
    SendMessageBatchReply stored;
    for (size_t i = 0; i < kMessages; ++i) {
      const std::string body = "body " + std::to_string(i);
      request.entries.push_back({.id = std::to_string(i), .message_body = body});
      Md5Digest md5 = protocol::md5_hex(i == wrong ? "another" : body);
      received.messages.push_back({.md5_of_body = md5, .body = body});
      stored.successful.push_back(
          {.id = std::to_string(i), .result = {.md5_of_message_body = md5}});
    }
    EXPECT_EQ(check_received(received).ok(), wrong == kAllRight) << wrong;
    EXPECT_EQ(check_sent(stored, digests_of(request)).ok(), wrong == kAllRight) << wrong;
  }
}

}  // namespace
}  // namespace forebay::sqs
