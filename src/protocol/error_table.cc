// SPDX-License-Identifier: Apache-2.0
#include "protocol/error_table.h"

#include <array>

namespace forebay::protocol {
namespace {

// The two namespaces of `__type`: shapes of the service's model, and shapes of the framework below
// it.
#define MODELLED "com.amazonaws.sqs#"
#define FRAMEWORK "com.amazon.coral.service#"
#define LEGACY "AWS.SimpleQueueService."

constexpr ErrorRow row(std::string_view json_type, std::string_view query_code, int http_status) {
  return {json_type, query_code, http_status, http_status < 500};
}

constexpr ErrorRow row_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kBatchEntryIdsNotDistinct:
      return row(MODELLED "BatchEntryIdsNotDistinct", LEGACY "BatchEntryIdsNotDistinct", 400);
    case ErrorCode::kBatchRequestTooLong:
      return row(MODELLED "BatchRequestTooLong", LEGACY "BatchRequestTooLong", 400);
    case ErrorCode::kEmptyBatchRequest:
      return row(MODELLED "EmptyBatchRequest", LEGACY "EmptyBatchRequest", 400);
    case ErrorCode::kInvalidBatchEntryId:
      return row(MODELLED "InvalidBatchEntryId", LEGACY "InvalidBatchEntryId", 400);
    case ErrorCode::kTooManyEntriesInBatchRequest:
      return row(MODELLED "TooManyEntriesInBatchRequest", LEGACY "TooManyEntriesInBatchRequest",
                 400);
    case ErrorCode::kQueueDoesNotExist:
      return row(MODELLED "QueueDoesNotExist", LEGACY "NonExistentQueue", 400);
    case ErrorCode::kQueueDeletedRecently:
      return row(MODELLED "QueueDeletedRecently", LEGACY "QueueDeletedRecently", 400);
    case ErrorCode::kQueueNameExists:
      return row(MODELLED "QueueNameExists", "QueueAlreadyExists", 400);
    case ErrorCode::kPurgeQueueInProgress:
      return row(MODELLED "PurgeQueueInProgress", LEGACY "PurgeQueueInProgress", 403);
    case ErrorCode::kOverLimit:
      return row(MODELLED "OverLimit", "OverLimit", 403);
    case ErrorCode::kResourceNotFound:
      return row(MODELLED "ResourceNotFoundException", "ResourceNotFoundException", 404);
    case ErrorCode::kUnsupportedOperation:
      return row(MODELLED "UnsupportedOperation", LEGACY "UnsupportedOperation", 400);
    case ErrorCode::kInvalidAttributeName:
      return row(MODELLED "InvalidAttributeName", "InvalidAttributeName", 400);
    case ErrorCode::kInvalidAttributeValue:
      return row(MODELLED "InvalidAttributeValue", "InvalidAttributeValue", 400);
    case ErrorCode::kInvalidMessageContents:
      return row(MODELLED "InvalidMessageContents", "InvalidMessageContents", 400);
    case ErrorCode::kInvalidParameterValue:
      return row(FRAMEWORK "InvalidParameterValueException", "InvalidParameterValue", 400);
    case ErrorCode::kMissingParameter:
      return row(FRAMEWORK "MissingRequiredParameterException", "MissingParameter", 400);
    case ErrorCode::kReceiptHandleIsInvalid:
      // [D] 400; logs of old Query clients show 404 [L]. No SDK branches on it.
      return row(MODELLED "ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid", 400);
    case ErrorCode::kSerialization:
      return row(FRAMEWORK "SerializationException", "MalformedInput", 400);
    case ErrorCode::kInvalidAction:
      return row(FRAMEWORK "UnknownOperationException", "InvalidAction", 400);
    case ErrorCode::kUnknownOperation:
    case ErrorCode::kMissingAction:
      return row(FRAMEWORK "UnknownOperationException", "InvalidAction", 404);
    case ErrorCode::kRequestEntityTooLarge:
      return row(FRAMEWORK "RequestEntityTooLargeException", "RequestEntityTooLarge", 413);
    case ErrorCode::kThrottling:
      // The one throttling answer in SQS's model. Every SDK retries it by its code, and botocore's
      // oldest retry table wants exactly this code with 403; a 503 would claim that the whole
      // server is down.
      return row(MODELLED "RequestThrottled", "RequestThrottled", 403);
    case ErrorCode::kServiceUnavailable:
      return row(MODELLED "ServiceUnavailable", "ServiceUnavailable", 503);
    case ErrorCode::kInternalFailure:
    case ErrorCode::kInvalidConfiguration:
    case ErrorCode::kStorageFailure:
    case ErrorCode::kStorageFull:
    case ErrorCode::kStorageDamaged:
      return row(MODELLED "InternalFailure", "InternalError", 500);
  }
}

constexpr std::array<ErrorRow, kErrorCodeCount> kRows = [] {
  std::array<ErrorRow, kErrorCodeCount> rows{};
  for (int i = 0; i < kErrorCodeCount; ++i) rows[i] = row_of(static_cast<ErrorCode>(i));
  return rows;
}();

}  // namespace

const ErrorRow& error_row(ErrorCode code) {
  return kRows[static_cast<size_t>(code)];
}

}  // namespace forebay::protocol
