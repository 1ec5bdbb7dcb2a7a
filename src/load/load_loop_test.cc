// SPDX-License-Identifier: Apache-2.0
// Whole loads over real sockets, against a server of a few lines. Where time decides, the clock is
// the test's.
#include "load/load_loop.h"

#include <atomic>
#include <map>
#include <mutex>
#include <set>

#include <gtest/gtest.h>

#include "load/load_run.h"
#include "load/testing/fake_server.h"

namespace forebay::load {
namespace {

using testing::FakeServer;
using testing::http_answer;

/// Every look at it takes `step_us`, and skip() takes more.
class SteppingClock final : public env::FineClock {
 public:
  explicit SteppingClock(int64_t step_us = 100) : step_us_(step_us) {}
  int64_t monotonic_us() const override { return now_us_ += step_us_; }
  void skip(int64_t us) { now_us_ += us; }

 private:
  const int64_t step_us_;
  mutable std::atomic<int64_t> now_us_ = 1'000'000;
};

RequestForm form_for(const FakeServer& server) {
  RequestForm form;
  form.host_header = server.endpoint().authority();
  form.queue_urls = {"http://h/0/q"};
  form.body_bytes = 10;
  form.run = "r";
  return form;
}

LoadOptions options_for(const FakeServer& server, std::string_view mix = "send") {
  Result<Mix> parsed = parse_mix(mix);
  EXPECT_TRUE(parsed.ok());
  return {.address = server.address(), .mix = *parsed};
}

LoadFigures run(const LoadOptions& options, const RequestForm& form,
                const env::FineClock& clock = env::system_fine_clock(),
                const LoadWatch& watch = {}) {
  auto figures = run_load(options, form, clock, watch);
  EXPECT_TRUE(figures.ok()) << (figures.ok() ? "" : figures.error().message);
  return figures.ok() ? *std::move(figures) : LoadFigures{};
}

const ActionFigures& of(const LoadFigures& figures, Action action) {
  return figures.actions[static_cast<size_t>(action)];
}

TEST(Load, MakesExactlyTheRequestsAskedFor) {
  std::atomic<int> seen = 0;
  FakeServer server([&](std::string_view) { return ++seen, http_answer(200, "{}"); });
  LoadOptions options = options_for(server);
  options.batch = 10;
  options.connections = 7;
  options.threads = 2;
  options.requests = 501;
  const LoadFigures figures = run(options, form_for(server));
  EXPECT_EQ(seen, 501);
  EXPECT_EQ(of(figures, Action::kSend).requests, 501u);
  EXPECT_EQ(of(figures, Action::kSend).messages, 5010u);
  EXPECT_EQ(of(figures, Action::kSend).service.count(), 501u);
  EXPECT_EQ(of(figures, Action::kSend).response.count(), 0u);
  EXPECT_EQ(figures.errors.total(), 0u);
  EXPECT_GT(figures.measured_us, 0);
  EXPECT_FALSE(figures.interrupted);
  EXPECT_EQ(server.connections(), 1 + 7);  // one to look whether the server is there
}

TEST(Load, ThreadsNeverSendTheSameMessage) {
  std::multiset<std::string> ids;
  FakeServer server([&](std::string_view request) {
    const size_t at = request.find(R"("MessageDeduplicationId":")");
    ids.emplace(request.substr(at, request.find('}', at) - at));
    return http_answer(200, "{}");
  });
  LoadOptions options = options_for(server);
  options.connections = 4;
  options.threads = 3;
  options.requests = 100;
  RequestForm form = form_for(server);
  form.groups = 2;
  run(options, form);
  server.stop();
  EXPECT_EQ(ids.size(), 100u);
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 100u);
}

TEST(Load, WarmUpIsNotMeasured) {
  const SteppingClock clock;
  std::atomic<uint64_t> seen = 0;
  FakeServer server([&](std::string_view) { return ++seen, http_answer(200, "{}"); });
  LoadOptions options = options_for(server);
  options.warm_up_ms = 200;
  options.duration_ms = 300;
  const LoadFigures figures = run(options, form_for(server), clock);
  EXPECT_EQ(figures.measured_us, 300'000);
  EXPECT_GT(of(figures, Action::kSend).requests, 0u);
  // Both parts look at the same clock, a few times a request.
  EXPECT_GT(seen, of(figures, Action::kSend).requests * 4 / 3);
}

// One answer takes 200 ms, in which 200 requests are due. A closed loop would see one slow request;
// the open loop's response times show that all of them had to wait.
TEST(Load, AnOpenLoopChargesAStallToAllThatHadToWait) {
  SteppingClock clock;
  std::atomic<int> seen = 0;
  FakeServer server([&](std::string_view) {
    if (++seen == 100) clock.skip(200'000);
    return http_answer(200, "{}");
  });
  LoadOptions options = options_for(server);
  options.duration_ms = 600;
  options.rate = 1000;
  const LoadFigures figures = run(options, form_for(server), clock);
  const ActionFigures& send = of(figures, Action::kSend);
  EXPECT_EQ(send.requests + figures.not_started, 600u);
  const auto above = [](const Histogram& latencies, uint64_t us) {
    uint64_t count = 0;
    for (const auto& [value, times] : latencies.buckets()) count += value > us ? times : 0;
    return count;
  };
  EXPECT_EQ(above(send.service, 100'000), 1u);
  EXPECT_GE(above(send.response, 100'000), 100u);
  EXPECT_GE(send.response.max(), 200'000u);
}

// An answer that comes when the measurement has just begun finds several requests due: none of them
// may be made once more by the measurement's own schedule.
TEST(Load, AnOpenLoopsMeasurementHasItsOwnSchedule) {
  SteppingClock clock;
  std::atomic<int> seen = 0;
  FakeServer server([&](std::string_view) {
    if (++seen == 99) clock.skip(5'000);
    return http_answer(200, "{}");
  });
  LoadOptions options = options_for(server);
  options.connections = 8;
  options.warm_up_ms = 100;
  options.duration_ms = 300;
  options.rate = 1000;
  const LoadFigures figures = run(options, form_for(server), clock);
  EXPECT_EQ(of(figures, Action::kSend).requests + figures.not_started, 300u);
}

TEST(Load, AnOpenLoopSaysWhatItCouldNotStart) {
  SteppingClock clock;
  FakeServer server([&](std::string_view) {
    clock.skip(10'000);  // a hundred a second, where a thousand are due
    return http_answer(200, "{}");
  });
  LoadOptions options = options_for(server);
  options.duration_ms = 1000;
  options.rate = 1000;
  const LoadFigures figures = run(options, form_for(server), clock);
  // Nine of ten requests find the only connection waiting.
  EXPECT_EQ(of(figures, Action::kSend).requests + figures.not_started, 1000u);
  EXPECT_GT(figures.not_started, 800u);
}

TEST(Load, GoesOnWhenTheServerClosesConnections) {
  std::atomic<int> seen = 0;
  FakeServer server([&](std::string_view) {
    return http_answer(200, "{}", ++seen % 2 == 0 ? "Connection: close\r\n" : "");
  });
  LoadOptions options = options_for(server);
  options.connections = 3;
  options.requests = 200;
  const LoadFigures figures = run(options, form_for(server));
  EXPECT_EQ(of(figures, Action::kSend).requests, 200u);
  EXPECT_EQ(figures.errors.total(), 0u);
  EXPECT_GE(server.connections(), 100);
}

TEST(Load, CountsBrokenConnectionsAndGoesOn) {
  std::atomic<int> seen = 0;
  FakeServer server([&](std::string_view) {
    const int number = ++seen;
    if (number == 5) return std::string();
    return number == 10 ? std::string("garbage\r\n\r\n") : http_answer(200, "{}");
  });
  LoadOptions options = options_for(server);
  options.requests = 50;
  const LoadFigures figures = run(options, form_for(server));
  EXPECT_EQ(of(figures, Action::kSend).requests, 48u);
  EXPECT_EQ(of(figures, Action::kSend).errors, 2u);
  EXPECT_EQ(figures.errors.kinds().at("ConnectionFailed").count, 2u);
  EXPECT_EQ(figures.errors.kinds().at("ConnectionFailed").first_message,
            "the server closed the connection");
}

TEST(Load, EndsWhenTheServerIsGoneForGood) {
  SteppingClock clock(50'000);
  std::atomic<int> seen = 0;
  FakeServer server([&](std::string_view) {
    if (++seen <= 10) return http_answer(200, "{}");
    clock.skip(16'000'000);
    return std::string();
  });
  LoadOptions options = options_for(server);
  options.requests = 1'000'000;
  const LoadFigures figures = run(options, form_for(server), clock);
  EXPECT_EQ(of(figures, Action::kSend).requests, 10u);
  EXPECT_GE(figures.errors.kinds().at("ConnectionFailed").count, 2u);
  EXPECT_FALSE(figures.interrupted);
}

TEST(Load, CountsRefusalsByCode) {
  std::atomic<int> seen = 0;
  FakeServer server([&](std::string_view) {
    return ++seen % 4 == 0 ? http_answer(400, R"({"__type":"x#OverLimit","message":"m"})")
                           : http_answer(200, "{}");
  });
  LoadOptions options = options_for(server);
  options.requests = 100;
  const LoadFigures figures = run(options, form_for(server));
  EXPECT_EQ(of(figures, Action::kSend).requests, 75u);
  EXPECT_EQ(of(figures, Action::kSend).service.count(), 75u);
  EXPECT_EQ(of(figures, Action::kSend).errors, 25u);
  EXPECT_EQ(figures.errors.kinds().at("OverLimit").count, 25u);
}

TEST(Load, ARoundtripDeletesWhatItSent) {
  int queued = 0;
  int deleted = 0;
  FakeServer server([&](std::string_view request) {
    if (request.find("AmazonSQS.SendMessageBatch") != std::string_view::npos) queued += 5;
    if (request.find("AmazonSQS.DeleteMessageBatch") != std::string_view::npos) deleted += 5;
    if (request.find("AmazonSQS.ReceiveMessage") == std::string_view::npos || queued < 5) {
      return http_answer(200, "{}");
    }
    queued -= 5;
    std::string messages;
    for (int i = 0; i < 5; ++i) messages += R"({"ReceiptHandle":"h"},)";
    return http_answer(200, R"({"Messages":[)" + messages + "]}");
  });
  LoadOptions options = options_for(server, "roundtrip");
  options.batch = 5;
  options.requests = 300;
  const LoadFigures figures = run(options, form_for(server));
  EXPECT_EQ(of(figures, Action::kSend).requests, 100u);
  EXPECT_EQ(of(figures, Action::kReceive).messages, 500u);
  EXPECT_EQ(of(figures, Action::kDelete).messages, 500u);
  server.stop();
  EXPECT_EQ(deleted, 500);
  EXPECT_EQ(of(figures, Action::kReceive).empty, 0u);
}

TEST(Load, StopsWhenItIsTold) {
  std::atomic<bool> stop = false;
  std::atomic<int> seen = 0;
  FakeServer server([&](std::string_view) {
    if (++seen == 20) stop = true;
    return http_answer(200, "{}");
  });
  LoadOptions options = options_for(server);
  options.duration_ms = 3'600'000;
  const LoadFigures figures =
      run(options, form_for(server), env::system_fine_clock(), {.stop = &stop});
  EXPECT_TRUE(figures.interrupted);
  EXPECT_GE(of(figures, Action::kSend).requests, 19u);
  EXPECT_LT(figures.measured_us, int64_t{3'600'000} * 1000);
}

TEST(Load, WithoutAServerThereIsNoLoad) {
  SocketAddress gone;
  {
    const FakeServer server([](std::string_view) { return std::string(); });
    gone = server.address();
  }
  LoadOptions options{.address = gone, .requests = 1};
  const auto figures = run_load(options, {.queue_urls = {"u"}}, env::system_fine_clock(), {});
  ASSERT_FALSE(figures.ok());
  EXPECT_EQ(figures.error().message, "cannot connect: Connection refused");
}

TEST(LiveFigures, AreThoseSinceTheLastLook) {
  LiveFigures live;
  Histogram latencies;
  for (uint64_t us = 1; us <= 100; ++us) latencies.record(us);
  live.publish(latencies, 2);
  live.publish(latencies, 1);
  const LiveFigures::Figures first = live.take();
  EXPECT_EQ(first.requests, 200u);
  EXPECT_EQ(first.p50_us, 50u);
  EXPECT_EQ(first.p99_us, 99u);
  EXPECT_EQ(first.errors, 3u);
  const LiveFigures::Figures second = live.take();
  EXPECT_EQ(second.requests, 0u);
  EXPECT_EQ(second.errors, 3u);
}

}  // namespace
}  // namespace forebay::load
