// SPDX-License-Identifier: Apache-2.0
#include "client/errors.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <system_error>

#include "protocol/json_document.h"

namespace forebay::sqs {
namespace {

constexpr std::string_view kQueryPrefix = "AWS.SimpleQueueService.";
constexpr size_t kQuotedBytesMax = 200;  // of an answer that is no SQS error

struct KindOfCode {
  std::string_view code;
  ErrorKind kind;
};

// Query's codes without their prefix, and the shapes' names where they differ.
constexpr auto kCodes = std::to_array<KindOfCode>({
    {"RequestThrottled", ErrorKind::kThrottled},
    {"RequestThrottledException", ErrorKind::kThrottled},
    {"Throttling", ErrorKind::kThrottled},
    {"ThrottlingException", ErrorKind::kThrottled},
    {"ThrottledException", ErrorKind::kThrottled},
    {"TooManyRequestsException", ErrorKind::kThrottled},
    {"RequestLimitExceeded", ErrorKind::kThrottled},
    {"BandwidthLimitExceeded", ErrorKind::kThrottled},
    {"SlowDown", ErrorKind::kThrottled},
    {"KmsThrottled", ErrorKind::kThrottled},
    {"KMS.ThrottlingException", ErrorKind::kThrottled},
    {"OverLimit", ErrorKind::kOverLimit},
    {"NonExistentQueue", ErrorKind::kQueueNotFound},
    {"QueueDoesNotExist", ErrorKind::kQueueNotFound},
    {"ResourceNotFoundException", ErrorKind::kNotFound},
    {"ReceiptHandleIsInvalid", ErrorKind::kReceiptHandle},
    {"MessageNotInflight", ErrorKind::kReceiptHandle},
    {"QueueAlreadyExists", ErrorKind::kConflict},
    {"QueueNameExists", ErrorKind::kConflict},
    {"QueueDeletedRecently", ErrorKind::kConflict},
    {"PurgeQueueInProgress", ErrorKind::kConflict},
    {"BatchRequestTooLong", ErrorKind::kTooLarge},
    {"RequestEntityTooLarge", ErrorKind::kTooLarge},
    {"RequestEntityTooLargeException", ErrorKind::kTooLarge},
    {"AccessDenied", ErrorKind::kAuth},
    {"AccessDeniedException", ErrorKind::kAuth},
    {"ExpiredToken", ErrorKind::kAuth},
    {"ExpiredTokenException", ErrorKind::kAuth},
    {"IncompleteSignature", ErrorKind::kAuth},
    {"InvalidAccessKeyId", ErrorKind::kAuth},
    {"InvalidClientTokenId", ErrorKind::kAuth},
    {"InvalidSecurity", ErrorKind::kAuth},
    {"InvalidSignatureException", ErrorKind::kAuth},
    {"KMS.AccessDeniedException", ErrorKind::kAuth},
    {"KmsAccessDenied", ErrorKind::kAuth},
    {"MissingAuthenticationToken", ErrorKind::kAuth},
    {"MissingAuthenticationTokenException", ErrorKind::kAuth},
    {"NotAuthorized", ErrorKind::kAuth},
    {"OptInRequired", ErrorKind::kAuth},
    {"RequestExpired", ErrorKind::kAuth},
    {"RequestInTheFuture", ErrorKind::kAuth},
    {"RequestTimeTooSkewed", ErrorKind::kAuth},
    {"SignatureDoesNotMatch", ErrorKind::kAuth},
    {"UnrecognizedClientException", ErrorKind::kAuth},
    {"RequestTimeout", ErrorKind::kTimeout},
    {"RequestTimeoutException", ErrorKind::kTimeout},
    {"InternalError", ErrorKind::kServerFault},
    {"InternalFailure", ErrorKind::kServerFault},
    {"ServiceUnavailable", ErrorKind::kServerFault},
});

ErrorKind kind_of_status(int status) {
  if (status == 401 || status == 403) return ErrorKind::kAuth;
  if (status == 404) return ErrorKind::kNotFound;
  if (status == 408) return ErrorKind::kTimeout;
  if (status == 413) return ErrorKind::kTooLarge;
  if (status == 429) return ErrorKind::kThrottled;
  return status >= 400 && status < 500 ? ErrorKind::kInvalidRequest : ErrorKind::kServerFault;
}

std::string_view without_prefix(std::string_view code) {
  if (code.starts_with(kQueryPrefix)) code.remove_prefix(kQueryPrefix.size());
  return code;
}

/// "com.amazonaws.sqs#QueueDoesNotExist:http://..." without what stands around the name.
std::string_view shape_name(std::string_view type) {
  if (const size_t hash = type.find('#'); hash != type.npos) type.remove_prefix(hash + 1);
  return type.substr(0, type.find(':'));
}

std::string text_member(const std::vector<protocol::JsonMember>& members, std::string_view name) {
  const protocol::JsonMember* member = protocol::find_member(members, name);
  return member == nullptr ? "" : protocol::json_string(member->value).value_or("");
}

/// Of a Retry-After header; 0 for a date, and for anything else.
std::chrono::seconds seconds_of(std::string_view text) {
  constexpr uint64_t kMax = 3'600;
  uint64_t seconds = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, seconds);
  if (rest != end || (problem != std::errc() && problem != std::errc::result_out_of_range)) {
    return std::chrono::seconds(0);
  }
  if (problem == std::errc::result_out_of_range) seconds = kMax;
  return std::chrono::seconds(std::min(seconds, kMax));
}

}  // namespace

ErrorKind kind_of(std::string_view code, std::string_view message, int http_status) {
  const std::string_view name = without_prefix(code);
  const auto known = std::ranges::find(kCodes, name, &KindOfCode::code);
  if (known != kCodes.end()) return known->kind;
  if (name == "InvalidParameterValue" || name == "InvalidParameterValueException") {
    // Texts of contract 2.13 and 4.2; the code alone does not tell them apart.
    if (message.find("for parameter ReceiptHandle is invalid") != message.npos) {
      return ErrorKind::kReceiptHandle;
    }
    if (message.find("Message must be shorter than") != message.npos) return ErrorKind::kTooLarge;
  }
  return kind_of_status(http_status);
}

bool is_retryable(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kThrottled:
    case ErrorKind::kNetwork:
    case ErrorKind::kTimeout:
    case ErrorKind::kServerFault:
      return true;
    case ErrorKind::kOverLimit:
    case ErrorKind::kAuth:
    case ErrorKind::kQueueNotFound:
    case ErrorKind::kNotFound:
    case ErrorKind::kReceiptHandle:
    case ErrorKind::kConflict:
    case ErrorKind::kInvalidRequest:
    case ErrorKind::kTooLarge:
    case ErrorKind::kCancelled:
    case ErrorKind::kChecksumMismatch:
    case ErrorKind::kConfiguration:
      return false;
  }
}

bool is_expired_token(const Error& error) {
  return error.code == "ExpiredToken" || error.code == "ExpiredTokenException";
}

bool may_be_the_clock(const Error& error) {
  constexpr std::string_view kClockCodes[] = {"RequestTimeTooSkewed",  "RequestExpired",
                                              "RequestInTheFuture",    "InvalidSignatureException",
                                              "SignatureDoesNotMatch", "AuthFailure"};
  return std::ranges::find(kClockCodes, without_prefix(error.code)) != std::end(kClockCodes);
}

Error read_error(const ErrorResponse& response) {
  Error error{.http_status = response.http_status,
              .request_id = std::string(response.request_id),
              .retry_after = seconds_of(response.retry_after)};
  const auto members = protocol::json_members(response.body);
  if (members) {
    error.code = shape_name(text_member(*members, "__type"));
    error.message = text_member(*members, "message");
    if (error.message.empty()) error.message = text_member(*members, "Message");
  }
  if (!response.error_type.empty() && error.code.empty()) {
    error.code = shape_name(response.error_type);
  }
  if (!response.query_error.empty()) {
    error.code = response.query_error.substr(0, response.query_error.find(';'));
  }
  if (error.message.empty()) {
    error.message = "HTTP status " + std::to_string(response.http_status);
    if (!members && !response.body.empty()) {
      error.message.append(": ").append(response.body.substr(0, kQuotedBytesMax));
    }
  }
  error.kind = kind_of(error.code, error.message, error.http_status);
  error.retryable = is_retryable(error.kind);
  error.reached = error.http_status < 500 || error.kind == ErrorKind::kThrottled
                      ? Reached::kAnswered
                      : Reached::kMaybe;
  return error;
}

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kThrottled:
      return "throttled";
    case ErrorKind::kOverLimit:
      return "over a limit";
    case ErrorKind::kAuth:
      return "not authorised";
    case ErrorKind::kQueueNotFound:
      return "queue not found";
    case ErrorKind::kNotFound:
      return "not found";
    case ErrorKind::kReceiptHandle:
      return "receipt handle not valid";
    case ErrorKind::kConflict:
      return "conflict";
    case ErrorKind::kInvalidRequest:
      return "invalid request";
    case ErrorKind::kTooLarge:
      return "too large";
    case ErrorKind::kNetwork:
      return "network failure";
    case ErrorKind::kTimeout:
      return "timeout";
    case ErrorKind::kCancelled:
      return "cancelled";
    case ErrorKind::kServerFault:
      return "server fault";
    case ErrorKind::kChecksumMismatch:
      return "checksum mismatch";
    case ErrorKind::kConfiguration:
      return "bad configuration";
  }
}

std::ostream& operator<<(std::ostream& out, ErrorKind kind) {
  return out << to_string(kind);
}

std::string to_string(const Error& error) {
  std::string text(to_string(error.kind));
  if (!error.code.empty()) text.append(": ").append(error.code);
  text.append(": ").append(error.message);
  if (!error.request_id.empty()) text.append(" (request ").append(error.request_id).append(")");
  return text;
}

std::ostream& operator<<(std::ostream& out, const Error& error) {
  return out << to_string(error);
}

}  // namespace forebay::sqs
