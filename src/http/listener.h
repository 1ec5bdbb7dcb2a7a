// SPDX-License-Identifier: Apache-2.0
// Listening sockets: one for each io thread, all on the same address and port.
// Thread: any.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace forebay::http {

/// A non-blocking listening socket.
class Listener {
 public:
  explicit Listener(int fd) : fd_(fd) {}
  ~Listener();
  Listener(Listener&& other) noexcept : fd_(other.release()) {}
  Listener& operator=(Listener&&) = delete;

  /// The port it is bound to.
  uint16_t port() const;
  /// The descriptor, which the caller now owns.
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

/// `count` listeners that share the incoming connections. Port 0: one that is free. `::` also takes
/// IPv4.
/// Errors: kInvalidConfiguration: not a numeric address, not an address of this machine,
/// taken, or forbidden.
Result<std::vector<Listener>> open_listeners(const std::string& address, uint16_t port,
                                             uint32_t count);

/// Raises the process's limit of open files as far as the system lets it; warns when that is not
/// enough.
void allow_connections(uint32_t connections_max);

}  // namespace forebay::http
