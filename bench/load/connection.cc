// SPDX-License-Identifier: Apache-2.0
#include "load/connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace forebay::load {
namespace {

constexpr size_t kReadBytes = 32 << 10;

Error failed(const char* what) {
  return Error{ErrorCode::kServiceUnavailable, std::string(what) + ": " + std::strerror(errno)};
}

}  // namespace

Result<Connection> Connection::open(const Options& options) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(options.port);
  if (::inet_pton(AF_INET, options.host.c_str(), &address.sin_addr) != 1) {
    return Error{ErrorCode::kServiceUnavailable, options.host + " is not an IPv4 address"};
  }
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return failed("cannot make a socket");
  Connection connection(fd);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return failed("cannot connect");
  }
  const int on = 1;
  if (::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
      ::fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
    return failed("cannot set up a socket");
  }
  return connection;
}

Connection::Connection(Connection&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      out_(std::move(other.out_)),
      written_(other.written_),
      in_(std::move(other.in_)),
      read_(other.read_) {}

Connection::~Connection() {
  if (fd_ >= 0) ::close(fd_);
}

std::string& Connection::request() {
  out_.clear();
  written_ = 0;
  read_ = 0;
  return out_;
}

Result<std::optional<Response>> Connection::advance() {
  TRY(write_some());
  while (true) {
    TRY_ASSIGN(const bool more, read_some());
    if (!more) return std::optional<Response>();
    TRY_ASSIGN(const std::optional<Response> response,
               parse_response(std::string_view(in_).substr(0, read_)));
    if (!response) continue;
    if (response->bytes != read_) {
      return Error{ErrorCode::kServiceUnavailable, "the server sent more than its response"};
    }
    return response;
  }
}

Result<void> Connection::write_some() {
  while (written_ < out_.size()) {
    const ssize_t wrote = ::send(fd_, out_.data() + written_, out_.size() - written_, MSG_NOSIGNAL);
    if (wrote < 0 && errno == EAGAIN) return {};
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return failed("cannot send");
    written_ += static_cast<size_t>(wrote);
  }
  return {};
}

Result<bool> Connection::read_some() {
  if (in_.size() < read_ + kReadBytes) in_.resize(read_ + kReadBytes);
  ssize_t got = 0;
  do {
    got = ::recv(fd_, in_.data() + read_, kReadBytes, 0);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && errno == EAGAIN) return false;
  if (got < 0) return failed("cannot receive");
  if (got == 0) {
    return Error{ErrorCode::kServiceUnavailable, "the server closed the connection"};
  }
  read_ += static_cast<size_t>(got);
  return true;
}

}  // namespace forebay::load
