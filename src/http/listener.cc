// SPDX-License-Identifier: Apache-2.0
#include "http/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include <fmt/format.h>

#include "base/check.h"
#include "base/log.h"

namespace forebay::http {
namespace {

constexpr int kBacklog = 4096;  // the kernel cuts it to net.core.somaxconn
/// Open files besides connections: journal segments, listeners, the system's own.
constexpr rlim_t kOtherFiles = 512;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

std::optional<SocketAddress> parse_address(const std::string& text, uint16_t port) {
  SocketAddress address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  if (::inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    address.length = sizeof(sockaddr_in);
    return address;
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (::inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    address.length = sizeof(sockaddr_in6);
    return address;
  }
  return std::nullopt;
}

std::string advice(int system_error) {
  switch (system_error) {
    case EADDRINUSE:
      return "another program uses this port. Stop it, or choose another port with --listen.";
    case EADDRNOTAVAIL:
      return "this machine has no such address. Use 127.0.0.1, or 0.0.0.0 for all addresses.";
    case EACCES:
      return "ports below 1024 need a privilege. Choose a higher port with --listen.";
    case EAFNOSUPPORT:
      return "this machine does not support this kind of address. Use an IPv4 address.";
    default:
      return std::string(std::strerror(system_error)) + ".";
  }
}

void set_option(int fd, int level, int option, int value) {
  CHECK(::setsockopt(fd, level, option, &value, sizeof value) == 0);
}

/// Listens, or says why not with the system's error number.
Result<Listener> open_listener(const std::string& text, const SocketAddress& address, bool shared) {
  auto refused = [&] {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&address.storage);
    const bool ipv6 = address.storage.ss_family == AF_INET6;
    return Error{ErrorCode::kInvalidConfiguration,
                 fmt::format("Cannot listen on {}{}{}:{}: {}", ipv6 ? "[" : "", text,
                             ipv6 ? "]" : "", ntohs(v4->sin_port), advice(errno))};
  };
  const int fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return refused();
  Listener listener(fd);
  set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (shared) set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  if (address.storage.ss_family == AF_INET6) set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.length) != 0) {
    return refused();
  }
  if (::listen(fd, kBacklog) != 0) return refused();
  return listener;
}

}  // namespace

Listener::~Listener() {
  if (fd_ >= 0) ::close(fd_);
}

uint16_t Listener::port() const {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  CHECK(::getsockname(fd_, reinterpret_cast<sockaddr*>(&storage), &length) == 0);
  // The port is at the same place for both families.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
}

Result<std::vector<Listener>> open_listeners(const std::string& address, uint16_t port,
                                             uint32_t count) {
  CHECK(count >= 1);
  std::optional<SocketAddress> parsed = parse_address(address, port);
  if (!parsed) {
    return Error{ErrorCode::kInvalidConfiguration,
                 fmt::format("Cannot listen on '{}': it is not an IPv4 or IPv6 address.", address)};
  }
  std::vector<Listener> listeners;
  // A shared port can also be shared with another process of the same user, which would silently
  // take half of the connections. So the first one is always opened unshared, to be sure that the
  // port is free.
  TRY_ASSIGN(Listener first, open_listener(address, *parsed, false));
  if (count == 1) {
    listeners.push_back(std::move(first));
    return listeners;
  }
  parsed = parse_address(address, first.port());
  ::close(first.release());
  for (uint32_t i = 0; i < count; ++i) {
    TRY_ASSIGN(Listener listener, open_listener(address, *parsed, true));
    listeners.push_back(std::move(listener));
  }
  return listeners;
}

void allow_connections(uint32_t connections_max) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  const rlim_t wanted = connections_max + kOtherFiles;
  if (files.rlim_cur >= wanted) return;
  files.rlim_cur = std::min(wanted, files.rlim_max);
  const bool raised = ::setrlimit(RLIMIT_NOFILE, &files) == 0;
  if (raised && files.rlim_cur >= connections_max) return;
  log_warn(
      "the limit of open files is too low for connections_max; raise it (ulimit -n, LimitNOFILE)",
      {{"open_files_max", fmt::format("{}", files.rlim_cur)},
       {"connections_max", fmt::format("{}", connections_max)}});
}

}  // namespace forebay::http
