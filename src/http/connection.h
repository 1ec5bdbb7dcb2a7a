// SPDX-License-Identifier: Apache-2.0
// One HTTP connection: reads requests, hands them out one at a time, writes the answers in order.
//
// Driven by four events and nothing else: the socket is readable, it is writable, an answer came, a
// tick of the thread's sweep. That is fewer states than a coroutine with cancellable waits has, and
// a parked long poll costs no frame. Phases:
//
//   reading --request complete--> handling --answer--> (writing, when the socket is full) -->
//   reading | lingering
//
// Lingering: our side is shut down and input is thrown away until the peer closes, so that the peer
// reads the last answer instead of a reset. While a request is handled its bytes must stay where
// they are, so the socket is only peeked at: end of stream or an error means that the client has
// gone; pipelined bytes wait in the kernel.
// Thread: the io thread's own; HttpPeer: any.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "env/clock.h"
#include "http/asio_executor.h"
#include "http/parser.h"
#include "http/response_head.h"
#include "http/server.h"

namespace forebay::http {

class HttpConnection;

/// What the connections of one io thread share.
struct HttpConnectionContext {
  const HttpLimits& limits;
  env::Clock& clock;
  RequestHandler* handler = nullptr;  // set before the first connection
  HttpResponseHead head;
  bool stopping = false;  // every answer is its connection's last

  /// Takes a closed connection out of the thread's books; may destroy it.
  virtual void forget(HttpConnection& connection) = 0;

 protected:
  HttpConnectionContext(const HttpLimits& l, env::Clock& c) : limits(l), clock(c) {}
  ~HttpConnectionContext() = default;
};

/// Looks at the socket each time it is asked, so the answer is never stale; false for good after
/// the close. A peer that has shut down its sending side counts as gone.
/// Thread: any.
class HttpPeer final : public engine::Client {
 public:
  explicit HttpPeer(int fd) : fd_(fd) {}
  bool connected() const override;
  /// To be called before the descriptor is closed.
  void forget_descriptor();

 private:
  mutable std::mutex mu_;
  int fd_;  // guarded by mu_; -1 after the close
};

class HttpConnection final : public SocketEvents,
                             public std::enable_shared_from_this<HttpConnection> {
 public:
  explicit HttpConnection(HttpConnectionContext& context);
  ~HttpConnection() override;

  /// Takes over a connected, non-blocking socket. Call once, before anything else.
  /// False when the system refuses to watch it; the connection is then good for nothing.
  bool start(AsioExecutor& executor, int fd);
  /// Instead of serving: sends this refusal and closes.
  void turn_away(int status, std::string_view reason);

  /// Applies deadlines. To be called about every second.
  void tick(int64_t now_ms);
  /// Idle: closes. Busy: closes after the answer.
  void finish_and_close();
  /// Closes now, whatever it does. The unanswered request's client is reported gone.
  void close();
  /// Closes and tells nobody: the context goes away, while an answer may still be made.
  void abandon();

  void on_readable() override;
  void on_writable() override;

  /// Where the context keeps this connection.
  size_t index = 0;

 private:
  enum class Phase : uint8_t { kReading, kHandling, kWriting, kLingering, kClosed };

  void receive();
  void serve();
  void dispatch();
  void answer(uint64_t exchange, const HttpResponse& response);
  void send(const HttpResponse& response, ConnectionHeader connection, bool with_body);
  void refuse(int status, std::string_view reason);
  void written();
  void peek();
  void tell_gone();
  void linger();
  void discard();
  void await_input();
  void await_room();
  int64_t now_ms() const { return context_.clock.monotonic().value; }

  HttpConnectionContext& context_;
  HttpParser parser_;
  std::unique_ptr<SocketWatch> watch_;
  std::shared_ptr<HttpPeer> peer_;
  Phase phase_ = Phase::kReading;
  bool serving_ = false;         // serve() is on the stack
  bool awaits_input_ = false;    // on_readable() will come
  bool input_waits_ = false;     // seen by peek(), not read yet
  bool input_closed_ = false;    // end of stream was seen
  bool gone_told_ = false;       // client_gone() was called for the request in hand
  bool close_after_ = false;     // the answer in hand is the last one
  bool request_timed_ = false;   // deadline_ms_ is that of a request that has begun to come
  uint64_t exchange_ = 0;        // number of the request in hand
  int64_t deadline_ms_ = 0;      // of the phase; see tick()
  uint64_t discard_budget_ = 0;  // lingering: bytes still thrown away
  std::string unsent_;           // writing: what the socket did not take
  size_t unsent_offset_ = 0;
};

}  // namespace forebay::http
