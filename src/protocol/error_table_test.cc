// SPDX-License-Identifier: Apache-2.0
#include "protocol/error_table.h"

#include <set>
#include <string>
#include <tuple>

#include <gtest/gtest.h>

namespace forebay::protocol {
namespace {

ErrorCode code_at(int i) {
  return static_cast<ErrorCode>(i);
}

TEST(ErrorTable, EveryCodeHasARowClientsCanRead) {
  const std::set<int> statuses = {400, 403, 404, 413, 500, 503};
  for (int i = 0; i < kErrorCodeCount; ++i) {
    const ErrorRow& row = error_row(code_at(i));
    EXPECT_TRUE(row.json_type.starts_with("com.amazonaws.sqs#") ||
                row.json_type.starts_with("com.amazon.coral.service#"))
        << i;
    EXPECT_LT(row.json_type.find('#') + 1, row.json_type.size()) << i;
    EXPECT_FALSE(row.query_code.empty()) << i;
    EXPECT_EQ(row.query_code.find(';'), std::string_view::npos) << i;
    EXPECT_TRUE(statuses.contains(row.http_status)) << i << " " << row.http_status;
    EXPECT_EQ(row.sender_fault, row.http_status < 500) << i;
  }
}

// Contract section 1.6, row by row.
TEST(ErrorTable, MatchesTheContract) {
  const std::string sqs = "com.amazonaws.sqs#";
  const std::string coral = "com.amazon.coral.service#";
  const std::string legacy = "AWS.SimpleQueueService.";
  const std::tuple<ErrorCode, std::string, std::string, int> rows[] = {
      {ErrorCode::kBatchEntryIdsNotDistinct, sqs + "BatchEntryIdsNotDistinct",
       legacy + "BatchEntryIdsNotDistinct", 400},
      {ErrorCode::kBatchRequestTooLong, sqs + "BatchRequestTooLong", legacy + "BatchRequestTooLong",
       400},
      {ErrorCode::kEmptyBatchRequest, sqs + "EmptyBatchRequest", legacy + "EmptyBatchRequest", 400},
      {ErrorCode::kInvalidBatchEntryId, sqs + "InvalidBatchEntryId", legacy + "InvalidBatchEntryId",
       400},
      {ErrorCode::kTooManyEntriesInBatchRequest, sqs + "TooManyEntriesInBatchRequest",
       legacy + "TooManyEntriesInBatchRequest", 400},
      {ErrorCode::kQueueDoesNotExist, sqs + "QueueDoesNotExist", legacy + "NonExistentQueue", 400},
      {ErrorCode::kQueueDeletedRecently, sqs + "QueueDeletedRecently",
       legacy + "QueueDeletedRecently", 400},
      {ErrorCode::kQueueNameExists, sqs + "QueueNameExists", "QueueAlreadyExists", 400},
      {ErrorCode::kPurgeQueueInProgress, sqs + "PurgeQueueInProgress",
       legacy + "PurgeQueueInProgress", 403},
      {ErrorCode::kOverLimit, sqs + "OverLimit", "OverLimit", 403},
      {ErrorCode::kResourceNotFound, sqs + "ResourceNotFoundException", "ResourceNotFoundException",
       404},
      {ErrorCode::kUnsupportedOperation, sqs + "UnsupportedOperation",
       legacy + "UnsupportedOperation", 400},
      {ErrorCode::kInvalidAttributeName, sqs + "InvalidAttributeName", "InvalidAttributeName", 400},
      {ErrorCode::kInvalidAttributeValue, sqs + "InvalidAttributeValue", "InvalidAttributeValue",
       400},
      {ErrorCode::kInvalidMessageContents, sqs + "InvalidMessageContents", "InvalidMessageContents",
       400},
      {ErrorCode::kInvalidParameterValue, coral + "InvalidParameterValueException",
       "InvalidParameterValue", 400},
      {ErrorCode::kMissingParameter, coral + "MissingRequiredParameterException",
       "MissingParameter", 400},
      {ErrorCode::kReceiptHandleIsInvalid, sqs + "ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid",
       400},
      {ErrorCode::kSerialization, coral + "SerializationException", "MalformedInput", 400},
      {ErrorCode::kUnknownOperation, coral + "UnknownOperationException", "InvalidAction", 404},
      {ErrorCode::kInvalidAction, coral + "UnknownOperationException", "InvalidAction", 400},
      {ErrorCode::kMissingAction, coral + "UnknownOperationException", "InvalidAction", 404},
      {ErrorCode::kRequestEntityTooLarge, coral + "RequestEntityTooLargeException",
       "RequestEntityTooLarge", 413},
      {ErrorCode::kThrottling, sqs + "RequestThrottled", "RequestThrottled", 403},
      {ErrorCode::kInternalFailure, sqs + "InternalFailure", "InternalError", 500},
      {ErrorCode::kServiceUnavailable, sqs + "ServiceUnavailable", "ServiceUnavailable", 503},
      {ErrorCode::kInvalidConfiguration, sqs + "InternalFailure", "InternalError", 500},
      {ErrorCode::kStorageFailure, sqs + "InternalFailure", "InternalError", 500},
      {ErrorCode::kStorageFull, sqs + "InternalFailure", "InternalError", 500},
      {ErrorCode::kStorageDamaged, sqs + "InternalFailure", "InternalError", 500},
  };
  ASSERT_EQ(std::size(rows), kErrorCodeCount);
  for (const auto& [code, json_type, query_code, http_status] : rows) {
    EXPECT_EQ(error_row(code).json_type, json_type);
    EXPECT_EQ(error_row(code).query_code, query_code);
    EXPECT_EQ(error_row(code).http_status, http_status) << json_type;
  }
}

}  // namespace
}  // namespace forebay::protocol
