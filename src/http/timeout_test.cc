// SPDX-License-Identifier: Apache-2.0
// Deadlines of connections, with limits of a few milliseconds: the tests wait for the server's
// reaction, never for a time of their own.
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "http/test_server.h"

namespace forebay::http {
namespace {

constexpr HttpLimits kImpatient{.request_timeout_ms = 40, .idle_timeout_ms = 60'000};

TEST_F(HttpServerTest, ASenderThatStopsInItsHeadersIsRefused) {
  start(kImpatient);
  TestClient client(server_->port());
  client.send("POST / HTTP/1.1\r\nContent-");
  EXPECT_EQ(status_of(client.read_response()), "408");
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(HttpServerTest, ASenderThatStopsInItsBodyIsRefused) {
  start(kImpatient);
  TestClient client(server_->port());
  client.send("GET /first HTTP/1.1\r\n\r\nPOST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n12345");
  EXPECT_EQ(body_of(client.read_response()), "GET /first ");
  EXPECT_EQ(status_of(client.read_response()), "408");
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(HttpServerTest, AConnectionThatNeverSendsIsClosedWithoutAWord) {
  start(kImpatient);
  TestClient client(server_->port());
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(HttpServerTest, AnIdleConnectionIsClosedWithoutAWord) {
  start({.request_timeout_ms = 60'000, .idle_timeout_ms = 40});
  TestClient client(server_->port());
  client.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(status_of(client.read_response()), "200");
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(HttpServerTest, AParkedRequestHasNoDeadline) {
  start({.request_timeout_ms = 20, .idle_timeout_ms = 20});
  TestClient patient(server_->port());
  patient.send("GET /park HTTP/1.1\r\n\r\n");
  auto parked = handler_->take_parked();
  // Two other connections run into the deadline one after the other: so this one has lived through
  // it.
  for (int i = 0; i < 2; ++i) {
    TestClient slow(server_->port());
    slow.send("GET");
    EXPECT_EQ(status_of(slow.read_response()), "408");
  }
  handler_->release(parked);
  EXPECT_EQ(body_of(patient.read_response()), "GET /park ");
}

TEST_F(HttpServerTest, AReaderThatStopsIsCutOff) {
  start(kImpatient);
  TestClient client(server_->port());
  client.send("GET /large HTTP/1.1\r\n\r\n");
  EXPECT_EQ(status_of(client.read_head()), "200");
  while (server_->connection_count() > 0) wait_for_io_thread();
  const std::string rest = client.read_to_end();
  EXPECT_NE(rest, "TIMEOUT");
  EXPECT_LT(rest.size(), 16u << 20);
}

}  // namespace
}  // namespace forebay::http
