// SPDX-License-Identifier: Apache-2.0
#include "load/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

#include "base/check.h"

namespace forebay::load {
namespace {

/// A buffer begins this small, for those who have ten thousand connections, and doubles.
constexpr size_t kReadBytesMin = 4 << 10;
constexpr int kConnectMsMax = 5'000;

Error failed(const char* what, int error = errno) {
  return Error{ErrorCode::kServiceUnavailable, std::string(what) + ": " + std::strerror(error)};
}

/// Waits until a connection that was begun is there.
Result<void> wait_connected(int fd) {
  pollfd waited{.fd = fd, .events = POLLOUT, .revents = 0};
  int ready = 0;
  do {
    ready = ::poll(&waited, 1, kConnectMsMax);
  } while (ready < 0 && errno == EINTR);
  if (ready < 0) return failed("cannot wait for a connection");
  if (ready == 0) return failed("cannot connect", ETIMEDOUT);
  int error = 0;
  socklen_t size = sizeof(error);
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return failed("cannot connect");
  if (error != 0) return failed("cannot connect", error);
  return {};
}

}  // namespace

Result<Connection> Connection::open(const SocketAddress& address) {
  Connection connection;
  TRY(connection.begin_open(address));
  TRY(wait_connected(connection.fd_));
  return connection;
}

Connection::Connection(Connection&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      out_(std::move(other.out_)),
      written_(other.written_),
      in_(std::move(other.in_)),
      read_(other.read_) {}

Connection& Connection::operator=(Connection&& other) noexcept {
  CHECK(this != &other);
  close();
  fd_ = std::exchange(other.fd_, -1);
  out_ = std::move(other.out_);
  written_ = other.written_;
  in_ = std::move(other.in_);
  read_ = other.read_;
  return *this;
}

Result<void> Connection::begin_open(const SocketAddress& address) {
  CHECK(!is_open());
  const int family = address.bytes.ss_family;
  fd_ = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd_ < 0) return failed("cannot make a socket");
  const int on = 1;
  if (::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0) {
    return failed("cannot set up a socket");
  }
  const auto* const bytes = reinterpret_cast<const sockaddr*>(&address.bytes);
  if (::connect(fd_, bytes, address.size) != 0 && errno != EINPROGRESS) {
    return failed("cannot connect");
  }
  return {};
}

void Connection::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

std::string& Connection::request() {
  out_.clear();
  written_ = 0;
  read_ = 0;
  return out_;
}

Result<void> Connection::flush() {
  while (written_ < out_.size()) {
    const ssize_t wrote = ::send(fd_, out_.data() + written_, out_.size() - written_, MSG_NOSIGNAL);
    if (wrote < 0 && errno == EAGAIN) return {};
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return failed("cannot send");
    written_ += static_cast<size_t>(wrote);
  }
  return {};
}

Result<std::optional<Response>> Connection::advance() {
  TRY(flush());
  while (true) {
    TRY_ASSIGN(const Got got, read_some());
    if (got == Got::kNothingYet) return std::optional<Response>();
    const bool ended = got == Got::kEnd;
    TRY_ASSIGN(std::optional<Response> response,
               parse_response(std::string_view(in_).substr(0, read_), ended));
    if (!response && ended) {
      return Error{ErrorCode::kServiceUnavailable, "the server closed the connection"};
    }
    if (!response) continue;
    if (response->bytes != read_) {
      return Error{ErrorCode::kServiceUnavailable, "the server sent more than its response"};
    }
    if (response->chunked) {
      const size_t body_at = response->bytes - response->body.size();
      response->body = join_chunks(std::span(in_).subspan(body_at, response->body.size()));
    }
    if (response->closes) close();
    return response;
  }
}

void Connection::notice_close() {
  char byte = 0;
  const ssize_t got = ::recv(fd_, &byte, 1, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  close();
}

Result<Connection::Got> Connection::read_some() {
  if (in_.size() - read_ < kReadBytesMin) in_.resize(std::max(kReadBytesMin, 2 * in_.size()));
  ssize_t got = 0;
  do {
    got = ::recv(fd_, in_.data() + read_, in_.size() - read_, 0);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && errno == EAGAIN) return Got::kNothingYet;
  if (got < 0) return failed("cannot receive");
  read_ += static_cast<size_t>(got);
  return got == 0 ? Got::kEnd : Got::kBytes;
}

}  // namespace forebay::load
