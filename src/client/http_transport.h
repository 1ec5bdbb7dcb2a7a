// SPDX-License-Identifier: Apache-2.0
// HTTP as the client needs it: a request in, a response out, on one I/O thread; and that thread.
//
// `Io` is an env::Executor that can also carry requests. The real one is libcurl's (curl_io.h);
// tests have one that answers as they say, on a clock of theirs. Credentials (IMDS, STS,
// containers) and archives use the same interface.
// Thread: the I/O thread, but for what says otherwise.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "env/executor.h"

namespace forebay::sqs {

/// Header lines "name: value", kept in one piece of memory that is reused from request to request.
class HeaderLines {
 public:
  void clear() {
    text_.clear();
    starts_.clear();
  }
  /// Begins a line: `name: `; the value follows with append(), several times if need be.
  void begin(std::string_view name) {
    if (!starts_.empty()) text_.push_back('\0');
    starts_.push_back(text_.size());
    text_.append(name).append(": ");
  }
  void append(std::string_view part) { text_.append(part); }
  void add(std::string_view name, std::string_view value) {
    begin(name);
    append(value);
  }
  size_t size() const { return starts_.size(); }
  /// Ends with a zero byte. Valid until the next change.
  const char* line(size_t i) const { return text_.c_str() + starts_[i]; }
  /// For what writes values in place.
  std::string& text() { return text_; }

 private:
  std::string text_;  // lines, a zero byte between them
  std::vector<size_t> starts_;
};

struct HttpRequest {
  std::string_view method = "POST";  // static storage
  std::string url = {};              // http or https, with its path
  HeaderLines headers = {};          // Host, Content-Length and the like are added
  std::string body = {};
  int64_t timeout_ms = 0;  // > 0: until the last byte of the response
  size_t response_bytes_max = 64u << 20;
};

/// How an exchange ended.
enum class HttpEnd : uint8_t {
  kResponse,      // there is a status, whatever it says
  kNoConnection,  // nothing was sent: name, address, refused, TLS handshake
  kBroken,        // lost on the way: it may have been carried out
  kTimeout,
  kTlsRefused,  // the certificate is not to be trusted
  kTooLarge,    // more than response_bytes_max
};

struct HttpResponse {
  HttpEnd end = HttpEnd::kBroken;
  std::string failure = {};  // in words, when there is no response
  int status = 0;
  std::string head = {};  // header lines as they came, with their line ends
  std::string body = {};

  /// The value of the last header of this name (any case), without blanks around it.
  std::optional<std::string_view> header(std::string_view name) const;
};

/// A request on its way. Whoever starts it keeps it alive, and unchanged, until ended() is called
/// or HttpTransport::abandon() returns.
class HttpExchange {
 public:
  HttpExchange(const HttpExchange&) = delete;
  HttpExchange& operator=(const HttpExchange&) = delete;

  HttpRequest request;
  HttpResponse response;

  /// Called once, never inside start().
  virtual void ended() = 0;

 protected:
  HttpExchange() = default;
  ~HttpExchange() = default;

 private:
  friend class CurlIo;
  void* transfer_ = nullptr;  // the transport's own note
};

class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  virtual void start(HttpExchange& exchange) = 0;
  /// Ends it without calling ended(). Harmless for one that is not on its way.
  virtual void abandon(HttpExchange& exchange) = 0;
};

class Io : public env::Executor, public HttpTransport {
 public:
  /// Runs what is posted, and what that posts, then ends the I/O thread; returns when it has ended.
  /// Thread: any but the I/O thread.
  virtual void finish() = 0;
  /// Thread: any.
  virtual bool on_io_thread() const = 0;
  /// Connections opened so far. Thread: any.
  virtual uint64_t connections_opened() const = 0;
};

}  // namespace forebay::sqs
