// SPDX-License-Identifier: Apache-2.0
// Takes the chunked transfer coding off a request body, piece by piece, in place (RFC 9112
// section 7.1).
//
// Our own because Beast's decoder asserts on some ways a last chunk can be cut, which a client
// could use to end the process.
// Thread: one owner.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace forebay::http {

class HttpChunkedBody {
 public:
  enum class Progress : uint8_t { kNeedMore, kDone, kMalformed, kBodyTooLarge, kLineTooLong };

  /// At most `body_bytes_max` of data, and `line_bytes_max` for a chunk header and for all
  /// trailers.
  HttpChunkedBody(uint32_t line_bytes_max, uint64_t body_bytes_max)
      : line_bytes_max_(line_bytes_max), body_bytes_left_(body_bytes_max) {}

  /// Reads on in `in`, which begins with what the previous call did not consume, and moves the data
  /// it finds to `out`, which may be where `in` begins or anywhere before. How `in` is cut changes
  /// nothing.
  Progress decode(std::string_view in, char* out);

  /// Of the last decode(): bytes of `in` that are done with.
  size_t consumed() const { return consumed_; }
  /// Of the last decode(): bytes written to `out`.
  size_t produced() const { return produced_; }

 private:
  enum class State : uint8_t { kSize, kData, kDataEnd, kTrailers, kDone };

  Progress step(std::string_view rest, char* out);
  Progress read_size(std::string_view rest);
  Progress read_data(std::string_view rest, char* out);
  Progress read_data_end(std::string_view rest);
  Progress read_trailer(std::string_view rest);
  Progress take_line(std::string_view rest, size_t bytes_max, std::string_view& line);

  const uint32_t line_bytes_max_;
  uint64_t body_bytes_left_;
  State state_ = State::kSize;
  uint64_t chunk_bytes_left_ = 0;
  size_t trailer_bytes_ = 0;
  size_t consumed_ = 0;
  size_t produced_ = 0;
};

}  // namespace forebay::http
