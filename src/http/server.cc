// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include <pthread.h>

#include <atomic>
#include <thread>
#include <utility>

#include "base/check.h"
#include "env/clock.h"
#include "http/listener.h"
#include "http/thread.h"

namespace forebay::http {
namespace {

class AsioHttpServer final : public HttpServer {
 public:
  AsioHttpServer(const HttpLimits& limits, env::Clock& clock, uint16_t port)
      : limits_(limits), clock_(clock), port_(port) {}

  Result<void> add_thread(Listener listener) {
    threads_.push_back(std::make_unique<HttpThread>(limits_, clock_, connection_count_));
    return threads_.back()->listen(std::move(listener));
  }

  env::Executor& executor(uint32_t index) override {
    CHECK(index < threads_.size());
    return threads_[index]->executor();
  }
  uint16_t port() const override { return port_; }
  uint32_t connection_count() const override { return connection_count_; }

  void run(RequestHandler& handler, Finish finish) override {
    finish_ = std::move(finish);
    undrained_count_ = threads_.size();
    const auto drained = [this] {
      if (--undrained_count_ == 0) executor(0).post([this] { end(); });
    };
    std::vector<std::thread> others;
    for (size_t i = 1; i < threads_.size(); ++i) {
      others.emplace_back(
          [&thread = *threads_[i], &handler, &drained] { thread.run(handler, drained); });
      ::pthread_setname_np(others.back().native_handle(), "http");
    }
    threads_.front()->run(handler, drained);
    for (std::thread& other : others) other.join();
  }

  void stop(int64_t drain_ms) override {
    for (const auto& thread : threads_) thread->stop(drain_ms);
  }

  void close_connections() override {
    for (const auto& thread : threads_) thread->close_connections();
  }

 private:
  /// All threads go on until the caller has finished, so that what it waits for can still happen.
  void end() {
    const auto quit = [this] {
      for (const auto& thread : threads_) thread->quit();
    };
    finish_ ? finish_(quit) : quit();
  }

  const HttpLimits limits_;
  env::Clock& clock_;
  const uint16_t port_;
  std::atomic<uint32_t> connection_count_ = 0;
  std::vector<std::unique_ptr<HttpThread>> threads_;
  Finish finish_;
  std::atomic<size_t> undrained_count_ = 0;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> listen_http(const std::string& address, uint16_t port,
                                                uint32_t threads, const HttpLimits& limits,
                                                env::Clock& clock) {
  TRY_ASSIGN(std::vector<Listener> listeners, open_listeners(address, port, threads));
  allow_connections(limits.connections_max);
  auto server = std::make_unique<AsioHttpServer>(limits, clock, listeners.front().port());
  for (Listener& listener : listeners) TRY(server->add_thread(std::move(listener)));
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace forebay::http
