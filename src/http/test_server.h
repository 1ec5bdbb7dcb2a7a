// SPDX-License-Identifier: Apache-2.0
// What the HTTP tests share: a server on loopback with a handler they steer, and a client that
// sends bytes.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "http/server.h"

namespace forebay::http {

/// Waiting for longer than this means that the test has failed.
inline constexpr int kPatienceSeconds = 20;

/// Blocking client that reads responses by their Content-Length.
class TestClient {
 public:
  explicit TestClient(uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience{.tv_sec = kPatienceSeconds, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~TestClient() { close(); }
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  /// False when the server has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(count));
    }
    return true;
  }
  void shut_down_sending() { ::shutdown(fd_, SHUT_WR); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  /// Closes so that the server's socket reports an error.
  void reset() {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }

  /// Up to the empty line; empty at the end of the stream.
  std::string read_head() {
    size_t end = 0;
    while ((end = unread_.find("\r\n\r\n")) == std::string::npos) {
      if (!read_some()) return "";
    }
    return take(end + 4);
  }
  /// The next response with its body.
  std::string read_response() {
    std::string head = read_head();
    const size_t at = head.find("Content-Length: ");
    if (at == std::string::npos) return head;
    const size_t length = std::stoul(head.substr(at + 16));
    while (unread_.size() < length) {
      if (!read_some()) return "";
    }
    return head + take(length);
  }
  /// What is left until the server closes in an orderly way; "RESET" or "TIMEOUT" when it does not.
  std::string read_to_end() {
    while (read_some()) {
    }
    return end_.empty() ? std::exchange(unread_, "") : end_;
  }

 private:
  std::string take(size_t count) {
    std::string taken = unread_.substr(0, count);
    unread_.erase(0, count);
    return taken;
  }
  bool read_some() {
    char bytes[65536];
    const ssize_t count = ::recv(fd_, bytes, sizeof bytes, 0);
    if (count < 0) end_ = errno == EAGAIN ? "TIMEOUT" : "RESET";
    if (count <= 0) return false;
    unread_.append(bytes, static_cast<size_t>(count));
    return true;
  }

  int fd_ = -1;
  std::string unread_;
  std::string end_;
};

/// Answers "<method> <target> <body>"; at once, except for the targets /later (when its thread is
/// free), /park (when the test says so) and /none (not at all).
class SteeredHandler final : public RequestHandler {
 public:
  explicit SteeredHandler(HttpServer& server) : server_(server) {}

  void handle(const HttpRequest& request, Respond respond) override {
    HttpResponse response{.content_type = "text/plain"};
    if (request.target.starts_with("/large")) {
      response.body.assign(16u << 20, 'x');
    } else {
      response.body.append(request.method).append(" ").append(request.target).append(" ");
      response.body.append(request.body);
    }
    if (request.target == "/none") response.status = kNoAnswer;
    if (request.target == "/later") {
      server_.executor(0).post([respond, response] { respond(response); });
    } else if (request.target == "/park") {
      std::scoped_lock lock(mu_);
      parked_.push_back({request.client, std::move(respond), std::move(response), request.target});
      changed_.notify_all();
    } else {
      respond(std::move(response));
    }
  }
  void client_gone(const std::shared_ptr<const engine::Client>& client) override {
    std::scoped_lock lock(mu_);
    gone_.push_back(client);
    changed_.notify_all();
  }
  HttpResponse refusal(int status, std::string_view reason) override {
    return {.status = status, .content_type = "text/plain", .body = std::string(reason)};
  }

  struct Parked {
    std::shared_ptr<const engine::Client> client;
    Respond respond;
    HttpResponse response;
    std::string_view target;  // in the request's own bytes
  };
  /// The next parked request, waited for.
  Parked take_parked() {
    std::unique_lock lock(mu_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(kPatienceSeconds),
                                  [&] { return !parked_.empty(); }));
    Parked first = std::move(parked_.front());
    parked_.erase(parked_.begin());
    return first;
  }
  /// Waits until this client was reported gone.
  bool wait_gone(const std::shared_ptr<const engine::Client>& client) {
    std::unique_lock lock(mu_);
    return changed_.wait_for(lock, std::chrono::seconds(kPatienceSeconds), [&] {
      return std::find(gone_.begin(), gone_.end(), client) != gone_.end();
    });
  }
  size_t gone_count() {
    std::scoped_lock lock(mu_);
    return gone_.size();
  }
  /// Answers a parked request on the io thread.
  void release(Parked parked) {
    server_.executor(0).post([parked = std::move(parked)] { parked.respond(parked.response); });
  }

 private:
  HttpServer& server_;
  std::mutex mu_;
  std::condition_variable changed_;
  std::vector<Parked> parked_;
  std::vector<std::shared_ptr<const engine::Client>> gone_;
};

class HttpServerTest : public ::testing::Test {
 protected:
  void start(const HttpLimits& limits = {}, uint32_t threads = 1) {
    auto listening = listen_http("127.0.0.1", 0, threads, limits);
    ASSERT_TRUE(listening.ok()) << listening.error().message;
    server_ = std::move(listening).value();
    handler_ = std::make_unique<SteeredHandler>(*server_);
    thread_ = std::thread([this] { server_->run(*handler_); });
  }
  void TearDown() override {
    if (!thread_.joinable()) return;
    server_->stop(0);
    thread_.join();
  }
  /// Returns when everything that was posted to thread 0 before has run.
  void wait_for_io_thread() {
    std::mutex mu;
    std::condition_variable changed;
    bool done = false;
    server_->executor(0).post([&] {
      std::scoped_lock lock(mu);
      done = true;
      changed.notify_all();
    });
    std::unique_lock lock(mu);
    changed.wait(lock, [&] { return done; });
  }

  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<SteeredHandler> handler_;
  std::thread thread_;
};

inline std::string status_of(const std::string& response) {
  return response.size() < 12 ? response : response.substr(9, 3);
}
inline std::string body_of(const std::string& response) {
  const size_t end = response.find("\r\n\r\n");
  return end == std::string::npos ? "" : response.substr(end + 4);
}

}  // namespace forebay::http
