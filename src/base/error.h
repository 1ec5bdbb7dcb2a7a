// SPDX-License-Identifier: Apache-2.0
// What can be refused, as one closed list.
//
// Every expected refusal in Forebay is an `Error`: a code from this list and the text the client
// reads. The codes are SQS's own shape names; `protocol/error_table.h` maps each to its JSON
// `__type`, Query code and HTTP status (contract section 1.6). A new code needs a caller that
// reacts to it.
// Thread: immutable values.
#pragma once

#include <cstdint>
#include <string>

namespace forebay {

enum class ErrorCode : uint8_t {
  // Batches.
  kBatchEntryIdsNotDistinct,
  kBatchRequestTooLong,
  kEmptyBatchRequest,
  kInvalidBatchEntryId,
  kTooManyEntriesInBatchRequest,
  // Queues.
  kQueueDoesNotExist,
  kQueueDeletedRecently,
  kQueueNameExists,
  kPurgeQueueInProgress,
  kOverLimit,
  kResourceNotFound,
  kUnsupportedOperation,
  // Attributes, parameters, message contents.
  kInvalidAttributeName,
  kInvalidAttributeValue,
  kInvalidMessageContents,
  kInvalidParameterValue,
  kMissingParameter,
  kReceiptHandleIsInvalid,
  // The request as such.
  kSerialization,          // cannot be decoded: JSON SerializationException, Query MalformedInput
  kUnknownOperation,       // JSON: a target this API does not have
  kInvalidAction,          // Query: an action this API does not have, or not valid on this path
  kMissingAction,          // Query: no Action at all
  kRequestEntityTooLarge,  // the HTTP body is larger than the server accepts
  kThrottling,             // a limit of this server (connections, parked polls) is reached
  // This server.
  kInternalFailure,
  kServiceUnavailable,
  kInvalidConfiguration,  // a flag, environment variable or file that the operator must change
  // Storage (never the client's doing).
  kStorageFailure,  // the system refused a read, write or sync
  kStorageFull,     // no space left on the device
  kStorageDamaged,  // what was read is not what was written; nothing is repaired silently
};

/// Number of codes, for tests that walk every row.
inline constexpr int kErrorCodeCount = static_cast<int>(ErrorCode::kStorageDamaged) + 1;

/// A refusal. `message` is what the client reads; it is complete and needs no prefix.
struct Error {
  ErrorCode code;
  std::string message;

  friend bool operator==(const Error&, const Error&) = default;
};

}  // namespace forebay
