// SPDX-License-Identifier: Apache-2.0
// What the load program wants to know from a reply of the API, found by scanning.
//
// A JSON parser would cost the machine that is being measured more than the server's own work.
// Values are handed out as they are spelled, escapes included, so that they can be put into the
// next request without a change. A member's name within a string value is never taken for the
// member: its quotes are escaped there.
// Thread: any.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "load/response.h"

namespace forebay::load {

/// The value of the first member `name` that is a string, behind `*at`, which moves behind it.
std::optional<std::string_view> string_member(std::string_view json, std::string_view name,
                                              size_t* at);

/// The receipt handles in a reply to ReceiveMessage, in its order, as many as `out` has room for;
/// how many. The strings' room is used again.
size_t receipt_handles(std::string_view body, std::span<std::string> out);

/// An entry of a batch that failed, or a whole request.
struct ServiceError {
  std::string_view code;
  std::string_view message;
};

/// The next failed entry of a batch behind `*at`, which begins at 0 and moves behind it.
std::optional<ServiceError> next_failed_entry(std::string_view body, size_t* at);

/// What an answer that is not 200 says: SQS's code without its prefix ("QueueDoesNotExist"), by
/// JSON or by XML; without either "HTTP 503" (the text then is in `own_code`) and the body's
/// beginning.
ServiceError service_error(const Response& response, std::string& own_code);

}  // namespace forebay::load
