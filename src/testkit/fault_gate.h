// SPDX-License-Identifier: Apache-2.0
// Stands between the HTTP front end and the API: counts requests, lets the injected faults happen,
// and can close itself, as when no server runs.
//
// Every request that has come is noted until it was answered, so that none is left hanging when the
// API it was given to is gone.
// Thread: the io thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <forebay/testing/server.h>

#include "env/clock.h"
#include "env/executor.h"
#include "http/server.h"
#include "testkit/activity.h"

namespace forebay::testkit {

class FaultGate final : public http::RequestHandler {
 public:
  /// Borrows everything. Answers are delayed on `executor`'s time; `handed_on` is called each time
  /// the API was told something.
  FaultGate(env::Executor& executor, env::Random& random, Activity& activity,
            std::function<void()> handed_on)
      : executor_(executor),
        random_(random),
        activity_(activity),
        handed_on_(std::move(handed_on)) {}

  /// From now on `api` gets the requests; it must live until shut().
  void open(http::RequestHandler& api) { api_ = &api; }
  /// From now on every request loses its connection, and those in hand do at once.
  void shut();

  /// See testing::Server::inject().
  void inject(testing::Fault fault, int count, std::string action);
  void clear_faults() { faults_.clear(); }

  void handle(const http::HttpRequest& request, http::Respond respond) override;
  void client_gone(const std::shared_ptr<const engine::Client>& client) override;
  http::HttpResponse refusal(int status, std::string_view reason) override;

 private:
  using RequestNumber = uint64_t;
  struct Injected {
    testing::Fault fault;
    int count;
    std::string action;
  };
  struct InHand {
    std::string action;
    http::Respond respond;
    bool delayed = false;
  };

  std::optional<testing::Fault> take_fault(std::string_view action);
  void meet(const testing::Fault& fault, RequestNumber number, const http::HttpRequest& request);
  void pass_on(const http::HttpRequest& request, http::Respond respond);
  void delay(RequestNumber number, int64_t ms, http::HttpResponse response);
  void answer(RequestNumber number, const http::HttpResponse& response);
  void drop(RequestNumber number);

  env::Executor& executor_;
  env::Random& random_;
  Activity& activity_;
  const std::function<void()> handed_on_;

  http::RequestHandler* api_ = nullptr;  // null: shut
  std::deque<Injected> faults_;
  std::map<RequestNumber, InHand> in_hand_;
  RequestNumber last_number_ = 0;
};

}  // namespace forebay::testkit
