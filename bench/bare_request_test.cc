// SPDX-License-Identifier: Apache-2.0
#include "bare_request.h"

#include <string>

#include <gtest/gtest.h>

namespace forebay::bench {
namespace {

constexpr std::string_view kPost = "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";
constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

TEST(BareRequest, PipelinedRequestsAreCountedOneByOne) {
  const std::string bytes = std::string(kPost) + std::string(kGet) + std::string(kPost);
  const Requests found = complete_requests(bytes);
  EXPECT_EQ(found.count, 3u);
  EXPECT_EQ(found.bytes, bytes.size());
  EXPECT_TRUE(found.valid);
}

TEST(BareRequest, CutAnywhereOnlyWhatIsCompleteCounts) {
  const std::string bytes = std::string(kGet) + std::string(kPost);
  for (size_t length = 0; length < bytes.size(); ++length) {
    const Requests found = complete_requests(std::string_view(bytes).substr(0, length));
    EXPECT_EQ(found.count, length >= kGet.size() ? 1u : 0u) << length;
    EXPECT_EQ(found.bytes, length >= kGet.size() ? kGet.size() : 0u) << length;
    EXPECT_TRUE(found.valid) << length;
  }
}

TEST(BareRequest, TheLengthsNameIsReadInAnyCase) {
  const Requests found = complete_requests("POST / HTTP/1.1\r\ncOnTeNt-LeNgTh:2\r\n\r\nabGET");
  EXPECT_EQ(found.count, 1u);
  EXPECT_TRUE(found.valid);
}

TEST(BareRequest, WhatCannotBecomeARequestIsInvalid) {
  EXPECT_FALSE(complete_requests("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n").valid);
  EXPECT_FALSE(complete_requests("POST / HTTP/1.1\r\nContent-Length: 5x\r\n\r\nhello").valid);
  EXPECT_FALSE(complete_requests("POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n").valid);
  EXPECT_FALSE(complete_requests(std::string(20'000, 'x')).valid);
  EXPECT_FALSE(complete_requests(std::string(20'000, 'x') + "\r\n\r\n").valid);
}

}  // namespace
}  // namespace forebay::bench
