// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <gtest/gtest.h>

#include "protocol/codec.h"
#include "protocol/query_parameters.h"

namespace forebay::protocol {
namespace {

/// Decodes a form body posted to "/" (or to `target`).
template <class Request>
Result<Request> decode(std::string_view body, std::string_view target = "/") {
  const std::string whole = "Action=A&Version=2012-11-05&" + std::string(body);
  const Classified classified = classify({.method = "POST",
                                          .target = target,
                                          .content_type = {},
                                          .amz_target = {},
                                          .accept = {},
                                          .body = whole});
  if (!classified.envelope.ok()) return classified.envelope.error();
  return decode_request<Request>(*classified.envelope);
}

template <class Request>
Request decoded(std::string_view body, std::string_view target = "/") {
  Result<Request> result = decode<Request>(body, target);
  EXPECT_TRUE(result.ok()) << body << ": " << (result.ok() ? "" : result.error().message);
  return result.ok() ? std::move(result).value() : Request();
}

template <class Request>
std::string refusal(std::string_view body) {
  const Result<Request> result = decode<Request>(body);
  if (result.ok()) return "accepted";
  EXPECT_EQ(result.error().code, ErrorCode::kSerialization);
  return result.error().message;
}

// ---- Each request, with every member ----

TEST(QueryRequests, CreateQueue) {
  const auto r = decoded<CreateQueueRequest>(
      "QueueName=q&Attribute.10.Name=Policy&Attribute.10.Value=&Attribute.2.Name=VisibilityTimeout"
      "&Attribute.2.Value=30&Tag.1.Key=k+1&Tag.1.Value=v%26");
  EXPECT_EQ(r.queue_name, "q");
  EXPECT_EQ(r.attributes, (StringPairs{{"VisibilityTimeout", "30"}, {"Policy", ""}}));
  EXPECT_EQ(r.tags, (StringPairs{{"k 1", "v&"}}));
}

TEST(QueryRequests, QueuesByNameAndPrefix) {
  const auto get = decoded<GetQueueUrlRequest>("QueueName=q&QueueOwnerAWSAccountId=123456789012");
  EXPECT_EQ(get.queue_name, "q");
  EXPECT_EQ(get.queue_owner_aws_account_id, "123456789012");
  const auto list = decoded<ListQueuesRequest>("QueueNamePrefix=p&MaxResults=1000&NextToken=t");
  EXPECT_EQ(list.queue_name_prefix, "p");
  EXPECT_EQ(list.max_results, 1000);
  EXPECT_EQ(list.next_token, "t");
}

TEST(QueryRequests, GetQueueAttributes) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(decoded<GetQueueAttributesRequest>("AttributeName.1=All").attribute_names,
            Names{"All"});
  EXPECT_EQ(decoded<GetQueueAttributesRequest>("AttributeName=All").attribute_names, Names{"All"});
  EXPECT_EQ(
      decoded<GetQueueAttributesRequest>("AttributeName.10=b&AttributeName.9=a").attribute_names,
      (Names{"a", "b"}));
  EXPECT_EQ(decoded<GetQueueAttributesRequest>("AttributeName.1=").attribute_names, Names{""});
  EXPECT_TRUE(decoded<GetQueueAttributesRequest>("").attribute_names.empty());
}

TEST(QueryRequests, SetQueueAttributesInBothForms) {
  EXPECT_EQ(decoded<SetQueueAttributesRequest>("Attribute.1.Name=a&Attribute.1.Value=1").attributes,
            (StringPairs{{"a", "1"}}));
  EXPECT_EQ(decoded<SetQueueAttributesRequest>("Attribute.Name=a&Attribute.Value=1").attributes,
            (StringPairs{{"a", "1"}}));
  EXPECT_EQ(decoded<SetQueueAttributesRequest>("").attributes, std::nullopt);
  EXPECT_EQ(decoded<SetQueueAttributesRequest>("Attribute=").attributes, StringPairs{});
}

TEST(QueryRequests, Tags) {
  EXPECT_EQ(decoded<TagQueueRequest>("Tag.1.Key=b&Tag.1.Value=1&Tag.2.Key=a").tags,
            (StringPairs{{"b", "1"}, {"a", ""}}));
  EXPECT_EQ(decoded<UntagQueueRequest>("TagKey.1=a&TagKey.2=b").tag_keys,
            (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(decoded<UntagQueueRequest>("").tag_keys, std::nullopt);
  EXPECT_EQ(decoded<UntagQueueRequest>("TagKey=").tag_keys, std::vector<std::string>{});
}

TEST(QueryRequests, Permissions) {
  const auto add = decoded<AddPermissionRequest>(
      "QueueUrl=u&Label=l&AWSAccountId.2=444455556666&AWSAccountId.1=111122223333"
      "&ActionName.1=SendMessage&ActionName.2=*");
  EXPECT_EQ(add.queue_url, "u");
  EXPECT_EQ(add.label, "l");
  EXPECT_EQ(add.aws_account_ids, (std::vector<std::string>{"111122223333", "444455556666"}));
  EXPECT_EQ(add.actions, (std::vector<std::string>{"SendMessage", "*"}));
  EXPECT_EQ(decoded<AddPermissionRequest>("").actions, std::nullopt);
  const auto remove = decoded<RemovePermissionRequest>("Label=l", "/000000000000/q");
  EXPECT_EQ(remove.queue_url, "/000000000000/q");
  EXPECT_EQ(remove.label, "l");
}

TEST(QueryRequests, DeadLetterSourcesAndMoveTasks) {
  const auto sources = decoded<ListDeadLetterSourceQueuesRequest>("MaxResults=7&NextToken=t", "/q");
  EXPECT_EQ(sources.queue_url, "/q");
  EXPECT_EQ(sources.max_results, 7);
  EXPECT_EQ(sources.next_token, "t");
  const auto start = decoded<StartMessageMoveTaskRequest>(
      "SourceArn=arn%3Aaws%3Asqs&DestinationArn=d&MaxNumberOfMessagesPerSecond=500");
  EXPECT_EQ(start.source_arn, "arn:aws:sqs");
  EXPECT_EQ(start.destination_arn, "d");
  EXPECT_EQ(start.max_number_of_messages_per_second, 500);
  EXPECT_EQ(decoded<CancelMessageMoveTaskRequest>("TaskHandle=h%3D").task_handle, "h=");
  const auto list = decoded<ListMessageMoveTasksRequest>("SourceArn=s&MaxResults=10");
  EXPECT_EQ(list.source_arn, "s");
  EXPECT_EQ(list.max_results, 10);
}

TEST(QueryRequests, SendMessage) {
  const auto r = decoded<SendMessageRequest>(
      "QueueUrl=u&MessageBody=b%0D%0A+&DelaySeconds=5&MessageDeduplicationId=d&MessageGroupId=g"
      "&MessageAttribute.1.Name=Foo&MessageAttribute.1.Value.DataType=String&MessageAttribute.1."
      "Value.StringValue=Bar"
      "&MessageAttribute.2.Name=Bin&MessageAttribute.2.Value.DataType=Binary&MessageAttribute.2."
      "Value.BinaryValue=AP8%3D"
      "&MessageSystemAttribute.1.Name=AWSTraceHeader&MessageSystemAttribute.1.Value.DataType=String"
      "&MessageSystemAttribute.1.Value.StringValue=Root=1");
  EXPECT_EQ(r.queue_url, "u");
  EXPECT_EQ(r.message_body, "b\r\n ");
  EXPECT_EQ(r.delay_seconds, 5);
  EXPECT_EQ(r.message_deduplication_id, "d");
  EXPECT_EQ(r.message_group_id, "g");
  ASSERT_EQ(r.message_attributes.size(), 2u);
  EXPECT_EQ(r.message_attributes[0].first, "Foo");
  EXPECT_EQ(r.message_attributes[0].second.data_type, "String");
  EXPECT_EQ(r.message_attributes[0].second.string_value, "Bar");
  EXPECT_EQ(r.message_attributes[1].second.binary_value, std::string("\0\xff", 2));
  EXPECT_FALSE(r.message_attributes[1].second.has_list_values);
  ASSERT_EQ(r.message_system_attributes.size(), 1u);
  EXPECT_EQ(r.message_system_attributes[0].second.string_value, "Root=1");
}

TEST(QueryRequests, PluralMessageAttributesAreAccepted) {
  const auto r = decoded<SendMessageRequest>(
      "MessageAttributes.1.Name=a&MessageAttributes.1.Value.DataType=String&MessageAttributes.1."
      "Value.StringValue=1");
  ASSERT_EQ(r.message_attributes.size(), 1u);
  EXPECT_EQ(r.message_attributes[0].first, "a");
  EXPECT_EQ(r.message_attributes[0].second.string_value, "1");
}

TEST(QueryRequests, AttributesWithoutNameOrValueAreKept) {
  const auto r = decoded<SendMessageRequest>(
      "MessageAttribute.3.Value.DataType=String&MessageAttribute.7.Name=n");
  ASSERT_EQ(r.message_attributes.size(), 2u);
  EXPECT_EQ(r.message_attributes[0].first, "");
  EXPECT_EQ(r.message_attributes[0].second.data_type, "String");
  EXPECT_EQ(r.message_attributes[1].first, "n");
  EXPECT_EQ(r.message_attributes[1].second.data_type, std::nullopt);
}

TEST(QueryRequests, ListValuesAreNoticed) {
  EXPECT_TRUE(decoded<SendMessageRequest>("MessageAttribute.1.Value.StringListValue.1=x")
                  .message_attributes.at(0)
                  .second.has_list_values);
  EXPECT_TRUE(decoded<SendMessageRequest>("MessageAttribute.1.Value.BinaryListValue.2=eA==")
                  .message_attributes.at(0)
                  .second.has_list_values);
  EXPECT_FALSE(decoded<SendMessageRequest>("MessageAttribute.1.Value.StringListValue=")
                   .message_attributes.at(0)
                   .second.has_list_values);
}

TEST(QueryRequests, SendMessageBatch) {
  const auto r = decoded<SendMessageBatchRequest>(
      "SendMessageBatchRequestEntry.10.Id=ten&SendMessageBatchRequestEntry.2.Id=two"
      "&SendMessageBatchRequestEntry.2.MessageBody=b&SendMessageBatchRequestEntry.2.DelaySeconds=0"
      "&SendMessageBatchRequestEntry.2.MessageGroupId=g&SendMessageBatchRequestEntry.2."
      "MessageDeduplicationId=d"
      "&SendMessageBatchRequestEntry.2.MessageAttribute.1.Name=n"
      "&SendMessageBatchRequestEntry.2.MessageAttribute.1.Value.DataType=Number"
      "&SendMessageBatchRequestEntry.2.MessageAttribute.1.Value.StringValue=7"
      "&SendMessageBatchRequestEntry.2.MessageSystemAttribute.1.Name=AWSTraceHeader");
  ASSERT_TRUE(r.entries.has_value());
  ASSERT_EQ(r.entries->size(), 2u);
  const auto& two = (*r.entries)[0];
  EXPECT_EQ(two.id, "two");
  EXPECT_EQ(two.message_body, "b");
  EXPECT_EQ(two.delay_seconds, 0);
  EXPECT_EQ(two.message_group_id, "g");
  EXPECT_EQ(two.message_deduplication_id, "d");
  ASSERT_EQ(two.message_attributes.size(), 1u);
  EXPECT_EQ(two.message_attributes[0].second.string_value, "7");
  EXPECT_EQ(two.message_system_attributes.at(0).first, "AWSTraceHeader");
  EXPECT_EQ((*r.entries)[1].id, "ten");
  EXPECT_TRUE((*r.entries)[1].message_attributes.empty());
}

TEST(QueryRequests, ABatchWithoutEntriesIsAnEmptyBatch) {
  EXPECT_EQ(decoded<SendMessageBatchRequest>("").entries->size(), 0u);
  EXPECT_EQ(decoded<SendMessageBatchRequest>("SendMessageBatchRequestEntry=").entries->size(), 0u);
}

TEST(QueryRequests, ReceiveMessage) {
  const auto r = decoded<ReceiveMessageRequest>(
      "AttributeName.1=SenderId&MessageSystemAttributeName.1=All&MessageAttributeName.1=Hel.*&"
      "MaxNumberOfMessages=10"
      "&VisibilityTimeout=0&WaitTimeSeconds=20&ReceiveRequestAttemptId=r");
  EXPECT_EQ(r.attribute_names, (std::vector<std::string>{"SenderId", "All"}))
      << "the union of both";
  EXPECT_EQ(r.message_attribute_names, (std::vector<std::string>{"Hel.*"}));
  EXPECT_EQ(r.max_number_of_messages, 10);
  EXPECT_EQ(r.visibility_timeout, 0);
  EXPECT_EQ(r.wait_time_seconds, 20);
  EXPECT_EQ(r.receive_request_attempt_id, "r");
}

TEST(QueryRequests, DeleteAndChangeVisibility) {
  EXPECT_EQ(decoded<DeleteMessageRequest>("ReceiptHandle=AQEB%2B/=").receipt_handle, "AQEB+/=");
  EXPECT_EQ(decoded<ChangeMessageVisibilityRequest>("VisibilityTimeout=43200").visibility_timeout,
            43200);
  const auto del = decoded<DeleteMessageBatchRequest>(
      "DeleteMessageBatchRequestEntry.1.Id=a&DeleteMessageBatchRequestEntry.1.ReceiptHandle=h");
  EXPECT_EQ(del.entries->at(0).id, "a");
  EXPECT_EQ(del.entries->at(0).receipt_handle, "h");
  const auto change = decoded<ChangeMessageVisibilityBatchRequest>(
      "ChangeMessageVisibilityBatchRequestEntry.1.Id=a&ChangeMessageVisibilityBatchRequestEntry.1."
      "ReceiptHandle=h"
      "&ChangeMessageVisibilityBatchRequestEntry.1.VisibilityTimeout=-85");
  EXPECT_EQ(change.entries->at(0).visibility_timeout, -85);
}

// ---- QueueUrl and the path ----

TEST(QueryRequests, MissingQueueUrlIsThePath) {
  EXPECT_EQ(decoded<PurgeQueueRequest>("", "/000000000000/q").queue_url, "/000000000000/q");
  EXPECT_EQ(decoded<DeleteQueueRequest>("", "/").queue_url, std::nullopt);
}

TEST(QueryRequests, QueueUrlWinsOverThePath) {
  EXPECT_EQ(decoded<PurgeQueueRequest>("QueueUrl=http://h/1/b", "/1/a").queue_url, "http://h/1/b");
  EXPECT_EQ(decoded<PurgeQueueRequest>("QueueUrl=", "/1/a").queue_url, "");
}

// ---- Values ----

TEST(QueryRequests, EmptyIsNotAbsent) {
  const auto r = decoded<SendMessageRequest>("MessageBody=&MessageGroupId=");
  EXPECT_EQ(r.message_body, "");
  EXPECT_EQ(r.message_group_id, "");
  EXPECT_EQ(r.message_deduplication_id, std::nullopt);
  EXPECT_EQ(r.delay_seconds, std::nullopt);
}

TEST(QueryRequests, BodiesNeedNotBeEncoded) {
  EXPECT_EQ(decoded<SendMessageRequest>(R"(MessageBody={"foo": "ba\rr"})").message_body,
            R"({"foo": "ba\rr"})");
}

TEST(QueryRequests, LastOfARepeatedNameCounts) {
  EXPECT_EQ(decoded<CreateQueueRequest>(
                "Attribute.1.Name=a&Attribute.1.Value=1&Attribute.2.Name=a&Attribute.2.Value=2")
                .attributes,
            (StringPairs{{"a", "2"}}));
}

TEST(QueryRequests, IntegersHaveAnOptionalSign) {
  EXPECT_EQ(decoded<SendMessageRequest>("DelaySeconds=%2B5").delay_seconds, 5);
  EXPECT_EQ(decoded<SendMessageRequest>("DelaySeconds=-5").delay_seconds, -5);
  EXPECT_EQ(decoded<SendMessageRequest>("DelaySeconds=007").delay_seconds, 7);
  EXPECT_EQ(decoded<SendMessageRequest>("DelaySeconds=2147483647").delay_seconds, 2147483647);
}

TEST(QueryRefusals, TextThatIsNoInteger) {
  for (std::string_view text : {"", "x", "1.0", "1e2", "5x", "%205", "+5", "%2B", "%2B-5", "-",
                                "0x5", "2147483648", "-2147483649", "99999999999999999999"}) {
    EXPECT_EQ(refusal<SendMessageRequest>("DelaySeconds=" + std::string(text)),
              "STRING_VALUE can not be converted to an Integer")
        << text;
  }
  EXPECT_EQ(refusal<SendMessageBatchRequest>("SendMessageBatchRequestEntry.4.DelaySeconds=x"),
            "STRING_VALUE can not be converted to an Integer");
}

TEST(QueryRefusals, AnEmptyListOfNames) {
  EXPECT_EQ(refusal<GetQueueAttributesRequest>("AttributeName="),
            "End of list found where not expected");
  EXPECT_EQ(refusal<ReceiveMessageRequest>("MessageAttributeName="),
            "End of list found where not expected");
}

TEST(QueryRefusals, BadBase64) {
  EXPECT_EQ(refusal<SendMessageRequest>("MessageAttribute.1.Value.BinaryValue=A"),
            "A binary value is not valid base64.");
}

}  // namespace
}  // namespace forebay::protocol
