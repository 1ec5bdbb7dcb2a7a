// SPDX-License-Identifier: Apache-2.0
// The little of an HTTP/1.1 response that a load program has to read: status, length, body.
//
// Knows what Forebay's front end writes (Content-Length, never chunks) and refuses the rest, so
// that a wrong measurement ends as an error and not as a number.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace forebay::load {

struct Response {
  int status = 0;
  std::string_view body;  // into the bytes parsed
  size_t bytes = 0;       // of the whole response
};

/// The response that `bytes` begins with; nothing when it is not complete yet.
/// Errors: kServiceUnavailable: this is no response with a Content-Length.
Result<std::optional<Response>> parse_response(std::string_view bytes);

}  // namespace forebay::load
