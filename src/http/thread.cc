// SPDX-License-Identifier: Apache-2.0
#include "http/thread.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/log.h"

namespace forebay::http {
namespace {

constexpr int64_t kSweepMsMax = 1'000;
constexpr int64_t kSweepMsMin = 5;
/// Connections taken in one go, so that those that are open get their turn.
constexpr int kAcceptsInARow = 64;
/// How long nothing is accepted after the system had no resources for it.
constexpr int64_t kAcceptPauseMs = 100;
/// Connections beyond the limit that are told so; further ones are closed without a word.
constexpr uint32_t kTurnedAwayMax = 64;

/// A quarter of the shortest deadline: late by that much at most.
int64_t sweep_interval(const HttpLimits& limits) {
  const int64_t shortest = std::min(limits.request_timeout_ms, limits.idle_timeout_ms);
  return std::clamp(shortest / 4, kSweepMsMin, kSweepMsMax);
}

}  // namespace

HttpThread::HttpThread(const HttpLimits& l, env::Clock& c, std::atomic<uint32_t>& connection_count)
    : HttpConnectionContext(l, c),
      sweep_ms_(sweep_interval(l)),
      connection_count_(connection_count) {}

HttpThread::~HttpThread() {
  for (const auto& connection : connections_) connection->abandon();
}

Result<void> HttpThread::listen(Listener listener) {
  listener_ = executor_.watch(listener.release(), *this);
  if (!listener_) {
    return Error{ErrorCode::kInvalidConfiguration,
                 std::string("Cannot watch the listening socket: ") + std::strerror(errno) + "."};
  }
  return {};
}

void HttpThread::run(RequestHandler& request_handler, std::function<void()> drained) {
  drained_ = std::move(drained);
  handler = &request_handler;
  if (listener_) listener_->want_readable();
  executor_.run();
}

void HttpThread::on_readable() {
  for (int i = 0; i < kAcceptsInARow; ++i) {
    const int fd = ::accept4(listener_->fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      admit(fd);
      continue;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      return pause_accepting(errno);
    }
    // Anything else is the end of the queue, or the failure of one connection that is no longer
    // wanted.
    break;
  }
  listener_->want_readable();
}

void HttpThread::pause_accepting(int system_error) {
  log_warn("cannot accept a connection; trying again", {{"reason", std::strerror(system_error)}});
  executor_.after(kAcceptPauseMs, [this] {
    if (listener_) listener_->want_readable();
  });
}

void HttpThread::admit(int fd) {
  const uint32_t before = connection_count_.fetch_add(1);
  const bool over = before >= limits.connections_max;
  if (before >= limits.connections_max + kTurnedAwayMax) {
    ::close(fd);
    connection_count_.fetch_sub(1);
    return;
  }
  auto connection = std::make_shared<HttpConnection>(static_cast<HttpConnectionContext&>(*this));
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (!connection->start(executor_, fd)) {
    connection_count_.fetch_sub(1);
    return;
  }
  connection->index = connections_.size();
  connections_.push_back(connection);
  schedule_sweep();
  if (over) connection->turn_away(503, "This server has as many connections as it allows.");
}

void HttpThread::forget(HttpConnection& connection) {
  const size_t index = connection.index;
  CHECK(index < connections_.size() && connections_[index].get() == &connection);
  std::swap(connections_[index], connections_.back());
  connections_[index]->index = index;
  connections_.pop_back();
  connection_count_.fetch_sub(1);
  if (stopping && connections_.empty()) report_drained();
}

void HttpThread::schedule_sweep() {
  if (sweeping_) return;
  sweeping_ = true;
  executor_.after(sweep_ms_, [this] { sweep(); });
}

void HttpThread::sweep() {
  sweeping_ = false;
  const int64_t now = clock.monotonic().value;
  // A tick may close connections, this one and others: the last one then takes the free place.
  // Going down, only places that had their turn are refilled.
  for (size_t i = connections_.size(); i-- > 0;) {
    if (i < connections_.size()) connections_[i]->tick(now);
  }
  if (!connections_.empty()) schedule_sweep();
}

void HttpThread::stop(int64_t drain_ms) {
  executor_.post([this, drain_ms] { begin_stop(drain_ms); });
}

void HttpThread::begin_stop(int64_t drain_ms) {
  stopping = true;
  listener_.reset();
  for (size_t i = connections_.size(); i-- > 0;) {
    if (i < connections_.size()) connections_[i]->finish_and_close();
  }
  if (connections_.empty()) return report_drained();
  executor_.after(drain_ms, [this] { close_all(); });
}

void HttpThread::close_connections() {
  executor_.post([this] { close_all(); });
}

void HttpThread::close_all() {
  while (!connections_.empty()) {
    const std::shared_ptr<HttpConnection> last = connections_.back();
    last->close();
  }
}

void HttpThread::report_drained() {
  if (drained_) std::exchange(drained_, nullptr)();
}

}  // namespace forebay::http
