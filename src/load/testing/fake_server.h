// SPDX-License-Identifier: Apache-2.0
// The fake server (env/testing/fake_http_server.h) as the load program names servers.
// Thread: the answering function runs on the server's own.
#pragma once

#include "base/check.h"
#include "env/testing/fake_http_server.h"
#include "load/endpoint.h"

namespace forebay::load::testing {

using env::testing::http_answer;

class FakeServer : public env::testing::FakeHttpServer {
 public:
  using FakeHttpServer::FakeHttpServer;

  Endpoint endpoint() const { return {.host = "127.0.0.1", .port = port()}; }
  SocketAddress address() const {
    Result<SocketAddress> found = find_server(endpoint());
    CHECK(found.ok());
    return *found;
  }
};

}  // namespace forebay::load::testing
