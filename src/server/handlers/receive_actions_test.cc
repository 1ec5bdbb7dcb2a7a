// SPDX-License-Identifier: Apache-2.0
// ReceiveMessage, and the actions on what was received.
#include "engine/facts.h"
#include "server/stored_message.h"
#include "server/testing/api_fixture.h"

namespace forebay::server {
namespace {

using testing::ApiTest;
using testing::kFifoQueue;
using testing::kQueue;

class ReceiveMessageAction : public ApiTest {};

engine::ReceiveMessages::Message received_message() {
  StoredMessage stored;
  stored.body_md5 = "78e731027d8fd50ed642340b7c9a63b3";
  stored.body = "message";
  stored.sender_id = "000000000000";
  stored.attributes = {{"Foo", "String", "Bar"}};
  const std::string content = encode_stored_message(stored);
  engine::MessageSent sent;
  sent.content = content;
  engine::ReceiveMessages::Message message;
  message.receipt_handle = "handle";
  message.number = MessageNumber(1);
  message.receive_count = 1;
  message.sent = WallMs(1'755'500'000'001);
  message.first_received = WallMs(1'755'500'000'123);
  message.fifo = false;
  message.move_count = 0;
  engine::encode_fact(sent, message.sent, message.record);
  return message;
}

TEST_F(ReceiveMessageAction, ShowsTheMessageAndTheAttributesAskedFor) {
  router_.will_reply(engine::ReceiveMessages::Reply{{received_message()}});
  const http::HttpResponse response =
      json("ReceiveMessage", R"({"QueueUrl":"q","MessageSystemAttributeNames":["SentTimestamp"],)"
                             R"("MessageAttributeNames":["All"]})");
  EXPECT_EQ(response.body,
            R"({"Messages":[{"Attributes":{"SentTimestamp":"1755500000001"},"Body":"message",)"
            R"("MD5OfBody":"78e731027d8fd50ed642340b7c9a63b3",)"
            R"("MD5OfMessageAttributes":"ae7155c6026991b6d54b11589678bf9c",)"
            R"("MessageAttributes":{"Foo":{"DataType":"String","StringValue":"Bar"}},)"
            R"("MessageId":"00000000-0000-0000-0000-000000000000","ReceiptHandle":"handle"}]})");
}

TEST_F(ReceiveMessageAction, NothingReceivedIsAnEmptyObject) {
  router_.will_reply(engine::ReceiveMessages::Reply{});
  EXPECT_EQ(json("ReceiveMessage", R"({"QueueUrl":"q"})").body, "{}");
  const auto& request = router_.request<engine::ReceiveMessages>();
  EXPECT_EQ(request.max_number_of_messages, 1);
  EXPECT_FALSE(request.visibility_timeout.has_value());
  EXPECT_FALSE(request.wait_time_seconds.has_value());
  EXPECT_EQ(request.client, client_);
}

TEST_F(ReceiveMessageAction, PassesZeroesOnAsGiven) {
  router_.will_reply(engine::ReceiveMessages::Reply{});
  json("ReceiveMessage",
       R"({"QueueUrl":"q","MaxNumberOfMessages":10,"VisibilityTimeout":0,"WaitTimeSeconds":0})");
  const auto& request = router_.request<engine::ReceiveMessages>();
  EXPECT_EQ(request.max_number_of_messages, 10);
  EXPECT_EQ(request.visibility_timeout, 0);
  EXPECT_EQ(request.wait_time_seconds, 0);
}

TEST_F(ReceiveMessageAction, RangesAreCheckedBeforeTheQueue) {
  struct Case {
    std::string name;
    int value;
    std::string reason;
  };
  const Case cases[] = {
      {"MaxNumberOfMessages", 11, "Must be between 1 and 10, if provided."},
      {"MaxNumberOfMessages", 0, "Must be between 1 and 10, if provided."},
      {"MaxNumberOfMessages", -1, "Must be between 1 and 10, if provided."},
      {"WaitTimeSeconds", 21, "Must be >= 0 and <= 20, if provided."},
      {"WaitTimeSeconds", -1, "Must be >= 0 and <= 20, if provided."},
      {"VisibilityTimeout", 43201, "Must be >= 0 and <= 43200, if provided."},
      {"VisibilityTimeout", -1, "Must be >= 0 and <= 43200, if provided."},
  };
  for (const Case& c : cases) {
    const std::string value = std::to_string(c.value);
    EXPECT_EQ(
        json("ReceiveMessage", R"({"QueueUrl":"http://whatever",")" + c.name + "\":" + value + "}")
            .body,
        invalid_parameter_body("Value " + value + " for parameter " + c.name +
                               " is invalid. Reason: " + c.reason));
  }
}

TEST_F(ReceiveMessageAction, AttemptIdsAreForFifoQueuesOnly) {
  router_.will_reply(engine::ReceiveMessages::Reply{});
  json("ReceiveMessage", R"({"QueueUrl":"q","ReceiveRequestAttemptId":"a b"})");
  EXPECT_EQ(router_.request<engine::ReceiveMessages>().receive_request_attempt_id, "");
  router_.will_reply(engine::ReceiveMessages::Reply{});
  json("ReceiveMessage", R"({"QueueUrl":"q.fifo","ReceiveRequestAttemptId":"attempt"})");
  EXPECT_EQ(router_.request<engine::ReceiveMessages>(1).queue, kFifoQueue);
  EXPECT_EQ(router_.request<engine::ReceiveMessages>(1).receive_request_attempt_id, "attempt");
  EXPECT_EQ(
      json("ReceiveMessage", R"({"QueueUrl":"q.fifo","ReceiveRequestAttemptId":"a b"})").body,
      invalid_parameter_body(
          "Value a b for parameter ReceiveRequestAttemptId is invalid. Reason: "
          "ReceiveRequestAttemptId can only include alphanumeric and punctuation characters. 1 to "
          "128 in length."));
}

TEST_F(ReceiveMessageAction, ADamagedRecordIsAFailureOfTheServer) {
  engine::ReceiveMessages::Message message = received_message();
  message.record.pop_back();
  router_.will_reply(engine::ReceiveMessages::Reply{{message}});
  const http::HttpResponse response = json("ReceiveMessage", R"({"QueueUrl":"q"})");
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.query_error, "InternalError;Receiver");
}

class DeleteMessageAction : public ApiTest {};

TEST_F(DeleteMessageAction, DeletesOne) {
  router_.will_reply(engine::DeleteMessages::Reply{{Result<void>()}});
  const http::HttpResponse response =
      json("DeleteMessage", R"({"QueueUrl":"q","ReceiptHandle":"h"})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "");
  EXPECT_EQ(router_.request<engine::DeleteMessages>().queue, kQueue);
  EXPECT_EQ(router_.request<engine::DeleteMessages>().receipt_handles,
            (std::vector<std::string>{"h"}));
}

TEST_F(DeleteMessageAction, ARefusedHandleIsTheAnswer) {
  router_.will_reply(engine::DeleteMessages::Reply{
      {Error{ErrorCode::kReceiptHandleIsInvalid,
             "The input receipt handle \"garbage\" is not a valid receipt handle."}}});
  const http::HttpResponse response =
      json("DeleteMessage", R"({"QueueUrl":"q","ReceiptHandle":"garbage"})");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.query_error, "ReceiptHandleIsInvalid;Sender");
}

TEST_F(DeleteMessageAction, TheHandleIsRequired) {
  for (const char* body :
       {R"({"QueueUrl":"http://whatever"})", R"({"QueueUrl":"q","ReceiptHandle":""})"}) {
    EXPECT_EQ(json("DeleteMessage", body).body, missing_parameter_body("ReceiptHandle"));
  }
}

TEST_F(DeleteMessageAction, ABatchAnswersEachEntry) {
  router_.will_reply(engine::DeleteMessages::Reply{
      {Result<void>(), Error{ErrorCode::kReceiptHandleIsInvalid, "not valid"}}});
  const http::HttpResponse response =
      json("DeleteMessageBatch",
           R"({"QueueUrl":"q","Entries":[{"Id":"a","ReceiptHandle":"1"},{"Id":"b"},{"Id":"c",)"
           R"("ReceiptHandle":"3"}]})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(
      response.body,
      R"({"Failed":[{"Code":"MissingParameter","Id":"b","Message":"The request must contain the )"
      R"(parameter ReceiptHandle.","SenderFault":true},{"Code":"ReceiptHandleIsInvalid",)"
      R"("Id":"c","Message":"not valid","SenderFault":true}],"Successful":[{"Id":"a"}]})");
  EXPECT_EQ(router_.request<engine::DeleteMessages>().receipt_handles,
            (std::vector<std::string>{"1", "3"}));
}

TEST_F(DeleteMessageAction, ABatchIsCheckedAsAWhole) {
  EXPECT_EQ(
      json("DeleteMessageBatch", R"({"QueueUrl":"q","Entries":[]})").body,
      error_body("com.amazonaws.sqs#EmptyBatchRequest",
                 "There should be at least one DeleteMessageBatchRequestEntry in the request."));
}

class ChangeMessageVisibilityAction : public ApiTest {};

TEST_F(ChangeMessageVisibilityAction, ChangesOne) {
  router_.will_reply(engine::ChangeVisibility::Reply{{Result<void>()}});
  EXPECT_EQ(json("ChangeMessageVisibility",
                 R"({"QueueUrl":"q","ReceiptHandle":"h","VisibilityTimeout":0})")
                .status,
            200);
  const auto& entries = router_.request<engine::ChangeVisibility>().entries;
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].receipt_handle, "h");
  EXPECT_EQ(entries[0].visibility_timeout, 0);
}

TEST_F(ChangeMessageVisibilityAction, RefusesWhatIsMissingOrOutOfRange) {
  const std::string url = R"({"QueueUrl":"http://whatever")";
  EXPECT_EQ(json("ChangeMessageVisibility", url + "}").body,
            missing_parameter_body("ReceiptHandle"));
  EXPECT_EQ(json("ChangeMessageVisibility", url + R"(,"ReceiptHandle":"h"})").body,
            missing_parameter_body("VisibilityTimeout"));
  for (const std::string value : {"43201", "-1"}) {
    EXPECT_EQ(json("ChangeMessageVisibility",
                   url + R"(,"ReceiptHandle":"h","VisibilityTimeout":)" + value + "}")
                  .body,
              invalid_parameter_body("Value " + value +
                                     " for parameter VisibilityTimeout is invalid. Reason: Must be "
                                     "between 0 and 43200."));
  }
}

TEST_F(ChangeMessageVisibilityAction, ABatchAnswersEachEntry) {
  router_.will_reply(engine::ChangeVisibility::Reply{{Result<void>()}});
  const http::HttpResponse response =
      json("ChangeMessageVisibilityBatch",
           R"({"QueueUrl":"q","Entries":[{"Id":"a","ReceiptHandle":"1","VisibilityTimeout":-85},)"
           R"({"Id":"b","ReceiptHandle":"2","VisibilityTimeout":43200},{"Id":"c",)"
           R"("ReceiptHandle":"3"}]})");
  EXPECT_EQ(
      response.body,
      R"({"Failed":[{"Code":"InvalidParameterValue","Id":"a","Message":"Value -85 for parameter )"
      R"(VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an integer between 0 and )"
      R"(43200.","SenderFault":true},{"Code":"MissingParameter","Id":"c","Message":"The request )"
      R"(must contain the parameter VisibilityTimeout.","SenderFault":true}],)"
      R"("Successful":[{"Id":"b"}]})");
  const auto& entries = router_.request<engine::ChangeVisibility>().entries;
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].visibility_timeout, 43200);
}

}  // namespace
}  // namespace forebay::server
