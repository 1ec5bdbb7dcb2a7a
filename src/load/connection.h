// SPDX-License-Identifier: Apache-2.0
// One HTTP connection that has at most one request in flight; never blocks unless open() says so.
//
// It can be opened again after it was closed, by either side; its buffers stay.
// Thread: one at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "load/endpoint.h"
#include "load/response.h"

namespace forebay::load {

class Connection {
 public:
  /// Closed.
  Connection() = default;
  /// Connects; waits for that, a few seconds at most.
  /// Errors: kServiceUnavailable.
  static Result<Connection> open(const SocketAddress& address);

  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) noexcept;
  ~Connection() { close(); }

  /// Begins to connect; requests can be written at once. What goes wrong later, flush() or
  /// advance() will say. Precondition: closed. Errors: kServiceUnavailable.
  Result<void> begin_open(const SocketAddress& address);
  bool is_open() const { return fd_ >= 0; }
  void close();
  int fd() const { return fd_; }

  /// Where to write the next request; send it with flush() or advance(). The response before is
  /// gone then.
  std::string& request();

  /// Writes as far as that goes without waiting.
  /// Errors: kServiceUnavailable.
  Result<void> flush();
  /// Writes and reads as far as that goes without waiting. A response when it is complete; its body
  /// is valid until request(). To be called after writing to request(), and when the socket is
  /// ready (edge-triggered: everything that can be done was done when it returns nothing). Closed
  /// afterwards when the response is the last one of the connection.
  /// Errors: kServiceUnavailable: the server closed the connection or answered no HTTP.
  Result<std::optional<Response>> advance();

  /// For a connection without a request in flight whose socket is ready: closes it if the server
  /// has closed it, or sent what nobody asked for.
  void notice_close();

 private:
  enum class Got : uint8_t { kBytes, kNothingYet, kEnd };
  Result<Got> read_some();

  int fd_ = -1;
  std::string out_;
  size_t written_ = 0;
  std::string in_;
  size_t read_ = 0;  // bytes of in_ that the socket gave
};

}  // namespace forebay::load
