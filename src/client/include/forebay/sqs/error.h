// SPDX-License-Identifier: Apache-2.0
// Why a call to SQS failed, sorted by what the caller can do about it; and `Result<T>`.
//
//   Result<SendMessageReply> sent = client.send_message(request);
//   if (!sent.ok() && sent.error().kind == ErrorKind::kQueueNotFound) ...
//
// The client has already retried what may be retried; `retryable` says whether trying the same call
// again later can succeed at all.
// Thread: immutable values.
#pragma once

#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

#include <forebay/basic_result.h>

namespace forebay::sqs {

/// What to do about an error. Closed: a code that a service invents falls into one of them.
enum class ErrorKind : uint8_t {
  kThrottled,  // too many calls: slow down (RequestThrottled, ThrottlingException, KMS throttling)
  kOverLimit,  // a quota of the queue is reached (OverLimit: too many messages in flight)
  kAuth,       // no credentials, bad ones, or no permission: somebody has to act
  kQueueNotFound,  // the queue does not exist (any more)
  kNotFound,       // something else does not: a move task, a DLQ's source, a queue by its ARN
  kReceiptHandle,  // the handle is stale or wrong: the message has gone back or is deleted
  kConflict,  // exists with other attributes, deleted or purged in the last 60 s, already running
  kInvalidRequest,  // the request is wrong as it stands; sending it again changes nothing
  kTooLarge,        // a message, a batch or a request exceeds its size in bytes
  kNetwork,         // no connection, or it broke: the request may or may not have been carried out
  kTimeout,         // no answer in time: the request may or may not have been carried out
  kCancelled,       // the caller's stop token, or the client's end
  kServerFault,     // 5xx, or an answer that nobody can read
  kChecksumMismatch,  // an MD5 does not match: what arrived is not what was sent
  kConfiguration,     // region, endpoint, profile or CA file: the client cannot be made or used
};

/// How far a failed call came: whether the server may have carried it out. Attempts that were made
/// before the last one count: what one of them may have done, the call may have done.
enum class Reached : uint8_t {
  kNotSent,   // nothing reached the server: it is certain that nothing was done
  kMaybe,     // it was sent, and the answer is missing, unreadable, or a 5xx: it may have been done
  kAnswered,  // the server refused it, and with it every attempt: nothing was done
};

/// "throttled", "queue not found" ...: for logs.
std::string_view to_string(ErrorKind kind);
std::ostream& operator<<(std::ostream& out, ErrorKind kind);

/// A failed call. Plain value.
struct Error {
  ErrorKind kind = ErrorKind::kServerFault;
  /// SQS's own code as its Query API and every SDK report it, such as
  /// "AWS.SimpleQueueService.NonExistentQueue"; empty when no server said it.
  std::string code = {};
  /// What happened, for people. SQS's own text when a server said it.
  std::string message = {};
  int http_status = 0;          // 0: there was no answer
  std::string request_id = {};  // of the answer, what AWS support asks for; may be empty
  /// Whether the same request may succeed later. For kNetwork, kTimeout and kServerFault a send may
  /// already have been carried out: only a FIFO queue's deduplication makes repeating it harmless.
  bool retryable = false;
  /// kMaybe: a message that could not be sent may be in the queue all the same.
  Reached reached = Reached::kNotSent;
  /// How long the server asked to wait before the next try (the header Retry-After), at most an
  /// hour; 0: it said nothing. The client's own retries keep to it.
  std::chrono::seconds retry_after{0};

  friend bool operator==(const Error&, const Error&) = default;
};

/// "queue not found: AWS.SimpleQueueService.NonExistentQueue: The specified ... (request 5f3c...)".
std::string to_string(const Error& error);
std::ostream& operator<<(std::ostream& out, const Error& error);

/// A value or an Error. `[[nodiscard]]`; asking for the value of an error aborts.
template <class T>
using Result = BasicResult<T, Error>;

}  // namespace forebay::sqs
