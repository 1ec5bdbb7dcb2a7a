// SPDX-License-Identifier: Apache-2.0
// A server with one connection inside the test's process: the real front end, API, shard and
// engine on an io thread of their own, a socket pair in place of the network, and a log that keeps
// batches in memory. Tells what each exchange cost the io thread in allocations.
//
//   OneConnectionServer server;
//   const std::string answer = server.exchange(request);   // head and body
//   server.last_cost()
//
// Thread: the test's; its members' own thread is inside.
#pragma once

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <memory>
#include <semaphore>
#include <string>
#include <string_view>
#include <thread>

#include "base/check.h"
#include "engine/facts.h"
#include "http/connection.h"
#include "journal/memory/memory_log.h"
#include "server/api_handler.h"
#include "server/testing/allocation_tally.h"
#include "shard/local_router.h"
#include "shard/shard.h"

namespace forebay::server::testing {

/// What http::HttpThread is to its connections.
class OneConnectionContext final : public http::HttpConnectionContext {
 public:
  OneConnectionContext(const http::HttpLimits& l, env::Clock& c)
      : http::HttpConnectionContext(l, c) {}
  void forget(http::HttpConnection&) override {}
};

class OneConnectionServer {
 public:
  OneConnectionServer() {
    Result<std::unique_ptr<shard::Shard>> opened =
        shard::Shard::open({}, {*log_, executor_, *readers_, clock_, env::system_random(),
                                [](const std::string& reason) { fatal(reason); }});
    CHECK(opened.ok());
    shard_ = std::move(opened).value();
    router_ = std::make_unique<shard::LocalRouter>(*shard_, executor_);
    api_ = std::make_unique<ApiHandler>(config_, *router_, env::system_random(), clock_);
    context_.handler = api_.get();

    CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets_.data()) == 0);
    CHECK(::fcntl(sockets_[1], F_SETFL, O_NONBLOCK) == 0);
    connection_ = std::make_shared<http::HttpConnection>(context_);
    CHECK(connection_->start(executor_, sockets_[1]));
    thread_ = std::thread([this] {
      shard::LocalRouter::bind_thread(executor_);
      executor_.run();
    });
  }

  ~OneConnectionServer() {
    executor_.post([this] {
      connection_->close();
      executor_.stop();
    });
    thread_.join();
    ::close(sockets_[0]);
  }
  OneConnectionServer(const OneConnectionServer&) = delete;
  OneConnectionServer& operator=(const OneConnectionServer&) = delete;

  /// Sends a whole request and returns the whole answer, once the server has come to rest.
  std::string exchange(std::string_view request) {
    CHECK(::send(sockets_[0], request.data(), request.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(request.size()));
    std::string answer = read_answer();
    on_server([this] { last_cost_ = take_tally(); });
    return answer;
  }
  const Tally& last_cost() const { return last_cost_; }

  /// Where the server allocates for this request.
  std::string allocation_sites(std::string_view request) {
    on_server(note_allocation_sites);
    exchange(request);
    std::string sites;
    on_server([&] { sites = take_allocation_sites(); });
    return sites;
  }

 private:
  /// Runs `task` on the server's thread, after all that was posted there before, and waits for it.
  void on_server(const std::function<void()>& task) {
    std::binary_semaphore done(0);
    executor_.post([&] {
      task();
      done.release();
    });
    done.acquire();
  }

  std::string read_answer() {
    constexpr std::string_view kLength = "Content-Length: ";
    std::string answer;
    while (true) {
      const size_t head_bytes = answer.find("\r\n\r\n");
      if (head_bytes != std::string::npos) {
        const size_t length_at = answer.find(kLength);
        CHECK(length_at < head_bytes);
        const size_t body_bytes = std::stoul(answer.substr(length_at + kLength.size()));
        if (answer.size() == head_bytes + 4 + body_bytes) return answer;
      }
      std::array<char, 16u << 10> bytes;
      const ssize_t count = ::recv(sockets_[0], bytes.data(), bytes.size(), 0);
      CHECK(count > 0);
      answer.append(bytes.data(), static_cast<size_t>(count));
    }
  }

  const Config config_;
  const http::HttpLimits limits_;
  env::Clock& clock_ = env::system_clock();
  http::AsioExecutor executor_;
  const std::unique_ptr<env::Worker> readers_ = env::make_thread_worker(executor_);
  const std::unique_ptr<journal::Log> log_ =
      journal::make_memory_log(executor_, &engine::holds_content);
  OneConnectionContext context_{limits_, clock_};
  std::unique_ptr<shard::Shard> shard_;
  std::unique_ptr<shard::LocalRouter> router_;
  std::unique_ptr<ApiHandler> api_;
  std::array<int, 2> sockets_{};  // ours and the server's
  std::shared_ptr<http::HttpConnection> connection_;
  Tally last_cost_;
  std::thread thread_;
};

}  // namespace forebay::server::testing
