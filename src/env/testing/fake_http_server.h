// SPDX-License-Identifier: Apache-2.0
// An HTTP server of a few lines for tests of clients: any number of connections, one thread, and a
// function that answers.
// Thread: the answering function runs on the server's own.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.h"

namespace forebay::env::testing {

inline std::string http_answer(int status, std::string_view body, std::string_view headers = "") {
  return "HTTP/1.1 " + std::to_string(status) + " Text\r\n" + std::string(headers) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

class FakeHttpServer {
 public:
  /// The whole answer to a whole request; "" closes the connection instead.
  using Answer = std::function<std::string(std::string_view request)>;

  explicit FakeHttpServer(Answer answer) : answer_(std::move(answer)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    CHECK(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    CHECK(::listen(listener_, 128) == 0);
    CHECK(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    CHECK(::pipe(wake_) == 0);
    thread_ = std::thread([this] { serve(); });
  }
  FakeHttpServer(const FakeHttpServer&) = delete;
  FakeHttpServer& operator=(const FakeHttpServer&) = delete;
  ~FakeHttpServer() {
    stop();
    for (const int fd : {listener_, wake_[0], wake_[1]}) ::close(fd);
  }

  /// Afterwards the test may look at what the answering function has noted.
  void stop() {
    if (!thread_.joinable()) return;
    CHECK(::write(wake_[1], "x", 1) == 1);
    thread_.join();
  }

  uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  int connections() const { return connections_; }

 private:
  struct Client {
    int fd;
    std::string in;
  };

  void serve() {
    std::vector<Client> clients;
    while (true) {
      std::vector<pollfd> waited = {{wake_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
      for (const Client& client : clients) waited.push_back({client.fd, POLLIN, 0});
      ::poll(waited.data(), waited.size(), -1);
      if (waited[0].revents != 0) break;
      std::vector<Client> kept;
      for (size_t i = 0; i < clients.size(); ++i) {
        if (waited[i + 2].revents == 0 || serve_one(clients[i])) {
          kept.push_back(std::move(clients[i]));
        } else {
          ::close(clients[i].fd);
        }
      }
      clients = std::move(kept);
      if (waited[1].revents == 0) continue;
      clients.push_back({::accept(listener_, nullptr, nullptr), ""});
      ++connections_;
    }
    for (const Client& client : clients) ::close(client.fd);
  }

  /// False when the connection is over.
  bool serve_one(Client& client) {
    char buffer[65536];
    const ssize_t got = ::recv(client.fd, buffer, sizeof(buffer), 0);
    if (got <= 0) return false;
    client.in.append(buffer, static_cast<size_t>(got));
    const size_t head = client.in.find("\r\n\r\n");
    if (head == std::string::npos) return true;
    const size_t length = client.in.find("Content-Length: ");
    const size_t body = length < head ? std::stoul(client.in.substr(length + 16)) : 0;
    const size_t size = head + 4 + body;
    if (client.in.size() < size) return true;
    const std::string answer = answer_(std::string_view(client.in).substr(0, size));
    client.in.erase(0, size);
    return !answer.empty() && ::send(client.fd, answer.data(), answer.size(), MSG_NOSIGNAL) ==
                                  static_cast<ssize_t>(answer.size());
  }

  const Answer answer_;
  int listener_ = -1;
  int wake_[2] = {-1, -1};
  uint16_t port_ = 0;
  std::atomic<int> connections_ = 0;
  std::thread thread_;
};

}  // namespace forebay::env::testing
