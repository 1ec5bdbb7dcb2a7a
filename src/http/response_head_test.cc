// SPDX-License-Identifier: Apache-2.0
#include "http/response_head.h"

#include <gtest/gtest.h>

namespace forebay::http {
namespace {

constexpr WallMs kMoment(784'111'777'999);  // the moment that RFC 9110 uses as its example

TEST(HttpResponseHead, WritesEveryHeaderTheResponseHas) {
  HttpResponseHead head;
  HttpResponse response{.status = 400,
                        .content_type = "application/x-amz-json-1.0",
                        .request_id = "an-id",
                        .query_error = "Code;Sender",
                        .body = "12345"};
  EXPECT_EQ(head.format(response, ConnectionHeader::kClose, kMoment),
            "HTTP/1.1 400 Bad Request\r\n"
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Content-Type: application/x-amz-json-1.0\r\n"
            "Content-Length: 5\r\n"
            "x-amzn-RequestId: an-id\r\n"
            "x-amzn-query-error: Code;Sender\r\n"
            "Connection: close\r\n"
            "\r\n");
}

TEST(HttpResponseHead, LeavesOutWhatTheResponseDoesNotHave) {
  HttpResponseHead head;
  EXPECT_EQ(head.format(HttpResponse{}, ConnectionHeader::kNone, kMoment),
            "HTTP/1.1 200 OK\r\n"
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Content-Length: 0\r\n"
            "\r\n");
}

TEST(HttpResponseHead, AResponseThatCannotHaveABodyHasNoLength) {
  HttpResponseHead head;
  const std::string_view text =
      head.format(HttpResponse{.status = 204}, ConnectionHeader::kKeepAlive, kMoment);
  EXPECT_EQ(text.find("Content-Length"), std::string_view::npos);
  EXPECT_NE(text.find("Connection: keep-alive\r\n"), std::string_view::npos);
}

TEST(HttpResponseHead, TheDateFollowsTheClock) {
  HttpResponseHead head;
  head.format(HttpResponse{}, ConnectionHeader::kNone, kMoment);
  const std::string_view later = head.format(HttpResponse{}, ConnectionHeader::kNone, kMoment + 1);
  EXPECT_NE(later.find("Date: Sun, 06 Nov 1994 08:49:38 GMT\r\n"), std::string_view::npos);
}

}  // namespace
}  // namespace forebay::http
