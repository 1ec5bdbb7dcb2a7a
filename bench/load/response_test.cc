// SPDX-License-Identifier: Apache-2.0
#include "load/response.h"

#include <string>

#include <gtest/gtest.h>

namespace forebay::load {
namespace {

const std::string kWhole =
    "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Type: application/x-amz-json-1.0\r\n"
    "Content-Length: 5\r\nx-amzn-RequestId: 1\r\n\r\nhello";

TEST(ParseResponse, ReadsStatusAndBody) {
  const auto parsed = parse_response(kWhole);
  ASSERT_TRUE(parsed.ok() && parsed.value().has_value());
  EXPECT_EQ(parsed.value()->status, 200);
  EXPECT_EQ(parsed.value()->body, "hello");
  EXPECT_EQ(parsed.value()->bytes, kWhole.size());
}

TEST(ParseResponse, WaitsForTheRest) {
  for (size_t bytes = 0; bytes < kWhole.size(); ++bytes) {
    const auto parsed = parse_response(std::string_view(kWhole).substr(0, bytes));
    ASSERT_TRUE(parsed.ok()) << bytes;
    EXPECT_FALSE(parsed.value().has_value()) << bytes;
  }
}

TEST(ParseResponse, WhatFollowsIsLeftAlone) {
  const std::string bytes = kWhole + "HTTP/1.1 5";
  const auto parsed = parse_response(bytes);
  ASSERT_TRUE(parsed.ok() && parsed.value().has_value());
  EXPECT_EQ(parsed.value()->bytes, kWhole.size());
  EXPECT_EQ(parsed.value()->body, "hello");
}

TEST(ParseResponse, HeaderNamesHaveNoCase) {
  const auto parsed = parse_response("HTTP/1.1 503 No\r\ncontent-LENGTH:0\r\n\r\n");
  ASSERT_TRUE(parsed.ok() && parsed.value().has_value());
  EXPECT_EQ(parsed.value()->status, 503);
  EXPECT_EQ(parsed.value()->body, "");
}

TEST(ParseResponse, RefusesWhatItCannotMeasure) {
  EXPECT_FALSE(parse_response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").ok());
  EXPECT_FALSE(parse_response("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n").ok());
  EXPECT_FALSE(parse_response("HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n").ok());
  EXPECT_FALSE(parse_response("SSH-2.0").ok());
  EXPECT_FALSE(parse_response(std::string("HTTP/1.1 ") + std::string(20'000, 'x')).ok());
}

}  // namespace
}  // namespace forebay::load
