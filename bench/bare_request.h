// SPDX-License-Identifier: Apache-2.0
// The least of HTTP/1.1 that a program has to read to answer every request: where each one ends.
//
// Knows Content-Length and nothing else: no chunks, no Expect, every connection is kept alive. It
// is what bare_responder stands on, so that its rate is the most that one thread with sockets can
// do.
// Thread: any.
#pragma once

#include <cstddef>
#include <string_view>

namespace forebay::bench {

struct Requests {
  size_t count = 0;   // complete requests that the bytes begin with
  size_t bytes = 0;   // that they take
  bool valid = true;  // false: what follows can never become a request
};

/// Counts the complete requests, pipelined ones too. A head longer than 16 KiB or a Content-Length
/// that is no number below 64 MiB makes it invalid.
Requests complete_requests(std::string_view bytes);

}  // namespace forebay::bench
