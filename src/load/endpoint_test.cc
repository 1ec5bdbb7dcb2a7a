// SPDX-License-Identifier: Apache-2.0
#include "load/endpoint.h"

#include <gtest/gtest.h>

namespace forebay::load {
namespace {

ServerUrl parsed(std::string_view url) {
  Result<ServerUrl> result = parse_server_url(url);
  EXPECT_TRUE(result.ok()) << url << ": " << (result.ok() ? "" : result.error().message);
  return result.ok() ? *result : ServerUrl{};
}

std::string refusal(std::string_view url) {
  const Result<ServerUrl> result = parse_server_url(url);
  EXPECT_FALSE(result.ok()) << url;
  return result.ok() ? "" : result.error().message;
}

TEST(ServerUrl, HasHostPortAndPath) {
  EXPECT_EQ(parsed("http://127.0.0.1:9324").endpoint, (Endpoint{"127.0.0.1", 9324}));
  EXPECT_EQ(parsed("http://127.0.0.1:9324").path, "");
  EXPECT_EQ(parsed("http://sqs.local:1/0/orders").endpoint, (Endpoint{"sqs.local", 1}));
  EXPECT_EQ(parsed("http://sqs.local:1/0/orders").path, "/0/orders");
  EXPECT_EQ(parsed("http://localhost/").endpoint, (Endpoint{"localhost", 80}));
  EXPECT_EQ(parsed("http://[::1]:9324/").endpoint, (Endpoint{"::1", 9324}));
  EXPECT_EQ(parsed("http://[::1]").endpoint, (Endpoint{"::1", 80}));
}

TEST(ServerUrl, AuthorityIsWhatAUrlHas) {
  EXPECT_EQ((Endpoint{"localhost", 9324}.authority()), "localhost:9324");
  EXPECT_EQ((Endpoint{"::1", 9324}.authority()), "[::1]:9324");
}

TEST(ServerUrl, HttpsIsRefusedWithAnAdvice) {
  const std::string text = refusal("https://sqs.eu-west-1.amazonaws.com");
  EXPECT_NE(text.find("TLS"), std::string::npos);
  EXPECT_NE(text.find("proxy"), std::string::npos);
}

TEST(ServerUrl, RefusesWhatItCannotReach) {
  for (const char* url : {"127.0.0.1:9324", "ftp://x", "http://", "http://:9324", "http://h:0",
                          "http://h:65536", "http://h:", "http://h:1x", "http://[::1", "",
                          "http://[::1]9324", "http://h:1/a b", "http://h:1/\"", "http://h\r\n"}) {
    EXPECT_NE(refusal(url), "") << url;
  }
}

TEST(FindServer, SaysWhatItCouldNotReach) {
  // Port 1 of the loopback: nobody but root could listen there.
  const Result<SocketAddress> found = find_server({"127.0.0.1", 1});
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().code, ErrorCode::kServiceUnavailable);
  EXPECT_TRUE(found.error().message.starts_with("127.0.0.1:1: ")) << found.error().message;
}

TEST(FindServer, SaysThatANameIsUnknown) {
  const Result<SocketAddress> found = find_server({"no such name", 1});
  ASSERT_FALSE(found.ok());
  EXPECT_TRUE(found.error().message.starts_with("cannot find no such name"))
      << found.error().message;
}

}  // namespace
}  // namespace forebay::load
