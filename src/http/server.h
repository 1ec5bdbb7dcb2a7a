// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 front end: sockets, parsing within limits, keep-alive, timeouts. Knows nothing of SQS.
//
// Each io thread has its own listener (SO_REUSEPORT) and executor; a connection lives on one
// thread. A request is handed to the RequestHandler, which answers now or later through `Respond`.
// Pipelined requests are answered in order, one at a time.
// Thread: see each member.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <forebay/inline_text.h>

#include "base/result.h"
#include "engine/operations.h"
#include "env/clock.h"
#include "env/executor.h"

namespace forebay::http {

/// One request. Views stay valid until Respond was called.
struct HttpRequest {
  std::string_view method;
  std::string_view target;
  std::string_view body;
  std::string_view host;  // Host header, empty when missing
  std::string_view content_type;
  std::string_view accept;
  std::string_view authorization;
  std::string_view amz_target;       // X-Amz-Target
  std::string_view trace_id;         // X-Amzn-Trace-Id
  std::string_view forwarded_proto;  // X-Forwarded-Proto
  std::string_view forwarded_host;   // X-Forwarded-Host
  /// The connection; tells whether the peer is still there. Never null.
  std::shared_ptr<const engine::Client> client;
};

/// In place of a status: the connection is closed and nothing is sent.
inline constexpr int kNoAnswer = 0;

struct HttpResponse {
  int status = 200;
  std::string_view content_type = {};  // static storage; may be empty
  InlineText<36> request_id = {};      // x-amzn-RequestId; may be empty
  std::string query_error = {};        // x-amzn-query-error; may be empty
  std::string body = {};
};

/// Call exactly once, on the connection's executor.
using Respond = std::function<void(HttpResponse)>;

/// Thread: any of the io threads, concurrently.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;

  virtual void handle(const HttpRequest& request, Respond respond) = 0;

  /// The peer of a connection whose request is still unanswered has gone. Respond may still be
  /// called.
  virtual void client_gone(const std::shared_ptr<const engine::Client>& client) = 0;

  /// Turns what the front end itself refuses (bad HTTP 400, too large 413 or 431, timeout 408,
  /// too many connections 503) into a response in the API's style.
  virtual HttpResponse refusal(int status, std::string_view reason) = 0;
};

struct HttpLimits {
  uint32_t header_bytes_max = 16u << 10;
  uint64_t body_bytes_max = 8u << 20;  // a 1 MiB message, form-encoded or base64, with room
  uint32_t connections_max = 16'000;   // of the whole server
  int64_t request_timeout_ms =
      30'000;  // from a request's first byte to its last; from accept to the first
               // byte; and without progress while the client reads an answer
  int64_t idle_timeout_ms = 600'000;  // between requests of a kept-alive connection
};

class HttpServer {
 public:
  virtual ~HttpServer() = default;

  /// Executor of io thread `index`. What is posted runs on that thread.
  virtual env::Executor& executor(uint32_t index) = 0;
  /// The port listened on (useful with port 0).
  virtual uint16_t port() const = 0;
  /// Connections open now.
  /// Thread: any.
  virtual uint32_t connection_count() const = 0;

  /// Last work on executor 0, after the last response; calls `done` when it is over.
  using Finish = std::function<void(std::function<void()> done)>;

  /// Starts answering: runs thread 0 on the caller and the others on threads of their own. After
  /// stop(), when the last response was written or `drain_ms` have passed, runs `finish` (may be
  /// empty) and returns once that is done. Until then all executors go on.
  virtual void run(RequestHandler& handler, Finish finish = {}) = 0;

  /// Stops accepting; idle connections close, busy ones after their response.
  /// Thread: any.
  virtual void stop(int64_t drain_ms) = 0;

  /// Closes all connections, whatever they do, and goes on accepting new ones. Returns at once;
  /// what is posted to an executor afterwards runs when its connections are closed. Thread: any.
  virtual void close_connections() = 0;
};

/// Binds and listens. `threads` >= 1. `clock` dates the answers and measures the limits' times; how
/// often it is looked at depends on the machine's own.
/// Errors: kInvalidConfiguration: the address is not one, or is taken (says which and what to do).
Result<std::unique_ptr<HttpServer>> listen_http(const std::string& address, uint16_t port,
                                                uint32_t threads, const HttpLimits& limits,
                                                env::Clock& clock = env::system_clock());

}  // namespace forebay::http
