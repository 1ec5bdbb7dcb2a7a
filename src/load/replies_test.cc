// SPDX-License-Identifier: Apache-2.0
#include "load/replies.h"

#include <array>
#include <vector>

#include <gtest/gtest.h>

namespace forebay::load {
namespace {

std::vector<std::string> handles_in(std::string_view body) {
  std::array<std::string, 10> found;
  const size_t count = receipt_handles(body, found);
  return {found.begin(), found.begin() + static_cast<ptrdiff_t>(count)};
}

std::vector<std::string> failed_codes(std::string_view body) {
  std::vector<std::string> codes;
  size_t at = 0;
  while (const auto failed = next_failed_entry(body, &at)) codes.emplace_back(failed->code);
  return codes;
}

using Texts = std::vector<std::string>;

TEST(ReceiptHandles, AreFoundInOrder) {
  EXPECT_EQ(
      handles_in(
          R"({"Messages":[{"MessageId":"1","ReceiptHandle":"AQEB+/=","MD5OfBody":"x","Body":"xx"},)"
          R"({"MessageId":"2","ReceiptHandle":"second","MD5OfBody":"x","Body":"ReceiptHandle"}]})"),
      (Texts{"AQEB+/=", "second"}));
}

TEST(ReceiptHandles, AreFoundHoweverTheServerSpacesItsJson) {
  EXPECT_EQ(handles_in("{\n \"Messages\" : [ { \"ReceiptHandle\" : \"a\", \"Body\": \"b\" } ] }"),
            Texts{"a"});
}

TEST(ReceiptHandles, KeepTheirEscapes) {
  EXPECT_EQ(handles_in(R"({"Messages":[{"ReceiptHandle":"a\"\\\u0026b"}]})"),
            Texts{R"(a\"\\\u0026b)"});
}

TEST(ReceiptHandles, AreNotTakenFromABody) {
  EXPECT_EQ(handles_in(R"({"Messages":[{"Body":"{\"ReceiptHandle\":\"no\"}",)"
                       R"("ReceiptHandle":"yes"}]})"),
            Texts{"yes"});
}

TEST(ReceiptHandles, AnEmptyReceiveHasNone) {
  EXPECT_TRUE(handles_in("{}").empty());
  EXPECT_TRUE(handles_in(R"({"Messages":[]})").empty());
  EXPECT_TRUE(handles_in(R"({"Messages":[{"ReceiptHandle":"cut)").empty());
  EXPECT_TRUE(handles_in(R"({"Messages":[{"ReceiptHandle":"cut\)").empty());
}

TEST(ReceiptHandles, AreNoMoreThanThereIsRoomFor) {
  std::array<std::string, 1> one;
  EXPECT_EQ(receipt_handles(R"([{"ReceiptHandle":"a"},{"ReceiptHandle":"b"}])", one), 1u);
  EXPECT_EQ(one[0], "a");
}

TEST(FailedEntries, HaveTheirCodes) {
  EXPECT_TRUE(failed_codes("{}").empty());
  EXPECT_TRUE(failed_codes(R"({"Successful":[{"Id":"0"}]})").empty());
  EXPECT_TRUE(failed_codes(R"({"Failed":[],"Successful":[{"Id":"0"}]})").empty());
  EXPECT_EQ(
      failed_codes(R"({"Failed":[{"Id":"0","Code":"A","Message":"m","SenderFault":true},)"
                   R"({"Id":"1", "Code": "B","SenderFault":false}],"Successful":[{"Id":"2"}]})"),
      (Texts{"A", "B"}));
  EXPECT_EQ(failed_codes(R"({"Successful":[{"Id":"2"}], "Failed":[{"Id":"0","Code":"A"}]})"),
            Texts{"A"});
}

TEST(FailedEntries, HaveTheirOwnMessage) {
  const std::string_view body =
      R"({"Failed":[{"Id":"0","Code":"A","Message":"first"},)"
      R"({"Id":"1","Message":"second","Code":"B"},{"Id":"2","Code":"C"}]})";
  size_t at = 0;
  EXPECT_EQ(next_failed_entry(body, &at)->message, "first");
  EXPECT_EQ(next_failed_entry(body, &at)->message, "second");
  EXPECT_EQ(next_failed_entry(body, &at)->message, "");
}

struct Expected {
  int status;
  std::string_view body;
  std::string_view code;
  std::string_view message;
};

TEST(ServiceErrors, AreFoundInEveryShape) {
  const Expected all[] = {
      {400, R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"No such queue."})",
       "QueueDoesNotExist", "No such queue."},
      {400, R"({"__type": "InvalidAddress", "Message": "No."})", "InvalidAddress", "No."},
      {403, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>No.</Message></Error>",
       "AccessDenied", "No."},
      {503, "busy", "HTTP 503", "busy"},
      {404, "", "HTTP 404", ""},
      {400, R"({"__type":"#"})", "HTTP 400", R"({"__type":"#"})"},
  };
  for (const Expected& expected : all) {
    std::string own_code;
    const ServiceError error =
        service_error({.status = expected.status, .body = expected.body}, own_code);
    EXPECT_EQ(error.code, expected.code);
    EXPECT_EQ(error.message, expected.message);
  }
}

TEST(ServiceErrors, AreCutToALength) {
  const std::string page(5000, 'p');
  std::string own_code;
  EXPECT_EQ(service_error({.status = 502, .body = page}, own_code).message.size(), 300u);
}

}  // namespace
}  // namespace forebay::load
