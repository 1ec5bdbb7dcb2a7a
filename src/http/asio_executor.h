// SPDX-License-Identifier: Apache-2.0
// One io thread: the Executor of everything that lives on it, and readiness of its sockets.
//
// The one adapter for Boost.Asio. Sockets are plain non-blocking descriptors; Asio only tells when
// one of them can be read or written. So a connection that waits costs no read buffer, and its
// buffers may move at any time.
#pragma once

#include <memory>

#include "env/executor.h"

namespace forebay::http {

/// Told about a socket it asked for.
/// Thread: the executor's own.
class SocketEvents {
 public:
  virtual ~SocketEvents() = default;
  /// There are bytes, an end of stream or an error to read (or another thread of control was
  /// faster).
  virtual void on_readable() = 0;
  /// There is room to write, or an error.
  virtual void on_writable() = 0;
};

/// A socket under watch. The destructor ends the watch (no event comes any more) and closes the
/// descriptor.
/// Thread: the executor's own.
class SocketWatch {
 public:
  virtual ~SocketWatch() = default;
  /// Owned by this watch.
  virtual int fd() const = 0;
  /// One on_readable() when the socket is readable, now or later. Call again only after it came.
  virtual void want_readable() = 0;
  /// One on_writable() when the socket is writable, now or later. Call again only after it came.
  virtual void want_writable() = 0;
};

/// Must outlive every SocketWatch it made.
class AsioExecutor final : public env::Executor {
 public:
  AsioExecutor();
  ~AsioExecutor() override;
  AsioExecutor(const AsioExecutor&) = delete;
  AsioExecutor& operator=(const AsioExecutor&) = delete;

  void post(Task task) override;
  /// Runs behind the socket events of the next 200 us.
  void post_first(Task task) override;
  TimerId after(int64_t delay_ms, Task task) override;
  void cancel(TimerId timer) override;

  /// Makes the caller the executor's thread; runs tasks, timers and events until stop(). A foreign
  /// exception that reaches this level is fatal: nobody knows what state it left.
  void run();

  /// Makes run() return after the task in hand; what is pending stays pending.
  /// Thread: any.
  void stop();

  /// Watches a non-blocking socket, which it owns from now on. Null when the system refuses
  /// (descriptor is closed).
  std::unique_ptr<SocketWatch> watch(int fd, SocketEvents& events);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace forebay::http
