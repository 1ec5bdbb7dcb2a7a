// SPDX-License-Identifier: Apache-2.0
// A Router for tests: records what it is asked and answers with what the test prepared.
#pragma once

#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "base/check.h"
#include "shard/router.h"

namespace forebay::server::testing {

class FakeRouter final : public shard::Router {
 public:
  /// The answer to the next request not yet provided for.
  void will_reply(shard::Reply reply) { answers_.emplace_back(std::move(reply)); }
  void will_fail(ErrorCode code, std::string message) {
    answers_.emplace_back(Error{code, std::move(message)});
  }

  void submit(shard::Request request, shard::Done done) override {
    requests.push_back(std::move(request));
    if (answers_.empty()) {
      parked.push_back(std::move(done));
      return;
    }
    Result<shard::Reply> answer = std::move(answers_.front());
    answers_.pop_front();
    done(std::move(answer));
  }

  void abandon(std::shared_ptr<const engine::Client> client) override {
    abandoned.push_back(std::move(client));
  }

  /// Request number `index`, which must be an `Op`.
  template <class Op>
  const Op& request(size_t index = 0) const {
    CHECK(index < requests.size() && std::holds_alternative<Op>(requests[index]));
    return std::get<Op>(requests[index]);
  }

  std::vector<shard::Request> requests;
  std::vector<shard::Done> parked;  // of requests without a prepared answer
  std::vector<std::shared_ptr<const engine::Client>> abandoned;

 private:
  std::deque<Result<shard::Reply>> answers_;
};

}  // namespace forebay::server::testing
