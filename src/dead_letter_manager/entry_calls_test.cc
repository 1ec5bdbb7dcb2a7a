// SPDX-License-Identifier: Apache-2.0
// Batches of which parts fail, as a server says it that answers what the test wants.
#include "dead_letter_manager/entry_calls.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/check.h"
#include "env/testing/fake_http_server.h"
#include "protocol/digests.h"
#include "protocol/json_document.h"

namespace forebay::sqs::detail {
namespace {

using env::testing::FakeHttpServer;
using env::testing::http_answer;
using std::chrono::milliseconds;

/// What becomes of an entry, by its body or receipt handle; and how often that was asked for.
struct Entries {
  std::map<std::string, std::vector<std::string>> troubles = {};  // codes, used up from the front
  std::map<std::string, int> calls = {};
  std::vector<size_t> batch_sizes = {};

  std::string answer(std::string_view request) {
    const std::string_view json = request.substr(request.find("\r\n\r\n") + 4);
    const auto members = *protocol::json_members(json);
    const auto entries = *protocol::json_items(protocol::find_member(members, "Entries")->value);
    batch_sizes.push_back(entries.size());
    std::string successful;
    std::string failed;
    for (const std::string& entry : entries) answer_entry(entry, successful, failed);
    return http_answer(200, "{\"Successful\":[" + successful + "],\"Failed\":[" + failed + "]}");
  }

 private:
  void answer_entry(const std::string& entry, std::string& successful, std::string& failed) {
    const auto members = *protocol::json_members(entry);
    const protocol::JsonMember* named = protocol::find_member(members, "ReceiptHandle");
    if (named == nullptr) named = protocol::find_member(members, "MessageBody");
    const std::string key = *protocol::json_string(named->value);
    const std::string id = protocol::find_member(members, "Id")->value;  // in quotes
    ++calls[key];
    std::vector<std::string>& codes = troubles[key];
    if (codes.empty()) {
      successful += (successful.empty() ? "{\"Id\":" : ",{\"Id\":") + id +
                    ",\"MessageId\":\"m\",\"MD5OfMessageBody\":\"" +
                    std::string(protocol::md5_hex(key).view()) + "\"}";
      return;
    }
    const bool sender_fault = codes.front() != "InternalError";
    failed += (failed.empty() ? "{\"Id\":" : ",{\"Id\":") + id + ",\"Code\":\"" + codes.front() +
              "\",\"SenderFault\":" + (sender_fault ? "true" : "false") + "}";
    codes.erase(codes.begin());
  }
};

class EntryCallsTest : public ::testing::Test {
 protected:
  static Client client_at(const std::string& url) {
    auto client = Client::create(
        {.region = "us-east-1", .endpoint_url = url, .credentials = UnsignedRequests{}});
    CHECK(client.ok());
    return *std::move(client);
  }
  static OutgoingMessage message(std::string body, std::string group = {}) {
    OutgoingMessage message{.body = std::move(body)};
    if (!group.empty()) message.message_group_id = std::move(group);
    return message;
  }
  static std::vector<bool> oks(const std::vector<Result<void>>& answers) {
    std::vector<bool> list;
    for (const Result<void>& answer : answers) list.push_back(answer.ok());
    return list;
  }

  Entries entries_;
  FakeHttpServer server_{[this](std::string_view request) { return entries_.answer(request); }};
  Client client_ = client_at(server_.url());
  EntryCalls calls_{client_, milliseconds(1), {}};
};

TEST_F(EntryCallsTest, DeletesAreToldOneByOne) {
  entries_.troubles = {{"h3", {"ReceiptHandleIsInvalid"}},
                       {"h5", {"InternalError"}},
                       {"h7", {"InternalError", "InternalError", "InternalError"}}};
  std::vector<std::string> handles;
  for (int i = 0; i < 12; ++i) handles.push_back("h" + std::to_string(i));
  const auto answers = calls_.remove("http://q/1/q", handles);
  ASSERT_EQ(answers.size(), 12u);
  for (size_t i = 0; i < 12; ++i) ASSERT_EQ(answers[i].ok(), i != 3 && i != 7) << i;
  EXPECT_EQ(answers[3].error().kind, ErrorKind::kReceiptHandle);
  EXPECT_EQ(answers[7].error().kind, ErrorKind::kServerFault);
  EXPECT_EQ(entries_.calls["h3"], 1);
  EXPECT_EQ(entries_.calls["h5"], 2);
  EXPECT_EQ(entries_.calls["h7"], EntryCalls::kAttemptsMax);
  EXPECT_EQ(entries_.calls["h0"], 1);
}

TEST_F(EntryCallsTest, OfASendOnlyWhatTheServerFailedToDoIsRepeated) {
  entries_.troubles = {{"b", {"InternalError"}}, {"c", {"InvalidMessageContents"}}};
  const auto answers = calls_.send("http://q/1/q", {message("a"), message("b"), message("c")});
  EXPECT_EQ(oks(answers), (std::vector<bool>{true, true, false}));
  EXPECT_EQ(entries_.calls, (std::map<std::string, int>{{"a", 1}, {"b", 2}, {"c", 1}}));
}

TEST_F(EntryCallsTest, ABatchIsTenMessagesAndOneMebibyte) {
  std::vector<OutgoingMessage> messages;
  for (int i = 0; i < 11; ++i) messages.push_back(message(std::to_string(i)));
  for (char c = 'a'; c < 'd'; ++c) messages.push_back(message(std::string(500'000, c)));
  for (const auto& answer : calls_.send("http://q/1/q", std::move(messages))) {
    EXPECT_TRUE(answer.ok());
  }
  EXPECT_EQ(entries_.batch_sizes, (std::vector<size_t>{10, 3, 1}));
}

TEST_F(EntryCallsTest, OnAFifoQueueAFailureStopsItsGroupOnly) {
  entries_.troubles = {{"a2", {"InvalidMessageContents"}}, {"b1", {"InternalError"}}};
  const auto answers =
      calls_.send("http://q/1/q.fifo", {message("a1", "a"), message("a2", "a"), message("b1", "b"),
                                        message("a3", "a"), message("b2", "b")});
  ASSERT_EQ(oks(answers), (std::vector<bool>{true, false, true, false, true}));
  EXPECT_EQ(answers[3].error().kind, ErrorKind::kConflict);
  EXPECT_EQ(entries_.calls["a3"], 0);
  EXPECT_EQ(entries_.calls["b1"], 2);
  // Later, too.
  EXPECT_FALSE(calls_.send("http://q/1/q.fifo", {message("a4", "a")})[0].ok());
  EXPECT_TRUE(calls_.send("http://q/1/q.fifo", {message("c1", "c")})[0].ok());
}

}  // namespace
}  // namespace forebay::sqs::detail
