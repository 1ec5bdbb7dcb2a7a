// SPDX-License-Identifier: Apache-2.0
// An ApiHandler on a fake router, a fixed clock and fixed random bytes: requests in, responses out.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "server/api_handler.h"
#include "server/testing/fake_router.h"

namespace forebay::server::testing {

class FixedRandom final : public env::Random {
 public:
  void fill(std::span<uint8_t> out) override { std::fill(out.begin(), out.end(), uint8_t{0xAB}); }
};
/// What random_uuid() makes of FixedRandom.
inline constexpr std::string_view kFixedUuid = "abababab-abab-4bab-abab-abababababab";

class SettableClock final : public env::Clock {
 public:
  WallMs wall() const override { return WallMs(now_ms); }
  MonotonicMs monotonic() const override { return MonotonicMs(now_ms); }
  int64_t now_ms = 1'000'000;
};

class ConnectedClient final : public engine::Client {
 public:
  bool connected() const override { return true; }
};

class ApiTest : public ::testing::Test {
 protected:
  /// Sends any request; the response when it came at once.
  std::optional<http::HttpResponse> send(http::HttpRequest request) {
    request.client = client_;
    auto response = std::make_shared<std::optional<http::HttpResponse>>();
    handler().handle(request, [response](http::HttpResponse answer) {
      EXPECT_FALSE(response->has_value()) << "answered twice";
      *response = std::move(answer);
    });
    late_ = response;
    return *response;
  }

  http::HttpResponse json(std::string_view action, std::string_view body) {
    const std::string target = "AmazonSQS." + std::string(action);
    http::HttpRequest request = base_;
    request.method = "POST";
    request.target = "/";
    request.content_type = "application/x-amz-json-1.0";
    request.amz_target = target;
    request.body = body;
    return send(request).value_or(http::HttpResponse{
        .status = 0, .content_type = {}, .request_id = {}, .query_error = {}, .body = "no answer"});
  }

  http::HttpResponse get(std::string_view target) {
    http::HttpRequest request = base_;
    request.method = "GET";
    request.target = target;
    return send(request).value();
  }

  /// The body of the error that a JSON request must get.
  static std::string error_body(std::string_view type, std::string_view message) {
    return "{\"__type\":\"" + std::string(type) + "\",\"message\":\"" + std::string(message) +
           "\"}";
  }
  static std::string invalid_parameter_body(std::string_view message) {
    return error_body("com.amazon.coral.service#InvalidParameterValueException", message);
  }
  static std::string missing_parameter_body(std::string_view name) {
    return error_body("com.amazon.coral.service#MissingRequiredParameterException",
                      "The request must contain the parameter " + std::string(name) + ".");
  }

  /// Made on first use, so that a test may set `config_` before.
  ApiHandler& handler() {
    if (!handler_) handler_.emplace(config_, router_, random_, clock_);
    return *handler_;
  }

  Config config_;
  FakeRouter router_;
  FixedRandom random_;
  SettableClock clock_;
  std::shared_ptr<const engine::Client> client_ = std::make_shared<ConnectedClient>();
  http::HttpRequest base_{.method = {},
                          .target = {},
                          .body = {},
                          .host = "localhost:9324",
                          .content_type = {},
                          .accept = {},
                          .authorization = {},
                          .amz_target = {},
                          .trace_id = {},
                          .forwarded_proto = {},
                          .forwarded_host = {},
                          .client = {}};
  std::shared_ptr<std::optional<http::HttpResponse>> late_;  // of the last request

 private:
  std::optional<ApiHandler> handler_;
};

inline const engine::QueueAddress kQueue{"us-east-1", "000000000000", "q"};
inline const engine::QueueAddress kFifoQueue{"us-east-1", "000000000000", "q.fifo"};

}  // namespace forebay::server::testing
