// SPDX-License-Identifier: Apache-2.0
#include "server/batch.h"

#include <gtest/gtest.h>

#include "server/parameter_errors.h"

namespace forebay::server {
namespace {

using Ids = std::vector<std::optional<std::string_view>>;
using Entries = std::vector<protocol::DeleteMessageBatchRequest::Entry>;

constexpr std::string_view kNoun = "DeleteMessageBatchRequestEntry";

Error refusal_of(const Ids& ids) {
  const Result<void> result = check_batch_ids(ids, kNoun);
  EXPECT_FALSE(result.ok());
  return result.ok() ? Error{} : result.error();
}

TEST(BatchEnvelope, MissingEntriesAreAMissingParameter) {
  const Result<void> result = check_batch(std::optional<Entries>(), kNoun);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error(), missing_parameter("Entries"));
}

TEST(BatchEnvelope, HasOneToTenEntries) {
  EXPECT_EQ(refusal_of({}),
            (Error{ErrorCode::kEmptyBatchRequest,
                   "There should be at least one DeleteMessageBatchRequestEntry in the request."}));
  EXPECT_EQ(refusal_of(Ids(20, "same")),
            (Error{ErrorCode::kTooManyEntriesInBatchRequest,
                   "Maximum number of entries per request are 10. You have sent 20."}));
  EXPECT_TRUE(check_batch_ids({"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}, kNoun).ok());
}

TEST(BatchEnvelope, AMissingIdIsNamedByPosition) {
  EXPECT_EQ(refusal_of({"a b", std::nullopt}),
            missing_parameter("DeleteMessageBatchRequestEntry.2.Id"));
}

TEST(BatchEnvelope, IdsAre80LettersDigitsHyphensAndUnderscores) {
  EXPECT_TRUE(check_batch_ids({std::string(80, 'x'), "aZ09-_"}, kNoun).ok());
  for (const std::string& bad :
       {std::string("a:b"), std::string("a b"), std::string(), std::string(81, 'x')}) {
    EXPECT_EQ(refusal_of({"same", "same", bad}),
              (Error{ErrorCode::kInvalidBatchEntryId,
                     "A batch entry id can only contain alphanumeric characters, hyphens and "
                     "underscores. It can be at most 80 letters long."}));
  }
}

TEST(BatchEnvelope, TheFirstRepeatedIdIsNamed) {
  EXPECT_EQ(refusal_of({"a", "b", "b", "a"}),
            (Error{ErrorCode::kBatchEntryIdsNotDistinct, "Id b repeated."}));
}

TEST(BatchReply, EngineResultsGoToTheEntriesWithoutEarlyError) {
  const std::vector<IdBatchEntry> entries = {
      {"one", std::nullopt},
      {"two", missing_parameter("ReceiptHandle")},
      {"three", std::nullopt},
      {"four", std::nullopt},
  };
  const protocol::IdBatchReply reply = id_batch_reply(
      entries, {Result<void>(), Error{ErrorCode::kReceiptHandleIsInvalid, "bad"}, Result<void>()});
  EXPECT_EQ(reply.successful_ids, (std::vector<std::string>{"one", "four"}));
  ASSERT_EQ(reply.failed.size(), 2u);
  EXPECT_EQ(reply.failed[0].id, "two");
  EXPECT_EQ(reply.failed[0].code, "MissingParameter");
  EXPECT_EQ(reply.failed[1].id, "three");
  EXPECT_EQ(reply.failed[1].code, "ReceiptHandleIsInvalid");
  EXPECT_EQ(reply.failed[1].message, "bad");
  EXPECT_TRUE(reply.failed[1].sender_fault);
}

TEST(BatchReply, FailedEntriesCarryTheQueryCode) {
  EXPECT_EQ(failed_entry("a", {ErrorCode::kInvalidParameterValue, "x"}).code,
            "InvalidParameterValue");
  EXPECT_EQ(failed_entry("a", {ErrorCode::kUnsupportedOperation, "x"}).code,
            "AWS.SimpleQueueService.UnsupportedOperation");
  EXPECT_FALSE(failed_entry("a", {ErrorCode::kInternalFailure, "x"}).sender_fault);
}

}  // namespace
}  // namespace forebay::server
