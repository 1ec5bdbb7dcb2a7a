// SPDX-License-Identifier: Apache-2.0
// A producer on a network and a clock of the test's: what it sends is seen batch by batch, and
// answered as the test says.
//
//   make({.queue_url = kQueue});
//   send("a");
//   advance(microseconds(2'000));
//   EXPECT_EQ(batches(), ...);
//   answer({{"a", Answer::kGood}});
//
// Thread: the test's own; other threads may send, flush and close meanwhile.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <forebay/sqs/producer.h>
#include <gtest/gtest.h>

#include "client/engine.h"
#include "client/testing/fake_io.h"
#include "producer/alarm.h"
#include "producer/producer_core.h"
#include "protocol/digests.h"

namespace forebay::sqs::testing {

/// Rings inside advance().
class FakeAlarm final : public detail::Alarm {
 public:
  int64_t now_us() const override { return now_us_; }
  void start(std::function<void()> ring) override { ring_ = std::move(ring); }
  void set(int64_t due_us) override {
    const std::scoped_lock lock(mu_);
    due_us_ = std::min(due_us_, due_us);
  }
  void stop() override {}

  void advance(int64_t us) {
    const int64_t end_us = now_us_ + us;
    while (const std::optional<int64_t> due = take_due(end_us)) {
      now_us_ = std::max(now_us_.load(), *due);
      ring_();
    }
    now_us_ = end_us;
  }
  /// Until somebody on another thread waits for a ring in `time` at the latest.
  void wait_until_set_within(std::chrono::microseconds time) const {
    while (!is_set_within(time.count())) std::this_thread::yield();
  }

 private:
  bool is_set_within(int64_t us) const {
    const std::scoped_lock lock(mu_);
    return due_us_ <= now_us_ + us;
  }
  std::optional<int64_t> take_due(int64_t end_us) {
    const std::scoped_lock lock(mu_);
    if (due_us_ > end_us) return std::nullopt;
    return std::exchange(due_us_, kNever);
  }

  std::function<void()> ring_;
  std::atomic<int64_t> now_us_ = 1'000'000;
  mutable std::mutex mu_;
  int64_t due_us_ = kNever;  // guarded by mu_
};

/// What became of an entry.
enum class Answer : uint8_t { kGood, kSenderFault, kReceiverFault, kThrottled, kLeftOut };

inline constexpr const char* kQueue = "http://localhost:9324/1/q";
inline constexpr const char* kFifoQueue = "http://localhost:9324/1/q.fifo";

class ProducerFixture : public ::testing::Test {
 protected:
  using Bodies = std::vector<std::string>;
  using Reply = Result<SendMessageReply>;

  ProducerFixture() {
    random_.number = 50;  // pauses of 50 ms
    auto io = std::make_unique<FakeIo>(notes_);
    io_ = io.get();
    Settings settings{.region = "us-east-1",
                      .endpoint = *parse_endpoint("http://localhost:9324"),
                      .profile_name = "default",
                      .profile = {},
                      .ca_file = {},
                      .max_attempts = 3};
    client_.emplace(
        std::make_unique<detail::Engine>(detail::EngineParts{.io = std::move(io),
                                                             .clock = notes_.clock,
                                                             .random = random_,
                                                             .settings = std::move(settings),
                                                             .options = {},
                                                             .credentials = nullptr}));
  }

 public:
  /// Tests leave nothing unanswered, unless they end the producer themselves.
  ~ProducerFixture() override { producer_.reset(); }

 protected:
  void make(ProducerOptions options) {
    auto alarm = std::make_unique<FakeAlarm>();
    alarm_ = alarm.get();
    producer_.emplace(std::make_unique<detail::ProducerCore>(
        detail::ProducerCore::Parts{.client = *client_,
                                    .options = std::move(options),
                                    .alarm = std::move(alarm),
                                    .random = random_}));
  }

  static OutgoingMessage message(std::string body, const char* group = nullptr) {
    OutgoingMessage out{.body = std::move(body)};
    if (group != nullptr) out.message_group_id = group;
    return out;
  }
  /// `results_` has its end, by its body.
  void send(const std::string& body, const char* group = nullptr) {
    const Result<void> accepted = producer_->send(message(body, group), [this, body](Reply reply) {
      EXPECT_TRUE(results_.emplace(body, std::move(reply)).second) << "told twice: " << body;
    });
    EXPECT_TRUE(accepted.ok());
    io_->run();
  }
  void advance(std::chrono::microseconds time) {
    alarm_->advance(time.count());
    io_->run();
  }

  /// The bodies in each request that waits for its answer, oldest first.
  std::vector<Bodies> batches() {
    io_->run();
    std::vector<Bodies> out;
    out.reserve(notes_.waiting.size());
    for (const HttpExchange* exchange : notes_.waiting) {
      out.push_back(values_of(exchange->request.body, "MessageBody"));
    }
    return out;
  }
  /// Answers the oldest request: good, but for the bodies that are named.
  void answer(const std::map<std::string, Answer>& others = {}) {
    io_->run();
    ASSERT_FALSE(notes_.waiting.empty());
    const Bodies bodies = values_of(notes_.waiting.front()->request.body, "MessageBody");
    std::string good;
    std::string failed;
    for (size_t i = 0; i < bodies.size(); ++i) {
      const auto found = others.find(bodies[i]);
      const Answer what = found == others.end() ? Answer::kGood : found->second;
      if (what == Answer::kGood) append_good(good, i, bodies[i]);
      if (what != Answer::kGood && what != Answer::kLeftOut) append_failed(failed, i, what);
    }
    io_->answer(200, R"({"Successful":[)" + good + R"(],"Failed":[)" + failed + "]}");
  }
  /// Refuses the oldest request as a whole.
  void refuse(int status, const std::string& code) {
    io_->run();
    io_->answer(status, R"({"__type":"com.amazonaws.sqs#)" + code + R"(","message":"no"})");
  }
  void lose() {
    io_->run();
    io_->fail(HttpEnd::kBroken);
  }
  void answer_all() {
    for (io_->run(); !notes_.waiting.empty(); io_->run()) answer();
  }

  bool sent(const std::string& body) const {
    const auto found = results_.find(body);
    return found != results_.end() && found->second.ok();
  }
  bool told(const std::string& body) const { return results_.contains(body); }
  ErrorKind failure(const std::string& body) const {
    const auto found = results_.find(body);
    EXPECT_TRUE(found != results_.end() && !found->second.ok()) << body;
    return found->second.error().kind;
  }

  /// Of every member of this name in a JSON text; the values have no quotes in them.
  static Bodies values_of(std::string_view json, const std::string& name) {
    const std::string key = "\"" + name + "\":\"";
    Bodies out;
    for (size_t at = json.find(key); at != json.npos; at = json.find(key, at + 1)) {
      const size_t begin = at + key.size();
      out.emplace_back(json.substr(begin, json.find('"', begin) - begin));
    }
    return out;
  }

  FakeIo::Notes notes_;
  FakeRandom random_;
  FakeIo* io_ = nullptr;
  std::map<std::string, Reply> results_;
  std::optional<Client> client_;
  FakeAlarm* alarm_ = nullptr;
  std::optional<Producer> producer_;

 private:
  static void append_good(std::string& out, size_t id, const std::string& body) {
    out += (out.empty() ? "" : ",") + std::string(R"({"Id":")") + std::to_string(id) +
           R"(","MessageId":"m-)" + body.substr(0, 20) + R"(","MD5OfMessageBody":")" +
           std::string(protocol::md5_hex(body).view()) + "\"}";
  }
  static void append_failed(std::string& out, size_t id, Answer what) {
    const char* const code = what == Answer::kSenderFault     ? "InvalidMessageContents"
                             : what == Answer::kReceiverFault ? "InternalError"
                                                              : "RequestThrottled";
    out += (out.empty() ? "" : ",") + std::string(R"({"Id":")") + std::to_string(id) +
           R"(","Code":")" + code + R"(","Message":"no","SenderFault":)" +
           (what == Answer::kReceiverFault ? "false}" : "true}");
  }
};

}  // namespace forebay::sqs::testing
