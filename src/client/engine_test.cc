// SPDX-License-Identifier: Apache-2.0
// Attempts, pauses, time limits and cancellation, on a clock and a network of the test's.
#include "client/engine.h"

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "client/testing/fake_io.h"

namespace forebay::sqs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kThrottled =
    R"({"__type":"com.amazonaws.sqs#RequestThrottled","message":"slow"})";
constexpr std::string_view kExpired =
    R"({"__type":"com.amazon.coral.service#ExpiredTokenException","message":"old"})";

/// Gives numbered credentials, when the test says so or at once.
class CountedCredentials final : public CredentialsFetcher {
 public:
  explicit CountedCredentials(int& fetched) : fetched_(fetched) {}
  void fetch(Done done) override {
    ++fetched_;
    done(Credentials{.access_key_id = "key" + std::to_string(fetched_),
                     .secret_access_key = "secret",
                     .session_token = "token"});
  }

 private:
  int& fetched_;
};

class EngineTest : public ::testing::Test {
 protected:
  void make(ClientOptions options = {}, std::unique_ptr<CredentialsFetcher> credentials = nullptr) {
    auto io = std::make_unique<testing::FakeIo>(notes_);
    io_ = io.get();
    Settings settings{.region = "us-east-1",
                      .endpoint = *parse_endpoint("http://localhost:9324"),
                      .profile_name = "default",
                      .profile = {},
                      .ca_file = {},
                      .max_attempts = options.retry.max_attempts.value_or(3)};
    client_.emplace(std::make_unique<detail::Engine>(
        detail::EngineParts{.io = std::move(io),
                            .clock = notes_.clock,
                            .random = random_,
                            .settings = std::move(settings),
                            .options = std::move(options),
                            .credentials = std::move(credentials)}));
  }

  /// Begins a ListQueues; `result_` has its end.
  void begin(const CallOptions& options = {}) {
    result_.reset();
    client_->call(ListQueuesRequest{}, options,
                  [this](Result<QueueUrlsReply> reply) { result_ = std::move(reply); });
    EXPECT_FALSE(result_.has_value());
    io_->run();
  }
  ErrorKind failure() const {
    EXPECT_TRUE(result_.has_value() && !result_->ok());
    return result_->error().kind;
  }

  testing::FakeIo::Notes notes_;
  testing::FakeRandom random_;
  std::optional<Result<QueueUrlsReply>> result_;
  testing::FakeIo* io_ = nullptr;
  std::optional<Client> client_;  // before all that its callbacks touch
};

TEST_F(EngineTest, SendsWhatAwsJsonAsksFor) {
  make();
  begin();
  EXPECT_EQ(notes_.last_url, "http://localhost:9324/");
  EXPECT_EQ(io_->request().body, "{}");
  EXPECT_NE(notes_.last_head.find("X-Amz-Target: AmazonSQS.ListQueues\n"), std::string::npos);
  EXPECT_NE(notes_.last_head.find("Content-Type: application/x-amz-json-1.0\n"), std::string::npos);
  EXPECT_EQ(notes_.last_head.find("Authorization"), std::string::npos);
  io_->answer(200, R"({"QueueUrls":["u"]})");
  ASSERT_TRUE(result_.has_value());
  EXPECT_EQ((*result_)->queue_urls, std::vector<std::string>{"u"});
}

TEST_F(EngineTest, WhatMayHelpIsTriedThreeTimesWithGrowingPauses) {
  make();
  random_.number = 50;  // up to 50 ms are allowed: all of them
  begin();
  io_->answer(503, "");
  EXPECT_EQ(notes_.started, 1);
  io_->advance(49);
  EXPECT_EQ(notes_.started, 1);
  io_->advance(1);
  EXPECT_EQ(notes_.started, 2);
  random_.number = 100 + 101;  // up to 100 ms: 201 modulo 101
  io_->fail(HttpEnd::kBroken);
  io_->advance(99);
  EXPECT_EQ(notes_.started, 2);
  io_->advance(1);
  EXPECT_EQ(notes_.started, 3);
  io_->fail(HttpEnd::kTimeout);
  EXPECT_EQ(failure(), ErrorKind::kTimeout);
  EXPECT_TRUE(result_->error().retryable);
}

TEST_F(EngineTest, ThrottledCallsPauseLonger) {
  make();
  random_.number = 1'000;
  begin();
  io_->answer(403, std::string(kThrottled), "x-amzn-query-error: RequestThrottled;Sender\r\n");
  io_->advance(999);
  EXPECT_EQ(notes_.started, 1);
  io_->advance(1);
  EXPECT_EQ(notes_.started, 2);
  io_->answer(200, "{}");
  EXPECT_TRUE(result_->ok());
  EXPECT_EQ(client_->statistics().throttled, 1u);
}

TEST_F(EngineTest, PausesAreAtLeastWhatTheServerAsksFor) {
  make();
  begin();
  io_->answer(503, "", "Retry-After: 7\r\n");
  io_->advance(6'999);
  EXPECT_EQ(notes_.started, 1);
  io_->advance(1);
  EXPECT_EQ(notes_.started, 2);
  io_->answer(503, "", "retry-after: 120\r\n");  // there is no such time left
  EXPECT_EQ(failure(), ErrorKind::kServerFault);
  EXPECT_EQ(result_->error().retry_after, seconds(120));
  for (const char* useless : {"soon", "-1", "Wed, 21 Oct 2026 07:28:00 GMT", ""}) {
    begin({.max_attempts = 1});
    io_->answer(503, "", std::string("Retry-After: ") + useless + "\r\n");
    EXPECT_EQ(result_->error().retry_after, seconds(0)) << useless;
  }
  begin({.max_attempts = 1});
  io_->answer(503, "", "Retry-After: 99999999999999999999\r\n");
  EXPECT_EQ(result_->error().retry_after, seconds(3'600));
}

TEST_F(EngineTest, WhatIsWrongIsNotTriedAgain) {
  make();
  for (const int status : {400, 403, 404, 413}) {
    begin();
    io_->answer(status, R"({"__type":"x#Whatever","message":"no"})");
    EXPECT_FALSE(result_->ok());
    EXPECT_FALSE(result_->error().retryable);
  }
  begin();
  io_->fail(HttpEnd::kTlsRefused);
  EXPECT_EQ(failure(), ErrorKind::kNetwork);
  EXPECT_EQ(notes_.started, 5);
}

TEST_F(EngineTest, RetriesStopWhenTheBucketIsEmpty) {
  ClientOptions options;
  options.retry.token_bucket = 10;
  make(options);
  for (int call = 0; call < 2; ++call) {  // 5 each for one retry
    begin({.max_attempts = 2});
    io_->answer(500, "");
    io_->advance(0);
    io_->answer(500, "");
    EXPECT_EQ(failure(), ErrorKind::kServerFault);
  }
  EXPECT_EQ(notes_.started, 4);
  begin();
  io_->answer(500, "");
  EXPECT_EQ(failure(), ErrorKind::kServerFault);
  EXPECT_EQ(notes_.started, 5);
  for (int good = 0; good < 5; ++good) {  // 1 each comes back
    begin();
    io_->answer(200, "{}");
  }
  begin();
  io_->answer(500, "");
  io_->advance(0);
  io_->answer(200, "{}");
  EXPECT_TRUE(result_->ok());
}

TEST_F(EngineTest, AnAttemptHasNoMoreTimeThanTheCall) {
  make();
  begin({.attempt_timeout = milliseconds(700), .timeout = milliseconds(1'000)});
  EXPECT_EQ(notes_.last_timeout_ms, 700);
  notes_.clock.ms += 700;
  io_->fail(HttpEnd::kTimeout);
  io_->advance(0);
  EXPECT_EQ(notes_.last_timeout_ms, 300);
  notes_.clock.ms += 300;
  io_->fail(HttpEnd::kTimeout);
  EXPECT_EQ(failure(), ErrorKind::kTimeout);
  EXPECT_EQ(notes_.started, 2);
}

TEST_F(EngineTest, ALongPollHasItsWaitOnTop) {
  make();
  const CallOptions options{.attempt_timeout = milliseconds(700), .timeout = milliseconds(800)};
  client_->call(ReceiveMessageRequest{.queue_url = "u", .wait_time_seconds = seconds(20)}, options,
                [](const auto&) {});
  io_->run();
  EXPECT_EQ(notes_.last_timeout_ms, 20'700);
  client_->call(ReceiveMessageRequest{.queue_url = "u", .wait_time_seconds = seconds(0)}, options,
                [](const auto&) {});
  io_->run();
  EXPECT_EQ(notes_.last_timeout_ms, 700);
}

TEST_F(EngineTest, TimeLimitsMayBeAsLongAsTheyLike) {
  make();
  begin({.attempt_timeout = milliseconds::max(), .timeout = milliseconds::max()});
  EXPECT_GT(notes_.last_timeout_ms, 0);
  io_->answer(200, "{}");
  EXPECT_TRUE(result_->ok());
  begin({.timeout = milliseconds(-1)});
  EXPECT_EQ(failure(), ErrorKind::kTimeout);
}

TEST_F(EngineTest, NoPauseReachesBeyondTheDeadline) {
  make();
  random_.number = 50;
  begin({.timeout = milliseconds(10)});
  io_->answer(503, "");
  EXPECT_EQ(failure(), ErrorKind::kServerFault);
}

TEST_F(EngineTest, AStopEndsACallWhereverItIs) {
  ClientOptions options;
  options.max_connections = 1;
  make(options);
  std::stop_source before;
  before.request_stop();
  begin({.stop = before.get_token()});
  EXPECT_EQ(failure(), ErrorKind::kCancelled);
  EXPECT_EQ(notes_.started, 0);

  std::stop_source on_the_way;
  begin({.stop = on_the_way.get_token()});
  on_the_way.request_stop();
  io_->run();
  EXPECT_EQ(failure(), ErrorKind::kCancelled);
  EXPECT_EQ(notes_.abandoned, 1);

  std::stop_source pausing;
  random_.number = 50;
  begin({.stop = pausing.get_token()});
  io_->answer(503, "");
  pausing.request_stop();
  io_->run();
  EXPECT_EQ(failure(), ErrorKind::kCancelled);
  io_->advance(1'000);
  EXPECT_EQ(notes_.started, 2);

  client_->call(ListQueuesRequest{}, [](const auto&) {});
  std::stop_source waiting;
  begin({.stop = waiting.get_token()});
  waiting.request_stop();
  io_->run();
  EXPECT_EQ(failure(), ErrorKind::kCancelled);
  EXPECT_EQ(notes_.started, 3);
}

TEST_F(EngineTest, AStopThatComesTooLateMeansNothing) {
  make();
  std::stop_source stop;
  begin({.stop = stop.get_token()});
  io_->answer(200, "{}");
  EXPECT_TRUE(result_->ok());
  begin();  // the same call object again
  stop.request_stop();
  io_->run();
  EXPECT_FALSE(result_.has_value());
  io_->answer(200, "{}");
  EXPECT_TRUE(result_->ok());
}

TEST_F(EngineTest, CallsBeyondTheConnectionsWaitTheirTurn) {
  ClientOptions options;
  options.max_connections = 2;
  make(options);
  std::vector<int> ended;
  for (int i = 0; i < 4; ++i) {
    client_->call(ListQueuesRequest{}, [&ended, i](const auto&) { ended.push_back(i); });
  }
  client_->call(ReceiveMessageRequest{.queue_url = "u", .wait_time_seconds = seconds(1)},
                [&ended](const auto&) { ended.push_back(9); });
  io_->run();
  EXPECT_EQ(notes_.started, 3);  // two, and the poll
  io_->answer(200, "{}");
  EXPECT_EQ(notes_.started, 4);
  io_->answer(200, "{}");
  io_->answer(200, "{}");
  io_->answer(200, "{}");
  io_->answer(200, "{}");
  EXPECT_EQ(ended, (std::vector<int>{0, 1, 9, 2, 3}));
}

TEST_F(EngineTest, WaitingForAConnectionEndsWithTheCallsTime) {
  ClientOptions options;
  options.max_connections = 1;
  make(options);
  client_->call(ListQueuesRequest{}, [](const auto&) {});
  begin({.timeout = milliseconds(150)});
  io_->advance(100);
  EXPECT_FALSE(result_.has_value());
  io_->advance(100);
  EXPECT_EQ(failure(), ErrorKind::kTimeout);
}

TEST_F(EngineTest, SignsWithOneFetchForAll) {
  int fetched = 0;
  make({}, std::make_unique<CountedCredentials>(fetched));
  begin();
  EXPECT_NE(notes_.last_head.find("Authorization: AWS4-HMAC-SHA256 Credential=key1/20231114/"
                                  "us-east-1/sqs/aws4_request, SignedHeaders=content-type;host;"
                                  "x-amz-date;x-amz-security-token;x-amz-target, Signature="),
            std::string::npos)
      << notes_.last_head;
  EXPECT_NE(notes_.last_head.find("X-Amz-Security-Token: token\n"), std::string::npos);
  begin();
  EXPECT_EQ(fetched, 1);
}

TEST_F(EngineTest, AnExpiredTokenIsReplacedOnce) {
  int fetched = 0;
  make({}, std::make_unique<CountedCredentials>(fetched));
  begin();
  io_->answer(403, std::string(kExpired));
  EXPECT_EQ(fetched, 2);
  EXPECT_NE(notes_.last_head.find("Credential=key2/"), std::string::npos);
  io_->answer(403, std::string(kExpired));
  EXPECT_EQ(failure(), ErrorKind::kAuth);
  EXPECT_EQ(notes_.started, 2);
}

constexpr std::string_view kSkewed =
    R"({"__type":"com.amazon.coral.service#InvalidSignatureException",)"
    R"("message":"Signature expired: 20231114T221320Z is now earlier than ..."})";

TEST_F(EngineTest, AClockThatIsWrongIsCorrectedOnce) {
  int fetched = 0;
  make({.retry = {.max_attempts = 1}}, std::make_unique<CountedCredentials>(fetched));
  begin();
  EXPECT_NE(notes_.last_head.find("X-Amz-Date: 20231114T221320Z\n"), std::string::npos);
  io_->answer(403, std::string(kSkewed), "Date: Tue, 14 Nov 2023 23:13:20 GMT\r\n");
  EXPECT_EQ(notes_.started, 2);
  EXPECT_NE(notes_.last_head.find("X-Amz-Date: 20231114T231320Z\n"), std::string::npos);
  io_->answer(403, std::string(kSkewed), "Date: Wed, 15 Nov 2023 23:13:20 GMT\r\n");
  EXPECT_EQ(failure(), ErrorKind::kAuth);
  EXPECT_EQ(notes_.started, 2);
  begin();  // the correction stays
  EXPECT_NE(notes_.last_head.find("X-Amz-Date: 20231114T231320Z\n"), std::string::npos);
}

TEST_F(EngineTest, CallsThatWereOnTheWayWithTheWrongClockAreRepeatedToo) {
  int fetched = 0;
  make({}, std::make_unique<CountedCredentials>(fetched));
  int done = 0;
  for (int i = 0; i < 2; ++i) {
    client_->call(ListQueuesRequest{},
                  [&](const Result<QueueUrlsReply>& reply) { done += reply.ok() ? 1 : 0; });
  }
  io_->run();
  for (int i = 0; i < 2; ++i) {
    io_->answer(403, std::string(kSkewed), "Date: Tue, 14 Nov 2023 23:13:20 GMT\r\n");
  }
  EXPECT_EQ(notes_.started, 4);
  for (int i = 0; i < 2; ++i) io_->answer(200, "{}");
  EXPECT_EQ(done, 2);
}

TEST_F(EngineTest, AWrongSecretIsNotTheClocksFault) {
  int fetched = 0;
  make({}, std::make_unique<CountedCredentials>(fetched));
  for (const char* date : {"Date: Tue, 14 Nov 2023 22:16:20 GMT\r\n", "Date: soon\r\n", ""}) {
    const int before = notes_.started;
    begin();
    io_->answer(403, std::string(kSkewed), date);
    EXPECT_EQ(failure(), ErrorKind::kAuth);
    EXPECT_EQ(notes_.started, before + 1);
  }
}

TEST_F(EngineTest, AnErrorSaysHowFarTheCallCame) {
  make({.retry = {.max_attempts = 1}});
  const auto reached = [&](auto answer) {
    begin();
    answer();
    EXPECT_TRUE(result_.has_value() && !result_->ok());
    return result_->error().reached;
  };
  EXPECT_EQ(reached([&] { io_->fail(HttpEnd::kNoConnection); }), Reached::kNotSent);
  EXPECT_EQ(reached([&] { io_->fail(HttpEnd::kTlsRefused); }), Reached::kNotSent);
  EXPECT_EQ(reached([&] { io_->fail(HttpEnd::kBroken); }), Reached::kMaybe);
  EXPECT_EQ(reached([&] { io_->fail(HttpEnd::kTimeout); }), Reached::kMaybe);
  EXPECT_EQ(reached([&] { io_->fail(HttpEnd::kTooLarge); }), Reached::kMaybe);
  EXPECT_EQ(reached([&] { io_->answer(400, "{}"); }), Reached::kAnswered);
  EXPECT_EQ(reached([&] { io_->answer(503, std::string(kThrottled)); }), Reached::kAnswered);
  EXPECT_EQ(reached([&] { io_->answer(500, "{}"); }), Reached::kMaybe);
  EXPECT_EQ(reached([&] { io_->answer(200, "no json"); }), Reached::kMaybe);
  std::stop_source stop;
  stop.request_stop();
  begin({.stop = stop.get_token()});
  EXPECT_EQ(result_->error().reached, Reached::kNotSent);
  std::stop_source later;
  begin({.stop = later.get_token()});
  later.request_stop();
  io_->run();
  EXPECT_EQ(failure(), ErrorKind::kCancelled);
  EXPECT_EQ(result_->error().reached, Reached::kMaybe);
}

TEST_F(EngineTest, WhatAnEarlierAttemptMayHaveDoneTheCallMayHaveDone) {
  make({.retry = {.max_attempts = 2}});
  begin();
  io_->fail(HttpEnd::kBroken);
  io_->advance(10'000);
  io_->fail(HttpEnd::kNoConnection);
  EXPECT_EQ(failure(), ErrorKind::kNetwork);
  EXPECT_EQ(result_->error().reached, Reached::kMaybe);
  begin();
  io_->fail(HttpEnd::kNoConnection);
  io_->advance(10'000);
  io_->answer(400, "{}");
  EXPECT_EQ(failure(), ErrorKind::kInvalidRequest);
  EXPECT_EQ(result_->error().reached, Reached::kAnswered);
}

TEST_F(EngineTest, TheEndCancelsEveryCall) {
  make();
  int ended = 0;
  for (int i = 0; i < 3; ++i) {
    client_->call(ListQueuesRequest{}, [&](const Result<QueueUrlsReply>& reply) {
      if (reply.error().kind == ErrorKind::kCancelled) ++ended;
    });
    if (i == 1) io_->run();
  }
  client_.reset();
  EXPECT_EQ(ended, 3);
  EXPECT_TRUE(notes_.waiting.empty());
}

TEST_F(EngineTest, AServersWrongDigestIsFound) {
  make();
  std::optional<Result<SendMessageReply>> sent;
  client_->call(SendMessageRequest{.queue_url = "u", .message_body = "hello"},
                [&](Result<SendMessageReply> reply) { sent = std::move(reply); });
  io_->run();
  io_->answer(200, R"({"MD5OfMessageBody":"00000000000000000000000000000000","MessageId":"m"})");
  EXPECT_EQ(sent->error().kind, ErrorKind::kChecksumMismatch);
  EXPECT_EQ(notes_.started, 1);  // it is stored: sending it again would make it two
}

}  // namespace
}  // namespace forebay::sqs
