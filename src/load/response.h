// SPDX-License-Identifier: Apache-2.0
// The little of an HTTP response that a load program has to read: status, length, body, and whether
// the connection goes on.
//
// Reads all three ways of saying how long a body is, because servers differ; refuses what is no
// HTTP/1.x, so that a wrong measurement ends as an error and not as a number.
// Thread: any.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"

namespace forebay::load {

struct Response {
  int status = 0;
  std::string_view body = {};  // into the bytes parsed; with the chunks' frames when `chunked`
  size_t bytes = 0;            // of the whole response
  bool chunked = false;
  bool closes = false;  // nothing comes behind it on this connection
};

/// The response that `bytes` begins with; nothing when it is not complete yet. `ended`: the server
/// has closed the connection behind them.
/// Errors: kServiceUnavailable: this is no response.
Result<std::optional<Response>> parse_response(std::string_view bytes, bool ended = false);

/// Takes the frames out of a chunked body that parse_response() found complete. What remains, at
/// the beginning of `body`.
std::string_view join_chunks(std::span<char> body);

}  // namespace forebay::load
