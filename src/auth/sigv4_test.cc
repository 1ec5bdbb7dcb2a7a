// SPDX-License-Identifier: Apache-2.0
// Against the examples that AWS publishes for Signature Version 4 (get-vanilla, post-vanilla,
// post-x-www-form-urlencoded).
#include "auth/sigv4.h"

#include <vector>

#include <gtest/gtest.h>

namespace forebay::auth {
namespace {

constexpr std::string_view kDate = "20150830T123600Z";
constexpr SignedHeader kHost = {"host", "example.amazonaws.com"};
constexpr SignedHeader kAmzDate = {"x-amz-date", kDate};

Signer example_signer() {
  return {{.access_key_id = "AKIDEXAMPLE",
           .secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
           .session_token = ""},
          "us-east-1",
          "service"};
}

std::string signature(std::string_view method, const std::vector<SignedHeader>& headers,
                      std::string_view body) {
  Signer signer = example_signer();
  const std::string value = signer.authorization(
      {.method = method, .path = "/", .headers = headers, .body = body}, kDate);
  return value.substr(value.rfind('=') + 1);
}

TEST(SignatureVersion4, IsThatOfThePublishedExamples) {
  EXPECT_EQ(signature("GET", {kHost, kAmzDate}, ""),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  EXPECT_EQ(signature("POST", {kHost, kAmzDate}, ""),
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
  EXPECT_EQ(
      signature("POST", {{"content-type", "application/x-www-form-urlencoded"}, kHost, kAmzDate},
                "Param1=value1"),
      "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
}

constexpr std::string_view kSessionToken =
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfI"
    "eoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0"
    "wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDry"
    "pNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";

TEST(SignatureVersion4, CoversASessionToken) {
  EXPECT_EQ(signature("POST", {kHost, kAmzDate, {"x-amz-security-token", kSessionToken}}, ""),
            "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead");
}

// The examples of the S3 developer guide.
std::string s3_signature(const RequestToSign& request) {
  Signer signer({.access_key_id = "AKIAIOSFODNN7EXAMPLE",
                 .secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                 .session_token = ""},
                "us-east-1", "s3");
  const std::string value = signer.authorization(request, "20130524T000000Z");
  return value.substr(value.rfind('=') + 1);
}

TEST(SignatureVersion4, SignsWhatS3Wants) {
  const std::string empty = sha256_hex("");
  const SignedHeader host = {"host", "examplebucket.s3.amazonaws.com"};
  const SignedHeader hash = {"x-amz-content-sha256", empty};
  const SignedHeader date = {"x-amz-date", "20130524T000000Z"};
  const std::vector<SignedHeader> get = {host, {"range", "bytes=0-9"}, hash, date};
  EXPECT_EQ(s3_signature({.method = "GET", .path = "/test.txt", .headers = get, .body = ""}),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  const std::vector<SignedHeader> list = {host, hash, date};
  EXPECT_EQ(s3_signature({.method = "GET",
                          .path = "/",
                          .headers = list,
                          .body = "",
                          .query = "max-keys=2&prefix=J",
                          .payload_hash = empty}),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST(SignatureVersion4, TakesKeysLongerThanABlock) {
  const SignedHeader headers[] = {kHost, kAmzDate};
  const RequestToSign request = {.method = "GET", .path = "/", .headers = headers, .body = ""};
  Signer signer({"id", std::string(100, 'k'), ""}, "us-east-1", "sqs");
  // What botocore says for the same request.
  EXPECT_TRUE(signer.authorization(request, kDate)
                  .ends_with("bbfe2a64196fcc23cb503d926f2d5e3bdf7cbe46aaf4e4e4c3b2abc0b07a123a"));
}

TEST(SignatureVersion4, TheHeaderNamesScopeAndSignedHeaders) {
  Signer signer = example_signer();
  const SignedHeader headers[] = {kHost, kAmzDate};
  const std::string value =
      signer.authorization({.method = "GET", .path = "/", .headers = headers, .body = ""}, kDate);
  EXPECT_TRUE(value.starts_with(
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
      "SignedHeaders=host;x-amz-date, Signature="))
      << value;
}

TEST(SignatureVersion4, TheKeyFollowsTheDay) {
  const SignedHeader headers[] = {kHost, kAmzDate};
  const RequestToSign request = {.method = "GET", .path = "/", .headers = headers, .body = ""};
  Signer signer = example_signer();
  const std::string first = signer.authorization(request, kDate);
  EXPECT_NE(signer.authorization(request, "20150831T123600Z"), first);
  EXPECT_EQ(signer.authorization(request, kDate), first);
}

TEST(AmzDate, IsUtcToTheSecond) {
  EXPECT_EQ(amz_date(WallMs(1'440'938'160'999)), "20150830T123600Z");
  EXPECT_EQ(amz_date(WallMs(0)), "19700101T000000Z");
}

}  // namespace
}  // namespace forebay::auth
