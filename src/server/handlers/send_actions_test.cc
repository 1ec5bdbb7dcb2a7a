// SPDX-License-Identifier: Apache-2.0
// SendMessage and SendMessageBatch.
#include "protocol/digests.h"
#include "server/stored_message.h"
#include "server/testing/api_fixture.h"

namespace forebay::server {
namespace {

using testing::ApiTest;
using testing::kFixedUuid;

class SendMessageAction : public ApiTest {
 protected:
  void will_send(bool fifo = false, uint64_t number = 7) {
    Bytes16 id;
    id.fill(0xAB);
    id[6] = 0x4B;
    router_.will_reply(
        engine::SendMessages::Reply{{engine::SentMessage{id, MessageNumber(number), fifo}}});
  }
  const engine::SendMessages& sent(size_t index = 0) {
    return router_.request<engine::SendMessages>(index);
  }
  const engine::SendEntry& entry() { return sent().entries.at(0); }
  StoredMessage stored() { return decode_stored_message(entry().content).value(); }
};

TEST_F(SendMessageAction, AnswersIdAndDigestOfTheBody) {
  will_send();
  EXPECT_EQ(json("SendMessage", R"({"QueueUrl":"q","MessageBody":"message"})").body,
            R"({"MD5OfMessageBody":"78e731027d8fd50ed642340b7c9a63b3","MessageId":")" +
                std::string(kFixedUuid) + "\"}");
  EXPECT_FALSE(sent().batch);
  EXPECT_EQ(entry().size_bytes, 7);
  EXPECT_FALSE(entry().delay_seconds.has_value());
  EXPECT_FALSE(entry().message_group_id.has_value());
  EXPECT_FALSE(entry().content_error.has_value());
  EXPECT_EQ(entry().body_sha256, "");
  EXPECT_EQ(stored().body, "message");
  EXPECT_EQ(stored().body_md5, "78e731027d8fd50ed642340b7c9a63b3");
  EXPECT_EQ(stored().sender_id, "000000000000");
  EXPECT_EQ(stored().trace_header, "");
  EXPECT_EQ(stored().deduplication_id, "");
}

TEST_F(SendMessageAction, KeepsAttributesAndAnswersTheirDigests) {
  will_send();
  const http::HttpResponse response = json(
      "SendMessage",
      R"({"QueueUrl":"q","MessageBody":"m","DelaySeconds":0,)"
      R"("MessageAttributes":{"timestamp":{"DataType":"Number","StringValue":"1493147359900"}},)"
      R"("MessageSystemAttributes":{"AWSTraceHeader":{"DataType":"String","StringValue":)"
      R"("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"}}})");
  EXPECT_NE(response.body.find(R"("MD5OfMessageAttributes":"235c5c510d26fb653d073faed50ae77c")"),
            std::string::npos);
  EXPECT_NE(
      response.body.find(R"("MD5OfMessageSystemAttributes":"5ae4d5d7636402d80f4eb6d213245a88")"),
      std::string::npos);
  EXPECT_EQ(entry().delay_seconds, 0);
  EXPECT_EQ(entry().size_bytes, 1 + 9 + 6 + 13);
  ASSERT_EQ(stored().attributes.size(), 1u);
  EXPECT_EQ(stored().attributes[0].value, "1493147359900");
  EXPECT_EQ(stored().trace_header,
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1");
}

TEST_F(SendMessageAction, TheTraceIdHeaderFillsInForAMissingTraceHeader) {
  base_.trace_id = "Root=1-abc";
  will_send();
  const http::HttpResponse response = json("SendMessage", R"({"QueueUrl":"q","MessageBody":"m"})");
  EXPECT_EQ(stored().trace_header, "Root=1-abc");
  EXPECT_EQ(response.body.find("MD5OfMessageSystemAttributes"), std::string::npos);
}

TEST_F(SendMessageAction, ATraceIdHeaderThatIsNotTextIsLeftOut) {
  base_.trace_id = "\xFF";
  will_send();
  json("SendMessage", R"({"QueueUrl":"q","MessageBody":"m"})");
  EXPECT_EQ(stored().trace_header, "");
}

TEST_F(SendMessageAction, FifoGetsASequenceNumberAndABodyDigest) {
  will_send(true, 42);
  const http::HttpResponse response =
      json("SendMessage", R"({"QueueUrl":"q.fifo","MessageBody":"m","MessageGroupId":"g"})");
  EXPECT_NE(response.body.find(R"("SequenceNumber":"10000000000000000042")"), std::string::npos);
  EXPECT_EQ(entry().body_sha256, protocol::sha256_hex("m"));
  EXPECT_EQ(entry().message_group_id, "g");
  EXPECT_EQ(stored().deduplication_id, protocol::sha256_hex("m"));
}

TEST_F(SendMessageAction, AnExplicitDeduplicationIdIsKeptAsGiven) {
  will_send(true);
  json("SendMessage", R"({"QueueUrl":"q.fifo","MessageBody":"m","MessageGroupId":"g",)"
                      R"("MessageDeduplicationId":"d"})");
  EXPECT_EQ(entry().message_deduplication_id, "d");
  EXPECT_EQ(stored().deduplication_id, "d");
}

TEST_F(SendMessageAction, RequiredParametersAndRangesComeBeforeTheQueue) {
  const std::string bad_url = R"({"QueueUrl":"http://whatever")";
  EXPECT_EQ(json("SendMessage", bad_url + "}").body, missing_parameter_body("MessageBody"));
  EXPECT_EQ(json("SendMessage", bad_url + R"(,"MessageBody":""})").body,
            missing_parameter_body("MessageBody"));
  for (const int delay : {-1, 901, 1000}) {
    EXPECT_EQ(json("SendMessage",
                   bad_url + R"(,"MessageBody":"m","DelaySeconds":)" + std::to_string(delay) + "}")
                  .body,
              invalid_parameter_body("Value " + std::to_string(delay) +
                                     " for parameter DelaySeconds is invalid. Reason: DelaySeconds "
                                     "must be >= 0 and <= 900."));
  }
  EXPECT_EQ(
      json("SendMessage", bad_url + R"(,"MessageBody":"\u0000"})").body,
      error_body("com.amazonaws.sqs#QueueDoesNotExist", "The specified queue does not exist."));
}

TEST_F(SendMessageAction, FaultsOfTheMessageAreHandedToTheEngine) {
  const std::pair<std::string, ErrorCode> cases[] = {
      {R"("MessageBody":"a\u0000")", ErrorCode::kInvalidMessageContents},
      {R"("MessageBody":"m","MessageGroupId":"")", ErrorCode::kInvalidParameterValue},
      {R"("MessageBody":"m","MessageDeduplicationId":"a b")", ErrorCode::kInvalidParameterValue},
      {R"("MessageBody":"m","MessageAttributes":{"k":{"DataType":"String","StringValue":""}})",
       ErrorCode::kInvalidParameterValue},
      {R"("MessageBody":"m","MessageSystemAttributes":{"Hello":{"DataType":"String",)"
       R"("StringValue":"x"}})",
       ErrorCode::kInvalidParameterValue},
  };
  size_t index = 0;
  for (const auto& [members, code] : cases) {
    router_.will_fail(ErrorCode::kOverLimit, "the engine decides");
    EXPECT_EQ(json("SendMessage", R"({"QueueUrl":"q",)" + members + "}").status, 403);
    const auto& error = sent(index++).entries.at(0).content_error;
    ASSERT_TRUE(error.has_value()) << members;
    EXPECT_EQ(error->code, code) << members;
  }
  EXPECT_EQ(sent(1).entries[0].content_error->message,
            "Value  for parameter MessageGroupId is invalid. Reason: MessageGroupId can only "
            "include alphanumeric and punctuation characters. 1 to 128 in length.");
}

TEST_F(SendMessageAction, AFailedEntryIsTheAnswer) {
  router_.will_reply(engine::SendMessages::Reply{
      {Error{ErrorCode::kMissingParameter, "The request must contain the parameter X."}}});
  EXPECT_EQ(json("SendMessage", R"({"QueueUrl":"q","MessageBody":"m"})").body,
            missing_parameter_body("X"));
}

class SendMessageBatchAction : public SendMessageAction {};

TEST_F(SendMessageBatchAction, AnswersEachEntry) {
  router_.will_reply(engine::SendMessages::Reply{
      {Error{ErrorCode::kInvalidParameterValue,
             "One or more parameters cannot be validated. Reason: Message must be shorter than "
             "1024 bytes."},
       engine::SentMessage{Bytes16{}, MessageNumber(1), false}}});
  const http::HttpResponse response = json(
      "SendMessageBatch", R"({"QueueUrl":"q","Entries":[{"Id":"1","MessageBody":"long"},{"Id":"2",)"
                          R"("MessageBody":"message"}]})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body,
            R"({"Failed":[{"Code":"InvalidParameterValue","Id":"1","Message":"One or more )"
            R"(parameters cannot be validated. Reason: Message must be shorter than 1024 bytes.",)"
            R"("SenderFault":true}],"Successful":[{"Id":"2","MD5OfMessageBody":)"
            R"("78e731027d8fd50ed642340b7c9a63b3","MessageId":)"
            R"("00000000-0000-0000-0000-000000000000"}]})");
  EXPECT_TRUE(sent().batch);
  ASSERT_EQ(sent().entries.size(), 2u);
}

TEST_F(SendMessageBatchAction, ChecksTheEnvelopeBeforeTheQueue) {
  const std::string url = R"({"QueueUrl":"http://whatever")";
  EXPECT_EQ(json("SendMessageBatch", url + "}").body, missing_parameter_body("Entries"));
  EXPECT_EQ(
      json("SendMessageBatch", url + R"(,"Entries":[]})").body,
      error_body("com.amazonaws.sqs#EmptyBatchRequest",
                 "There should be at least one SendMessageBatchRequestEntry in the request."));
  EXPECT_EQ(json("SendMessageBatch", url + R"(,"Entries":[{"Id":"a"},{"Id":"a"}]})").body,
            error_body("com.amazonaws.sqs#BatchEntryIdsNotDistinct", "Id a repeated."));
}

TEST_F(SendMessageBatchAction, AllEntriesTogetherAreAtMostOneMebibyte) {
  const auto body = [](size_t first_bytes) {
    return R"({"QueueUrl":"q","Entries":[{"Id":"1","MessageBody":")" +
           std::string(first_bytes, 'x') +
           R"("},{"Id":"2","MessageBody":"12345",)"
           R"("MessageAttributes":{"k":{"DataType":"String","StringValue":"x"}}}]})";
  };
  EXPECT_EQ(json("SendMessageBatch", body(1'048'576 - 12)).body,
            error_body("com.amazonaws.sqs#BatchRequestTooLong",
                       "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 "
                       "bytes."));
  EXPECT_TRUE(router_.requests.empty());
  router_.will_fail(ErrorCode::kOverLimit, "reached the engine");
  EXPECT_EQ(json("SendMessageBatch", body(1'048'576 - 13)).status, 403);
}

TEST_F(SendMessageBatchAction, FaultsOfAnEntryAreItsOwn) {
  router_.will_fail(ErrorCode::kOverLimit, "the engine decides");
  json("SendMessageBatch",
       R"({"QueueUrl":"q","Entries":[{"Id":"1"},{"Id":"2","MessageBody":"m","DelaySeconds":901},)"
       R"({"Id":"3","MessageBody":"\u0000"},{"Id":"4","MessageBody":"m","DelaySeconds":900}]})");
  const auto& entries = sent().entries;
  ASSERT_EQ(entries.size(), 4u);
  EXPECT_EQ(entries[0].content_error, (Error{ErrorCode::kMissingParameter,
                                             "The request must contain the parameter "
                                             "SendMessageBatchRequestEntry.1.MessageBody."}));
  EXPECT_EQ(entries[1].content_error->message,
            "Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 "
            "and <= 900.");
  EXPECT_FALSE(entries[1].delay_seconds.has_value());
  EXPECT_EQ(entries[2].content_error->code, ErrorCode::kInvalidMessageContents);
  EXPECT_FALSE(entries[3].content_error.has_value());
  EXPECT_EQ(entries[3].delay_seconds, 900);
}

TEST_F(SendMessageBatchAction, AWholeRefusalIsTheAnswer) {
  router_.will_fail(ErrorCode::kInvalidParameterValue,
                    "The request must contain the parameter MessageGroupId.");
  EXPECT_EQ(
      json("SendMessageBatch", R"({"QueueUrl":"q.fifo","Entries":[{"Id":"1","MessageBody":"m"}]})")
          .body,
      invalid_parameter_body("The request must contain the parameter MessageGroupId."));
}

}  // namespace
}  // namespace forebay::server
