// SPDX-License-Identifier: Apache-2.0
#include "server/queue_url.h"

#include <gtest/gtest.h>

namespace forebay::server {
namespace {

const RequestScope kScope{"eu-west-1", "111122223333"};

TEST(QueueUrl, OnlyThePathCounts) {
  const engine::QueueAddress expected{"eu-west-1", "000000000000", "q"};
  for (const char* url :
       {"http://localhost:9324/000000000000/q",
        "https://sqs.us-east-1.amazonaws.com/000000000000/q",
        "http://127.0.0.1:50832/000000000000/q", "/000000000000/q", "000000000000/q",
        "http://h/queue/us-east-1/000000000000/q", "http://h/some/prefix/000000000000/q"}) {
    const Result<engine::QueueAddress> queue = parse_queue_url(kScope, url);
    ASSERT_TRUE(queue.ok()) << url;
    EXPECT_EQ(queue.value(), expected) << url;
  }
}

TEST(QueueUrl, ABareNameIsTheCallersQueue) {
  const engine::QueueAddress expected{"eu-west-1", "111122223333", "jobs.fifo"};
  for (const char* url : {"jobs.fifo", "http://h/queue/jobs.fifo"}) {
    const Result<engine::QueueAddress> queue = parse_queue_url(kScope, url);
    ASSERT_TRUE(queue.ok()) << url;
    EXPECT_EQ(queue.value(), expected) << url;
  }
}

TEST(QueueUrl, AnythingOddIsAQueueThatDoesNotExist) {
  for (const char* url :
       {"", "http://whatever", "http://whatever/", "http://h/q", "/q", "http://h/00000000000/q",
        "http://h/000000000000/", "http://h/000000000000/a b", "http://h/000000000000/q?x=1", "://",
        "http://h/00000000000a/q", "a/b/c", "q.standard", "http://h//q"}) {
    const Result<engine::QueueAddress> queue = parse_queue_url(kScope, url);
    ASSERT_FALSE(queue.ok()) << url;
    EXPECT_EQ(queue.error().code, ErrorCode::kQueueDoesNotExist) << url;
  }
}

TEST(QueueUrl, IsBuiltFromThePublicUrlFirst) {
  Config config;
  config.public_url = "https://sqs.example.com/base/";
  http::HttpRequest request;
  request.host = "other:1";
  request.forwarded_host = "proxy";
  EXPECT_EQ(make_queue_url(config, request, {"r", "000000000000", "q"}),
            "https://sqs.example.com/base/000000000000/q");
}

TEST(QueueUrl, IsBuiltFromWhatTheClientUsed) {
  struct Case {
    std::string_view host, forwarded_proto, forwarded_host;
    std::string expected;
  };
  const Case cases[] = {
      {"localhost:9324", "", "", "http://localhost:9324/000000000000/q"},
      {"[::1]:80", "", "", "http://[::1]:80/000000000000/q"},
      {"inner:1", "https", "", "https://inner:1/000000000000/q"},
      {"inner:1", "https", "outer.example.com", "https://outer.example.com/000000000000/q"},
      {"inner:1", "https, http", "outer , inner", "https://outer/000000000000/q"},
      {"inner:1", "javascript", "", "http://inner:1/000000000000/q"},
      {"inner:1", "", "bad host/<", "http://inner:1/000000000000/q"},
      {"", "", "", "http://127.0.0.1:9324/000000000000/q"},
      {"a\"b", "", "", "http://127.0.0.1:9324/000000000000/q"},
  };
  for (const Case& c : cases) {
    http::HttpRequest request;
    request.host = c.host;
    request.forwarded_proto = c.forwarded_proto;
    request.forwarded_host = c.forwarded_host;
    EXPECT_EQ(make_queue_url(Config(), request, {"r", "000000000000", "q"}), c.expected);
  }
}

TEST(QueueUrl, AnIpv6ListenAddressIsBracketed) {
  Config config;
  config.listen_address = "::1";
  EXPECT_EQ(make_queue_url(config, http::HttpRequest(), {"r", "000000000000", "q"}),
            "http://[::1]:9324/000000000000/q");
}

}  // namespace
}  // namespace forebay::server
