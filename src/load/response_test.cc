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

Response parsed(std::string_view bytes, bool ended = false) {
  const auto result = parse_response(bytes, ended);
  EXPECT_TRUE(result.ok() && result.value().has_value()) << bytes;
  return result.ok() ? result.value().value_or(Response{}) : Response{};
}

constexpr std::string_view kChunked =
    "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n"
    "5\r\nhello\r\nA;x=y\r\n, 10 bytes\r\n0\r\nTrailer: 1\r\n\r\n";

TEST(ParseResponse, ReadsChunks) {
  const Response response = parsed(kChunked);
  EXPECT_TRUE(response.chunked);
  EXPECT_EQ(response.bytes, kChunked.size());
  std::string body(response.body);
  EXPECT_EQ(join_chunks(body), "hello, 10 bytes");
}

TEST(ParseResponse, WaitsForTheLastChunk) {
  for (size_t bytes = 0; bytes < kChunked.size(); ++bytes) {
    const auto result = parse_response(kChunked.substr(0, bytes));
    ASSERT_TRUE(result.ok()) << bytes;
    EXPECT_FALSE(result.value().has_value()) << bytes;
  }
}

TEST(ParseResponse, WithoutALengthTheBodyEndsWithTheConnection) {
  const std::string_view bytes = "HTTP/1.1 200 OK\r\n\r\nhello";
  EXPECT_FALSE(parse_response(bytes).value().has_value());
  const Response response = parsed(bytes, true);
  EXPECT_EQ(response.body, "hello");
  EXPECT_TRUE(response.closes);
}

TEST(ParseResponse, KnowsWhetherTheConnectionGoesOn) {
  EXPECT_FALSE(parsed("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").closes);
  EXPECT_TRUE(parsed("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").closes);
  EXPECT_TRUE(parsed("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").closes);
  EXPECT_FALSE(
      parsed("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n").closes);
  EXPECT_FALSE(parsed("HTTP/1.1 204 No Content\r\n\r\n").closes);
}

TEST(ParseResponse, RefusesWhatItCannotMeasure) {
  EXPECT_FALSE(parse_response("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n").ok());
  EXPECT_FALSE(parse_response("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n").ok());
  EXPECT_FALSE(parse_response("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n").ok());
  EXPECT_FALSE(parse_response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n").ok());
  EXPECT_FALSE(parse_response("HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n").ok());
  EXPECT_FALSE(parse_response("SSH-2.0").ok());
  EXPECT_FALSE(parse_response(std::string("HTTP/1.1 ") + std::string(20'000, 'x')).ok());
}

}  // namespace
}  // namespace forebay::load
