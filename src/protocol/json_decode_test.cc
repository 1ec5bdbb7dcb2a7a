// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "protocol/codec.h"

namespace forebay::protocol {
namespace {

template <class Request>
Result<Request> decode(std::string_view body) {
  Envelope envelope;
  envelope.wire = Wire::kJson;
  envelope.json_body = body;
  return decode_request<Request>(envelope);
}

template <class Request>
Request decoded(std::string_view body) {
  Result<Request> result = decode<Request>(body);
  EXPECT_TRUE(result.ok()) << body << ": " << (result.ok() ? "" : result.error().message);
  return result.ok() ? std::move(result).value() : Request();
}

/// The refusal's text. Its code is always kSerialization.
template <class Request>
std::string refusal(std::string_view body) {
  const Result<Request> result = decode<Request>(body);
  if (result.ok()) return "accepted";
  EXPECT_EQ(result.error().code, ErrorCode::kSerialization);
  return result.error().message;
}

// ---- Each request, with every member ----

TEST(JsonRequests, CreateQueue) {
  const auto r = decoded<CreateQueueRequest>(
      R"({"QueueName":"q","Attributes":{"VisibilityTimeout":"30","Policy":""},"tags":{"k":"v"}})");
  EXPECT_EQ(r.queue_name, "q");
  EXPECT_EQ(r.attributes, (StringPairs{{"VisibilityTimeout", "30"}, {"Policy", ""}}));
  EXPECT_EQ(r.tags, (StringPairs{{"k", "v"}}));
}

TEST(JsonRequests, CreateQueueTagsAreLowerCase) {
  EXPECT_EQ(decoded<CreateQueueRequest>(R"({"Tags":{"k":"v"}})").tags, std::nullopt);
}

TEST(JsonRequests, QueuesByNameAndPrefix) {
  const auto get =
      decoded<GetQueueUrlRequest>(R"({"QueueName":"q","QueueOwnerAWSAccountId":"123456789012"})");
  EXPECT_EQ(get.queue_name, "q");
  EXPECT_EQ(get.queue_owner_aws_account_id, "123456789012");
  const auto list =
      decoded<ListQueuesRequest>(R"({"QueueNamePrefix":"p","MaxResults":1000,"NextToken":"t"})");
  EXPECT_EQ(list.queue_name_prefix, "p");
  EXPECT_EQ(list.max_results, 1000);
  EXPECT_EQ(list.next_token, "t");
}

TEST(JsonRequests, RequestsWithOnlyAQueueUrl) {
  constexpr std::string_view kBody = R"({"QueueUrl":"http://h/1/q"})";
  EXPECT_EQ(decoded<DeleteQueueRequest>(kBody).queue_url, "http://h/1/q");
  EXPECT_EQ(decoded<PurgeQueueRequest>(kBody).queue_url, "http://h/1/q");
  EXPECT_EQ(decoded<ListQueueTagsRequest>(kBody).queue_url, "http://h/1/q");
}

TEST(JsonRequests, QueueAttributes) {
  const auto get =
      decoded<GetQueueAttributesRequest>(R"({"QueueUrl":"u","AttributeNames":["All","Policy"]})");
  EXPECT_EQ(get.attribute_names, (std::vector<std::string>{"All", "Policy"}));
  const auto set =
      decoded<SetQueueAttributesRequest>(R"({"QueueUrl":"u","Attributes":{"Policy":"{}"}})");
  EXPECT_EQ(set.attributes, (StringPairs{{"Policy", "{}"}}));
}

TEST(JsonRequests, Tags) {
  EXPECT_EQ(decoded<TagQueueRequest>(R"({"QueueUrl":"u","Tags":{"b":"1","a":""}})").tags,
            (StringPairs{{"b", "1"}, {"a", ""}}));
  EXPECT_EQ(decoded<UntagQueueRequest>(R"({"QueueUrl":"u","TagKeys":["a"]})").tag_keys,
            (std::vector<std::string>{"a"}));
}

TEST(JsonRequests, SendMessage) {
  const auto r = decoded<SendMessageRequest>(
      R"({"QueueUrl":"u","MessageBody":"b","DelaySeconds":5,"MessageDeduplicationId":"d",)"
      R"("MessageGroupId":"g",)"
      R"("MessageAttributes":{"Foo":{"DataType":"String","StringValue":"Bar"},)"
      R"("Bin":{"DataType":"Binary","BinaryValue":"AP8="}},)"
      R"("MessageSystemAttributes":{"AWSTraceHeader":{"DataType":"String",)"
      R"("StringValue":"Root=1"}}})");
  EXPECT_EQ(r.queue_url, "u");
  EXPECT_EQ(r.message_body, "b");
  EXPECT_EQ(r.delay_seconds, 5);
  EXPECT_EQ(r.message_deduplication_id, "d");
  EXPECT_EQ(r.message_group_id, "g");
  ASSERT_EQ(r.message_attributes.size(), 2u);
  EXPECT_EQ(r.message_attributes[0].first, "Foo");
  EXPECT_EQ(r.message_attributes[0].second.data_type, "String");
  EXPECT_EQ(r.message_attributes[0].second.string_value, "Bar");
  EXPECT_EQ(r.message_attributes[0].second.binary_value, std::nullopt);
  EXPECT_EQ(r.message_attributes[1].second.binary_value, std::string("\0\xff", 2));
  EXPECT_FALSE(r.message_attributes[1].second.has_list_values);
  ASSERT_EQ(r.message_system_attributes.size(), 1u);
  EXPECT_EQ(r.message_system_attributes[0].second.string_value, "Root=1");
}

TEST(JsonRequests, SendMessageBatch) {
  const auto r = decoded<SendMessageBatchRequest>(
      R"({"QueueUrl":"u","Entries":[{"Id":"1","MessageBody":"a","DelaySeconds":0,)"
      R"("MessageGroupId":"g"},)"
      R"({"Id":"2","MessageAttributes":{"n":{"DataType":"Number","StringValue":"7"}}}]})");
  ASSERT_TRUE(r.entries.has_value());
  ASSERT_EQ(r.entries->size(), 2u);
  EXPECT_EQ((*r.entries)[0].id, "1");
  EXPECT_EQ((*r.entries)[0].message_body, "a");
  EXPECT_EQ((*r.entries)[0].delay_seconds, 0);
  EXPECT_EQ((*r.entries)[0].message_group_id, "g");
  EXPECT_EQ((*r.entries)[1].message_body, std::nullopt);
  EXPECT_EQ((*r.entries)[1].message_attributes.at(0).second.string_value, "7");
}

TEST(JsonRequests, ReceiveMessage) {
  const auto r = decoded<ReceiveMessageRequest>(
      R"({"QueueUrl":"u","AttributeNames":["SenderId"],"MessageSystemAttributeNames":["All"],)"
      R"("MessageAttributeNames":["Hel.*"],"MaxNumberOfMessages":10,"VisibilityTimeout":0,)"
      R"("WaitTimeSeconds":20,"ReceiveRequestAttemptId":"r"})");
  EXPECT_EQ(r.attribute_names, (std::vector<std::string>{"SenderId", "All"}))
      << "the union of both";
  EXPECT_EQ(r.message_attribute_names, (std::vector<std::string>{"Hel.*"}));
  EXPECT_EQ(r.max_number_of_messages, 10);
  EXPECT_EQ(r.visibility_timeout, 0);
  EXPECT_EQ(r.wait_time_seconds, 20);
  EXPECT_EQ(r.receive_request_attempt_id, "r");
}

TEST(JsonRequests, DeleteAndChangeVisibility) {
  EXPECT_EQ(decoded<DeleteMessageRequest>(R"({"QueueUrl":"u","ReceiptHandle":"h"})").receipt_handle,
            "h");
  const auto change =
      decoded<ChangeMessageVisibilityRequest>(R"({"ReceiptHandle":"h","VisibilityTimeout":43200})");
  EXPECT_EQ(change.receipt_handle, "h");
  EXPECT_EQ(change.visibility_timeout, 43200);
  const auto del =
      decoded<DeleteMessageBatchRequest>(R"({"Entries":[{"Id":"1","ReceiptHandle":"h"}]})");
  EXPECT_EQ(del.entries->at(0).id, "1");
  EXPECT_EQ(del.entries->at(0).receipt_handle, "h");
  const auto batch = decoded<ChangeMessageVisibilityBatchRequest>(
      R"({"Entries":[{"Id":"1","ReceiptHandle":"h","VisibilityTimeout":-85}]})");
  EXPECT_EQ(batch.entries->at(0).visibility_timeout, -85);
}

TEST(JsonRequests, Permissions) {
  const auto add = decoded<AddPermissionRequest>(
      R"({"QueueUrl":"u","Label":"l","AWSAccountIds":["111122223333","444455556666"],)"
      R"("Actions":["SendMessage","*"]})");
  EXPECT_EQ(add.queue_url, "u");
  EXPECT_EQ(add.label, "l");
  EXPECT_EQ(add.aws_account_ids, (std::vector<std::string>{"111122223333", "444455556666"}));
  EXPECT_EQ(add.actions, (std::vector<std::string>{"SendMessage", "*"}));
  const auto remove = decoded<RemovePermissionRequest>(R"({"QueueUrl":"u","Label":"l"})");
  EXPECT_EQ(remove.queue_url, "u");
  EXPECT_EQ(remove.label, "l");
  EXPECT_EQ(refusal<AddPermissionRequest>(R"({"AWSAccountIds":[111122223333]})"),
            "NUMBER_VALUE can not be converted to a String");
}

TEST(JsonRequests, DeadLetterSourcesAndMoveTasks) {
  const auto sources = decoded<ListDeadLetterSourceQueuesRequest>(
      R"({"QueueUrl":"u","MaxResults":7,"NextToken":"t"})");
  EXPECT_EQ(sources.queue_url, "u");
  EXPECT_EQ(sources.max_results, 7);
  EXPECT_EQ(sources.next_token, "t");
  const auto start = decoded<StartMessageMoveTaskRequest>(
      R"({"SourceArn":"s","DestinationArn":"d","MaxNumberOfMessagesPerSecond":500})");
  EXPECT_EQ(start.source_arn, "s");
  EXPECT_EQ(start.destination_arn, "d");
  EXPECT_EQ(start.max_number_of_messages_per_second, 500);
  EXPECT_EQ(decoded<CancelMessageMoveTaskRequest>(R"({"TaskHandle":"h"})").task_handle, "h");
  const auto list = decoded<ListMessageMoveTasksRequest>(R"({"SourceArn":"s","MaxResults":10})");
  EXPECT_EQ(list.source_arn, "s");
  EXPECT_EQ(list.max_results, 10);
}

// ---- Absent, empty, null, unknown ----

TEST(JsonRequests, AnEmptyBodyIsAnEmptyObject) {
  EXPECT_EQ(decoded<ListQueuesRequest>("").max_results, std::nullopt);
  EXPECT_EQ(decoded<SendMessageBatchRequest>("{}").entries, std::nullopt);
}

TEST(JsonRequests, EmptyIsNotAbsent) {
  const auto r = decoded<SendMessageRequest>(R"({"MessageBody":"","MessageGroupId":""})");
  EXPECT_EQ(r.message_body, "");
  EXPECT_EQ(r.message_group_id, "");
  EXPECT_EQ(r.message_deduplication_id, std::nullopt);
  EXPECT_TRUE(decoded<SetQueueAttributesRequest>(R"({"Attributes":{}})").attributes.has_value());
  EXPECT_TRUE(decoded<SendMessageBatchRequest>(R"({"Entries":[]})").entries.has_value());
  EXPECT_TRUE(decoded<UntagQueueRequest>(R"({"TagKeys":[]})").tag_keys.has_value());
}

TEST(JsonRequests, NullIsAbsentEverywhere) {
  const auto send = decoded<SendMessageRequest>(
      R"({"QueueUrl":null,"DelaySeconds":null,"MessageAttributes":{"a":null,)"
      R"("b":{"DataType":null}}})");
  EXPECT_EQ(send.queue_url, std::nullopt);
  EXPECT_EQ(send.delay_seconds, std::nullopt);
  ASSERT_EQ(send.message_attributes.size(), 1u);
  EXPECT_EQ(send.message_attributes[0].second.data_type, std::nullopt);
  EXPECT_EQ(decoded<SendMessageBatchRequest>(R"({"Entries":null})").entries, std::nullopt);
  EXPECT_EQ(decoded<SendMessageBatchRequest>(R"({"Entries":[null,{"Id":"1"}]})").entries->size(),
            1u);
  EXPECT_EQ(decoded<CreateQueueRequest>(R"({"Attributes":{"a":null,"b":"1"}})").attributes,
            (StringPairs{{"b", "1"}}));
  EXPECT_EQ(decoded<UntagQueueRequest>(R"({"TagKeys":["a",null]})").tag_keys->size(), 1u);
}

TEST(JsonRequests, UnknownMembersOfAnyTypeAreIgnored) {
  EXPECT_EQ(decoded<DeleteQueueRequest>(R"({"x":{"y":[1,2.5,{}]},"queueurl":"no","QueueUrl":"u"})")
                .queue_url,
            "u");
}

TEST(JsonRequests, LastOfARepeatedNameCounts) {
  EXPECT_EQ(decoded<SendMessageRequest>(R"({"MessageBody":"a","MessageBody":"b"})").message_body,
            "b");
  EXPECT_EQ(decoded<CreateQueueRequest>(R"({"Attributes":{"a":"1","b":"2","a":"3"}})").attributes,
            (StringPairs{{"b", "2"}, {"a", "3"}}));
  const auto send = decoded<SendMessageRequest>(
      R"({"MessageAttributes":{"a":{"StringValue":"1"},"a":{"StringValue":"2"}}})");
  ASSERT_EQ(send.message_attributes.size(), 1u);
  EXPECT_EQ(send.message_attributes[0].second.string_value, "2");
}

TEST(JsonRequests, ListValuesAreNoticedWhenNotEmpty) {
  const auto list_values = [](std::string_view members) {
    const auto r =
        decoded<SendMessageRequest>(R"({"MessageAttributes":{"a":)" + std::string(members) + "}}");
    return r.message_attributes.at(0).second.has_list_values;
  };
  EXPECT_TRUE(list_values(R"({"StringListValues":["x"]})"));
  EXPECT_TRUE(list_values(R"({"BinaryListValues":["eA=="],"StringListValues":[]})"));
  EXPECT_TRUE(list_values(R"({"StringListValues":["x"],"BinaryListValues":[]})"));
  EXPECT_FALSE(list_values(R"({"StringListValues":[],"BinaryListValues":null})"));
}

TEST(JsonRequests, TextIsDecodedToUtf8) {
  EXPECT_EQ(decoded<SendMessageRequest>(R"({"MessageBody":"\u00e9\ud83d\ude00\r\n\"\\\/\u0000"})")
                .message_body,
            std::string("\xC3\xA9\xF0\x9F\x98\x80\r\n\"\\/\0", 12));
}

// ---- Refusals (contract 1.4.2) ----

TEST(JsonRefusals, WrongTypesForAString) {
  EXPECT_EQ(refusal<SendMessageRequest>(R"({"MessageBody":{}})"),
            "Start of structure or map found where not expected.");
  EXPECT_EQ(refusal<SendMessageRequest>(R"({"MessageBody":[]})"),
            "Start of list found where not expected");
  for (std::string_view number : {"1", "-1.5", "18446744073709551615"}) {
    EXPECT_EQ(refusal<SendMessageRequest>("{\"MessageBody\":" + std::string(number) + "}"),
              "NUMBER_VALUE can not be converted to a String");
  }
  EXPECT_EQ(refusal<SendMessageRequest>(R"({"MessageBody":true})"),
            "TRUE_VALUE can not be converted to a String");
  EXPECT_EQ(refusal<SendMessageRequest>(R"({"MessageBody":false})"),
            "FALSE_VALUE can not be converted to a String");
}

TEST(JsonRefusals, WrongTypesInAnAttributeMap) {
  EXPECT_EQ(refusal<CreateQueueRequest>(R"({"Attributes":{"VisibilityTimeout":30}})"),
            "NUMBER_VALUE can not be converted to a String");
  EXPECT_EQ(refusal<CreateQueueRequest>(R"({"Attributes":{"Policy":{}}})"),
            "Start of structure or map found where not expected.");
  EXPECT_EQ(refusal<CreateQueueRequest>(R"({"Attributes":{"Policy":[]}})"),
            "Unrecognized collection type class java.lang.String");
}

TEST(JsonRefusals, WrongTypesForAnInteger) {
  EXPECT_EQ(refusal<SendMessageRequest>(R"({"DelaySeconds":"5"})"),
            "STRING_VALUE can not be converted to an Integer");
  EXPECT_EQ(refusal<SendMessageRequest>(R"({"DelaySeconds":true})"),
            "TRUE_VALUE can not be converted to an Integer");
  EXPECT_EQ(refusal<SendMessageRequest>(R"({"DelaySeconds":{}})"),
            "Start of structure or map found where not expected.");
}

TEST(JsonRefusals, IntegersAreWholeAndFitInt32) {
  for (std::string_view number :
       {"1.5", "1.0", "1e2", "2147483648", "-2147483649", "9223372036854775808"}) {
    EXPECT_EQ(refusal<SendMessageRequest>("{\"DelaySeconds\":" + std::string(number) + "}"),
              "NUMBER_VALUE can not be converted to an Integer")
        << number;
  }
  EXPECT_EQ(decoded<SendMessageRequest>(R"({"DelaySeconds":2147483647})").delay_seconds,
            2147483647);
  EXPECT_EQ(decoded<SendMessageRequest>(R"({"DelaySeconds":-2147483648})").delay_seconds,
            INT32_MIN);
}

TEST(JsonRefusals, WrongTypesForListsMapsAndStructures) {
  EXPECT_EQ(refusal<GetQueueAttributesRequest>(R"({"AttributeNames":{}})"),
            "Start of structure or map found where not expected.");
  EXPECT_EQ(refusal<GetQueueAttributesRequest>(R"({"AttributeNames":"All"})"),
            "STRING_VALUE can not be converted to a List");
  EXPECT_EQ(refusal<GetQueueAttributesRequest>(R"({"AttributeNames":[1]})"),
            "NUMBER_VALUE can not be converted to a String");
  EXPECT_EQ(refusal<CreateQueueRequest>(R"({"Attributes":[]})"),
            "Start of list found where not expected");
  EXPECT_EQ(refusal<CreateQueueRequest>(R"({"tags":"x"})"),
            "STRING_VALUE can not be converted to a Map");
  EXPECT_EQ(refusal<SendMessageRequest>(R"({"MessageAttributes":{"a":"b"}})"),
            "STRING_VALUE can not be converted to a Structure");
  EXPECT_EQ(refusal<SendMessageRequest>(R"({"MessageAttributes":{"a":{"StringListValues":"b"}}})"),
            "STRING_VALUE can not be converted to a List");
  EXPECT_EQ(refusal<SendMessageBatchRequest>(R"({"Entries":[[]]})"),
            "Start of list found where not expected");
  EXPECT_EQ(refusal<SendMessageBatchRequest>(R"({"Entries":{}})"),
            "Start of structure or map found where not expected.");
  EXPECT_EQ(refusal<SendMessageRequest>("[]"), "Start of list found where not expected");
  EXPECT_EQ(refusal<SendMessageRequest>("null"), "NULL_VALUE can not be converted to a Structure");
}

TEST(JsonRefusals, BadBase64) {
  for (std::string_view text : {"%", "A", "AP8", "AP8= "}) {
    EXPECT_EQ(refusal<SendMessageRequest>(R"({"MessageAttributes":{"a":{"BinaryValue":")" +
                                          std::string(text) + "\"}}}"),
              "A binary value is not valid base64.");
  }
}

TEST(JsonRefusals, WhatIsNotJson) {
  for (std::string_view body :
       {"{", "}", " ", "{\"MessageBody\":\"a}", "{\"MessageBody\":\"a\"}}",
        "{\"MessageBody\":\"a\"} x", "{'a':1}", "{\"MessageBody\":\"\\ud800\"}",
        "{\"MessageBody\":\"\xff\"}", "{\"MessageBody\":\"a\nb\"}", "{\"MessageBody\":01}",
        "{\"a\":1,}", "Action=SendMessage", "\xEF\xBB\xBF{}x"}) {
    EXPECT_TRUE(refusal<SendMessageRequest>(body).starts_with("The body is not valid JSON"))
        << body;
  }
}

TEST(JsonRefusals, NestingIsLimitedTo16) {
  const auto nested = [](int depth) {
    const auto times = static_cast<size_t>(depth - 1);
    return "{\"x\":" + std::string(times, '[') + std::string(times, ']') + "}";
  };
  EXPECT_EQ(refusal<SendMessageRequest>(nested(16)), "accepted");
  EXPECT_TRUE(refusal<SendMessageRequest>(nested(17)).starts_with("The body is not valid JSON"));
  EXPECT_TRUE(
      refusal<SendMessageRequest>(nested(100'000)).starts_with("The body is not valid JSON"));
}

TEST(JsonRefusals, ItemsAreLimitedInTotal) {
  const auto batch = [](int entries, std::string_view entry) {
    std::string body = R"({"Entries":[)";
    for (int i = 0; i < entries; ++i) body.append(i == 0 ? "" : ",").append(entry);
    return body + "]}";
  };
  EXPECT_EQ(decoded<SendMessageBatchRequest>(batch(4096, "{}")).entries->size(), 4096u);
  EXPECT_EQ(refusal<SendMessageBatchRequest>(batch(4097, "{}")),
            "The request has more than 4096 items in its lists and maps.");
  constexpr std::string_view kThreeItems = R"({"MessageAttributes":{"a":{},"b":{}}})";
  EXPECT_EQ(refusal<SendMessageBatchRequest>(batch(1365, kThreeItems)), "accepted");
  EXPECT_EQ(refusal<SendMessageBatchRequest>(batch(1366, kThreeItems)),
            "The request has more than 4096 items in its lists and maps.");
}

TEST(JsonRequests, LargeBodiesAreReadAndSmallOnesAfterThem) {
  const std::string text(3u << 20, 'x');
  EXPECT_EQ(decoded<SendMessageRequest>("{\"MessageBody\":\"" + text + "\"}").message_body, text);
  const std::string middle(100'000, 'y');
  EXPECT_EQ(decoded<SendMessageRequest>("{\"MessageBody\":\"" + middle + "\"}").message_body,
            middle);
  EXPECT_EQ(decoded<SendMessageRequest>(R"({"MessageBody":"z"})").message_body, "z");
  const std::string deep =
      "{\"x\":\"" + text + "\",\"y\":" + std::string(16, '[') + std::string(16, ']') + "}";
  EXPECT_TRUE(refusal<SendMessageRequest>(deep).starts_with("The body is not valid JSON"));
}

TEST(JsonRequests, ThreadsDoNotShareAParser) {
  std::string other;
  std::thread([&] {
    other = *decoded<SendMessageRequest>(R"({"MessageBody":"m"})").message_body;
  }).join();
  EXPECT_EQ(other, "m");
}

}  // namespace
}  // namespace forebay::protocol
