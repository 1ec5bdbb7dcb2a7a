// SPDX-License-Identifier: Apache-2.0
// An Io for tests: no thread, no network, time as the test lets it pass, and answers as it gives
// them.
//
//   FakeIo io;
//   ... something calls io.start(exchange) ...
//   io.answer(200, "{}");             // to the request that has waited longest
//   io.advance(50);                   // and what is then due has run
// Thread: the test's own.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "client/http_transport.h"
#include "env/clock.h"
#include "env/testing/pumped_executor.h"

namespace forebay::sqs::testing {

/// Moves only when told to.
class FakeClock final : public env::Clock {
 public:
  WallMs wall() const override { return WallMs(1'700'000'000'000 + ms); }
  MonotonicMs monotonic() const override { return MonotonicMs(1'000 + ms); }
  int64_t ms = 0;
};

/// Always the same number.
class FakeRandom final : public env::Random {
 public:
  void fill(std::span<uint8_t> out) override {
    CHECK(out.size() == sizeof(number));
    std::memcpy(out.data(), &number, sizeof(number));
  }
  uint64_t number = 0;
};

class FakeIo final : public Io {
 public:
  /// Outlives the Io, as what an Engine borrows must.
  struct Notes {
    FakeClock clock;
    std::vector<HttpExchange*> waiting;
    int started = 0;
    int abandoned = 0;
    int64_t last_timeout_ms = 0;
    std::string last_url;
    std::string last_head;  // of the latest request, a line each
  };

  explicit FakeIo(Notes& notes) : notes_(notes) {}

  void post(Task task) override { executor_.post(std::move(task)); }
  TimerId after(int64_t delay_ms, Task task) override {
    return executor_.after(delay_ms, std::move(task));
  }
  void cancel(TimerId timer) override { executor_.cancel(timer); }

  void start(HttpExchange& exchange) override {
    notes_.waiting.push_back(&exchange);
    ++notes_.started;
    notes_.last_timeout_ms = exchange.request.timeout_ms;
    notes_.last_url = exchange.request.url;
    notes_.last_head.clear();
    for (size_t i = 0; i < exchange.request.headers.size(); ++i) {
      notes_.last_head.append(exchange.request.headers.line(i)).append("\n");
    }
  }
  void abandon(HttpExchange& exchange) override {
    if (std::erase(notes_.waiting, &exchange) > 0) ++notes_.abandoned;
  }

  void finish() override { executor_.run_posted(); }
  bool on_io_thread() const override { return false; }
  uint64_t connections_opened() const override { return 0; }

  // ---- The test's side ----

  void run() { executor_.run_posted(); }
  /// Waits for what other threads post.
  void run_until(const std::function<bool()>& condition) { executor_.run_until(condition); }
  void advance(int64_t ms) {
    notes_.clock.ms += ms;
    executor_.advance(ms);
    executor_.run_posted();
  }
  /// Answers the request that has waited longest.
  void answer(int status, std::string body, std::string head = "") {
    end([&](HttpResponse& response) {
      response.end = HttpEnd::kResponse;
      response.status = status;
      response.body = std::move(body);
      response.head = std::move(head);
    });
  }
  void fail(HttpEnd how) {
    end([&](HttpResponse& response) {
      response.end = how;
      response.failure = "as the test says";
    });
  }
  const HttpRequest& request() const {
    CHECK(!notes_.waiting.empty());
    return notes_.waiting.front()->request;
  }

 private:
  void end(const std::function<void(HttpResponse&)>& how) {
    CHECK(!notes_.waiting.empty());
    HttpExchange& exchange = *notes_.waiting.front();
    notes_.waiting.erase(notes_.waiting.begin());
    exchange.response.status = 0;
    exchange.response.head.clear();
    exchange.response.body.clear();
    how(exchange.response);
    exchange.ended();
    run();
  }

  Notes& notes_;
  env::PumpedExecutor executor_;
};

}  // namespace forebay::sqs::testing
