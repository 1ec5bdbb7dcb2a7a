// SPDX-License-Identifier: Apache-2.0
#include "http/connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <utility>

#include "base/check.h"

namespace forebay::http {
namespace {

/// How long the peer has to take the last answer and close.
constexpr int64_t kLingerMs = 2'000;
/// How much of a refused request is thrown away meanwhile.
constexpr uint64_t kDiscardBytesMax = 64u << 20;
/// How long an answer may still come after its client was reported gone.
constexpr int64_t kGoneMs = 5'000;
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/// Whether the peer has closed, shut down its sending side, or vanished; also when unread bytes
/// come first.
bool peer_closed(int fd) {
  pollfd state{.fd = fd, .events = POLLRDHUP, .revents = 0};
  return ::poll(&state, 1, 0) > 0 &&
         (state.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) != 0;
}

}  // namespace

bool HttpPeer::connected() const {
  std::scoped_lock lock(mu_);
  return fd_ >= 0 && !peer_closed(fd_);
}

void HttpPeer::forget_descriptor() {
  std::scoped_lock lock(mu_);
  fd_ = -1;
}

HttpConnection::HttpConnection(HttpConnectionContext& context)
    : context_(context), parser_(context.limits.header_bytes_max, context.limits.body_bytes_max) {}

HttpConnection::~HttpConnection() {
  if (peer_) peer_->forget_descriptor();
}

bool HttpConnection::start(AsioExecutor& executor, int fd) {
  watch_ = executor.watch(fd, *this);
  if (!watch_) return false;
  peer_ = std::make_shared<HttpPeer>(fd);
  deadline_ms_ = now_ms() + context_.limits.request_timeout_ms;
  await_input();
  return true;
}

void HttpConnection::turn_away(int status, std::string_view reason) {
  const auto self = shared_from_this();
  refuse(status, reason);
}

void HttpConnection::await_input() {
  if (awaits_input_ || input_waits_ || input_closed_) return;
  awaits_input_ = true;
  watch_->want_readable();
}

void HttpConnection::await_room() {
  watch_->want_writable();
}

void HttpConnection::on_readable() {
  const auto self = shared_from_this();
  awaits_input_ = false;
  switch (phase_) {
    case Phase::kReading:
      return receive();
    case Phase::kHandling:
    case Phase::kWriting:
      return peek();
    case Phase::kLingering:
      return discard();
    case Phase::kClosed:
      return;
  }
}

void HttpConnection::receive() {
  const std::span<char> room = parser_.prepare();
  const ssize_t count = ::recv(watch_->fd(), room.data(), room.size(), 0);
  if (count < 0 && would_block()) return await_input();
  if (count <= 0) return close();  // in the middle of a request too: nobody is left to tell
  parser_.commit(static_cast<size_t>(count));
  serve();
}

/// Serves what has come, until a request is incomplete or unanswered.
void HttpConnection::serve() {
  if (serving_) return;  // the loop below goes on
  serving_ = true;
  while (phase_ == Phase::kReading) {
    const HttpParser::Progress progress = parser_.advance();
    if (progress == HttpParser::Progress::kComplete) {
      dispatch();
    } else if (progress == HttpParser::Progress::kRefused) {
      refuse(parser_.refusal_status(), parser_.refusal_reason());
    } else {
      break;
    }
  }
  serving_ = false;
  if (phase_ != Phase::kReading) return;
  if (input_closed_) return close();
  input_waits_ = false;
  if (parser_.begun() && !request_timed_) {
    request_timed_ = true;
    deadline_ms_ = now_ms() + context_.limits.request_timeout_ms;
  }
  if (parser_.take_continue()) {
    // Small enough for any socket that has just been emptied; a client that does not get it sends
    // anyway.
    (void)::send(watch_->fd(), kContinue.data(), kContinue.size(), MSG_NOSIGNAL);
  }
  await_input();
}

void HttpConnection::dispatch() {
  phase_ = Phase::kHandling;
  deadline_ms_ = kNever;
  request_timed_ = false;
  gone_told_ = false;
  close_after_ = close_after_ || !parser_.keep_alive();
  HttpRequest request;
  parser_.describe(request);
  request.client = peer_;
  const uint64_t exchange = ++exchange_;
  // Whoever answers holds the connection: the request's views stay valid when it is closed
  // meanwhile.
  context_.handler->handle(request,
                           [self = shared_from_this(), exchange](const HttpResponse& response) {
                             self->answer(exchange, response);
                           });
  if (phase_ != Phase::kHandling) return;
  await_input();
  if (input_closed_) tell_gone();
}

void HttpConnection::answer(uint64_t exchange, const HttpResponse& response) {
  if (phase_ == Phase::kClosed || phase_ == Phase::kLingering) return;
  CHECK(exchange == exchange_ && phase_ == Phase::kHandling);  // answered twice?
  if (response.status == kNoAnswer) return close();
  close_after_ = close_after_ || context_.stopping;
  const ConnectionHeader connection = close_after_         ? ConnectionHeader::kClose
                                      : parser_.http_1_0() ? ConnectionHeader::kKeepAlive
                                                           : ConnectionHeader::kNone;
  send(response, connection, !parser_.is_head());
}

void HttpConnection::send(const HttpResponse& response, ConnectionHeader connection,
                          bool with_body) {
  const std::string_view head = context_.head.format(response, connection, context_.clock.wall());
  std::string_view body;
  if (with_body && status_has_body(response.status)) body = response.body;
  std::array<iovec, 2> parts = {iovec{const_cast<char*>(head.data()), head.size()},
                                iovec{const_cast<char*>(body.data()), body.size()}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = body.empty() ? 1 : 2;
  const ssize_t count = ::sendmsg(watch_->fd(), &message, MSG_NOSIGNAL);
  if (count < 0 && !would_block()) return close();
  const auto taken = static_cast<size_t>(std::max<ssize_t>(count, 0));
  if (taken == head.size() + body.size()) return written();
  phase_ = Phase::kWriting;
  deadline_ms_ = now_ms() + context_.limits.request_timeout_ms;
  unsent_offset_ = 0;
  unsent_.assign(head.substr(std::min(taken, head.size())));
  unsent_.append(body.substr(taken - std::min(taken, head.size())));
  await_room();
}

void HttpConnection::on_writable() {
  const auto self = shared_from_this();
  if (phase_ != Phase::kWriting) return;
  const std::string_view rest = std::string_view(unsent_).substr(unsent_offset_);
  const ssize_t count = ::send(watch_->fd(), rest.data(), rest.size(), MSG_NOSIGNAL);
  if (count < 0 && !would_block()) return close();
  if (count > 0) {
    unsent_offset_ += static_cast<size_t>(count);
    deadline_ms_ = now_ms() + context_.limits.request_timeout_ms;
  }
  if (unsent_offset_ < unsent_.size()) return await_room();
  unsent_ = std::string();
  written();
}

/// The answer is out: the next request's turn, or the end.
void HttpConnection::written() {
  if (close_after_) return linger();
  parser_.next();
  phase_ = Phase::kReading;
  deadline_ms_ = now_ms() + context_.limits.idle_timeout_ms;
  serve();
}

void HttpConnection::refuse(int status, std::string_view reason) {
  close_after_ = true;
  send(context_.handler->refusal(status, reason), ConnectionHeader::kClose, true);
}

/// Something came while a request is in hand: more of what the client sends, or its end?
void HttpConnection::peek() {
  char byte = 0;
  const ssize_t count = ::recv(watch_->fd(), &byte, 1, MSG_PEEK);
  if (count > 0) {
    input_waits_ = true;  // tick() keeps looking for the end behind it
  } else if (count == 0) {
    input_closed_ = true;
    tell_gone();
  } else if (would_block()) {
    await_input();
  } else {
    close();
  }
}

void HttpConnection::tell_gone() {
  if (phase_ != Phase::kHandling || gone_told_) return;
  gone_told_ = true;
  deadline_ms_ = now_ms() + kGoneMs;
  context_.handler->client_gone(peer_);
}

void HttpConnection::linger() {
  phase_ = Phase::kLingering;
  deadline_ms_ = now_ms() + kLingerMs;
  discard_budget_ = kDiscardBytesMax;
  if (input_closed_) return close();
  ::shutdown(watch_->fd(), SHUT_WR);
  discard();
}

void HttpConnection::discard() {
  std::array<char, 16u << 10> scratch;
  const ssize_t count = ::recv(watch_->fd(), scratch.data(), scratch.size(), 0);
  if (count < 0 && !would_block()) return close();
  if (count == 0) return close();
  const auto taken = static_cast<uint64_t>(std::max<ssize_t>(count, 0));
  if (taken > discard_budget_) return close();
  discard_budget_ -= taken;
  input_waits_ = false;
  await_input();
}

void HttpConnection::tick(int64_t now) {
  const auto self = shared_from_this();
  if (phase_ == Phase::kHandling && input_waits_ && peer_closed(watch_->fd())) tell_gone();
  if (phase_ == Phase::kReading && !parser_.begun()) parser_.release_empty();
  if (now < deadline_ms_) return;
  if (phase_ == Phase::kReading && request_timed_) {
    return refuse(408, "The request did not arrive in time.");
  }
  close();
}

void HttpConnection::finish_and_close() {
  const auto self = shared_from_this();
  close_after_ = true;
  if (phase_ == Phase::kReading && !parser_.begun()) close();
}

void HttpConnection::close() {
  if (phase_ == Phase::kClosed) return;
  const bool unanswered = phase_ == Phase::kHandling && !gone_told_;
  phase_ = Phase::kClosed;
  peer_->forget_descriptor();
  watch_.reset();
  if (unanswered) {
    gone_told_ = true;
    context_.handler->client_gone(peer_);
  }
  context_.forget(*this);
}

void HttpConnection::abandon() {
  phase_ = Phase::kClosed;
  peer_->forget_descriptor();
  watch_.reset();
}

}  // namespace forebay::http
