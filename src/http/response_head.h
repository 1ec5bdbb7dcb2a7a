// SPDX-License-Identifier: Apache-2.0
// The status line and headers of a response, written into one buffer that is used again and again.
// Thread: one owner (an io thread).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "http/server.h"

namespace forebay::http {

/// What the Connection header has to say.
enum class ConnectionHeader : uint8_t { kNone, kClose, kKeepAlive };

class HttpResponseHead {
 public:
  /// The head up to and including the empty line. Content-Length is the body's, also for HEAD; 204
  /// and 304 have none. Valid until the next call.
  std::string_view format(const HttpResponse& response, ConnectionHeader connection, WallMs now);

 private:
  void refresh_date(WallMs now);

  std::string text_;
  std::string date_line_;  // "Date: ...\r\n"
  int64_t date_second_ = -1;
};

/// Whether a response with this status can have a body.
constexpr bool status_has_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

}  // namespace forebay::http
