// SPDX-License-Identifier: Apache-2.0
#include "load/bench_workload.h"

#include <gtest/gtest.h>

namespace forebay::load {
namespace {

class FixedClock final : public env::Clock {
 public:
  WallMs wall() const override { return WallMs(0); }
  MonotonicMs monotonic() const override { return MonotonicMs(0); }
};

constexpr FixedClock kClock;

RequestForm form_for(uint32_t queues) {
  RequestForm form;
  form.host_header = "h:1";
  form.body_bytes = 1;
  form.run = "r";
  for (uint32_t i = 0; i < queues; ++i) form.queue_urls.push_back("q" + std::to_string(i));
  return form;
}

BenchWorkloadOptions options_for(std::string_view mix, uint32_t lanes, uint32_t batch) {
  Result<Mix> parsed = parse_mix(mix);
  EXPECT_TRUE(parsed.ok());
  return {.mix = *parsed, .lanes = lanes, .batch = batch};
}

/// The action and the JSON of the lane's next request.
std::string next(BenchWorkload& workload, size_t lane = 0) {
  std::string request;
  workload.next(lane, request);
  const size_t action = request.find("AmazonSQS.") + 10;
  return request.substr(action, request.find('\r', action) - action) + " " +
         request.substr(request.find("\r\n\r\n") + 4);
}

Reply answer(BenchWorkload& workload, std::string_view body, ErrorCounts& errors, int status = 200,
             size_t lane = 0) {
  return workload.replied(lane, {.status = status, .body = body}, errors);
}

std::string received(uint32_t count, const std::string& prefix = "h") {
  std::string body = R"({"Messages":[)";
  for (uint32_t i = 0; i < count; ++i) {
    body += (i == 0 ? "" : ",");
    body.append(R"({"ReceiptHandle":")").append(prefix).append(std::to_string(i)).append("\"}");
  }
  return body + "]}";
}

TEST(BenchWorkload, SendsAndNumbersMessages) {
  RequestForm form = form_for(2);
  form.groups = 3;
  BenchWorkload workload(options_for("send", 1, 2), form, kClock);
  ErrorCounts errors;
  EXPECT_EQ(next(workload),
            R"(SendMessageBatch {"QueueUrl":"q0","Entries":[{"Id":"0","MessageBody":"x",)"
            R"("MessageGroupId":"g0","MessageDeduplicationId":"r-0"},{"Id":"1","MessageBody":"x",)"
            R"("MessageGroupId":"g1","MessageDeduplicationId":"r-1"}]})");
  const Reply reply = answer(workload, R"({"Successful":[]})", errors);
  EXPECT_EQ(reply.messages, 2u);
  EXPECT_TRUE(reply.answered);
  const std::string second = next(workload);
  EXPECT_NE(second.find(R"("QueueUrl":"q1")"), std::string::npos);
  EXPECT_NE(second.find(R"("r-3")"), std::string::npos);
  EXPECT_EQ(errors.total(), 0u);
}

TEST(BenchWorkload, ReceivesThenDeletesWhatCame) {
  const RequestForm form = form_for(2);
  BenchWorkload workload(options_for("receive-delete", 1, 10), form, kClock);
  ErrorCounts errors;
  EXPECT_EQ(next(workload), R"(ReceiveMessage {"QueueUrl":"q0","MaxNumberOfMessages":10})");
  EXPECT_EQ(answer(workload, received(2), errors).messages, 2u);
  EXPECT_EQ(next(workload),
            R"(DeleteMessageBatch {"QueueUrl":"q0","Entries":[{"Id":"0","ReceiptHandle":"h0"},)"
            R"({"Id":"1","ReceiptHandle":"h1"}]})");
  EXPECT_EQ(answer(workload, "{}", errors).messages, 2u);
  EXPECT_EQ(next(workload), R"(ReceiveMessage {"QueueUrl":"q1","MaxNumberOfMessages":10})");
  const Reply empty = answer(workload, "{}", errors);
  EXPECT_EQ(empty.messages, 0u);
  EXPECT_TRUE(empty.answered);
  EXPECT_EQ(next(workload), R"(ReceiveMessage {"QueueUrl":"q0","MaxNumberOfMessages":10})");
}

TEST(BenchWorkload, ARoundtripReceivesAsManyAsItSent) {
  const RequestForm form = form_for(1);
  BenchWorkload workload(options_for("roundtrip", 1, 3), form, kClock);
  ErrorCounts errors;
  EXPECT_TRUE(next(workload).starts_with("SendMessageBatch"));
  answer(workload, "{}", errors);
  EXPECT_TRUE(next(workload).starts_with("ReceiveMessage"));
  answer(workload, received(2), errors);
  EXPECT_TRUE(next(workload).starts_with("DeleteMessageBatch"));
  answer(workload, "{}", errors);
  EXPECT_TRUE(next(workload).starts_with("ReceiveMessage"));
  answer(workload, received(1), errors);
  EXPECT_TRUE(next(workload).starts_with("DeleteMessage "));
  answer(workload, "{}", errors);
  EXPECT_TRUE(next(workload).starts_with("SendMessageBatch"));
}

TEST(BenchWorkload, ARoundtripDoesNotWaitForMessagesThatOthersReceived) {
  const RequestForm form = form_for(1);
  BenchWorkload workload(options_for("roundtrip", 1, 1), form, kClock);
  ErrorCounts errors;
  next(workload);
  answer(workload, "{}", errors);
  EXPECT_TRUE(next(workload).starts_with("ReceiveMessage"));
  answer(workload, "{}", errors);
  EXPECT_TRUE(next(workload).starts_with("SendMessage "));
}

TEST(BenchWorkload, WeightsDeleteWhatAnyLaneReceived) {
  const RequestForm form = form_for(2);
  BenchWorkload workload(options_for("receive=1,delete=1", 2, 10), form, kClock);
  ErrorCounts errors;
  EXPECT_TRUE(next(workload, 0).starts_with(R"(ReceiveMessage {"QueueUrl":"q0")"));
  // Nothing to delete yet: the other lane receives too, although it is the deletes' turn.
  EXPECT_TRUE(next(workload, 1).starts_with("ReceiveMessage"));
  answer(workload, received(3, "a"), errors, 200, 0);
  answer(workload, "{}", errors, 200, 1);
  std::string request = next(workload, 1);
  if (request.starts_with("ReceiveMessage")) {
    answer(workload, "{}", errors, 200, 1);
    request = next(workload, 1);
  }
  EXPECT_TRUE(request.starts_with(R"(DeleteMessageBatch {"QueueUrl":"q0")")) << request;
  EXPECT_NE(request.find("a2"), std::string::npos);
  EXPECT_EQ(answer(workload, "{}", errors, 200, 1).messages, 3u);
}

TEST(BenchWorkload, RefusalsAreErrorsByCode) {
  const RequestForm form = form_for(1);
  BenchWorkload workload(options_for("send", 1, 1), form, kClock);
  ErrorCounts errors;
  next(workload);
  const Reply reply =
      answer(workload, R"({"__type":"x#OverLimit","message":"Too many."})", errors, 400);
  EXPECT_FALSE(reply.answered);
  EXPECT_EQ(reply.errors, 1u);
  EXPECT_EQ(errors.kinds().at("OverLimit").first_message, "Too many.");
  EXPECT_TRUE(next(workload).starts_with("SendMessage "));
}

TEST(BenchWorkload, EntriesOfABatchFailEachForItself) {
  const RequestForm form = form_for(1);
  BenchWorkload workload(options_for("send", 1, 3), form, kClock);
  ErrorCounts errors;
  next(workload);
  const Reply some =
      answer(workload, R"({"Failed":[{"Id":"0","Code":"Busy","Message":"later"}],"Successful":[]})",
             errors);
  EXPECT_TRUE(some.answered);
  EXPECT_EQ(some.messages, 2u);
  EXPECT_EQ(some.errors, 1u);
  next(workload);
  const Reply none =
      answer(workload, R"({"Failed":[{"Code":"Busy"},{"Code":"Busy"},{"Code":"Gone"}]})", errors);
  EXPECT_FALSE(none.answered);
  EXPECT_EQ(errors.kinds().at("Busy").count, 3u);
  EXPECT_EQ(errors.kinds().at("Gone").count, 1u);
}

TEST(BenchWorkload, ATargetThatIsNoQueueSucceedsWithAny200) {
  const RequestForm form = form_for(1);
  BenchWorkloadOptions options = options_for("send", 1, 2);
  options.any_200_is_success = true;
  BenchWorkload workload(options, form, kClock);
  ErrorCounts errors;
  next(workload);
  EXPECT_EQ(answer(workload, R"({"Failed":[{"Code":"A"}]})", errors).messages, 2u);
  next(workload);
  EXPECT_FALSE(answer(workload, "", errors, 404).answered);
  EXPECT_EQ(errors.kinds().at("HTTP 404").count, 1u);
}

TEST(BenchWorkload, AReceiveThatFailedDoesNotHoldTheRoundtripUp) {
  const RequestForm form = form_for(1);
  BenchWorkload workload(options_for("roundtrip", 1, 1), form, kClock);
  ErrorCounts errors;
  next(workload);
  answer(workload, "{}", errors);
  EXPECT_TRUE(next(workload).starts_with("ReceiveMessage"));
  EXPECT_EQ(workload.failed(0), Action::kReceive);
  EXPECT_TRUE(next(workload).starts_with("SendMessage "));
}

}  // namespace
}  // namespace forebay::load
