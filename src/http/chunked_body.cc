// SPDX-License-Identifier: Apache-2.0
#include "http/chunked_body.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/check.h"

namespace forebay::http {
namespace {

/// Enough for any uint64_t, with some leading zeros.
constexpr size_t kSizeDigitsMax = 16;

bool is_hex_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// The size at the beginning of a chunk header. Extensions are let through unread.
std::optional<uint64_t> parse_size(std::string_view line) {
  const auto* digits_end = std::find_if_not(line.begin(), line.end(), is_hex_digit);
  const auto digit_count = static_cast<size_t>(digits_end - line.begin());
  if (digit_count == 0 || digit_count > kSizeDigitsMax) return std::nullopt;
  std::string_view rest = line.substr(digit_count);
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
  if (!rest.empty() && rest.front() != ';') return std::nullopt;
  uint64_t size = 0;
  std::from_chars(line.data(), digits_end, size, 16);
  return size;
}

}  // namespace

HttpChunkedBody::Progress HttpChunkedBody::decode(std::string_view in, char* out) {
  consumed_ = 0;
  produced_ = 0;
  // kDone from a step means that the step is done; from here, that the body is.
  while (state_ != State::kDone) {
    const Progress progress = step(in.substr(consumed_), out);
    if (progress != Progress::kDone) return progress;
  }
  return Progress::kDone;
}

HttpChunkedBody::Progress HttpChunkedBody::step(std::string_view rest, char* out) {
  switch (state_) {
    case State::kSize:
      return read_size(rest);
    case State::kData:
      return read_data(rest, out);
    case State::kDataEnd:
      return read_data_end(rest);
    case State::kTrailers:
      return read_trailer(rest);
    case State::kDone:
      break;
  }
  CHECK(false);
}

HttpChunkedBody::Progress HttpChunkedBody::read_size(std::string_view rest) {
  std::string_view line;
  const Progress taken = take_line(rest, line_bytes_max_, line);
  if (taken != Progress::kDone) return taken;
  const std::optional<uint64_t> size = parse_size(line);
  if (!size) return Progress::kMalformed;
  if (*size > body_bytes_left_) return Progress::kBodyTooLarge;
  body_bytes_left_ -= *size;
  chunk_bytes_left_ = *size;
  state_ = *size == 0 ? State::kTrailers : State::kData;
  return Progress::kDone;
}

HttpChunkedBody::Progress HttpChunkedBody::read_data(std::string_view rest, char* out) {
  const auto count = static_cast<size_t>(std::min<uint64_t>(chunk_bytes_left_, rest.size()));
  if (count == 0) return Progress::kNeedMore;
  std::memmove(out + produced_, rest.data(), count);
  produced_ += count;
  consumed_ += count;
  chunk_bytes_left_ -= count;
  if (chunk_bytes_left_ == 0) state_ = State::kDataEnd;
  return Progress::kDone;
}

HttpChunkedBody::Progress HttpChunkedBody::read_data_end(std::string_view rest) {
  constexpr std::string_view kEnd = "\r\n";
  if (rest.substr(0, kEnd.size()) != kEnd.substr(0, rest.size())) return Progress::kMalformed;
  if (rest.size() < kEnd.size()) return Progress::kNeedMore;
  consumed_ += kEnd.size();
  state_ = State::kSize;
  return Progress::kDone;
}

HttpChunkedBody::Progress HttpChunkedBody::read_trailer(std::string_view rest) {
  const size_t before = consumed_;
  std::string_view line;
  const Progress taken = take_line(rest, line_bytes_max_ - trailer_bytes_, line);
  if (taken != Progress::kDone) return taken;
  trailer_bytes_ += consumed_ - before;
  if (line.empty()) {
    state_ = State::kDone;
  } else if (line.find(':') == std::string_view::npos) {
    return Progress::kMalformed;
  }
  return Progress::kDone;
}

/// A line without its end, of at most `bytes_max` with it. Its end is CR LF, and neither is inside.
HttpChunkedBody::Progress HttpChunkedBody::take_line(std::string_view rest, size_t bytes_max,
                                                     std::string_view& line) {
  const size_t end = rest.find('\n');
  const size_t line_bytes = end == std::string_view::npos ? rest.size() : end + 1;
  if (line_bytes > bytes_max) return Progress::kLineTooLong;
  if (end == std::string_view::npos) return Progress::kNeedMore;
  if (end == 0 || rest.substr(0, end).find('\r') != end - 1) return Progress::kMalformed;
  line = rest.substr(0, end - 1);
  consumed_ += line_bytes;
  return Progress::kDone;
}

}  // namespace forebay::http
