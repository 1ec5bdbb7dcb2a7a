// SPDX-License-Identifier: Apache-2.0
// Batches, repeats, order, the buffer, flushes and the end, on a clock and a network of the test's.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <coroutine>
#include <exception>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "producer/testing/producer_fixture.h"

namespace forebay::sqs {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Answer;
using testing::kFifoQueue;
using testing::kQueue;
using testing::ProducerFixture;
using Batches = std::vector<std::vector<std::string>>;

constexpr microseconds kLinger{2'000};
constexpr milliseconds kPause{50};

// ---- Batches ----

class ProducerBatches : public ProducerFixture {};

TEST_F(ProducerBatches, MessagesGatherWhileTheyLinger) {
  make({.queue_url = kQueue, .linger = kLinger});
  send("a");
  advance(microseconds(1'500));
  send("b");
  advance(microseconds(499));
  EXPECT_EQ(batches(), Batches{});
  advance(microseconds(1));  // the first one's linger is over
  EXPECT_EQ(batches(), (Batches{{"a", "b"}}));
  EXPECT_FALSE(told("a"));
  answer();
  EXPECT_TRUE(sent("a"));
  EXPECT_TRUE(sent("b"));
  EXPECT_EQ(results_.at("b")->message_id, "m-b");
}

TEST_F(ProducerBatches, TenMessagesGoAtOnce) {
  make({.queue_url = kQueue, .linger = seconds(60)});
  for (char c = 'a'; c < 'k'; ++c) send(std::string(1, c));
  ASSERT_EQ(batches().size(), 1u);
  EXPECT_EQ(batches()[0].size(), 10u);
  answer();
  EXPECT_EQ(results_.size(), 10u);
}

TEST_F(ProducerBatches, BytesFillABatchToo) {
  make({.queue_url = kQueue, .linger = seconds(60)});
  const std::string large(600u << 10, 'x');
  send(large + "1");
  EXPECT_EQ(batches().size(), 0u);
  send(large + "2");
  // Together they are more than 1 MiB: the first goes, the second lingers.
  ASSERT_EQ(batches().size(), 1u);
  EXPECT_EQ(batches()[0].size(), 1u);
  advance(seconds(60));
  EXPECT_EQ(batches().size(), 2u);
  answer_all();
}

TEST_F(ProducerBatches, AttributesCountForTheBytes) {
  make({.queue_url = kQueue, .linger = seconds(60), .batch_bytes_max = 20});
  OutgoingMessage with_attribute = message("0123456789");
  with_attribute.message_attributes["n"] = MessageAttributeValue::string("345");  // 10 bytes
  ASSERT_TRUE(producer_->send(std::move(with_attribute), nullptr).ok());
  EXPECT_EQ(batches(), (Batches{{"0123456789"}}));
  answer();
}

TEST_F(ProducerBatches, NoMoreThanAllowedAreInFlight) {
  make({.queue_url = kQueue, .linger = microseconds(0), .max_in_flight = 2});
  for (const char* body : {"a", "b", "c", "d"}) send(body);
  EXPECT_EQ(batches(), (Batches{{"a"}, {"b"}}));
  answer();
  EXPECT_EQ(batches(), (Batches{{"b"}, {"c", "d"}}));  // what has piled up is a batch
  answer_all();
  EXPECT_EQ(results_.size(), 4u);
}

TEST_F(ProducerBatches, SendAndWaitDoesNotLinger) {
  make({.queue_url = kQueue, .linger = seconds(60)});
  send("a");
  std::optional<Reply> reply;
  std::jthread sender([&] { reply = producer_->send_and_wait(message("b")); });
  io_->run_until([&] { return !notes_.waiting.empty(); });
  EXPECT_EQ(batches(), (Batches{{"a", "b"}}));
  answer();
  sender.join();
  ASSERT_TRUE(reply && reply->ok());
  EXPECT_EQ((*reply)->message_id, "m-b");
}

// ---- Repeats ----

class ProducerRepeats : public ProducerFixture {};

TEST_F(ProducerRepeats, OnlyWhatFailedIsSentAgain) {
  make({.queue_url = kQueue, .linger = kLinger});
  for (const char* body : {"a", "b", "c", "d"}) send(body);
  advance(kLinger);
  answer({{"b", Answer::kReceiverFault}, {"c", Answer::kSenderFault}, {"d", Answer::kThrottled}});
  EXPECT_TRUE(sent("a"));
  EXPECT_EQ(failure("c"), ErrorKind::kInvalidRequest);
  EXPECT_FALSE(told("b"));
  advance(kPause - microseconds(1));
  EXPECT_EQ(batches(), Batches{});
  advance(microseconds(1));
  EXPECT_EQ(batches(), (Batches{{"b", "d"}}));
  answer();
  EXPECT_TRUE(sent("b"));
  EXPECT_TRUE(sent("d"));
  EXPECT_EQ(producer_->statistics().retried, 2u);
}

TEST_F(ProducerRepeats, ABatchThatIsThrottledIsRepeatedAsOne) {
  make({.queue_url = kQueue, .linger = kLinger});
  send("a");
  send("b");
  advance(kLinger);
  refuse(403, "RequestThrottled");
  send("c");  // is not held up
  advance(kLinger);
  EXPECT_EQ(batches(), (Batches{{"c"}}));
  answer();
  advance(kPause);
  EXPECT_EQ(batches(), (Batches{{"a", "b"}}));
  answer();
  EXPECT_EQ(results_.size(), 3u);
}

TEST_F(ProducerRepeats, AnEntryThatTheAnswerLeavesOutIsSentAgain) {
  make({.queue_url = kQueue, .linger = kLinger});
  send("a");
  send("b");
  advance(kLinger);
  answer({{"a", Answer::kLeftOut}});
  advance(kPause);
  EXPECT_EQ(batches(), (Batches{{"a"}}));
  answer();
  EXPECT_TRUE(sent("a"));
}

TEST_F(ProducerRepeats, UnknownFatesAreNotRepeatedWhereThatIsNotWanted) {
  make({.queue_url = kQueue, .linger = kLinger, .repeat_unknown = false});
  send("a");
  advance(kLinger);
  lose();
  EXPECT_EQ(failure("a"), ErrorKind::kNetwork);
  send("b");
  advance(kLinger);
  refuse(403, "RequestThrottled");  // certainly not stored
  advance(kPause);
  EXPECT_EQ(batches(), (Batches{{"b"}}));
  answer();
}

TEST_F(ProducerRepeats, EndWithTheAttempts) {
  make({.queue_url = kQueue, .linger = kLinger, .retry = {.max_attempts = 2}});
  send("a");
  advance(kLinger);
  lose();
  advance(kPause);
  lose();
  EXPECT_EQ(failure("a"), ErrorKind::kNetwork);
}

TEST_F(ProducerRepeats, EndWithTheDeliveryTimeout) {
  make({.queue_url = kQueue, .linger = kLinger, .delivery_timeout = milliseconds(120)});
  send("a");
  advance(kLinger);
  lose();  // at 2 ms
  advance(kPause);
  lose();  // at 52 ms
  advance(kPause);
  lose();  // at 102 ms; the next would be at 152
  EXPECT_EQ(failure("a"), ErrorKind::kNetwork);
}

TEST_F(ProducerRepeats, WhatHadNoAttemptInTimeFails) {
  make({.queue_url = kQueue,
        .linger = microseconds(0),
        .max_in_flight = 1,
        .delivery_timeout = seconds(1)});
  send("a");
  send("b");
  advance(seconds(1));
  answer();
  EXPECT_TRUE(sent("a"));
  EXPECT_FALSE(told("b"));  // told by the alarm
  advance(microseconds(1));
  EXPECT_EQ(failure("b"), ErrorKind::kTimeout);
  EXPECT_EQ(batches(), Batches{});
  EXPECT_EQ(producer_->statistics().buffered_messages, 0u);
}

TEST_F(ProducerRepeats, OneBadMessageHarmsNoOther) {
  make({.queue_url = kQueue, .linger = kLinger});
  for (const char* body : {"a", "bad", "c"}) send(body);
  advance(kLinger);
  refuse(400, "SerializationException");
  EXPECT_EQ(batches(), (Batches{{"a"}, {"bad"}, {"c"}}));
  answer();
  refuse(400, "SerializationException");
  answer();
  EXPECT_TRUE(sent("a"));
  EXPECT_TRUE(sent("c"));
  EXPECT_EQ(failure("bad"), ErrorKind::kInvalidRequest);
}

TEST_F(ProducerRepeats, WhatCannotHelpIsNotRepeated) {
  make({.queue_url = kQueue, .linger = kLinger});
  send("a");
  send("b");
  advance(kLinger);
  refuse(400, "QueueDoesNotExist");
  EXPECT_EQ(failure("a"), ErrorKind::kQueueNotFound);
  EXPECT_EQ(failure("b"), ErrorKind::kQueueNotFound);
}

// ---- FIFO ----

class ProducerOrder : public ProducerFixture {};

TEST_F(ProducerOrder, AGroupHasOneBatchOnItsWay) {
  make({.queue_url = kFifoQueue, .linger = kLinger});
  send("a1", "a");
  send("b1", "b");
  advance(kLinger);
  send("a2", "a");
  send("a3", "a");
  send("c1", "c");
  advance(kLinger);
  EXPECT_EQ(batches(), (Batches{{"a1", "b1"}, {"c1"}}));
  answer();
  EXPECT_EQ(batches(), (Batches{{"c1"}, {"a2", "a3"}}));
  answer_all();
  EXPECT_EQ(results_.size(), 5u);
}

TEST_F(ProducerOrder, LaterMessagesWaitBehindTheRepeat) {
  make({.queue_url = kFifoQueue, .linger = kLinger});
  send("a1", "a");
  send("a2", "a");
  send("b1", "b");
  advance(kLinger);
  send("a3", "a");
  answer({{"a1", Answer::kReceiverFault}, {"a2", Answer::kReceiverFault}});
  EXPECT_TRUE(sent("b1"));
  advance(kPause - microseconds(1));
  EXPECT_EQ(batches(), Batches{});
  advance(microseconds(1));
  EXPECT_EQ(batches(), (Batches{{"a1", "a2", "a3"}}));
  answer();
}

TEST_F(ProducerOrder, ARepeatThatWouldReorderIsAFailure) {
  make({.queue_url = kFifoQueue, .linger = kLinger});
  send("a1", "a");
  send("a2", "a");
  send("b1", "b");
  advance(kLinger);
  answer({{"a1", Answer::kReceiverFault}, {"b1", Answer::kReceiverFault}});
  EXPECT_EQ(failure("a1"), ErrorKind::kServerFault);
  EXPECT_FALSE(results_.at("a1").error().retryable);
  EXPECT_TRUE(sent("a2"));
  advance(kPause);
  EXPECT_EQ(batches(), (Batches{{"b1"}}));
  answer();
}

TEST_F(ProducerOrder, ApartMeansOneMessageOfAGroupInABatch) {
  make({.queue_url = kFifoQueue, .linger = kLinger, .group_batching = GroupBatching::kApart});
  for (const char* body : {"a1", "a2", "a3"}) send(body, "a");
  send("b1", "b");
  advance(kLinger);
  EXPECT_EQ(batches(), (Batches{{"a1", "b1"}}));
  answer({{"a1", Answer::kReceiverFault}});
  advance(kPause);
  EXPECT_EQ(batches(), (Batches{{"a1"}}));
  answer();
  EXPECT_EQ(batches(), (Batches{{"a2"}}));
  answer();
  answer();
  EXPECT_TRUE(sent("a3"));
}

TEST_F(ProducerOrder, AMessageThatFailsForGoodLeavesAGap) {
  make({.queue_url = kFifoQueue, .linger = kLinger});
  send("a1", "a");
  advance(kLinger);
  send("a2", "a");
  answer({{"a1", Answer::kSenderFault}});
  EXPECT_EQ(batches(), (Batches{{"a2"}}));
  answer();
  EXPECT_TRUE(sent("a2"));
}

TEST_F(ProducerOrder, NothingIsRepeatedThatTheQueueMayHaveForgotten) {
  make({.queue_url = kFifoQueue, .linger = kLinger, .delivery_timeout = std::chrono::hours(1)});
  send("a1", "a");
  advance(kLinger);
  advance(std::chrono::minutes(10));
  refuse(403, "RequestThrottled");  // not stored: no clock ticks
  advance(kPause);
  lose();  // perhaps stored: from the attempt's begin on it does
  advance(kPause + std::chrono::minutes(4));
  refuse(403, "RequestThrottled");
  EXPECT_FALSE(told("a1"));
  advance(kPause + std::chrono::minutes(1));
  EXPECT_EQ(batches(), (Batches{{"a1"}}));
  refuse(403, "RequestThrottled");
  EXPECT_EQ(failure("a1"), ErrorKind::kThrottled);
}

TEST_F(ProducerOrder, RepeatsHaveTheSameDeduplicationId) {
  make({.queue_url = kFifoQueue, .linger = kLinger, .deduplication = Deduplication::kContent});
  send("a1", "a");
  advance(kLinger);
  const auto first = values_of(io_->request().body, "MessageDeduplicationId");
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0], content_deduplication_id(message("a1", "a")));
  lose();
  advance(kPause);
  EXPECT_EQ(values_of(io_->request().body, "MessageDeduplicationId"), first);
  answer();
}

TEST_F(ProducerOrder, AMessageWithoutAGroupIsRefused) {
  make({.queue_url = kFifoQueue});
  const auto refused = producer_->send(message("a"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kInvalidRequest);
}

/// A FIFO queue that deduplicates, behind a network and a server that fail as a seed says.
class ProducerUnderFaults : public ProducerFixture {
 protected:
  static constexpr int kGroups = 1'000;
  static constexpr int kEach = 5;

  void send_all() {
    for (int number = 0; number < kEach; ++number) {
      for (int group = 0; group < kGroups; ++group) {
        const std::string name = "g" + std::to_string(group);
        send(name + "-" + std::to_string(number), name.c_str());
      }
    }
  }
  void answer_somehow() {
    const std::vector<std::string> bodies = batches().at(0);
    const uint64_t what = draw(10);
    if (what == 0) return refuse(403, "RequestThrottled");
    if (what == 1) return lose();
    if (what == 2) {
      for (const std::string& body : bodies) store(body);
      return lose();
    }
    std::map<std::string, Answer> others;
    for (const std::string& body : bodies) {
      if (!stored_.contains(body) && draw(5) == 0) {
        others[body] = Answer::kReceiverFault;
      } else {
        store(body);
      }
    }
    answer(others);
  }
  /// All that was sent, and each group in its order.
  void check() {
    for (const auto& [group, bodies] : by_group_) {
      EXPECT_TRUE(std::is_sorted(bodies.begin(), bodies.end())) << group;
    }
    for (const auto& [body, result] : results_) {
      EXPECT_EQ(result.ok(), stored_.contains(body)) << body;
    }
  }
  void run() {
    send_all();
    while (results_.size() < size_t{kGroups} * kEach) {
      if (batches().empty()) {
        advance(kPause);
      } else {
        answer_somehow();
      }
    }
    check();
  }

  std::set<std::string> stored_;
  std::map<std::string, std::vector<std::string>> by_group_;

 private:
  void store(const std::string& body) {
    if (stored_.insert(body).second) by_group_[body.substr(0, body.find('-'))].push_back(body);
  }
  uint64_t draw(uint64_t below) {
    state_ = state_ * 6'364'136'223'846'793'005u + 1'442'695'040'888'963'407u;
    return (state_ >> 33) % below;
  }
  uint64_t state_ = 12'345;
};

TEST_F(ProducerUnderFaults, EachOfAThousandGroupsKeepsItsOrder) {
  make({.queue_url = kFifoQueue, .linger = kLinger, .max_in_flight = 8});
  run();
  EXPECT_GT(stored_.size(), size_t{kGroups} * kEach * 4 / 5);
}

TEST_F(ProducerUnderFaults, ApartNothingIsGivenUpEither) {
  make({.queue_url = kFifoQueue,
        .linger = kLinger,
        .max_in_flight = 8,
        .group_batching = GroupBatching::kApart});
  run();
  EXPECT_EQ(stored_.size(), size_t{kGroups} * kEach);
}

// ---- The buffer ----

class ProducerBuffer : public ProducerFixture {
 protected:
  ErrorKind refusal(const Admission& admission) {
    const Result<SendFuture> future = producer_->send(message("x"), admission);
    EXPECT_FALSE(future.ok());
    return future.error().kind;
  }
};

TEST_F(ProducerBuffer, AFullOneFailsAtOnceWhereThatIsWanted) {
  make({.queue_url = kQueue,
        .linger = microseconds(0),
        .buffer_messages_max = 2,
        .full_timeout = milliseconds(0)});
  send("a");
  send("b");
  EXPECT_EQ(refusal({}), ErrorKind::kOverLimit);
  answer();
  send("c");
  answer_all();
  EXPECT_EQ(producer_->statistics().accepted, 3u);
}

TEST_F(ProducerBuffer, BytesAreLimitedToo) {
  make({.queue_url = kQueue,
        .linger = microseconds(0),
        .buffer_bytes_max = 10,
        .full_timeout = milliseconds(0)});
  send("0123456789");
  EXPECT_EQ(refusal({}), ErrorKind::kOverLimit);
  answer();
  const auto too_large = producer_->send(message("0123456789a"));
  EXPECT_EQ(too_large.error().kind, ErrorKind::kTooLarge);
}

TEST_F(ProducerBuffer, SendWaitsForRoom) {
  make({.queue_url = kQueue, .linger = microseconds(0), .buffer_messages_max = 1});
  send("a");
  std::optional<Result<void>> accepted;
  std::jthread sender([&] { accepted = producer_->send(message("b"), nullptr); });
  answer();
  io_->run_until([&] { return !notes_.waiting.empty(); });
  sender.join();
  EXPECT_TRUE(accepted->ok());
  EXPECT_EQ(batches(), (Batches{{"b"}}));
  answer();
}

TEST_F(ProducerBuffer, TheWaitEndsAtItsDeadline) {
  make({.queue_url = kQueue, .linger = microseconds(0), .buffer_messages_max = 1});
  send("a");
  std::optional<ErrorKind> refused;
  std::jthread sender([&] { refused = refusal({.timeout = milliseconds(5)}); });
  alarm_->wait_until_set_within(milliseconds(5));
  advance(milliseconds(5));
  sender.join();
  EXPECT_EQ(refused, ErrorKind::kOverLimit);
  answer();
}

TEST_F(ProducerBuffer, TheWaitEndsWithItsStopToken) {
  make({.queue_url = kQueue, .linger = microseconds(0), .buffer_messages_max = 1});
  send("a");
  std::stop_source stop;
  std::optional<ErrorKind> refused;
  std::jthread sender([&] { refused = refusal({.stop = stop.get_token()}); });
  stop.request_stop();
  sender.join();
  EXPECT_EQ(refused, ErrorKind::kCancelled);
  answer();
}

TEST_F(ProducerBuffer, CallbacksMaySendButNeverWait) {
  make({.queue_url = kQueue, .linger = microseconds(0), .buffer_messages_max = 1});
  std::optional<Result<void>> second;
  std::optional<Result<void>> third;
  ASSERT_TRUE(producer_
                  ->send(message("a"),
                         [&](const Reply&) {
                           second = producer_->send(message("b"), nullptr);
                           third = producer_->send(message("c"), nullptr);
                         })
                  .ok());
  answer();
  ASSERT_TRUE(second && third);
  EXPECT_TRUE(second->ok());
  EXPECT_EQ(third->error().kind, ErrorKind::kOverLimit);
  answer();
}

// ---- Futures ----

class ProducerFutures : public ProducerFixture {};

TEST_F(ProducerFutures, HaveTheResult) {
  make({.queue_url = kQueue, .linger = microseconds(0)});
  Result<SendFuture> good = producer_->send(message("a"));
  Result<SendFuture> bad = producer_->send(message("b"));
  ASSERT_TRUE(good.ok() && bad.ok());
  EXPECT_FALSE(good->ready());
  EXPECT_FALSE(good->wait_for(milliseconds(0)));
  answer();
  answer({{"b", Answer::kSenderFault}});
  EXPECT_TRUE(good->wait_for(milliseconds(0)));
  EXPECT_EQ(good->get()->message_id, "m-a");
  EXPECT_EQ(bad->get().error().kind, ErrorKind::kInvalidRequest);
  EXPECT_EQ(bad->get().error().kind, ErrorKind::kInvalidRequest);  // taken
}

TEST_F(ProducerFutures, OutliveTheirProducer) {
  make({.queue_url = kQueue, .linger = microseconds(0)});
  Result<SendFuture> future = producer_->send(message("a"));
  answer();
  producer_.reset();
  EXPECT_TRUE(future->get().ok());
}

struct Started {
  struct promise_type {  // NOLINT(readability-identifier-naming): the language's name
    Started get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};
Started await(SendFuture future, std::optional<Result<SendMessageReply>>& out) {
  out = co_await std::move(future);
}

TEST_F(ProducerFutures, CanBeAwaited) {
  make({.queue_url = kQueue, .linger = microseconds(0)});
  Result<SendFuture> future = producer_->send(message("a"));
  std::optional<Reply> reply;
  await(std::move(future).value(), reply);
  EXPECT_FALSE(reply.has_value());
  answer();
  ASSERT_TRUE(reply.has_value());
  EXPECT_TRUE(reply->ok());
}

// ---- Flush and the end ----

class ProducerEnd : public ProducerFixture {};

TEST_F(ProducerEnd, AFlushDoesNotLingerAndSaysWhatFailed) {
  make({.queue_url = kQueue, .linger = seconds(60)});
  send("a");
  send("b");
  FlushReport report;
  std::jthread flusher([&] { report = producer_->flush(); });
  io_->run_until([&] { return !notes_.waiting.empty(); });
  answer({{"b", Answer::kSenderFault}});
  flusher.join();
  EXPECT_TRUE(told("a") && told("b"));
  EXPECT_EQ(report.sent, 1u);
  EXPECT_EQ(report.failed, 1u);
  EXPECT_EQ(report.unanswered, 0u);
  ASSERT_EQ(report.errors.size(), 1u);
  EXPECT_EQ(report.errors[0].kind, ErrorKind::kInvalidRequest);
  EXPECT_FALSE(report.ok());
  EXPECT_TRUE(producer_->flush().ok());  // reported once
}

TEST_F(ProducerEnd, AFlushEndsAtItsDeadlineAndALaterOneHasTheRest) {
  make({.queue_url = kQueue, .linger = seconds(60)});
  send("a");
  EXPECT_EQ(producer_->flush(milliseconds(0)).unanswered, 1u);
  std::optional<FlushReport> report;
  std::jthread flusher([&] { report = producer_->flush(seconds(30)); });
  alarm_->wait_until_set_within(seconds(30));
  advance(seconds(31));
  flusher.join();
  EXPECT_EQ(report->unanswered, 1u);
  send("b");
  answer_all();
  advance(seconds(60));
  answer_all();
  const FlushReport last = producer_->flush();
  EXPECT_EQ(last.sent, 2u);
  EXPECT_TRUE(last.ok());
}

TEST_F(ProducerEnd, AFlushDoesNotWaitForWhatComesLater) {
  make({.queue_url = kQueue, .linger = microseconds(0), .max_in_flight = 2});
  send("a");
  std::optional<FlushReport> report;
  std::jthread flusher([&] { report = producer_->flush(seconds(30)); });
  alarm_->wait_until_set_within(seconds(30));
  send("b");
  answer();  // a
  flusher.join();
  EXPECT_EQ(report->sent, 1u);
  EXPECT_FALSE(told("b"));
  answer();
}

TEST_F(ProducerEnd, TheDestructorSendsWhatIsBuffered) {
  make({.queue_url = kQueue, .linger = seconds(60)});
  send("a");
  std::jthread ender([&] { producer_.reset(); });
  io_->run_until([&] { return !notes_.waiting.empty(); });
  answer();
  ender.join();
  EXPECT_TRUE(sent("a"));
}

TEST_F(ProducerEnd, WhatCannotBeSentInTimeGetsAnError) {
  make({.queue_url = kFifoQueue,
        .linger = seconds(60),
        .max_in_flight = 1,
        .close_timeout = milliseconds(0)});
  send("a1", "a");
  advance(seconds(60));
  ASSERT_EQ(batches().size(), 1u);
  send("a2", "a");
  send("b1", "b");
  Result<SendFuture> future = producer_->send(message("c1", "c"));
  std::atomic<bool> ended = false;
  std::jthread ender([&] {
    producer_.reset();
    ended = true;
    io_->post([] {});
  });
  io_->run_until([&] { return ended.load(); });
  ender.join();
  for (const char* body : {"a1", "a2", "b1"}) EXPECT_EQ(failure(body), ErrorKind::kCancelled);
  EXPECT_EQ(future->get().error().kind, ErrorKind::kCancelled);
  EXPECT_EQ(notes_.abandoned, 1);
}

TEST_F(ProducerEnd, AClosedProducerRefuses) {
  make({.queue_url = kQueue});
  EXPECT_TRUE(producer_->close(seconds(1)).ok());
  const auto refused = producer_->send(message("a"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kCancelled);
}

TEST_F(ProducerEnd, ClosingWakesUpWhoWaitsForRoom) {
  make({.queue_url = kQueue, .linger = microseconds(0), .buffer_messages_max = 1});
  send("a");
  std::optional<ErrorKind> refused;
  std::jthread sender([&] {
    const auto result = producer_->send(message("b"), nullptr);
    refused = result.ok() ? std::optional<ErrorKind>() : result.error().kind;
  });
  alarm_->wait_until_set_within(seconds(60));
  std::jthread closer([&] { producer_->close(std::chrono::hours(1)); });
  sender.join();
  EXPECT_EQ(refused, ErrorKind::kCancelled);
  answer();
}

// ---- What is observed ----

class ProducerObserved : public ProducerFixture {
 protected:
  Metrics metrics_;
};

TEST_F(ProducerObserved, CountersLevelsAndLatencies) {
  make({.queue_url = kQueue, .linger = kLinger, .observer = &metrics_});
  send("aa");
  send("b");
  send("c");
  EXPECT_EQ(metrics_.level(kQueue, Level::kBufferedMessages), 3);
  EXPECT_EQ(metrics_.level(kQueue, Level::kBufferedBytes), 4);
  advance(kLinger);
  EXPECT_EQ(metrics_.level(kQueue, Level::kBatchesInFlight), 1);
  answer({{"b", Answer::kSenderFault}, {"c", Answer::kReceiverFault}});
  advance(kPause);
  answer();
  EXPECT_EQ(metrics_.count(kQueue, Counter::kSent), 2u);
  EXPECT_EQ(metrics_.count(kQueue, Counter::kSentBytes), 3u);
  EXPECT_EQ(metrics_.count(kQueue, Counter::kSendFailed), 1u);
  EXPECT_EQ(metrics_.count(kQueue, Counter::kSendRetried), 1u);
  EXPECT_EQ(metrics_.count(kQueue, Counter::kSendBatches), 2u);
  EXPECT_EQ(metrics_.latency_count(kQueue, Latency::kSend), 2u);
  EXPECT_EQ(metrics_.level(kQueue, Level::kBufferedMessages), 0);
  EXPECT_EQ(metrics_.level(kQueue, Level::kBufferedBytes), 0);
  EXPECT_EQ(metrics_.level(kQueue, Level::kBatchesInFlight), 0);
  const ProducerStatistics statistics = producer_->statistics();
  EXPECT_EQ(statistics.accepted, 3u);
  EXPECT_EQ(statistics.sent, 2u);
  EXPECT_EQ(statistics.failed, 1u);
  EXPECT_EQ(statistics.sent_bytes, 3u);
}

TEST_F(ProducerObserved, TheTraceHeaderIsNoneOfTheAttributes) {
  ProducerOptions options{.queue_url = kQueue, .linger = microseconds(0)};
  options.trace_header = [](const std::string& body) { return "Root=" + body; };
  make(std::move(options));
  send("a");
  const std::string& request = io_->request().body;
  EXPECT_NE(request.find(R"("MessageSystemAttributes":{"AWSTraceHeader")"), std::string::npos)
      << request;
  EXPECT_NE(request.find("Root=a"), std::string::npos);
  EXPECT_EQ(request.find("\"MessageAttributes\""), std::string::npos);
  io_->fail(HttpEnd::kTlsRefused);
  EXPECT_TRUE(told("a"));
}

TEST(ProducerOptionsCheck, NonsenseIsRefused) {
  ClientOptions client_options;
  client_options.endpoint_url = "http://127.0.0.1:1";
  client_options.credentials = UnsignedRequests();
  Result<Client> client = Client::create(std::move(client_options));
  ASSERT_TRUE(client.ok());
  const auto kind = [&](ProducerOptions options) {
    const Result<Producer> made = Producer::create(*client, std::move(options));
    return made.ok() ? std::optional<ErrorKind>() : made.error().kind;
  };
  EXPECT_EQ(kind({}), ErrorKind::kConfiguration);
  EXPECT_EQ(kind({.queue_url = kQueue, .batch_entries_max = 11}), ErrorKind::kConfiguration);
  EXPECT_EQ(kind({.queue_url = kQueue, .batch_bytes_max = 0}), ErrorKind::kConfiguration);
  EXPECT_EQ(kind({.queue_url = kQueue, .max_in_flight = 0}), ErrorKind::kConfiguration);
  EXPECT_EQ(kind({.queue_url = kQueue, .buffer_messages_max = 0}), ErrorKind::kConfiguration);
  EXPECT_EQ(kind({.queue_url = kQueue, .delivery_timeout = milliseconds(0)}),
            ErrorKind::kConfiguration);
  EXPECT_EQ(kind({.queue_url = kQueue}), std::nullopt);
}

}  // namespace
}  // namespace forebay::sqs
