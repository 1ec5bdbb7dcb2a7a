// SPDX-License-Identifier: Apache-2.0
#include "client/errors.h"

#include <sstream>

#include <gtest/gtest.h>

#include "base/error.h"
#include "protocol/error_table.h"

namespace forebay::sqs {
namespace {

TEST(ErrorFromResponse, HasTheCodeThatSdksReport) {
  const Error error =
      read_error({.http_status = 400,
                  .query_error = "AWS.SimpleQueueService.NonExistentQueue;Sender",
                  .request_id = "r-1",
                  .body = R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"gone"})"});
  EXPECT_EQ(error.kind, ErrorKind::kQueueNotFound);
  EXPECT_EQ(error.code, "AWS.SimpleQueueService.NonExistentQueue");
  EXPECT_EQ(error.message, "gone");
  EXPECT_EQ(error.request_id, "r-1");
  EXPECT_FALSE(error.retryable);
}

TEST(ErrorFromResponse, TheShapesNameWillDo) {
  const Error error = read_error(
      {.http_status = 400, .body = R"({"__type":"com.amazonaws.sqs#OverLimit","Message":"full"})"});
  EXPECT_EQ(error.kind, ErrorKind::kOverLimit);
  EXPECT_EQ(error.code, "OverLimit");
  EXPECT_EQ(error.message, "full");
}

TEST(ErrorFromResponse, AProxysPageIsQuotedInPart) {
  const Error error = read_error({.http_status = 502, .body = "<html>" + std::string(1'000, 'x')});
  EXPECT_EQ(error.kind, ErrorKind::kServerFault);
  EXPECT_TRUE(error.retryable);
  EXPECT_TRUE(error.message.starts_with("HTTP status 502: <html>xx"));
  EXPECT_LT(error.message.size(), 300u);
}

// Every error our own server has, by both of its names, falls where it belongs.
TEST(ErrorKinds, EveryCodeOfTheServerIsSorted) {
  for (int i = 0; i < kErrorCodeCount; ++i) {
    const auto& row = protocol::error_row(static_cast<ErrorCode>(i));
    const std::string_view shape = row.json_type.substr(row.json_type.find('#') + 1);
    const ErrorKind kind = kind_of(row.query_code, "", row.http_status);
    EXPECT_EQ(kind_of(shape, "", row.http_status), kind) << shape;
    EXPECT_EQ(is_retryable(kind), row.http_status >= 500 || kind == ErrorKind::kThrottled) << shape;
  }
}

TEST(ErrorKinds, StaleHandlesAndLargeMessagesAreToldByTheText) {
  EXPECT_EQ(kind_of("InvalidParameterValue",
                    "Value x for parameter ReceiptHandle is invalid. Reason: The receipt handle "
                    "has expired.",
                    400),
            ErrorKind::kReceiptHandle);
  EXPECT_EQ(kind_of("InvalidParameterValue",
                    "One or more parameters are invalid. Reason: Message must be shorter than 1024 "
                    "bytes.",
                    400),
            ErrorKind::kTooLarge);
  EXPECT_EQ(kind_of("InvalidParameterValue", "Value 11 for parameter MaxNumberOfMessages", 400),
            ErrorKind::kInvalidRequest);
}

TEST(ErrorKinds, UnknownCodesFollowTheStatus) {
  EXPECT_EQ(kind_of("Whatever", "", 401), ErrorKind::kAuth);
  EXPECT_EQ(kind_of("Whatever", "", 403), ErrorKind::kAuth);
  EXPECT_EQ(kind_of("", "", 429), ErrorKind::kThrottled);
  EXPECT_EQ(kind_of("Whatever", "", 409), ErrorKind::kInvalidRequest);
  EXPECT_EQ(kind_of("", "", 599), ErrorKind::kServerFault);
  EXPECT_EQ(kind_of("", "", 302), ErrorKind::kServerFault);
}

TEST(ErrorText, SaysItAll) {
  std::ostringstream out;
  out << Error{.kind = ErrorKind::kQueueNotFound,
               .code = "c",
               .message = "m",
               .http_status = 400,
               .request_id = "r"};
  EXPECT_EQ(out.str(), "queue not found: c: m (request r)");
}

}  // namespace
}  // namespace forebay::sqs
