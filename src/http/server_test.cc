// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "http/test_server.h"

namespace forebay::http {
namespace {

TEST_F(HttpServerTest, AnswersSeveralRequestsOnOneConnection) {
  start();
  TestClient client(server_->port());
  for (const char* target : {"/one", "/later", "/three"}) {
    client.send(std::string("POST ") + target + " HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody");
    const std::string response = client.read_response();
    EXPECT_EQ(status_of(response), "200");
    EXPECT_EQ(body_of(response), std::string("POST ") + target + " body");
    EXPECT_NE(response.find("\r\nDate: "), std::string::npos);
    EXPECT_EQ(response.find("Connection:"), std::string::npos);
  }
  EXPECT_EQ(server_->connection_count(), 1u);
}

TEST_F(HttpServerTest, PipelinedRequestsAreAnsweredInOrderWhateverFinishesFirst) {
  start();
  TestClient client(server_->port());
  client.send(
      "GET /park HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\nGET /later HTTP/1.1\r\n\r\n"
      "POST /4 HTTP/1.1\r\nContent-Length: 3\r\n\r\nend");
  handler_->release(handler_->take_parked());
  EXPECT_EQ(body_of(client.read_response()), "GET /park ");
  EXPECT_EQ(body_of(client.read_response()), "GET /2 ");
  EXPECT_EQ(body_of(client.read_response()), "GET /later ");
  EXPECT_EQ(body_of(client.read_response()), "POST /4 end");
}

TEST_F(HttpServerTest, ARequestThatGetsNoAnswerLosesItsConnection) {
  start();
  TestClient client(server_->port());
  client.send("GET /one HTTP/1.1\r\n\r\n");
  EXPECT_EQ(body_of(client.read_response()), "GET /one ");
  client.send("GET /none HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.read_to_end(), "");
  wait_for_io_thread();
  EXPECT_EQ(server_->connection_count(), 0u);
}

TEST_F(HttpServerTest, AllConnectionsAreClosedAndNewOnesAccepted) {
  start();
  TestClient idle(server_->port());
  idle.send("GET /one HTTP/1.1\r\n\r\n");
  EXPECT_EQ(body_of(idle.read_response()), "GET /one ");
  TestClient busy(server_->port());
  busy.send("GET /park HTTP/1.1\r\n\r\n");
  const auto parked = handler_->take_parked();
  server_->close_connections();
  EXPECT_TRUE(handler_->wait_gone(parked.client));
  EXPECT_EQ(idle.read_to_end(), "");
  EXPECT_EQ(busy.read_to_end(), "");
  TestClient later(server_->port());
  later.send("GET /two HTTP/1.1\r\n\r\n");
  EXPECT_EQ(body_of(later.read_response()), "GET /two ");
}

TEST_F(HttpServerTest, AThousandPipelinedRequestsDoNotExhaustTheStack) {
  start();
  TestClient client(server_->port());
  std::string bytes;
  for (int i = 0; i < 1000; ++i)
    bytes += i % 2 ? "GET /a HTTP/1.1\r\n\r\n" : "GET /later HTTP/1.1\r\n\r\n";
  client.send(bytes);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(body_of(client.read_response()), i % 2 ? "GET /a " : "GET /later ");
  }
}

TEST_F(HttpServerTest, RequestsSplitAtEveryOffsetAreAnswered) {
  start();
  const std::string bytes =
      "POST /split HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  TestClient client(server_->port());
  for (size_t cut = 1; cut < bytes.size(); ++cut) {
    client.send(std::string_view(bytes).substr(0, cut));
    wait_for_io_thread();
    client.send(std::string_view(bytes).substr(cut));
    ASSERT_EQ(body_of(client.read_response()), "POST /split abc") << cut;
  }
}

TEST_F(HttpServerTest, ALargeBodyGoesBothWays) {
  start();
  TestClient client(server_->port());
  const std::string body(3u << 20, 'b');
  std::thread sender([&] {
    client.send("POST /big HTTP/1.1\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n");
    client.send(body);
  });
  const std::string response = client.read_response();
  sender.join();
  EXPECT_EQ(body_of(response), "POST /big " + body);
}

TEST_F(HttpServerTest, ASlowReaderGetsAllOfALargeAnswerAndThenTheNext) {
  start();
  TestClient client(server_->port());
  client.send("GET /large HTTP/1.1\r\n\r\nGET /next HTTP/1.1\r\n\r\n");
  const std::string response = client.read_response();
  EXPECT_EQ(body_of(response).size(), 16u << 20);
  EXPECT_EQ(body_of(client.read_response()), "GET /next ");
}

TEST_F(HttpServerTest, TellsToContinueBeforeTheBody) {
  start();
  TestClient client(server_->port());
  client.send("POST /c HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.read_head(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  EXPECT_EQ(body_of(client.read_response()), "POST /c ok");
}

TEST_F(HttpServerTest, DoesNotTellToContinueWithABodyThatIsTooLarge) {
  start({.body_bytes_max = 10});
  TestClient client(server_->port());
  client.send("POST /c HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n");
  EXPECT_EQ(status_of(client.read_response()), "413");
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(HttpServerTest, AHeadAnswerHasTheLengthButNotTheBody) {
  start();
  TestClient client(server_->port());
  client.send("HEAD /h HTTP/1.1\r\n\r\nGET /g HTTP/1.1\r\n\r\n");
  EXPECT_NE(client.read_head().find("Content-Length: 8\r\n"), std::string::npos);
  EXPECT_EQ(body_of(client.read_response()), "GET /g ");
}

TEST_F(HttpServerTest, ClosesWhenTheClientAsksForIt) {
  start();
  for (const char* head :
       {"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"}) {
    TestClient client(server_->port());
    client.send(head);
    const std::string response = client.read_response();
    EXPECT_NE(response.find("Connection: close\r\n"), std::string::npos);
    EXPECT_EQ(client.read_to_end(), "");
  }
}

TEST_F(HttpServerTest, KeepsAnHttp10ConnectionThatAsksForIt) {
  start();
  TestClient client(server_->port());
  for (int i = 0; i < 2; ++i) {
    client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_NE(client.read_response().find("Connection: keep-alive\r\n"), std::string::npos);
  }
}

TEST_F(HttpServerTest, RefusesWhatIsMalformedOrTooLargeAndCloses) {
  start({.header_bytes_max = 200, .body_bytes_max = 1000});
  struct Row {
    std::string bytes;
    const char* status;
  };
  for (const Row& row :
       {Row{"nonsense\r\n\r\n", "400"}, Row{"\x16\x03\x01", "400"},
        Row{"GET / HTTP/1.1\r\nName: " + std::string(300, 'x'), "431"},
        Row{"POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n", "413"},
        Row{"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n", "413"}}) {
    TestClient client(server_->port());
    client.send(row.bytes);
    const std::string response = client.read_response();
    EXPECT_EQ(status_of(response), row.status) << row.bytes;
    EXPECT_NE(response.find("Connection: close\r\n"), std::string::npos);
    EXPECT_FALSE(body_of(response).empty());
    EXPECT_EQ(client.read_to_end(), "");
  }
}

TEST_F(HttpServerTest, AClientThatSendsOnAfterARefusalStillReadsIt) {
  start({.body_bytes_max = 1000});
  TestClient client(server_->port());
  client.send("POST / HTTP/1.1\r\nContent-Length: 5000000\r\n\r\n");
  EXPECT_TRUE(client.send(std::string(5'000'000, 'x')));
  client.shut_down_sending();
  EXPECT_EQ(status_of(client.read_response()), "413");
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(HttpServerTest, RequestsBeforeAMalformedOneAreAnswered) {
  start();
  TestClient client(server_->port());
  client.send("GET /good HTTP/1.1\r\n\r\n(\r\n\r\n");
  EXPECT_EQ(body_of(client.read_response()), "GET /good ");
  EXPECT_EQ(status_of(client.read_response()), "400");
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(HttpServerTest, AClientThatClosesWhileParkedIsReportedGone) {
  start();
  auto client = std::make_unique<TestClient>(server_->port());
  client->send("GET /park HTTP/1.1\r\n\r\n");
  auto parked = handler_->take_parked();
  EXPECT_TRUE(parked.client->connected());
  client->close();
  EXPECT_TRUE(handler_->wait_gone(parked.client));
  EXPECT_FALSE(parked.client->connected());
  handler_->release(parked);
  wait_for_io_thread();
  EXPECT_EQ(handler_->gone_count(), 1u);
}

TEST_F(HttpServerTest, AClientThatResetsWhileParkedIsReportedGone) {
  start();
  TestClient client(server_->port());
  client.send("GET /park HTTP/1.1\r\n\r\n");
  auto parked = handler_->take_parked();
  client.reset();
  EXPECT_TRUE(handler_->wait_gone(parked.client));
  EXPECT_FALSE(parked.client->connected());
  wait_for_io_thread();
  // A handler that goes on for it may still read the request.
  EXPECT_EQ(parked.target, "/park");
  handler_->release(parked);
  wait_for_io_thread();
  EXPECT_EQ(server_->connection_count(), 0u);
}

TEST_F(HttpServerTest, PipelinedBytesAreNotADisconnect) {
  start();
  TestClient client(server_->port());
  client.send("GET /park HTTP/1.1\r\n\r\n");
  auto parked = handler_->take_parked();
  client.send("GET /next HTTP/1.1\r\n\r\n");
  wait_for_io_thread();
  EXPECT_TRUE(parked.client->connected());
  EXPECT_EQ(handler_->gone_count(), 0u);
  handler_->release(parked);
  EXPECT_EQ(body_of(client.read_response()), "GET /park ");
  EXPECT_EQ(body_of(client.read_response()), "GET /next ");
}

TEST_F(HttpServerTest, ADisconnectBehindPipelinedBytesIsNoticed) {
  start({.request_timeout_ms = 40});  // a sweep every 10 ms
  TestClient client(server_->port());
  client.send("GET /park HTTP/1.1\r\n\r\n");
  auto parked = handler_->take_parked();
  client.send("GET /next HTTP/1.1\r\n\r\n");
  wait_for_io_thread();
  client.close();
  EXPECT_TRUE(handler_->wait_gone(parked.client));
  EXPECT_FALSE(parked.client->connected());
}

TEST_F(HttpServerTest, AClientThatHasOnlyShutDownSendingStillGetsItsAnswers) {
  start();
  TestClient client(server_->port());
  client.send("GET /1 HTTP/1.1\r\n\r\nGET /later HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\n\r\n");
  client.shut_down_sending();
  EXPECT_EQ(body_of(client.read_response()), "GET /1 ");
  EXPECT_EQ(body_of(client.read_response()), "GET /later ");
  EXPECT_EQ(body_of(client.read_response()), "GET /3 ");
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(HttpServerTest, ConnectionsBeyondTheLimitAreTurnedAway) {
  start({.connections_max = 2});
  TestClient first(server_->port());
  auto second = std::make_unique<TestClient>(server_->port());
  first.send("GET /1 HTTP/1.1\r\n\r\n");
  EXPECT_EQ(status_of(first.read_response()), "200");
  second->send("GET /2 HTTP/1.1\r\n\r\n");
  EXPECT_EQ(status_of(second->read_response()), "200");
  {
    TestClient third(server_->port());
    third.send("GET /3 HTTP/1.1\r\n\r\n");
    EXPECT_EQ(status_of(third.read_response()), "503");
    EXPECT_EQ(third.read_to_end(), "");
  }
  // A place becomes free when the server has seen the close.
  second.reset();
  while (server_->connection_count() > 1) wait_for_io_thread();
  TestClient fourth(server_->port());
  fourth.send("GET /4 HTTP/1.1\r\n\r\n");
  EXPECT_EQ(status_of(fourth.read_response()), "200");
}

TEST_F(HttpServerTest, StopClosesIdleConnectionsAndAnswersBusyOnes) {
  start();
  TestClient idle(server_->port());
  idle.send("GET / HTTP/1.1\r\n\r\n");
  idle.read_response();
  TestClient busy(server_->port());
  busy.send("GET /park HTTP/1.1\r\n\r\n");
  auto parked = handler_->take_parked();
  server_->stop(60'000);
  EXPECT_EQ(idle.read_to_end(), "");
  handler_->release(parked);
  const std::string response = busy.read_response();
  EXPECT_EQ(body_of(response), "GET /park ");
  EXPECT_NE(response.find("Connection: close\r\n"), std::string::npos);
  busy.close();
  thread_.join();  // long before the minute is over
  EXPECT_EQ(server_->connection_count(), 0u);
}

TEST_F(HttpServerTest, StopGivesUpOnParkedRequestsWhenItsTimeIsOver) {
  start();
  TestClient client(server_->port());
  client.send("GET /park HTTP/1.1\r\n\r\n");
  auto parked = handler_->take_parked();
  server_->stop(10);
  thread_.join();
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_TRUE(handler_->wait_gone(parked.client));
  EXPECT_FALSE(parked.client->connected());
  parked.respond(parked.response);  // too late, and harmless
  server_.reset();
  parked.respond(parked.response);
}

TEST_F(HttpServerTest, AStoppedServerNoLongerListens) {
  start();
  const uint16_t port = server_->port();
  server_->stop(0);
  thread_.join();
  EXPECT_TRUE(listen_http("127.0.0.1", port, 1, {}).ok());
}

TEST(HttpServer, AStopThatComesBeforeRunIsNotLost) {
  auto server = listen_http("127.0.0.1", 0, 2, {});
  ASSERT_TRUE(server.ok());
  SteeredHandler handler(**server);
  (*server)->stop(60'000);
  (*server)->run(handler);
}

TEST_F(HttpServerTest, SeveralThreadsShareOnePort) {
  start({}, 3);
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 30; ++i) {
    clients.push_back(std::make_unique<TestClient>(server_->port()));
    clients.back()->send("GET /t HTTP/1.1\r\n\r\n");
  }
  for (auto& client : clients) EXPECT_EQ(body_of(client->read_response()), "GET /t ");
  EXPECT_EQ(server_->connection_count(), 30u);
}

TEST(HttpListen, SaysWhatIsWrongWithTheAddress) {
  auto message = [](const std::string& address, uint16_t port, uint32_t threads) {
    auto result = listen_http(address, port, threads, {});
    EXPECT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidConfiguration);
    return result.error().message;
  };
  EXPECT_EQ(message("nowhere", 0, 1),
            "Cannot listen on 'nowhere': it is not an IPv4 or IPv6 address.");
  EXPECT_NE(message("192.0.2.1", 0, 1).find("no such address"), std::string::npos);

  auto taken = listen_http("127.0.0.1", 0, 1, {});
  ASSERT_TRUE(taken.ok());
  auto shared = listen_http("127.0.0.1", 0, 2, {});
  ASSERT_TRUE(shared.ok());
  for (uint32_t threads : {1u, 2u}) {
    EXPECT_NE(
        message("127.0.0.1", (*taken)->port(), threads).find("another program uses this port"),
        std::string::npos);
    EXPECT_NE(
        message("127.0.0.1", (*shared)->port(), threads).find("another program uses this port"),
        std::string::npos);
  }
}

}  // namespace
}  // namespace forebay::http
