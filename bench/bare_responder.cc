// SPDX-License-Identifier: Apache-2.0
// bare_responder: one thread, epoll, the same reply to every request; how fast an HTTP server on
// this machine could be that did nothing. Listens on a free port of 127.0.0.1, prints it, and ends
// with SIGTERM.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <unordered_map>

#include <fmt/format.h>

#include "bare_request.h"

namespace forebay::bench {
namespace {

constexpr size_t kReadBytes = 64 << 10;

/// As long as Forebay's reply to SendMessage, with the same headers.
std::string fixed_reply() {
  const std::string_view id = "00000000-0000-4000-8000-000000000000";
  const std::string body =
      fmt::format(R"({{"MessageId":"{}","MD5OfMessageBody":"{:032}"}})", id, 0);
  return fmt::format(
      "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
      "Content-Type: application/x-amz-json-1.0\r\nContent-Length: {}\r\n"
      "x-amzn-RequestId: {}\r\n\r\n{}",
      body.size(), id, body);
}

class Client {
 public:
  explicit Client(int fd) : fd_(fd) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { ::close(fd_); }

  /// Reads what there is, answers what is complete. False when the connection is over.
  bool serve(std::string_view reply) {
    if (!read_some()) return false;
    const Requests requests = complete_requests(std::string_view(in_).substr(0, read_));
    if (!requests.valid) return false;
    for (size_t i = 0; i < requests.count; ++i) out_ += reply;
    read_ -= requests.bytes;
    if (read_ > 0) std::memmove(in_.data(), in_.data() + requests.bytes, read_);
    return write_some();
  }

  /// False when the connection is over. What the socket does not take now waits for the next call.
  bool write_some() {
    while (!out_.empty()) {
      const ssize_t wrote = ::send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL);
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return errno == EAGAIN;
      out_.erase(0, static_cast<size_t>(wrote));
    }
    return true;
  }

 private:
  /// Until the socket has no more: only then does an edge follow when more comes.
  bool read_some() {
    size_t wanted = 0;
    size_t got = 0;
    do {
      if (in_.size() < read_ + kReadBytes) in_.resize(read_ + kReadBytes);
      wanted = in_.size() - read_;
      const ssize_t result = ::recv(fd_, in_.data() + read_, wanted, 0);
      if (result < 0) return errno == EAGAIN;
      if (result == 0) return false;
      got = static_cast<size_t>(result);
      read_ += got;
    } while (got == wanted);
    return true;
  }

  int fd_;
  std::string in_;
  size_t read_ = 0;  // bytes of in_ that the socket gave
  std::string out_;
};

class Responder {
 public:
  /// False when the system refuses; errno says why.
  bool listen_on_loopback() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    return listener_ >= 0 && epoll_ >= 0 &&
           ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
           ::listen(listener_, SOMAXCONN) == 0 && watch(listener_, EPOLLIN);
  }

  uint16_t port() const {
    sockaddr_in address{};
    socklen_t length = sizeof(address);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    return ntohs(address.sin_port);
  }

  /// Until epoll fails.
  void run() {
    std::array<epoll_event, 128> events;
    while (true) {
      const int ready = ::epoll_wait(epoll_, events.data(), events.size(), -1);
      if (ready < 0 && errno != EINTR) return;
      for (int i = 0; i < ready; ++i) serve(events[static_cast<size_t>(i)]);
    }
  }

 private:
  bool watch(int fd, uint32_t what) {
    epoll_event event{};
    event.events = what;
    event.data.fd = fd;
    return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0;
  }

  void serve(const epoll_event& event) {
    const int fd = event.data.fd;
    if (fd == listener_) return accept_clients();
    Client& client = *clients_.at(fd);
    if ((event.events & EPOLLOUT) != 0 && !client.write_some()) return void(clients_.erase(fd));
    const bool readable = (event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0;
    if (readable && !client.serve(reply_)) clients_.erase(fd);
  }

  void accept_clients() {
    while (true) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      clients_[fd] = std::make_unique<Client>(fd);
      // Edges for output, so that a socket that always takes more does not wake us.
      if (!watch(fd, EPOLLIN | EPOLLOUT | EPOLLET)) clients_.erase(fd);
    }
  }

  const std::string reply_ = fixed_reply();
  int listener_ = -1;
  int epoll_ = -1;
  std::unordered_map<int, std::unique_ptr<Client>> clients_;
};

int run() {
  Responder responder;
  if (!responder.listen_on_loopback()) {
    fmt::print(stderr, "bare_responder: cannot listen: {}\n", std::strerror(errno));
    return 1;
  }
  fmt::print("http://127.0.0.1:{}\n", responder.port());
  std::fflush(stdout);
  responder.run();
  return 1;
}

}  // namespace
}  // namespace forebay::bench

int main() {
  return forebay::bench::run();
}
