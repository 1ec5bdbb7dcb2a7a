// SPDX-License-Identifier: Apache-2.0
// How often a request allocates memory, from the bytes of the request to the bytes of the answer:
// HTTP, JSON, API, shard, engine, journal batch. Allocations are where small requests lose their
// time, and they creep in unseen; so their number is held here.
//
// A test that fails prints where the request allocates. To see the same of the state before your
// change, set the number below to 0 there. Take the new allocation out, or, if it is worth its
// price, raise the number and say why in the commit. When a change allocates less, lower the
// number.
#include <algorithm>
#include <cstdio>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "server/testing/one_connection_server.h"

namespace forebay::server {
namespace {

using testing::OneConnectionServer;
using testing::Tally;

/// What one request may cost when the server has run for a while. The memory log's own are in it:
/// two for each message sent (its place in a map, a copy of its record).
struct Cost {
  const char* request;
  uint64_t allocations_max;
  uint64_t bytes_max;
};
constexpr Cost kSendMessage{"SendMessage of 1 KiB", 22, 7031};
constexpr Cost kSendMessageBatch{"SendMessageBatch of ten", 67, 85186};
constexpr Cost kReceiveMessage{"ReceiveMessage of ten", 50, 41512};
constexpr Cost kDeleteMessage{"DeleteMessage", 17, 1503};

constexpr int kWarmUp = 300;
constexpr int kMeasured = 101;

/// As an AWS SDK sends it.
std::string request(std::string_view action, std::string_view body) {
  return fmt::format(
      "POST / HTTP/1.1\r\n"
      "Host: localhost:9324\r\n"
      "Accept-Encoding: identity\r\n"
      "X-Amz-Target: AmazonSQS.{}\r\n"
      "Content-Type: application/x-amz-json-1.0\r\n"
      "User-Agent: Boto3/1.34.0 md/Botocore#1.34.0 ua/2.0 os/linux lang/python#3.11.2\r\n"
      "X-Amz-Date: 20250101T000000Z\r\n"
      "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20250101/us-east-1/sqs/"
      "aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, "
      "Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\r\n"
      "amz-sdk-invocation-id: 01234567-89ab-cdef-0123-456789abcdef\r\n"
      "amz-sdk-request: attempt=1\r\n"
      "Content-Length: {}\r\n\r\n{}",
      action, body.size(), body);
}

constexpr std::string_view kQueueUrl = "http://localhost:9324/000000000000/a-queue-of-jobs";

std::string send_message() {
  return request("SendMessage", fmt::format(R"({{"QueueUrl":"{}","MessageBody":"{}"}})", kQueueUrl,
                                            std::string(1024, 'b')));
}

std::string send_message_batch() {
  std::string entries;
  for (int i = 0; i < 10; ++i) {
    entries += fmt::format(R"({}{{"Id":"entry-{}","MessageBody":"{}"}})", i == 0 ? "" : ",", i,
                           std::string(1024, 'b'));
  }
  return request("SendMessageBatch",
                 fmt::format(R"({{"QueueUrl":"{}","Entries":[{}]}})", kQueueUrl, entries));
}

std::string receive_message() {
  return request("ReceiveMessage",
                 fmt::format(R"({{"QueueUrl":"{}","MaxNumberOfMessages":10}})", kQueueUrl));
}

std::string delete_message(std::string_view receipt_handle) {
  return request("DeleteMessage", fmt::format(R"({{"QueueUrl":"{}","ReceiptHandle":"{}"}})",
                                              kQueueUrl, receipt_handle));
}

/// Those in the answer to a ReceiveMessage.
std::vector<std::string> receipt_handles(std::string_view answer) {
  constexpr std::string_view kName = R"("ReceiptHandle":")";
  std::vector<std::string> handles;
  for (size_t at = answer.find(kName); at != std::string_view::npos;
       at = answer.find(kName, at + 1)) {
    const size_t begin = at + kName.size();
    handles.emplace_back(answer.substr(begin, answer.find('"', begin) - begin));
  }
  return handles;
}

class RequestAllocations : public ::testing::Test {
 protected:
  void SetUp() override { exchange(request("CreateQueue", R"({"QueueName":"a-queue-of-jobs"})")); }

  std::string exchange(std::string_view request) {
    std::string answer = server_.exchange(request);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK")) << answer;
    return answer;
  }

  /// The same, counted once the server is warm.
  std::string measure(std::string_view request) {
    std::string answer = exchange(request);
    costs_.push_back(server_.last_cost());
    return answer;
  }

  std::vector<std::string> receive_ten() {
    std::vector<std::string> handles = receipt_handles(measure(receive_message()));
    EXPECT_EQ(handles.size(), 10u);
    return handles;
  }

  void delete_all(const std::vector<std::string>& handles) {
    for (const std::string& handle : handles) exchange(delete_message(handle));
  }

  /// What half of the measured requests cost at most: now and then one pays for a table that grows,
  /// or for something that is done every second.
  Tally usual_cost() const {
    const auto median = [this](uint64_t Tally::* what) {
      std::vector<uint64_t> sorted;
      for (const Tally& cost : costs_) sorted.push_back(cost.*what);
      std::ranges::sort(sorted);
      return sorted.at(sorted.size() / 2);
    };
    return {median(&Tally::allocations), median(&Tally::bytes)};
  }

  void expect_within(const Cost& bound, std::string_view example) {
    const Tally cost = usual_cost();
    fmt::print("{}: {} allocations, {} bytes\n", bound.request, cost.allocations, cost.bytes);
    std::fflush(stdout);
    if (cost.allocations <= bound.allocations_max && cost.bytes <= bound.bytes_max) return;
    ADD_FAILURE() << fmt::format(
        "{} may cost {} allocations and {} bytes. Below is where it allocates; to see what is new, "
        "set its numbers in request_allocations_test.cc to 0 in the state before your change and "
        "compare. Take the new allocation out, or raise the number and say why.\n{}",
        bound.request, bound.allocations_max, bound.bytes_max, server_.allocation_sites(example));
  }

  OneConnectionServer server_;
  std::vector<Tally> costs_;
};

TEST_F(RequestAllocations, OfSendMessage) {
  const std::string send = send_message();
  for (int i = 0; i < kWarmUp; ++i) exchange(send);
  for (int i = 0; i < kMeasured; ++i) measure(send);
  expect_within(kSendMessage, send);
}

TEST_F(RequestAllocations, OfSendMessageBatch) {
  const std::string send = send_message_batch();
  for (int i = 0; i < kWarmUp; ++i) exchange(send);
  for (int i = 0; i < kMeasured; ++i) measure(send);
  expect_within(kSendMessageBatch, send);
}

TEST_F(RequestAllocations, OfReceiveMessage) {
  for (int i = 0; i < kWarmUp + kMeasured; ++i) {
    exchange(send_message_batch());
    delete_all(receive_ten());
  }
  costs_.erase(costs_.begin(), costs_.begin() + kWarmUp);
  exchange(send_message_batch());
  expect_within(kReceiveMessage, receive_message());
}

TEST_F(RequestAllocations, OfDeleteMessage) {
  for (int i = 0; i < kWarmUp; ++i) {
    exchange(send_message_batch());
    const std::vector<std::string> handles = receive_ten();
    costs_.clear();
    for (const std::string& handle : handles) measure(delete_message(handle));
  }
  exchange(send_message_batch());
  const std::string left = receipt_handles(exchange(receive_message())).at(0);
  expect_within(kDeleteMessage, delete_message(left));
}

}  // namespace
}  // namespace forebay::server
