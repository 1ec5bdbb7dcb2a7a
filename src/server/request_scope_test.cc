// SPDX-License-Identifier: Apache-2.0
#include "server/request_scope.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace forebay::server {
namespace {

Config configuration() {
  Config config;
  config.region = "us-west-2";
  config.account = "999999999999";
  config.access_keys = {{"AKIAONE", "111122223333"}, {"121212121212", "444455556666"}};
  return config;
}

/// Region and account of a request.
std::pair<std::string, std::string> scope_of(const http::HttpRequest& request) {
  RequestScope scope = request_scope(configuration(), request);
  return {scope.region, scope.account};
}

std::pair<std::string, std::string> scope_of_header(std::string_view authorization) {
  http::HttpRequest request;
  request.authorization = authorization;
  return scope_of(request);
}

std::string region_of_host(std::string_view host) {
  http::HttpRequest request;
  request.host = host;
  return scope_of(request).first;
}

using Scope = std::pair<std::string, std::string>;
const Scope kConfigured{"us-west-2", "999999999999"};

TEST(RequestScope, ComesFromTheCredentialScope) {
  EXPECT_EQ(scope_of_header(
                "AWS4-HMAC-SHA256 Credential=123456789012/20250101/eu-central-1/sqs/aws4_request, "
                "SignedHeaders=host, Signature=abc"),
            (Scope{"eu-central-1", "123456789012"}));
}

TEST(RequestScope, TheTableOfAccessKeysComesFirst) {
  EXPECT_EQ(scope_of_header("Credential=AKIAONE/20250101/eu-west-1/sqs/aws4_request"),
            (Scope{"eu-west-1", "111122223333"}));
  EXPECT_EQ(scope_of_header("Credential=121212121212/20250101/eu-west-1/sqs/aws4_request"),
            (Scope{"eu-west-1", "444455556666"}))
      << "also for a key that looks like an account";
  EXPECT_EQ(scope_of_header("Credential=AKIATWO/20250101/eu-west-1/sqs/aws4_request"),
            (Scope{"eu-west-1", "999999999999"}));
}

TEST(RequestScope, APresignedUrlCarriesItsCredential) {
  http::HttpRequest request;
  request.target =
      "/?Action=ListQueues&X-Amz-Credential=AKIAONE%2F20250101%2Feu-west-1%2Fsqs%2Faws4_request"
      "&X-Amz-Date=20250101T000000Z";
  EXPECT_EQ(scope_of(request), (Scope{"eu-west-1", "111122223333"}));
  request.target = "/?x-amz-credential=AKIAONE%2F20250101%2Feu-west-1%2Fsqs%2Faws4_request";
  EXPECT_EQ(scope_of(request), kConfigured) << "names are case-sensitive";
  request.target = "/X-Amz-Credential=AKIAONE%2F20250101%2Feu-west-1%2Fsqs%2Faws4_request";
  EXPECT_EQ(scope_of(request), kConfigured) << "no query";
  request.target = "/?Message=X-Amz-Credential%3DAKIAONE&X-Amz-Credential=AKIAONE";
  EXPECT_EQ(scope_of(request), kConfigured) << "no whole credential";
}

TEST(RequestScope, TheHeaderBeatsTheQuery) {
  http::HttpRequest request;
  request.authorization = "Credential=123456789012/20250101/eu-central-1/sqs/aws4_request,";
  request.target = "/?X-Amz-Credential=AKIAONE/20250101/eu-west-1/sqs/aws4_request";
  EXPECT_EQ(scope_of(request), (Scope{"eu-central-1", "123456789012"}));
}

TEST(RequestScope, WhatIsMissingOrOddComesFromTheConfiguration) {
  for (const char* header :
       {"", "Bearer x", "AWS4-HMAC-SHA256 Credential=", "Credential=AKIAONE/20250101/us-east-1/sqs",
        "AWS4-HMAC-SHA256 Credential=AKID/20250101/BAD REGION/sqs/aws4_request,",
        "AWS4-HMAC-SHA256 Credential=AKID/20250101//sqs/aws4_request,"}) {
    EXPECT_EQ(scope_of_header(header), kConfigured) << header;
  }
}

TEST(RequestScope, AHostNameTellsTheRegionOfAnUnsignedRequest) {
  for (const char* host :
       {"sqs.eu-west-1.amazonaws.com", "eu-west-1.queue.amazonaws.com", "SQS.EU-West-1.example.com",
        "sqs.eu-west-1.localhost.localstack.cloud:4566",
        "vpce-1-2.sqs.eu-west-1.vpce.amazonaws.com"}) {
    EXPECT_EQ(region_of_host(host), "eu-west-1") << host;
  }
  EXPECT_EQ(region_of_host("sqs.us-gov-west-1.amazonaws.com"), "us-gov-west-1");
  EXPECT_EQ(region_of_host("cn-north-1.queue.amazonaws.com.cn"), "cn-north-1");
  EXPECT_EQ(region_of_host("queue.amazonaws.com"), "us-east-1");
}

TEST(RequestScope, OtherHostNamesTellNothing) {
  for (const char* host :
       {"localhost:9324", "sqs.prod.example.com", "sqs.example.com", "sqs.eu-west-1", "[::1]:80",
        "eu-west-1.example.com", "sqs.a-b-1.example.com", "sqs.eu-west-x.example.com",
        "queue.example.com", "sqs.eu-1.example.com", "sqs..example.com", ""}) {
    EXPECT_EQ(region_of_host(host), "us-west-2") << host;
  }
}

TEST(RequestScope, TheCredentialBeatsTheHostAndAProxysHostTheOwn) {
  http::HttpRequest request;
  request.host = "sqs.eu-west-1.example.com";
  request.forwarded_host = "sqs.eu-west-2.example.com, inner";
  EXPECT_EQ(scope_of(request).first, "eu-west-2");
  request.authorization = "Credential=AKIAONE/20250101/eu-west-3/sqs/aws4_request";
  EXPECT_EQ(scope_of(request).first, "eu-west-3");
}

}  // namespace
}  // namespace forebay::server
