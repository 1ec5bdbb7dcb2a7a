// SPDX-License-Identifier: Apache-2.0
// One io thread of the HTTP server: its listener, its connections, and the sweep that applies their
// deadlines.
// Thread: its own, unless a member says otherwise.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "http/asio_executor.h"
#include "http/connection.h"
#include "http/listener.h"

namespace forebay::http {

class HttpThread final : private SocketEvents, private HttpConnectionContext {
 public:
  /// `connection_count` is shared by all threads of the server.
  HttpThread(const HttpLimits& limits, env::Clock& clock, std::atomic<uint32_t>& connection_count);
  ~HttpThread() override;
  HttpThread(const HttpThread&) = delete;
  HttpThread& operator=(const HttpThread&) = delete;

  AsioExecutor& executor() { return executor_; }

  /// Accepts from `listener` once run() is called.
  /// Errors: kInvalidConfiguration when it cannot be
  /// watched.
  Result<void> listen(Listener listener);

  /// Serves on the calling thread until quit(). `drained` is called, on this thread, once stop()
  /// has taken effect: no connection is left.
  void run(RequestHandler& request_handler, std::function<void()> drained);

  /// See HttpServer::stop().
  /// Thread: any.
  void stop(int64_t drain_ms);

  /// See HttpServer::close_connections().
  /// Thread: any.
  void close_connections();

  /// Makes run() return.
  /// Thread: any.
  void quit() { executor_.stop(); }

 private:
  void on_readable() override;
  void on_writable() override {}
  void forget(HttpConnection& connection) override;

  void admit(int fd);
  void pause_accepting(int system_error);
  void begin_stop(int64_t drain_ms);
  void close_all();
  void report_drained();
  void schedule_sweep();
  void sweep();

  const int64_t sweep_ms_;
  std::atomic<uint32_t>& connection_count_;
  AsioExecutor executor_;
  std::unique_ptr<SocketWatch> listener_;
  std::vector<std::shared_ptr<HttpConnection>> connections_;
  bool sweeping_ = false;
  std::function<void()> drained_;  // empty once called
};

}  // namespace forebay::http
