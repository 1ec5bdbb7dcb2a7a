// SPDX-License-Identifier: Apache-2.0
// Where a server is: as it is written, and as a socket wants it.
// Thread: any.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace forebay::load {

struct Endpoint {
  std::string host;  // a name, an IPv4 address, or an IPv6 address without its brackets
  uint16_t port = 0;

  /// As the Host header and a URL have it: "127.0.0.1:9324", "[::1]:9324".
  std::string authority() const;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// A URL, cut where its path begins.
struct ServerUrl {
  Endpoint endpoint;
  std::string path;  // "" or "/..."
};

/// "http://host:port/path"; without a port it is 80.
/// Errors: kInvalidConfiguration: what is wrong, and for https what to do instead.
Result<ServerUrl> parse_server_url(std::string_view url);

struct SocketAddress {
  sockaddr_storage bytes = {};
  socklen_t size = 0;
};

/// The first of the host's addresses where something accepts connections; waits for that.
/// Errors: kServiceUnavailable.
Result<SocketAddress> find_server(const Endpoint& endpoint);

}  // namespace forebay::load
