// SPDX-License-Identifier: Apache-2.0
#include "protocol/envelope.h"

#include <gtest/gtest.h>

#include "protocol/query_parameters.h"

namespace forebay::protocol {
namespace {

HttpParts json_parts() {
  return {.method = "POST",
          .target = "/",
          .content_type = "application/x-amz-json-1.0",
          .amz_target = "AmazonSQS.SendMessage",
          .accept = {},
          .body = "{}"};
}

HttpParts form_parts(std::string_view body) {
  return {.method = "POST",
          .target = "/",
          .content_type = "application/x-www-form-urlencoded",
          .amz_target = {},
          .accept = {},
          .body = body};
}

HttpParts get_parts(std::string_view target) {
  return {.method = "GET",
          .target = target,
          .content_type = {},
          .amz_target = {},
          .accept = {},
          .body = {}};
}

ErrorCode code_of(const Classified& classified) {
  EXPECT_FALSE(classified.envelope.ok());
  return classified.envelope.ok() ? ErrorCode::kInternalFailure : classified.envelope.error().code;
}

TEST(Envelope, TargetHeaderMeansJson) {
  const Classified classified = classify(json_parts());
  EXPECT_EQ(classified.wire, Wire::kJson);
  ASSERT_TRUE(classified.envelope.ok());
  EXPECT_EQ(classified.envelope->wire, Wire::kJson);
  EXPECT_EQ(classified.envelope->action, "SendMessage");
  EXPECT_EQ(classified.envelope->queue_path, "");
  EXPECT_EQ(classified.envelope->json_body, "{}");
  EXPECT_EQ(classified.envelope->query, nullptr);
}

TEST(Envelope, JsonIsJsonOnEveryPathAndWithAnyContentType) {
  HttpParts parts = json_parts();
  parts.target = "/000000000000/q";
  parts.content_type = {};
  const Classified classified = classify(parts);
  EXPECT_EQ(classified.wire, Wire::kJson);
  ASSERT_TRUE(classified.envelope.ok());
  EXPECT_EQ(classified.envelope->queue_path, "/000000000000/q");
}

TEST(Envelope, JsonWithoutAUsableTargetIsAnUnknownOperation) {
  for (std::string_view target :
       {"", "AmazonSQS.", "amazonsqs.SendMessage", "DynamoDB_20120810.GetItem"}) {
    HttpParts parts = json_parts();
    parts.amz_target = target;
    const Classified classified = classify(parts);
    EXPECT_EQ(classified.wire, Wire::kJson) << target;
    EXPECT_EQ(code_of(classified), ErrorCode::kUnknownOperation) << target;
  }
}

TEST(Envelope, JsonContentTypeMayHaveParametersAndCapitals) {
  HttpParts parts = json_parts();
  parts.amz_target = {};
  parts.content_type = "Application/X-Amz-Json-1.0; charset=utf-8";
  EXPECT_EQ(classify(parts).wire, Wire::kJson);
}

TEST(Envelope, UnknownJsonActionsAreClassified) {
  HttpParts parts = json_parts();
  parts.amz_target = "AmazonSQS.sendmessage";
  EXPECT_EQ(classify(parts).envelope->action, "sendmessage")
      << "case is kept, so it will not be found";
}

TEST(Envelope, FormBodyMeansQuery) {
  for (std::string_view type :
       {"application/x-www-form-urlencoded", "", "application/x-www-form-urlencoded; charset=utf-8",
        "Application/X-WWW-Form-Urlencoded"}) {
    HttpParts parts = form_parts("Action=SendMessage&MessageBody=m");
    parts.content_type = type;
    const Classified classified = classify(parts);
    EXPECT_EQ(classified.wire, Wire::kQuery);
    ASSERT_TRUE(classified.envelope.ok()) << type;
    EXPECT_EQ(classified.envelope->wire, Wire::kQuery);
    EXPECT_EQ(classified.envelope->action, "SendMessage");
    EXPECT_EQ(classified.envelope->query->find("MessageBody"), "m");
  }
}

TEST(Envelope, BodiesOfOtherTypesAreNotParameters) {
  HttpParts parts = form_parts("Action=DeleteQueue");
  parts.content_type = "text/plain";
  EXPECT_EQ(code_of(classify(parts)), ErrorCode::kMissingAction);
  parts = form_parts("Action=DeleteQueue");
  parts.method = "GET";
  EXPECT_EQ(code_of(classify(parts)), ErrorCode::kMissingAction);
}

TEST(Envelope, GetTakesEverythingFromTheUrl) {
  const Classified classified =
      classify(get_parts("/000000000000/q?Action=DeleteQueue&Version=2012-11-05"));
  EXPECT_EQ(classified.wire, Wire::kQuery);
  ASSERT_TRUE(classified.envelope.ok());
  EXPECT_EQ(classified.envelope->action, "DeleteQueue");
  EXPECT_EQ(classified.envelope->queue_path, "/000000000000/q");
}

TEST(Envelope, PathIsReadFromEveryFormOfTarget) {
  const std::pair<std::string_view, std::string_view> paths[] = {
      {"/?Action=A", ""},
      {"?Action=A", ""},
      {"//?Action=A", ""},
      {"/1/q/?Action=A", "/1/q"},
      {"http://example.org:9324/1/q?Action=A", "/1/q"},
      {"HTTPS://example.org?Action=A", ""},
      {"http://example.org/?Action=A&u=http://x/y", ""},
      {"/\xFF/q?Action=A", "/"},
  };
  for (const auto& [target, path] : paths) {
    const Classified classified = classify(get_parts(target));
    ASSERT_TRUE(classified.envelope.ok()) << target;
    EXPECT_EQ(classified.envelope->queue_path, path) << target;
  }
}

TEST(Envelope, QueryWithoutActionIsMissingAction) {
  EXPECT_EQ(code_of(classify(get_parts("/000000000000/q"))), ErrorCode::kMissingAction);
  EXPECT_EQ(code_of(classify(get_parts("/?Action="))), ErrorCode::kMissingAction);
  EXPECT_EQ(code_of(classify(get_parts("/?action=SendMessage"))), ErrorCode::kMissingAction);
  EXPECT_EQ(code_of(classify(get_parts(""))), ErrorCode::kMissingAction);
  EXPECT_EQ(code_of(classify(form_parts(""))), ErrorCode::kMissingAction);
}

TEST(Envelope, AcceptJsonAsksForTheMirror) {
  const std::pair<std::string_view, Wire> accepts[] = {
      {"application/json", Wire::kQueryJson},
      {"Application/JSON;q=0.9", Wire::kQueryJson},
      {"application/json, text/plain, */*", Wire::kQueryJson},
      {"", Wire::kQuery},
      {"*/*", Wire::kQuery},
      {"text/xml, application/json", Wire::kQuery},
      {"application/json5", Wire::kQuery},
  };
  for (const auto& [accept, wire] : accepts) {
    HttpParts parts = get_parts("/?Action=ListQueues");
    parts.accept = accept;
    EXPECT_EQ(classify(parts).wire, wire) << accept;
    EXPECT_EQ(classify(parts).envelope->wire, wire) << accept;
  }
}

TEST(Envelope, MalformedQueryIsRefusedOnItsWire) {
  HttpParts parts = get_parts("/?Action=ListQueues&x=%FF");
  EXPECT_EQ(classify(parts).wire, Wire::kQuery);
  EXPECT_EQ(code_of(classify(parts)), ErrorCode::kSerialization);
}

}  // namespace
}  // namespace forebay::protocol
