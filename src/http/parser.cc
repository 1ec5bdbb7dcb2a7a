// SPDX-License-Identifier: Apache-2.0
#include "http/parser.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include "base/check.h"

namespace forebay::http {
namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::iequals;

namespace {

/// Enough for a signed request of an AWS SDK with a short body.
constexpr size_t kBufferBytesMin = 4u << 10;
/// A buffer above this size is given back after its request.
constexpr size_t kBufferBytesKept = 256u << 10;
/// Room asked for beyond what is known to come, so that a read is never tiny.
constexpr size_t kReadBytesMin = 1u << 10;

constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::string_view kBodyTooLarge = "The request body is larger than this server accepts.";

bool is_method_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

std::string_view head_refusal(const error_code& ec) {
  if (ec == http::error::bad_method) return "The request method is malformed.";
  if (ec == http::error::bad_target) return "The request target is malformed.";
  if (ec == http::error::bad_version) return "The HTTP version is not supported; use HTTP/1.1.";
  if (ec == http::error::bad_content_length || ec == http::error::multiple_content_length) {
    return "The Content-Length header is malformed.";
  }
  if (ec == http::error::bad_transfer_encoding) return "The Transfer-Encoding header is malformed.";
  return "A request header is malformed.";
}

}  // namespace

/// Notes where in the buffer the interesting parts of the head are. It sees the head only, and only
/// when that is complete.
class HttpParser::HeadReader final : public http::basic_parser<true> {
 public:
  HeadReader(const char* head, size_t head_bytes, std::array<Slice, kFieldCount>& fields)
      : head_(head), head_bytes_(head_bytes), fields_(&fields) {}

  bool transfer_coded() const { return transfer_coded_; }
  bool expects_continue() const { return expects_continue_; }
  bool http_1_0() const { return http_1_0_; }
  bool folded() const { return folded_; }
  bool host_repeated() const { return host_repeated_; }

 private:
  void note(Field field, boost::beast::string_view value) {
    // Beast unfolds a folded value into a buffer of its own: not a part of the head.
    const bool inside = value.data() >= head_ && value.data() + value.size() <= head_ + head_bytes_;
    if (!inside) {
      folded_ = folded_ || !value.empty();
      return;
    }
    if (field == kFieldCount) return;
    if (field == kHost && host_seen_) host_repeated_ = true;
    host_seen_ = host_seen_ || field == kHost;
    (*fields_)[field] = {static_cast<uint32_t>(value.data() - head_),
                         static_cast<uint32_t>(value.size())};
  }

  static Field field_of(http::field name, boost::beast::string_view text) {
    switch (name) {
      case http::field::host:
        return kHost;
      case http::field::content_type:
        return kContentType;
      case http::field::accept:
        return kAccept;
      case http::field::authorization:
        return kAuthorization;
      case http::field::unknown:
        break;
      default:
        return kFieldCount;
    }
    if (iequals(text, "X-Amz-Target")) return kAmzTarget;
    if (iequals(text, "X-Amzn-Trace-Id")) return kTraceId;
    if (iequals(text, "X-Forwarded-Proto")) return kForwardedProto;
    if (iequals(text, "X-Forwarded-Host")) return kForwardedHost;
    return kFieldCount;
  }

  void on_request_impl(http::verb, boost::beast::string_view method,
                       boost::beast::string_view target, int version, error_code&) override {
    note(kMethod, method);
    note(kTarget, target);
    http_1_0_ = version == 10;
  }
  void on_field_impl(http::field name, boost::beast::string_view text,
                     boost::beast::string_view value, error_code&) override {
    note(field_of(name, text), value);
    if (name == http::field::transfer_encoding) transfer_coded_ = true;
    if (name == http::field::expect && iequals(value, "100-continue")) expects_continue_ = true;
  }
  void on_header_impl(error_code&) override {}
  void on_response_impl(int, boost::beast::string_view, int, error_code&) override {}
  void on_body_init_impl(const boost::optional<uint64_t>&, error_code&) override {}
  size_t on_body_impl(boost::beast::string_view data, error_code&) override { return data.size(); }
  void on_chunk_header_impl(uint64_t, boost::beast::string_view, error_code&) override {}
  size_t on_chunk_body_impl(uint64_t, boost::beast::string_view data, error_code&) override {
    return data.size();
  }
  void on_finish_impl(error_code&) override {}

  const char* head_;
  size_t head_bytes_;
  std::array<Slice, kFieldCount>* fields_;
  bool transfer_coded_ = false;
  bool expects_continue_ = false;
  bool http_1_0_ = false;
  bool folded_ = false;
  bool host_seen_ = false;
  bool host_repeated_ = false;
};

HttpParser::HttpParser(uint32_t header_bytes_max, uint64_t body_bytes_max)
    : header_bytes_max_(header_bytes_max), body_bytes_max_(body_bytes_max) {}

HttpParser::~HttpParser() = default;

std::span<char> HttpParser::prepare() {
  CHECK(state_ != State::kComplete);
  const size_t held = end_ - begin_;
  size_t wanted = held + kReadBytesMin;
  if (state_ == State::kFixedBody) {
    // Twice what has come, unless the rest of the body needs less.
    CHECK(held < body_offset_ + body_bytes_);
    const size_t rest = body_offset_ + body_bytes_ - held;
    wanted = held + std::min(rest, std::max(kReadBytesMin, held));
  }
  const bool too_small = capacity_ - begin_ < wanted;
  const bool needlessly_large = capacity_ > kBufferBytesKept && wanted <= kBufferBytesMin;
  if (too_small || needlessly_large) {
    const bool fits_after_moving = !needlessly_large && capacity_ >= wanted && begin_ > 0;
    if (fits_after_moving) {
      std::memmove(buffer_.get(), buffer_.get() + begin_, held);
      begin_ = 0;
      end_ = held;
    } else {
      const size_t doubled = state_ == State::kFixedBody || needlessly_large ? wanted : 2 * held;
      move_to_buffer_of(std::max({kBufferBytesMin, wanted, doubled}));
    }
  }
  return {buffer_.get() + end_, capacity_ - end_};
}

void HttpParser::move_to_buffer_of(size_t bytes) {
  const size_t held = end_ - begin_;
  CHECK(bytes >= held);
  auto larger = std::make_unique_for_overwrite<char[]>(bytes);
  if (held > 0) std::memcpy(larger.get(), buffer_.get() + begin_, held);
  buffer_ = std::move(larger);
  capacity_ = bytes;
  begin_ = 0;
  end_ = held;
}

void HttpParser::commit(size_t count) {
  CHECK(count <= capacity_ - end_);
  end_ += count;
}

HttpParser::Progress HttpParser::advance() {
  switch (state_) {
    case State::kHead:
      return advance_head();
    case State::kFixedBody:
      return advance_fixed_body();
    case State::kChunkedBody:
      return advance_chunked_body();
    case State::kComplete:
      return Progress::kComplete;
    case State::kRefused:
      return Progress::kRefused;
  }
  CHECK(false);
}

HttpParser::Progress HttpParser::refuse(int status, std::string_view reason) {
  state_ = State::kRefused;
  refusal_status_ = status;
  refusal_reason_ = reason;
  return Progress::kRefused;
}

HttpParser::Progress HttpParser::advance_head() {
  // RFC 9112 2.2: empty lines before a request line are to be ignored.
  while (scanned_ == 0 && begin_ < end_ && (buffer_[begin_] == '\r' || buffer_[begin_] == '\n')) {
    ++begin_;
  }
  const std::string_view bytes = pending();
  if (bytes.empty()) return Progress::kNeedMore;
  if (!is_method_character(bytes.front())) {
    constexpr char kTlsHandshake = 0x16;
    return refuse(400, bytes.front() == kTlsHandshake
                           ? "This port speaks HTTP, not HTTPS."
                           : "The request does not begin with an HTTP method.");
  }
  const size_t found = bytes.find(kHeadEnd, scanned_);
  const size_t head_bytes =
      found == std::string_view::npos ? bytes.size() : found + kHeadEnd.size();
  if (head_bytes > header_bytes_max_) {
    return refuse(431, "The request headers are larger than this server accepts.");
  }
  if (found == std::string_view::npos) {
    // The last three bytes may be the beginning of the end.
    scanned_ = bytes.size() - std::min(bytes.size(), kHeadEnd.size() - 1);
    return Progress::kNeedMore;
  }
  return read_head(head_bytes);
}

HttpParser::Progress HttpParser::read_head(size_t head_bytes) {
  fields_.fill({});
  HeadReader reader(buffer_.get() + begin_, head_bytes, fields_);
  reader.header_limit(header_bytes_max_);
  reader.body_limit(body_bytes_max_);
  error_code ec;
  const size_t used = reader.put(boost::asio::buffer(buffer_.get() + begin_, head_bytes), ec);
  if (ec == http::error::body_limit) {
    return refuse(413, kBodyTooLarge);
  }
  if (ec) return refuse(400, head_refusal(ec));
  if (used != head_bytes || !reader.is_header_done()) {
    return refuse(400, "The request head is malformed.");
  }
  if (reader.folded()) return refuse(400, "A request header is folded over several lines.");
  if (reader.host_repeated()) return refuse(400, "The request has more than one Host header.");
  if (reader.transfer_coded() && (!reader.chunked() || reader.http_1_0())) {
    return refuse(400, "The only Transfer-Encoding supported is chunked, in HTTP/1.1.");
  }
  http_1_0_ = reader.http_1_0();
  keep_alive_ = reader.keep_alive();
  expects_continue_ = reader.expects_continue() && !http_1_0_;
  body_offset_ = head_bytes;
  if (reader.chunked()) {
    body_bytes_ = 0;
    chunks_ = std::make_unique<HttpChunkedBody>(header_bytes_max_, body_bytes_max_);
    state_ = State::kChunkedBody;
    return advance_chunked_body();
  }
  body_bytes_ = static_cast<size_t>(reader.content_length().value_or(0));
  state_ = State::kFixedBody;
  return advance_fixed_body();
}

HttpParser::Progress HttpParser::advance_fixed_body() {
  if (pending().size() < body_offset_ + body_bytes_) return Progress::kNeedMore;
  return complete(body_offset_ + body_bytes_);
}

HttpParser::Progress HttpParser::advance_chunked_body() {
  char* const body_end = buffer_.get() + begin_ + body_offset_ + body_bytes_;
  const auto coded_bytes = static_cast<size_t>(buffer_.get() + end_ - body_end);
  using Coding = HttpChunkedBody::Progress;
  const Coding coding = chunks_->decode({body_end, coded_bytes}, body_end);
  // Close the gap that chunk headers left between the body and what is still to be decoded.
  const size_t produced = chunks_->produced();
  const size_t gap = chunks_->consumed() - produced;
  std::memmove(body_end + produced, body_end + produced + gap, coded_bytes - produced - gap);
  end_ -= gap;
  body_bytes_ += produced;
  switch (coding) {
    case Coding::kNeedMore:
      return Progress::kNeedMore;
    case Coding::kDone:
      break;
    case Coding::kMalformed:
      return refuse(400, "The chunked body is malformed.");
    case Coding::kBodyTooLarge:
      return refuse(413, kBodyTooLarge);
    case Coding::kLineTooLong:
      return refuse(431, "A chunk header or trailer is larger than this server accepts.");
  }
  chunks_.reset();
  return complete(body_offset_ + body_bytes_);
}

HttpParser::Progress HttpParser::complete(size_t request_bytes) {
  CHECK(request_bytes <= end_ - begin_);
  request_bytes_ = request_bytes;
  state_ = State::kComplete;
  return Progress::kComplete;
}

void HttpParser::describe(HttpRequest& request) const {
  CHECK(state_ == State::kComplete);
  request.method = view(fields_[kMethod]);
  request.target = view(fields_[kTarget]);
  request.body = pending().substr(body_offset_, body_bytes_);
  request.host = view(fields_[kHost]);
  request.content_type = view(fields_[kContentType]);
  request.accept = view(fields_[kAccept]);
  request.authorization = view(fields_[kAuthorization]);
  request.amz_target = view(fields_[kAmzTarget]);
  request.trace_id = view(fields_[kTraceId]);
  request.forwarded_proto = view(fields_[kForwardedProto]);
  request.forwarded_host = view(fields_[kForwardedHost]);
}

bool HttpParser::is_head() const {
  return view(fields_[kMethod]) == "HEAD";
}

bool HttpParser::take_continue() {
  const bool awaited = state_ == State::kFixedBody || state_ == State::kChunkedBody;
  // A client that has begun its body does not wait any more (RFC 9110 10.1.1).
  const bool waits = awaited && expects_continue_ && pending().size() == body_offset_;
  if (awaited) expects_continue_ = false;
  return waits;
}

void HttpParser::next() {
  CHECK(state_ == State::kComplete);
  begin_ += request_bytes_;
  state_ = State::kHead;
  scanned_ = 0;
  expects_continue_ = false;
  if (begin_ < end_) return;
  begin_ = end_ = 0;
  if (capacity_ > kBufferBytesKept) release_empty();
}

void HttpParser::release_empty() {
  if (begun()) return;
  buffer_.reset();
  capacity_ = begin_ = end_ = 0;
}

}  // namespace forebay::http
