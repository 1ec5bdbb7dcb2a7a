// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <gtest/gtest.h>

#include "protocol/codec.h"
#include "protocol/error_table.h"
#include "protocol/xml_well_formed.h"

namespace forebay::protocol {
namespace {

constexpr std::string_view kId = "0c5d1b3e-0000-4000-8000-000000000000";

template <class Reply>
std::string json(const Reply& reply) {
  const EncodedReply encoded = encode_reply(Wire::kJson, "Any", kId, reply);
  EXPECT_EQ(encoded.http_status, 200);
  EXPECT_EQ(encoded.content_type, "application/x-amz-json-1.0");
  EXPECT_EQ(encoded.query_error, "");
  return encoded.body;
}

/// What stands between the outer element's tags and the metadata.
template <class Reply>
std::string xml(const std::string& action, const Reply& reply) {
  const EncodedReply encoded = encode_reply(Wire::kQuery, action, kId, reply);
  EXPECT_EQ(encoded.http_status, 200);
  EXPECT_EQ(encoded.content_type, "text/xml");
  EXPECT_EQ(encoded.query_error, "");
  EXPECT_TRUE(is_well_formed_xml(encoded.body)) << encoded.body;
  const std::string head = "<?xml version=\"1.0\"?><" + action +
                           "Response xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\">";
  const std::string tail = "<ResponseMetadata><RequestId>" + std::string(kId) +
                           "</RequestId></ResponseMetadata></" + action + "Response>";
  const std::string& body = encoded.body;
  EXPECT_TRUE(body.starts_with(head) && body.ends_with(tail)) << body;
  return body.substr(head.size(), body.size() - head.size() - tail.size());
}

/// What stands before the metadata.
template <class Reply>
std::string mirror(const std::string& action, const Reply& reply) {
  const EncodedReply encoded = encode_reply(Wire::kQueryJson, action, kId, reply);
  EXPECT_EQ(encoded.content_type, "application/json");
  const std::string head = "{\"" + action + "Response\":{";
  const std::string tail = "\"ResponseMetadata\":{\"RequestId\":\"" + std::string(kId) + "\"}}}";
  const std::string& body = encoded.body;
  EXPECT_TRUE(body.starts_with(head) && body.ends_with(tail)) << body;
  return body.substr(head.size(), body.size() - head.size() - tail.size());
}

// ---- Replies ----

TEST(Replies, ActionsWithoutOutput) {
  EXPECT_EQ(json(EmptyReply()), "");
  EXPECT_EQ(xml("DeleteMessage", EmptyReply()), "");
  EXPECT_EQ(mirror("DeleteMessage", EmptyReply()), "");
}

TEST(Replies, QueueUrl) {
  const QueueUrlReply reply{.queue_url = "http://h/1/q"};
  EXPECT_EQ(json(reply), R"({"QueueUrl":"http://h/1/q"})");
  EXPECT_EQ(xml("CreateQueue", reply),
            "<CreateQueueResult><QueueUrl>http://h/1/q</QueueUrl></CreateQueueResult>");
  EXPECT_EQ(mirror("GetQueueUrl", reply), R"("GetQueueUrlResult":{"QueueUrl":"http://h/1/q"},)");
}

TEST(Replies, ListQueues) {
  const ListQueuesReply reply{.queue_urls = {"a", "b"}, .next_token = "t"};
  EXPECT_EQ(json(reply), R"({"NextToken":"t","QueueUrls":["a","b"]})");
  EXPECT_EQ(xml("ListQueues", reply),
            "<ListQueuesResult><QueueUrl>a</QueueUrl><QueueUrl>b</QueueUrl><NextToken>t</"
            "NextToken></ListQueuesResult>");
  EXPECT_EQ(mirror("ListQueues", reply),
            R"("ListQueuesResult":{"NextToken":"t","queueUrls":["a","b"]},)");
}

TEST(Replies, EmptyCollectionsAreLeftOut) {
  EXPECT_EQ(json(ListQueuesReply()), "{}");
  EXPECT_EQ(json(GetQueueAttributesReply()), "{}");
  EXPECT_EQ(json(ListQueueTagsReply()), "{}");
  EXPECT_EQ(json(ReceiveMessageReply()), "{}");
  EXPECT_EQ(json(SendMessageBatchReply()), "{}");
  EXPECT_EQ(xml("ReceiveMessage", ReceiveMessageReply()), "<ReceiveMessageResult/>");
  EXPECT_EQ(xml("ListQueues", ListQueuesReply()), "<ListQueuesResult/>");
  EXPECT_EQ(mirror("ReceiveMessage", ReceiveMessageReply()), R"("ReceiveMessageResult":{},)");
}

TEST(Replies, AttributesAndTags) {
  const GetQueueAttributesReply attributes{
      .attributes = {{"Policy", "{\"a\":1}"}, {"QueueArn", "arn"}}};
  EXPECT_EQ(json(attributes), R"({"Attributes":{"Policy":"{\"a\":1}","QueueArn":"arn"}})");
  EXPECT_EQ(
      xml("GetQueueAttributes", attributes),
      "<GetQueueAttributesResult><Attribute><Name>Policy</Name><Value>{&quot;a&quot;:1}</Value></"
      "Attribute>"
      "<Attribute><Name>QueueArn</Name><Value>arn</Value></Attribute></GetQueueAttributesResult>");
  EXPECT_EQ(mirror("GetQueueAttributes", attributes),
            R"("GetQueueAttributesResult":{"Attributes":[{"Name":"Policy","Value":"{\"a\":1}"},)"
            R"({"Name":"QueueArn","Value":"arn"}]},)");
  const ListQueueTagsReply tags{.tags = {{"k", ""}}};
  EXPECT_EQ(json(tags), R"({"Tags":{"k":""}})");
  EXPECT_EQ(xml("ListQueueTags", tags),
            "<ListQueueTagsResult><Tag><Key>k</Key><Value></Value></Tag></ListQueueTagsResult>");
  EXPECT_EQ(mirror("ListQueueTags", tags),
            R"("ListQueueTagsResult":{"Tags":[{"Key":"k","Value":""}]},)");
}

TEST(Replies, SendMessage) {
  const SendMessageReply reply{.message_id = "id", .md5_of_message_body = "b"};
  EXPECT_EQ(json(reply), R"({"MD5OfMessageBody":"b","MessageId":"id"})");
  const SendMessageReply full{.message_id = "id",
                              .md5_of_message_body = "b",
                              .md5_of_message_attributes = "a",
                              .md5_of_message_system_attributes = "s",
                              .sequence_number = "7"};
  EXPECT_EQ(
      json(full),
      R"({"MD5OfMessageAttributes":"a","MD5OfMessageBody":"b","MD5OfMessageSystemAttributes":"s",)"
      R"("MessageId":"id","SequenceNumber":"7"})");
  EXPECT_EQ(xml("SendMessage", full),
            "<SendMessageResult><MessageId>id</MessageId><MD5OfMessageBody>b</MD5OfMessageBody>"
            "<MD5OfMessageAttributes>a</MD5OfMessageAttributes>"
            "<MD5OfMessageSystemAttributes>s</MD5OfMessageSystemAttributes>"
            "<SequenceNumber>7</SequenceNumber></SendMessageResult>");
  EXPECT_EQ(mirror("SendMessage", reply),
            R"("SendMessageResult":{"MD5OfMessageBody":"b","MessageId":"id"},)");
}

// Contract appendix A.
TEST(Replies, SendMessageBatch) {
  SendMessageBatchReply reply;
  reply.successful.push_back(
      {.id = "2", .result = {.message_id = "m", .md5_of_message_body = "b"}});
  EXPECT_EQ(json(reply), R"({"Successful":[{"Id":"2","MD5OfMessageBody":"b","MessageId":"m"}]})");
  reply.failed.push_back({.id = "1", .code = "InvalidParameterValue", .message = "too \"long\""});
  EXPECT_EQ(json(reply),
            R"({"Failed":[{"Code":"InvalidParameterValue","Id":"1","Message":"too \"long\"",)"
            R"("SenderFault":true}],)"
            R"("Successful":[{"Id":"2","MD5OfMessageBody":"b","MessageId":"m"}]})");
  EXPECT_EQ(
      xml("SendMessageBatch", reply),
      "<SendMessageBatchResult><SendMessageBatchResultEntry><Id>2</Id><MessageId>m</MessageId>"
      "<MD5OfMessageBody>b</MD5OfMessageBody></SendMessageBatchResultEntry>"
      "<BatchResultErrorEntry><Id>1</Id><Code>InvalidParameterValue</Code>"
      "<Message>too "
      "&quot;long&quot;</Message><SenderFault>true</SenderFault></BatchResultErrorEntry>"
      "</SendMessageBatchResult>");
  reply.successful.clear();
  reply.failed[0].sender_fault = false;
  EXPECT_EQ(json(reply),
            R"({"Failed":[{"Code":"InvalidParameterValue","Id":"1","Message":"too \"long\"",)"
            R"("SenderFault":false}]})");
}

TEST(Replies, BatchesWithOnlyIds) {
  IdBatchReply reply{.successful_ids = {"a"}, .failed = {}};
  EXPECT_EQ(json(reply), R"({"Successful":[{"Id":"a"}]})");
  EXPECT_EQ(mirror("DeleteMessageBatch", reply),
            R"("DeleteMessageBatchResult":{"Successful":[{"Id":"a"}]},)");
  reply.failed.push_back(
      {.id = "b",
       .code = "ReceiptHandleIsInvalid",
       .message = "The input receipt handle \"junk\" is not a valid receipt handle."});
  EXPECT_EQ(
      xml("DeleteMessageBatch", reply),
      "<DeleteMessageBatchResult><DeleteMessageBatchResultEntry><Id>a</Id></"
      "DeleteMessageBatchResultEntry>"
      "<BatchResultErrorEntry><Id>b</Id><Code>ReceiptHandleIsInvalid</Code><Message>The input "
      "receipt handle "
      "&quot;junk&quot; is not a valid receipt handle.</Message><SenderFault>true</SenderFault>"
      "</BatchResultErrorEntry></DeleteMessageBatchResult>");
  EXPECT_EQ(
      xml("ChangeMessageVisibilityBatch", IdBatchReply{.successful_ids = {"a"}, .failed = {}}),
      "<ChangeMessageVisibilityBatchResult><ChangeMessageVisibilityBatchResultEntry><Id>a</Id>"
      "</ChangeMessageVisibilityBatchResultEntry></ChangeMessageVisibilityBatchResult>");
}

ReceiveMessageReply received() {
  ReceivedMessage message;
  message.message_id = "m";
  message.receipt_handle = "h";
  message.md5_of_body = "d";
  message.body = "a\r\nb \xF0\x9F\x98\x80";
  message.attributes = {{"SenderId", "AIDA"}};
  message.md5_of_message_attributes = "e";
  message.message_attributes = {
      {"Foo", {.data_type = "String", .string_value = "Bar"}},
      {"Bin", {.data_type = "Binary", .binary_value = std::string("\0\xff", 2)}}};
  return {{message}};
}

TEST(Replies, ReceiveMessageJson) {
  EXPECT_EQ(json(received()),
            R"({"Messages":[{"Attributes":{"SenderId":"AIDA"},"Body":"a\r\nb )"
            "\xF0\x9F\x98\x80"
            R"(","MD5OfBody":"d","MD5OfMessageAttributes":"e",)"
            R"("MessageAttributes":{"Foo":{"DataType":"String","StringValue":"Bar"},)"
            R"("Bin":{"BinaryValue":"AP8=","DataType":"Binary"}},"MessageId":"m",)"
            R"("ReceiptHandle":"h"}]})");
}

TEST(Replies, ReceiveMessageXml) {
  EXPECT_EQ(
      xml("ReceiveMessage", received()),
      "<ReceiveMessageResult><Message><MessageId>m</MessageId><ReceiptHandle>h</ReceiptHandle>"
      "<MD5OfBody>d</MD5OfBody><Body>a&#xD;\nb \xF0\x9F\x98\x80</Body>"
      "<Attribute><Name>SenderId</Name><Value>AIDA</Value></Attribute>"
      "<MD5OfMessageAttributes>e</MD5OfMessageAttributes>"
      "<MessageAttribute><Name>Foo</Name><Value><StringValue>Bar</StringValue><DataType>String</"
      "DataType></Value>"
      "</MessageAttribute><MessageAttribute><Name>Bin</Name><Value><BinaryValue>AP8=</BinaryValue>"
      "<DataType>Binary</DataType></Value></MessageAttribute></Message></ReceiveMessageResult>");
}

TEST(Replies, ReceiveMessageMirror) {
  EXPECT_EQ(
      mirror("ReceiveMessage", received()),
      R"("ReceiveMessageResult":{"messages":[{"Attributes":[{"Name":"SenderId",)"
      R"("Value":"AIDA"}],"Body":"a\r\nb )"
      "\xF0\x9F\x98\x80"
      R"(","MD5OfBody":"d","MD5OfMessageAttributes":"e","MessageAttributes":[{"Name":"Foo",)"
      R"("Value":)"
      R"({"DataType":"String","StringValue":"Bar"}},{"Name":"Bin","Value":{"BinaryValue":"AP8=",)"
      R"("DataType":"Binary"}}],"MessageId":"m","ReceiptHandle":"h"}]},)");
}

TEST(Replies, MessagesWithoutAttributesHaveNone) {
  ReceiveMessageReply reply = received();
  reply.messages[0].attributes.clear();
  reply.messages[0].message_attributes.clear();
  reply.messages[0].md5_of_message_attributes.clear();
  reply.messages[0].body = "b";
  EXPECT_EQ(json(reply),
            R"({"Messages":[{"Body":"b","MD5OfBody":"d","MessageId":"m","ReceiptHandle":"h"}]})");
}

TEST(Replies, ListDeadLetterSourceQueuesAlwaysHasItsLowerCaseList) {
  const ListDeadLetterSourceQueuesReply reply{.queue_urls = {"a", "b"}, .next_token = "t"};
  EXPECT_EQ(json(reply), R"({"NextToken":"t","queueUrls":["a","b"]})");
  EXPECT_EQ(xml("ListDeadLetterSourceQueues", reply),
            "<ListDeadLetterSourceQueuesResult><QueueUrl>a</QueueUrl><QueueUrl>b</QueueUrl>"
            "<NextToken>t</NextToken></ListDeadLetterSourceQueuesResult>");
  EXPECT_EQ(mirror("ListDeadLetterSourceQueues", reply),
            R"("ListDeadLetterSourceQueuesResult":{"NextToken":"t","queueUrls":["a","b"]},)");
  EXPECT_EQ(json(ListDeadLetterSourceQueuesReply()), R"({"queueUrls":[]})");
  EXPECT_EQ(xml("ListDeadLetterSourceQueues", ListDeadLetterSourceQueuesReply()),
            "<ListDeadLetterSourceQueuesResult/>");
  EXPECT_EQ(mirror("ListDeadLetterSourceQueues", ListDeadLetterSourceQueuesReply()),
            R"("ListDeadLetterSourceQueuesResult":{"queueUrls":[]},)");
}

TEST(Replies, StartAndCancelMessageMoveTask) {
  const StartMessageMoveTaskReply start{.task_handle = "eyJ0"};
  EXPECT_EQ(json(start), R"({"TaskHandle":"eyJ0"})");
  EXPECT_EQ(xml("StartMessageMoveTask", start),
            "<StartMessageMoveTaskResult><TaskHandle>eyJ0</TaskHandle>"
            "</StartMessageMoveTaskResult>");
  EXPECT_EQ(mirror("StartMessageMoveTask", start),
            R"("StartMessageMoveTaskResult":{"TaskHandle":"eyJ0"},)");
  const CancelMessageMoveTaskReply cancel{.approximate_number_of_messages_moved = 5'000'000'000};
  EXPECT_EQ(json(cancel), R"({"ApproximateNumberOfMessagesMoved":5000000000})");
  EXPECT_EQ(json(CancelMessageMoveTaskReply()), R"({"ApproximateNumberOfMessagesMoved":0})");
  EXPECT_EQ(xml("CancelMessageMoveTask", cancel),
            "<CancelMessageMoveTaskResult><ApproximateNumberOfMessagesMoved>5000000000"
            "</ApproximateNumberOfMessagesMoved></CancelMessageMoveTaskResult>");
  EXPECT_EQ(mirror("CancelMessageMoveTask", cancel),
            R"("CancelMessageMoveTaskResult":{"ApproximateNumberOfMessagesMoved":5000000000},)");
}

/// A running task with everything given, and a failed one with the least.
ListMessageMoveTasksReply move_tasks() {
  ListMessageMoveTasksReply::Entry running;
  running.task_handle = "h";
  running.status = "RUNNING";
  running.source_arn = "s";
  running.destination_arn = "d";
  running.max_number_of_messages_per_second = 500;
  running.approximate_number_of_messages_moved = 2;
  running.approximate_number_of_messages_to_move = 10;
  running.started_timestamp = 1'700'000'000'123;
  ListMessageMoveTasksReply::Entry failed;
  failed.status = "FAILED";
  failed.source_arn = "s";
  failed.failure_reason = "AWS.SimpleQueueService.NonExistentQueue";
  return {{running, failed}};
}

constexpr std::string_view kMoveTasksJson =
    R"([{"ApproximateNumberOfMessagesMoved":2,"ApproximateNumberOfMessagesToMove":10,)"
    R"("DestinationArn":"d","MaxNumberOfMessagesPerSecond":500,"SourceArn":"s",)"
    R"("StartedTimestamp":1700000000123,"Status":"RUNNING","TaskHandle":"h"},)"
    R"({"ApproximateNumberOfMessagesMoved":0,"ApproximateNumberOfMessagesToMove":0,)"
    R"("FailureReason":"AWS.SimpleQueueService.NonExistentQueue","SourceArn":"s",)"
    R"("StartedTimestamp":0,"Status":"FAILED"}])";

TEST(Replies, ListMessageMoveTasksJson) {
  EXPECT_EQ(json(move_tasks()), "{\"Results\":" + std::string(kMoveTasksJson) + "}");
  EXPECT_EQ(mirror("ListMessageMoveTasks", move_tasks()),
            "\"ListMessageMoveTasksResult\":{\"Results\":" + std::string(kMoveTasksJson) + "},");
  EXPECT_EQ(json(ListMessageMoveTasksReply()), R"({"Results":[]})");
}

TEST(Replies, ListMessageMoveTasksXml) {
  EXPECT_EQ(xml("ListMessageMoveTasks", move_tasks()),
            "<ListMessageMoveTasksResult>"
            "<ListMessageMoveTasksResultEntry><TaskHandle>h</TaskHandle><Status>RUNNING</Status>"
            "<SourceArn>s</SourceArn><DestinationArn>d</DestinationArn>"
            "<MaxNumberOfMessagesPerSecond>500</MaxNumberOfMessagesPerSecond>"
            "<ApproximateNumberOfMessagesMoved>2</ApproximateNumberOfMessagesMoved>"
            "<ApproximateNumberOfMessagesToMove>10</ApproximateNumberOfMessagesToMove>"
            "<StartedTimestamp>1700000000123</StartedTimestamp></ListMessageMoveTasksResultEntry>"
            "<ListMessageMoveTasksResultEntry><Status>FAILED</Status><SourceArn>s</SourceArn>"
            "<ApproximateNumberOfMessagesMoved>0</ApproximateNumberOfMessagesMoved>"
            "<ApproximateNumberOfMessagesToMove>0</ApproximateNumberOfMessagesToMove>"
            "<FailureReason>AWS.SimpleQueueService.NonExistentQueue</FailureReason>"
            "<StartedTimestamp>0</StartedTimestamp></ListMessageMoveTasksResultEntry>"
            "</ListMessageMoveTasksResult>");
  EXPECT_EQ(xml("ListMessageMoveTasks", ListMessageMoveTasksReply()),
            "<ListMessageMoveTasksResult/>");
}

TEST(Replies, AreWrittenIntoOneAllocation) {
  ReceiveMessageReply reply = received();
  const std::string body(100'000, 'x');
  reply.messages[0].body = body;
  for (Wire wire : {Wire::kJson, Wire::kQuery, Wire::kQueryJson}) {
    const EncodedReply encoded = encode_reply(wire, "ReceiveMessage", kId, reply);
    EXPECT_LT(encoded.body.size(), encoded.body.capacity());
    EXPECT_LT(encoded.body.capacity(), 2 * encoded.body.size())
        << "the estimate was exceeded or far off";
  }
}

// ---- Errors ----

TEST(Errors, Json) {
  const EncodedReply encoded =
      encode_error(Wire::kJson, kId, {ErrorCode::kQueueNameExists, "A queue \"q\" exists"});
  EXPECT_EQ(encoded.http_status, 400);
  EXPECT_EQ(encoded.content_type, "application/x-amz-json-1.0");
  EXPECT_EQ(encoded.query_error, "QueueAlreadyExists;Sender");
  EXPECT_EQ(encoded.body,
            R"({"__type":"com.amazonaws.sqs#QueueNameExists","message":"A queue \"q\" exists"})");
}

TEST(Errors, Xml) {
  const EncodedReply encoded = encode_error(
      Wire::kQuery, kId,
      {ErrorCode::kReceiptHandleIsInvalid, "The input receipt handle \"<>&\" is not valid."});
  EXPECT_EQ(encoded.http_status, 400);
  EXPECT_EQ(encoded.content_type, "text/xml");
  EXPECT_EQ(encoded.query_error, "");
  EXPECT_EQ(encoded.body,
            "<?xml version=\"1.0\"?><ErrorResponse "
            "xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><Error>"
            "<Type>Sender</Type><Code>ReceiptHandleIsInvalid</Code>"
            "<Message>The input receipt handle &quot;&lt;&gt;&amp;&quot; is not "
            "valid.</Message><Detail/></Error>"
            "<RequestId>" +
                std::string(kId) + "</RequestId></ErrorResponse>");
}

TEST(Errors, Mirror) {
  const EncodedReply encoded = encode_error(
      Wire::kQueryJson, kId,
      {ErrorCode::kInvalidAction, "The action ListQueues is not valid for this endpoint."});
  EXPECT_EQ(encoded.http_status, 400);
  EXPECT_EQ(encoded.content_type, "application/json");
  EXPECT_EQ(encoded.body, R"({"Error":{"Code":"InvalidAction",)"
                          R"("Message":"The action ListQueues is not valid for this endpoint.",)"
                          R"("Type":"Sender"},"RequestId":")" +
                              std::string(kId) + "\"}");
}

TEST(Errors, AMissingQueueHasOneTextForEachProtocol) {
  const Error error{ErrorCode::kQueueDoesNotExist, "whatever"};
  EXPECT_EQ(encode_error(Wire::kJson, kId, error).body,
            R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist",)"
            R"("message":"The specified queue does not exist."})");
  EXPECT_EQ(encode_error(Wire::kJson, kId, error).query_error,
            "AWS.SimpleQueueService.NonExistentQueue;Sender");
  for (Wire wire : {Wire::kQuery, Wire::kQueryJson}) {
    const std::string body = encode_error(wire, kId, error).body;
    EXPECT_NE(body.find("The specified queue does not exist for this wsdl version."),
              std::string::npos)
        << body;
    EXPECT_NE(body.find("AWS.SimpleQueueService.NonExistentQueue"), std::string::npos) << body;
  }
}

TEST(Errors, MissingActionIsBareXmlOnBothQueryWires) {
  for (Wire wire : {Wire::kQuery, Wire::kQueryJson}) {
    const EncodedReply encoded = encode_error(wire, kId, {ErrorCode::kMissingAction, "x"});
    EXPECT_EQ(encoded.http_status, 404);
    EXPECT_EQ(encoded.content_type, "text/xml");
    EXPECT_EQ(encoded.body, "<UnknownOperationException/>");
  }
}

TEST(Errors, UnknownOperationHasNoMessage) {
  const EncodedReply encoded = encode_error(Wire::kJson, kId, {ErrorCode::kUnknownOperation, ""});
  EXPECT_EQ(encoded.http_status, 404);
  EXPECT_EQ(encoded.body, R"({"__type":"com.amazon.coral.service#UnknownOperationException"})");
}

TEST(Errors, OurOwnFaultsAreTheReceivers) {
  const Error error{ErrorCode::kStorageFailure, "m"};
  EXPECT_EQ(encode_error(Wire::kJson, kId, error).query_error, "InternalError;Receiver");
  EXPECT_EQ(encode_error(Wire::kJson, kId, error).http_status, 500);
  EXPECT_NE(encode_error(Wire::kQuery, kId, error).body.find("<Type>Receiver</Type>"),
            std::string::npos);
  EXPECT_NE(encode_error(Wire::kQueryJson, kId, error).body.find(R"("Type":"Receiver")"),
            std::string::npos);
}

TEST(Errors, EveryCodeIsWrittenOnEveryWire) {
  for (int i = 0; i < kErrorCodeCount; ++i) {
    const Error error{static_cast<ErrorCode>(i), "a \x01 <text>"};
    const ErrorRow& row = error_row(error.code);
    const EncodedReply in_json = encode_error(Wire::kJson, kId, error);
    EXPECT_EQ(in_json.http_status, row.http_status);
    EXPECT_TRUE(in_json.query_error.starts_with(row.query_code));
    EXPECT_NE(in_json.body.find(row.json_type), std::string::npos);
    const EncodedReply in_xml = encode_error(Wire::kQuery, kId, error);
    EXPECT_EQ(in_xml.http_status, row.http_status);
    if (error.code != ErrorCode::kMissingAction)
      EXPECT_TRUE(is_well_formed_xml(in_xml.body)) << in_xml.body;
  }
}

}  // namespace
}  // namespace forebay::protocol
