// SPDX-License-Identifier: Apache-2.0
#include "exchanges.h"

#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "base/check.h"

namespace forebay::bench {
namespace {

Error system_error(const char* what) {
  return Error{ErrorCode::kServiceUnavailable, std::string(what) + ": " + std::strerror(errno)};
}

}  // namespace

Exchanges::~Exchanges() {
  if (epoll_fd_ >= 0) ::close(epoll_fd_);
}

Result<void> Exchanges::open(const load::SocketAddress& address, size_t count) {
  if (epoll_fd_ < 0) epoll_fd_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd_ < 0) return system_error("cannot make an epoll");
  for (size_t i = 0; i < count; ++i) {
    TRY_ASSIGN(load::Connection connection, load::Connection::open(address));
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.u64 = connections_.size();
    if (::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, connection.fd(), &event) != 0) {
      return system_error("cannot watch a connection");
    }
    connections_.push_back(std::move(connection));
  }
  return {};
}

Result<int64_t> Exchanges::begin(size_t index) {
  TRY(connections_[index].flush());
  return clock_.monotonic_us();
}

Result<void> Exchanges::wait(int64_t until_us, const Answered& answered) {
  const int64_t timeout_us = std::max<int64_t>(0, until_us - clock_.monotonic_us());
  const timespec timeout = {.tv_sec = timeout_us / 1'000'000,
                            .tv_nsec = timeout_us % 1'000'000 * 1000};
  std::array<epoll_event, 128> events;
  const int ready =
      ::epoll_pwait2(epoll_fd_, events.data(), static_cast<int>(events.size()), &timeout, nullptr);
  if (ready < 0) return errno == EINTR ? Result<void>() : system_error("cannot wait");
  for (int i = 0; i < ready; ++i) {
    const size_t index = events[static_cast<size_t>(i)].data.u64;
    CHECK(index < connections_.size());
    TRY_ASSIGN(const std::optional<load::Response> response, connections_[index].advance());
    if (response) TRY(answered(index, *response, clock_.monotonic_us()));
  }
  return {};
}

}  // namespace forebay::bench
