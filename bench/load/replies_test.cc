// SPDX-License-Identifier: Apache-2.0
#include "load/replies.h"

#include <gtest/gtest.h>

namespace forebay::load {
namespace {

TEST(ReceiptHandles, AreFoundInOrder) {
  const auto handles = receipt_handles(
      R"({"Messages":[{"MessageId":"1","ReceiptHandle":"AQEB+/=","MD5OfBody":"x","Body":"xx"},)"
      R"({"MessageId":"2","ReceiptHandle":"second","MD5OfBody":"x","Body":"ReceiptHandle"}]})");
  EXPECT_EQ(handles, (std::vector<std::string>{"AQEB+/=", "second"}));
}

TEST(ReceiptHandles, AnEmptyReceiveHasNone) {
  EXPECT_TRUE(receipt_handles("{}").empty());
  EXPECT_TRUE(receipt_handles(R"({"Messages":[]})").empty());
  EXPECT_TRUE(receipt_handles(R"({"Messages":[{"ReceiptHandle":"cut)").empty());
}

TEST(FailedEntries, AreCounted) {
  EXPECT_EQ(failed_entries("{}"), 0u);
  EXPECT_EQ(failed_entries(R"({"Successful":[{"Id":"0"}]})"), 0u);
  EXPECT_EQ(
      failed_entries(R"({"Failed":[{"Id":"0","Code":"A","Message":"m","SenderFault":true},)"
                     R"({"Id":"1","Code":"B","SenderFault":false}],"Successful":[{"Id":"2"}]})"),
      2u);
}

}  // namespace
}  // namespace forebay::load
