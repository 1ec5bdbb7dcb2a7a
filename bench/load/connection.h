// SPDX-License-Identifier: Apache-2.0
// One kept-alive HTTP connection that has at most one request in flight; never blocks once open.
// Thread: one at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "load/options.h"
#include "load/response.h"

namespace forebay::load {

class Connection {
 public:
  /// Connects; waits for that.
  /// Errors: kServiceUnavailable.
  static Result<Connection> open(const Options& options);

  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&&) = delete;
  ~Connection();

  int fd() const { return fd_; }

  /// Where to write the next request; send it with advance(). The response before is gone then.
  std::string& request();

  /// Writes and reads as far as that goes without waiting. A response when it is complete; its body
  /// is valid until request(). To be called after writing to request(), and when the socket is
  /// ready (edge-triggered: everything that can be done was done when it returns nothing).
  /// Errors: kServiceUnavailable: the server closed the connection or answered no HTTP.
  Result<std::optional<Response>> advance();

 private:
  explicit Connection(int fd) : fd_(fd) {}

  Result<void> write_some();
  /// False when the socket has nothing more.
  Result<bool> read_some();

  int fd_;
  std::string out_;
  size_t written_ = 0;
  std::string in_;
  size_t read_ = 0;  // bytes of in_ that the socket gave
};

}  // namespace forebay::load
