// SPDX-License-Identifier: Apache-2.0
// What a server's refusal means to the caller (contract 1.6 and the AWS SDKs' retry tables).
// Thread: any.
#pragma once

#include <string_view>

#include <forebay/sqs/error.h>

namespace forebay::sqs {

/// A code without its prefix, Query's or the shape's ("NonExistentQueue", "QueueDoesNotExist"),
/// into what to do about it. `message` decides where one code means several things.
ErrorKind kind_of(std::string_view code, std::string_view message, int http_status);

/// Whether the same request may succeed later.
bool is_retryable(ErrorKind kind);

/// Whether the server did not know or accept the credentials any more, so that new ones may help.
bool is_expired_token(const Error& error);

/// Whether a signature may have been refused because our clock is wrong.
bool may_be_the_clock(const Error& error);

/// The parts of a response that say what went wrong.
struct ErrorResponse {
  int http_status = 0;
  std::string_view query_error = {};  // header x-amzn-query-error: "code;Sender"
  std::string_view error_type = {};   // header x-amzn-ErrorType, what proxies answer with
  std::string_view request_id = {};
  std::string_view retry_after = {};  // header Retry-After; only whole seconds are understood
  std::string_view body = {};         // JSON with __type and message; anything else is quoted
};
Error read_error(const ErrorResponse& response);

}  // namespace forebay::sqs
