// SPDX-License-Identifier: Apache-2.0
// The whole program but its main: real sockets, and a server of a few lines in a thread.
#include "bench/load/stage_run.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include <gtest/gtest.h>

#include "base/check.h"
#include "bench/load/report.h"

namespace forebay::load {
namespace {

/// Answers everything on one connection with `answer`, cut into pieces of `piece` bytes; closes the
/// connection after `answers`.
class ScriptedServer {
 public:
  ScriptedServer(std::string answer, size_t piece, int answers) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    CHECK(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    CHECK(::listen(listener_, 2) == 0);
    CHECK(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([=, this] { serve(answer, piece, answers); });
  }
  ~ScriptedServer() {
    thread_.join();
    ::close(listener_);
  }

  Options options() const {
    Options options;
    options.endpoint = {.host = "127.0.0.1", .port = port_};
    options.form.host_header = options.endpoint.authority();
    options.form.queue_urls = {"http://" + options.endpoint.authority() + "/0/q"};
    options.batch = 10;
    return options;
  }

 private:
  /// Reads one request; false at the end of the connection.
  static bool read_request(int fd, std::string& in) {
    char buffer[65536];
    while (true) {
      const size_t head = in.find("\r\n\r\n");
      const size_t length = in.find("Content-Length: ");
      if (head != std::string::npos && in.size() >= head + 4 + std::stoul(in.substr(length + 16))) {
        in.erase(0, head + 4 + std::stoul(in.substr(length + 16)));
        return true;
      }
      const ssize_t got = ::recv(fd, buffer, sizeof(buffer), 0);
      if (got <= 0) return false;
      in.append(buffer, static_cast<size_t>(got));
    }
  }

  void serve(const std::string& answer, size_t piece, int answers) const {
    ::close(::accept(listener_, nullptr, nullptr));  // find_server() looks whether it is there
    const int fd = ::accept(listener_, nullptr, nullptr);
    std::string in;
    while (answers-- > 0 && read_request(fd, in)) {
      for (size_t at = 0; at < answer.size(); at += piece) {
        const std::string part = answer.substr(at, piece);
        CHECK(::send(fd, part.data(), part.size(), MSG_NOSIGNAL) ==
              static_cast<ssize_t>(part.size()));
      }
    }
    ::close(fd);
  }

  int listener_ = -1;
  uint16_t port_ = 0;
  std::thread thread_;
};

Result<StageResult> run_one(const Options& options, const Stage& stage) {
  std::vector<Connection> connections;
  TRY_ASSIGN(const SocketAddress address, find_server(options.endpoint));
  TRY_ASSIGN(Connection connection, Connection::open(address));
  connections.push_back(std::move(connection));
  Workload workload(options);
  return run_stage(options, stage, workload, connections);
}

constexpr const char* kSent = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

TEST(StageRun, CountsWhatWasAnswered) {
  ScriptedServer server(kSent, 7, 1000);
  Options options = server.options();
  options.window_ms = 3'600'000;
  auto result = run_one(options, {StageKind::kSend, 200, 0});
  ASSERT_TRUE(result.ok()) << result.error().message;
  ActionResult& sent = result->actions[static_cast<size_t>(Action::kSend)];
  EXPECT_EQ(sent.requests, 20u);
  EXPECT_EQ(sent.messages, 200u);
  EXPECT_EQ(sent.latencies.all().count(), 20u);
  uint64_t in_windows = 0;
  for (const auto& window : sent.latencies.windows()) {
    for (const auto& [us, count] : window.buckets) in_windows += count;
  }
  EXPECT_EQ(in_windows, 20u);
  EXPECT_GT(result->elapsed_us, 0);
  EXPECT_EQ(result->errors, 0u);
}

// Ten MiB are more than a connection takes at once, so most of it waits for the server to read.
TEST(StageRun, ALargeRequestIsWrittenInPieces) {
  ScriptedServer server(kSent, 100, 1000);
  Options options = server.options();
  options.form.body_bytes = 1 << 20;
  const auto result = run_one(options, {StageKind::kSend, 30, 0});
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result->actions[static_cast<size_t>(Action::kSend)].requests, 3u);
}

TEST(StageRun, ADurationEnds) {
  ScriptedServer server(kSent, 100, INT32_MAX);
  const auto result = run_one(server.options(), {StageKind::kSend, 0, 20});
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_GE(result->elapsed_us, 20'000);
}

TEST(StageRun, RefusalsAreErrorsWithTheirText) {
  ScriptedServer server("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 8\r\n\r\nno space", 5,
                        1000);
  auto result = run_one(server.options(), {StageKind::kSend, 30, 0});
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result->errors, 3u);
  EXPECT_EQ(result->first_error, "no space");
  EXPECT_EQ(result->actions[0].requests, 0u);
}

TEST(StageRun, AConnectionThatBreaksEndsTheRun) {
  ScriptedServer server(kSent, 100, 2);
  const auto result = run_one(server.options(), {StageKind::kSend, 1000, 0});
  EXPECT_FALSE(result.ok());
}

TEST(Report, IsOneLineOfJson) {
  std::vector<StageResult> results(1, StageResult(1000));
  results[0].elapsed_us = 2'000'000;
  results[0].errors = 1;
  results[0].first_error = "a \"quoted\"\n text";
  ActionResult& sent = results[0].actions[static_cast<size_t>(Action::kSend)];
  sent.requests = 2;
  sent.messages = 20;
  sent.latencies.record(100, 5'500);
  sent.latencies.record(200, 6'500);
  const std::vector<Stage> stages = {{StageKind::kLevel, 0, 2000}};
  EXPECT_EQ(
      report(stages, results),
      R"({"stages":[{"stage":"level","seconds":2.000000,"errors":1,)"
      R"("first_error":"a \"quoted\"  text","ran_dry":false,"send":{"requests":2,"messages":20,)"
      R"("messages_per_second":10.0,"requests_per_second":1.0,"p50_us":100,"p99_us":200,)"
      R"("max_us":200,"latencies_us":[[100,1],[200,1]],"windows":[)"
      R"({"start_ms":5000,"latencies_us":[[100,1]]},)"
      R"({"start_ms":6000,"latencies_us":[[200,1]]}]}}]})");
}

}  // namespace
}  // namespace forebay::load
