// SPDX-License-Identifier: Apache-2.0
// The SQS API behind the HTTP front end: finds the action a request names and lets its handler
// answer.
//
// `GET /health` is the one path of our own: {"status","version","uptime_s","durability"},
// durability "sync", "interval=<ms>" or "memory". With `bench-path` set, that path is another one:
// every request for it gets the same reply, as long as SendMessage's, which neither queue nor
// journal sees.
// Thread: any of the io threads, concurrently; immutable after construction.
// Borrows: everything it is made with, for its whole life.
#pragma once

#include <string>

#include "env/clock.h"
#include "http/server.h"
#include "server/call.h"

namespace forebay::server {

class ApiHandler final : public http::RequestHandler {
 public:
  /// `router` must be usable from every io thread.
  ApiHandler(const Config& config, shard::Router& router, env::Random& random, env::Clock& clock);

  void handle(const http::HttpRequest& request, http::Respond respond) override;
  void client_gone(const std::shared_ptr<const engine::Client>& client) override;
  http::HttpResponse refusal(int status, std::string_view reason) override;

 private:
  void dispatch(const CallPtr& call);
  http::HttpResponse health() const;
  bool is_bench_request(const http::HttpRequest& request) const;

  const ApiContext context_;
  env::Clock& clock_;
  const MonotonicMs started_;
  const http::HttpResponse bench_reply_;
};

}  // namespace forebay::server
