// SPDX-License-Identifier: Apache-2.0
// Bytes in, HTTP/1.1 requests out, within limits that hold before memory is spent.
//
// Owns the connection's one read buffer: the header, then the body (a chunked one is decoded in
// place), then what was pipelined behind it. Nothing is copied out; a finished request is views
// into the buffer.
//
//   span = prepare(); n = recv(span); commit(n);
//   while (advance() == kComplete) { describe(request); ...answer...; next(); }
//
// Boost.Beast's basic_parser reads the header; this class adds the limits, what Beast is lenient
// about (transfer codings, folded header lines, repeated Host), the body, and the memory.
// Thread: one owner.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "http/chunked_body.h"
#include "http/server.h"

namespace forebay::http {

class HttpParser {
 public:
  enum class Progress : uint8_t { kNeedMore, kComplete, kRefused };

  HttpParser(uint32_t header_bytes_max, uint64_t body_bytes_max);
  ~HttpParser();
  HttpParser(const HttpParser&) = delete;
  HttpParser& operator=(const HttpParser&) = delete;

  /// Room for more bytes, never empty. Invalidates the views of describe(); not to be called
  /// between kComplete and next(). Memory grows with what has come (at most twofold), not with what
  /// was announced.
  std::span<char> prepare();
  /// `count` bytes of prepare() were filled.
  void commit(size_t count);

  /// Looks at what has come. kComplete and kRefused stay until next() (after kRefused only
  /// destruction makes sense).
  Progress advance();

  /// After kRefused: 400 (malformed), 413 or 431 (too large), and a sentence for the client.
  int refusal_status() const { return refusal_status_; }
  std::string_view refusal_reason() const { return refusal_reason_; }

  /// After kComplete: fills everything but `client`. Views hold until prepare(), next() or
  /// destruction.
  void describe(HttpRequest& request) const;
  /// After kComplete: whether the client wants the connection to stay open.
  bool keep_alive() const { return keep_alive_; }
  /// After kComplete: HTTP/1.0, where keep-alive must be said.
  bool http_1_0() const { return http_1_0_; }
  /// After kComplete.
  bool is_head() const;

  /// True once a request: its body is awaited and the client waits for "100 Continue" before it
  /// sends it.
  bool take_continue();

  /// Forgets the finished request; what was pipelined behind it is next. A buffer that grew large
  /// is given back.
  void next();

  /// Whether at least one byte of the current request has come.
  bool begun() const { return end_ > begin_; }
  /// Gives the buffer back when nothing is in it.
  void release_empty();
  size_t capacity() const { return capacity_; }

 private:
  class HeadReader;  // Beast's parser; in the .cc

  enum class State : uint8_t { kHead, kFixedBody, kChunkedBody, kComplete, kRefused };
  /// What HttpRequest shows of the head; kFieldCount is none.
  enum Field : uint8_t {
    kMethod,
    kTarget,
    kHost,
    kContentType,
    kAccept,
    kAuthorization,
    kAmzTarget,
    kTraceId,
    kForwardedProto,
    kForwardedHost,
    kFieldCount,
  };
  /// Part of the head, counted from begin_.
  struct Slice {
    uint32_t offset = 0;
    uint32_t length = 0;
  };

  Progress refuse(int status, std::string_view reason);
  Progress advance_head();
  Progress read_head(size_t head_bytes);
  Progress advance_fixed_body();
  Progress advance_chunked_body();
  Progress complete(size_t request_bytes);
  void move_to_buffer_of(size_t bytes);
  std::string_view view(Slice slice) const {
    return {buffer_.get() + begin_ + slice.offset, slice.length};
  }
  std::string_view pending() const { return {buffer_.get() + begin_, end_ - begin_}; }

  const uint32_t header_bytes_max_;
  const uint64_t body_bytes_max_;

  std::unique_ptr<char[]> buffer_;
  size_t capacity_ = 0;
  size_t begin_ = 0;  // of the current request
  size_t end_ = 0;    // of what has come

  State state_ = State::kHead;
  bool keep_alive_ = false;
  bool http_1_0_ = false;
  bool expects_continue_ = false;
  int refusal_status_ = 0;
  std::string_view refusal_reason_;
  size_t scanned_ = 0;        // of pending(), without an end of head
  size_t body_offset_ = 0;    // from begin_
  size_t body_bytes_ = 0;     // fixed: announced; chunked: decoded so far
  size_t request_bytes_ = 0;  // kComplete: from begin_ to the next request
  std::array<Slice, kFieldCount> fields_{};
  std::unique_ptr<HttpChunkedBody> chunks_;  // for a chunked body
};

}  // namespace forebay::http
