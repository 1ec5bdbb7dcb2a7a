// SPDX-License-Identifier: Apache-2.0
#include "bench/load/workload.h"

#include <algorithm>
#include <map>

#include <gtest/gtest.h>

namespace forebay::load {
namespace {

Options options_for(uint32_t connections, uint32_t batch) {
  Options options;
  options.form.queue_urls = {"http://127.0.0.1:1/0/q"};
  options.connections = connections;
  options.batch = batch;
  options.form.body_bytes = 1;
  options.form.run = "r";
  return options;
}

uint64_t occurrences(std::string_view text, std::string_view part) {
  uint64_t count = 0;
  for (size_t at = text.find(part); at != std::string_view::npos;
       at = text.find(part, at + part.size())) {
    ++count;
  }
  return count;
}

/// A queue that answers at once: messages are counted, nothing else.
class CountingServer {
 public:
  std::string answer(const std::string& request) {
    const uint64_t entries = std::max<uint64_t>(1, occurrences(request, R"("Id":)"));
    if (request.find("AmazonSQS.Send") != std::string::npos) {
      queued += entries;
      most_queued = std::max(most_queued, queued);
      return "{}";
    }
    if (request.find("AmazonSQS.Delete") != std::string::npos) {
      in_flight -= entries;
      return "{}";
    }
    const size_t at = request.find(R"("MaxNumberOfMessages":)") + 22;
    const uint64_t found = std::min<uint64_t>(queued, std::stoull(request.substr(at)));
    queued -= found;
    in_flight += found;
    std::string body = R"({"Messages":[)";
    for (uint64_t i = 0; i < found; ++i) body += R"({"ReceiptHandle":"h"},)";
    return body + "]}";
  }

  uint64_t queued = 0;
  uint64_t in_flight = 0;
  uint64_t most_queued = 0;
};

struct Totals {
  std::map<Action, uint64_t> messages;
  std::map<Action, uint64_t> requests;
};

/// All lanes ask, then all are answered, as long as there is something to do; end() is called after
/// `rounds` of them.
Totals go_on(Workload& workload, const Options& options, CountingServer& server, int rounds = -1) {
  Totals totals;
  for (bool busy = true; busy;) {
    busy = false;
    if (rounds-- == 0) workload.end();
    std::vector<std::string> requests(options.connections);
    for (size_t lane = 0; lane < requests.size(); ++lane) {
      if (!workload.next(lane, requests[lane])) requests[lane].clear();
    }
    for (size_t lane = 0; lane < requests.size(); ++lane) {
      if (requests[lane].empty()) continue;
      busy = true;
      const std::string body = server.answer(requests[lane]);
      const Outcome outcome = workload.replied(lane, {200, body, 0});
      EXPECT_EQ(outcome.errors, 0u);
      totals.messages[outcome.action] += outcome.messages;
      ++totals.requests[outcome.action];
    }
  }
  return totals;
}

Totals run(Workload& workload, const Options& options, const Stage& stage, CountingServer& server) {
  workload.begin(stage);
  return go_on(workload, options, server);
}

TEST(Workload, SendsExactlyTheCount) {
  const Options options = options_for(3, 10);
  Workload workload(options);
  CountingServer server;
  const Totals totals = run(workload, options, {StageKind::kSend, 95, 0}, server);
  EXPECT_EQ(server.queued, 95u);
  EXPECT_EQ(totals.requests.at(Action::kSend), 10u);
}

TEST(Workload, WhatOneStageReceivesAnotherDeletes) {
  const Options options = options_for(4, 10);
  Workload workload(options);
  CountingServer server;
  run(workload, options, {StageKind::kSend, 200, 0}, server);
  run(workload, options, {StageKind::kReceive, 123, 0}, server);
  EXPECT_EQ(server.in_flight, 123u);
  const Totals some = run(workload, options, {StageKind::kDelete, 50, 0}, server);
  EXPECT_EQ(some.messages.at(Action::kDelete), 50u);
  run(workload, options, {StageKind::kDelete, 0, 0}, server);
  EXPECT_EQ(server.in_flight, 0u);
  EXPECT_EQ(server.queued, 77u);
}

TEST(Workload, ConsumeAsksAgainForWhatItDidNotFind) {
  const Options options = options_for(2, 10);
  Workload workload(options);
  CountingServer server;
  server.queued = 13;
  workload.begin({StageKind::kConsume, 13, 0});
  std::string request;
  ASSERT_TRUE(workload.next(0, request));
  workload.replied(0, {200, "{}", 0});  // nothing was found
  const Totals totals = go_on(workload, options, server);
  EXPECT_EQ(totals.messages.at(Action::kDelete), 13u);
  EXPECT_EQ(server.queued + server.in_flight, 0u);
}

TEST(Workload, LevelKeepsTheBacklogWhereItWas) {
  const Options options = options_for(4, 10);
  Workload workload(options);
  CountingServer server;
  server.queued = 1000;
  workload.begin({StageKind::kLevel, 0, 1000});
  const Totals totals = go_on(workload, options, server, 100);
  EXPECT_GT(totals.messages.at(Action::kDelete), 1000u);
  EXPECT_EQ(server.queued, 1000u);
  EXPECT_EQ(server.in_flight, 0u);
  EXPECT_LE(server.most_queued, 1040u);
}

TEST(Workload, LevelSendsOnlyWhatItTookOut) {
  const Options options = options_for(1, 10);
  Workload workload(options);
  workload.begin({StageKind::kLevel, 0, 1000});
  const std::string three =
      R"([{"ReceiptHandle":"a"},{"ReceiptHandle":"b"},{"ReceiptHandle":"c"}])";
  std::vector<std::string> requests(5);
  for (std::string& request : requests) {
    ASSERT_TRUE(workload.next(0, request));
    const bool is_receive = request.find("AmazonSQS.Receive") != std::string::npos;
    workload.replied(0, {200, is_receive ? three : "{}", 0});
  }
  EXPECT_EQ(occurrences(requests[0], R"("Id":)"), 10u);  // the first time, a whole batch
  EXPECT_EQ(occurrences(requests[2], "AmazonSQS.DeleteMessageBatch"), 1u);
  EXPECT_EQ(occurrences(requests[3], "AmazonSQS.SendMessageBatch"), 1u);
  EXPECT_EQ(occurrences(requests[3], R"("Id":)"), 3u);
  EXPECT_EQ(occurrences(requests[4], "AmazonSQS.ReceiveMessage"), 1u);
}

TEST(Workload, LevelWorksOnAnEmptyQueue) {
  const Options options = options_for(4, 10);
  Workload workload(options);
  CountingServer server;
  const Totals totals = run(workload, options, {StageKind::kLevel, 500, 0}, server);
  EXPECT_EQ(totals.messages.at(Action::kSend), 500u);
  EXPECT_EQ(server.queued + server.in_flight, 0u);
}

TEST(Workload, WhatIsKeptIsNotDeleted) {
  Options options = options_for(2, 10);
  options.keep = 1;
  Workload workload(options);
  CountingServer server;
  run(workload, options, {StageKind::kSend, 100, 0}, server);
  run(workload, options, {StageKind::kConsume, 100, 0}, server);
  EXPECT_EQ(server.in_flight, 10u);
}

TEST(Workload, GivesUpWhenThereIsNothingToReceive) {
  const Options options = options_for(2, 10);
  Workload workload(options);
  CountingServer server;
  const Totals totals = run(workload, options, {StageKind::kReceive, 10, 0}, server);
  EXPECT_TRUE(workload.ran_dry());
  EXPECT_LE(totals.requests.at(Action::kReceive), 210u);
}

TEST(Workload, QueuesAndMessagesGoOnFromTheStart) {
  Options options = options_for(1, 10);
  options.queues = 8;
  options.form.queue_urls.clear();
  for (int i = 0; i < 8; ++i) {
    options.form.queue_urls.push_back("http://127.0.0.1:1/0/q-" + std::to_string(i));
  }
  options.form.groups = 1000;
  options.start = 50;
  Workload workload(options);
  workload.begin({StageKind::kSend, 20, 0});
  std::string first;
  ASSERT_TRUE(workload.next(0, first));
  EXPECT_NE(first.find("/0/q-5\""), std::string::npos);
  EXPECT_NE(first.find(R"("MessageGroupId":"g50","MessageDeduplicationId":"r-50")"),
            std::string::npos);
  workload.replied(0, {200, "{}", 0});
  std::string second;
  ASSERT_TRUE(workload.next(0, second));
  EXPECT_NE(second.find("/0/q-6\""), std::string::npos);
  EXPECT_NE(second.find("r-60\""), std::string::npos);
}

TEST(Workload, FailuresAreErrorsAndNotMessages) {
  const Options options = options_for(1, 10);
  Workload workload(options);
  workload.begin({StageKind::kSend, 30, 0});
  std::string request;
  ASSERT_TRUE(workload.next(0, request));
  const Outcome refused = workload.replied(0, {503, "no space", 0});
  EXPECT_EQ(refused.errors, 1u);
  EXPECT_EQ(refused.messages, 0u);
  ASSERT_TRUE(workload.next(0, request));
  const Outcome partial = workload.replied(0, {200, R"({"Failed":[{"Id":"1","Code":"Busy"}]})", 0});
  EXPECT_EQ(partial.errors, 1u);
  EXPECT_EQ(partial.messages, 9u);
}

}  // namespace
}  // namespace forebay::load
