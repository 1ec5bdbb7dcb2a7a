// SPDX-License-Identifier: Apache-2.0
// Against the examples that AWS publishes for Signature Version 4 (get-vanilla, post-vanilla,
// post-x-www-form-urlencoded).
#include "load/sigv4.h"

#include <vector>

#include <gtest/gtest.h>

namespace forebay::load {
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
}  // namespace forebay::load
