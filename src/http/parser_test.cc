// SPDX-License-Identifier: Apache-2.0
#include "http/parser.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace forebay::http {
namespace {

using Progress = HttpParser::Progress;

constexpr uint32_t kHeaderBytesMax = 1024;
constexpr uint64_t kBodyBytesMax = 100'000;

class HttpParserTest : public testing::Test {
 protected:
  /// Gives bytes in pieces as they would come from a socket.
  void feed(std::string_view bytes, size_t piece = std::string_view::npos) {
    while (!bytes.empty()) {
      const std::span<char> room = parser_.prepare();
      const size_t count = std::min({piece, room.size(), bytes.size()});
      std::memcpy(room.data(), bytes.data(), count);
      parser_.commit(count);
      bytes.remove_prefix(count);
      if (!bytes.empty()) {
        const Progress progress = parser_.advance();
        if (progress != Progress::kNeedMore) {
          unread_ = bytes;
          return;
        }
      }
    }
  }

  HttpRequest request() const {
    HttpRequest request;
    parser_.describe(request);
    return request;
  }

  void expect_refused(std::string_view bytes, int status) {
    HttpParser parser(kHeaderBytesMax, kBodyBytesMax);
    const std::span<char> room = parser.prepare();
    ASSERT_LE(bytes.size(), room.size());
    std::memcpy(room.data(), bytes.data(), bytes.size());
    parser.commit(bytes.size());
    ASSERT_EQ(parser.advance(), Progress::kRefused) << bytes;
    EXPECT_EQ(parser.refusal_status(), status) << bytes;
    EXPECT_FALSE(parser.refusal_reason().empty()) << bytes;
  }

  HttpParser parser_{kHeaderBytesMax, kBodyBytesMax};
  std::string_view unread_;
};

constexpr std::string_view kRequest =
    "POST /000000000000/q HTTP/1.1\r\n"
    "Host: localhost:9324\r\n"
    "content-type: application/x-amz-json-1.0\r\n"
    "Accept: application/json\r\n"
    "X-AMZ-Target: AmazonSQS.SendMessage\r\n"
    "Authorization: AWS4-HMAC-SHA256 Credential=x\r\n"
    "X-Amzn-Trace-Id: Root=1\r\n"
    "X-Forwarded-Proto: https\r\n"
    "X-Forwarded-Host: queue.example\r\n"
    "Content-Length: 11\r\n"
    "\r\n"
    "hello world";

TEST_F(HttpParserTest, ShowsEveryPartOfARequest) {
  feed(kRequest);
  ASSERT_EQ(parser_.advance(), Progress::kComplete);
  const HttpRequest shown = request();
  EXPECT_EQ(shown.method, "POST");
  EXPECT_EQ(shown.target, "/000000000000/q");
  EXPECT_EQ(shown.host, "localhost:9324");
  EXPECT_EQ(shown.content_type, "application/x-amz-json-1.0");
  EXPECT_EQ(shown.accept, "application/json");
  EXPECT_EQ(shown.amz_target, "AmazonSQS.SendMessage");
  EXPECT_EQ(shown.authorization, "AWS4-HMAC-SHA256 Credential=x");
  EXPECT_EQ(shown.trace_id, "Root=1");
  EXPECT_EQ(shown.forwarded_proto, "https");
  EXPECT_EQ(shown.forwarded_host, "queue.example");
  EXPECT_EQ(shown.body, "hello world");
  EXPECT_TRUE(parser_.keep_alive());
  EXPECT_FALSE(parser_.http_1_0());
}

TEST_F(HttpParserTest, SplittingAtEveryOffsetChangesNothing) {
  for (size_t cut = 1; cut < kRequest.size(); ++cut) {
    feed(kRequest.substr(0, cut));
    ASSERT_EQ(parser_.advance(), Progress::kNeedMore) << cut;
    feed(kRequest.substr(cut));
    ASSERT_EQ(parser_.advance(), Progress::kComplete) << cut;
    EXPECT_EQ(request().amz_target, "AmazonSQS.SendMessage");
    EXPECT_EQ(request().body, "hello world");
    parser_.next();
  }
}

TEST_F(HttpParserTest, PipelinedRequestsComeOutOneByOne) {
  std::string bytes(kRequest);
  bytes += "GET /health HTTP/1.1\r\n\r\n";
  bytes += kRequest;
  feed(bytes);
  ASSERT_EQ(parser_.advance(), Progress::kComplete);
  EXPECT_EQ(request().body, "hello world");
  parser_.next();
  ASSERT_EQ(parser_.advance(), Progress::kComplete);
  EXPECT_EQ(request().target, "/health");
  EXPECT_EQ(request().host, "");
  EXPECT_EQ(request().body, "");
  parser_.next();
  ASSERT_EQ(parser_.advance(), Progress::kComplete);
  EXPECT_EQ(request().host, "localhost:9324");
  parser_.next();
  EXPECT_EQ(parser_.advance(), Progress::kNeedMore);
  EXPECT_FALSE(parser_.begun());
}

constexpr std::string_view kChunked =
    "POST / HTTP/1.1\r\n"
    "Host: a\r\n"
    "Transfer-Encoding: chunked\r\n"
    "\r\n"
    "5\r\nhello\r\n"
    "1;name=value\r\n \r\n"
    "05\r\nworld\r\n"
    "0\r\n"
    "Host: from-a-trailer\r\n"
    "\r\n";

TEST_F(HttpParserTest, AChunkedBodyIsDecoded) {
  feed(kChunked);
  ASSERT_EQ(parser_.advance(), Progress::kComplete);
  EXPECT_EQ(request().body, "hello world");
  EXPECT_EQ(request().host, "a");
}

TEST_F(HttpParserTest, AChunkedBodySplitAtEveryOffsetIsTheSame) {
  for (size_t cut = 1; cut < kChunked.size(); ++cut) {
    feed(kChunked.substr(0, cut));
    ASSERT_EQ(parser_.advance(), Progress::kNeedMore) << cut;
    feed(kChunked.substr(cut));
    ASSERT_EQ(parser_.advance(), Progress::kComplete) << cut;
    EXPECT_EQ(request().body, "hello world") << cut;
    EXPECT_EQ(request().host, "a") << cut;
    parser_.next();
  }
}

TEST_F(HttpParserTest, ALargeChunkedBodyInSmallPiecesIsDecodedAndTheNextRequestFollows) {
  std::string bytes = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  std::string body;
  for (int i = 0; i < 2000; ++i) {
    const std::string part(static_cast<size_t>(1 + i % 40), static_cast<char>('a' + i % 26));
    char size[8];
    std::snprintf(size, sizeof size, "%zx", part.size());
    bytes.append(size).append("\r\n").append(part).append("\r\n");
    body += part;
  }
  bytes += "0\r\n\r\n";
  feed(bytes, 7);
  ASSERT_EQ(parser_.advance(), Progress::kComplete);
  EXPECT_TRUE(unread_.empty());
  EXPECT_EQ(request().body, body);
  parser_.next();
  feed(kRequest);
  ASSERT_EQ(parser_.advance(), Progress::kComplete);
  EXPECT_EQ(request().body, "hello world");
}

TEST_F(HttpParserTest, MemoryGrowsWithWhatCameNotWithWhatWasAnnounced) {
  feed("POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n");
  ASSERT_EQ(parser_.advance(), Progress::kNeedMore);
  (void)parser_.prepare();
  EXPECT_LE(parser_.capacity(), 8u << 10);
  feed(std::string(50'000, 'x'), 1000);
  EXPECT_LE(parser_.capacity(), 101'000u);
  feed(std::string(50'000, 'y'), 1000);
  ASSERT_EQ(parser_.advance(), Progress::kComplete);
  EXPECT_EQ(request().body, std::string(50'000, 'x') + std::string(50'000, 'y'));
}

TEST(HttpParser, GivesALargeBufferBackAndReleasesAnEmptyOne) {
  HttpParser parser(1024, 10 << 20);
  std::string bytes = "POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n";
  bytes.append(1'000'000, 'x');
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const std::span<char> room = parser.prepare();
    const size_t count = std::min(room.size(), rest.size());
    std::memcpy(room.data(), rest.data(), count);
    parser.commit(count);
    rest.remove_prefix(count);
    parser.advance();
  }
  ASSERT_EQ(parser.advance(), Progress::kComplete);
  EXPECT_GT(parser.capacity(), 1'000'000u);
  parser.next();
  EXPECT_EQ(parser.capacity(), 0u);
  EXPECT_EQ(parser.prepare().size(), 4096u);
  parser.release_empty();
  EXPECT_EQ(parser.capacity(), 0u);
}

TEST_F(HttpParserTest, ARequestThatHasBegunIsNotReleased) {
  feed("POST / HT");
  ASSERT_EQ(parser_.advance(), Progress::kNeedMore);
  parser_.release_empty();
  feed("TP/1.1\r\n\r\n");
  ASSERT_EQ(parser_.advance(), Progress::kComplete);
  EXPECT_EQ(request().method, "POST");
}

TEST_F(HttpParserTest, EmptyLinesBeforeARequestAreIgnored) {
  feed("\r\n\r\nGET / HTTP/1.1\r\n\r\n");
  ASSERT_EQ(parser_.advance(), Progress::kComplete);
  EXPECT_EQ(request().method, "GET");
}

TEST_F(HttpParserTest, HeadIsKnown) {
  feed("HEAD / HTTP/1.1\r\n\r\n");
  ASSERT_EQ(parser_.advance(), Progress::kComplete);
  EXPECT_TRUE(parser_.is_head());
}

TEST_F(HttpParserTest, AnUnknownMethodIsPassedOn) {
  feed("BREW /pot HTTP/1.1\r\n\r\n");
  ASSERT_EQ(parser_.advance(), Progress::kComplete);
  EXPECT_EQ(request().method, "BREW");
  EXPECT_FALSE(parser_.is_head());
}

TEST_F(HttpParserTest, KeepAliveFollowsVersionAndConnectionHeader) {
  struct Row {
    std::string_view bytes;
    bool keep_alive;
    bool http_1_0;
  };
  for (const Row& row : {Row{"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", false, false},
                         Row{"GET / HTTP/1.1\r\nConnection: keep-alive\r\n\r\n", true, false},
                         Row{"GET / HTTP/1.0\r\n\r\n", false, true},
                         Row{"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true, true}}) {
    feed(row.bytes);
    ASSERT_EQ(parser_.advance(), Progress::kComplete) << row.bytes;
    EXPECT_EQ(parser_.keep_alive(), row.keep_alive) << row.bytes;
    EXPECT_EQ(parser_.http_1_0(), row.http_1_0) << row.bytes;
    parser_.next();
  }
}

TEST_F(HttpParserTest, ContinueIsWantedOnceAndOnlyWhileNoBodyCame) {
  const std::string_view head =
      "POST / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n";
  feed(head);
  ASSERT_EQ(parser_.advance(), Progress::kNeedMore);
  EXPECT_TRUE(parser_.take_continue());
  EXPECT_FALSE(parser_.take_continue());
  feed("ab");
  ASSERT_EQ(parser_.advance(), Progress::kComplete);
  EXPECT_FALSE(parser_.take_continue());
  parser_.next();

  feed(std::string(head) + "a");
  ASSERT_EQ(parser_.advance(), Progress::kNeedMore);
  EXPECT_FALSE(parser_.take_continue());
}

TEST_F(HttpParserTest, MalformedRequestsAreRefused) {
  for (std::string_view bytes : {
           " GET / HTTP/1.1\r\n\r\n",
           "\x16\x03\x01\x02",  // a TLS handshake
           "GET / HTTP/2.0\r\n\r\n",
           "GET / SMTP/1.1\r\n\r\n",
           "GET /\r\n\r\n",
           "G(T / HTTP/1.1\r\n\r\n",
           "GET / HTTP/1.1\r\nNo colon\r\n\r\n",
           "GET / HTTP/1.1\r\nName : value\r\n\r\n",
           "GET / HTTP/1.1\r\nFolded: a\r\n b\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
           "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
           "POST / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n",
           "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
           "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
           "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
           "POST / HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
           "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
           "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
           "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
       }) {
    expect_refused(bytes, 400);
  }
}

TEST_F(HttpParserTest, TooLargeIsRefusedBeforeItIsRead) {
  expect_refused("GET / HTTP/1.1\r\nName: " + std::string(kHeaderBytesMax, 'x'), 431);
  expect_refused("GET /" + std::string(kHeaderBytesMax, 'x') + " HTTP/1.1\r\n\r\n", 431);
  expect_refused("POST / HTTP/1.1\r\nContent-Length: 100001\r\n\r\n", 413);
  expect_refused("POST / HTTP/1.1\r\nContent-Length: 18446744073709551615\r\n\r\n", 413);
  expect_refused("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n186a1\r\n", 413);
  expect_refused(
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(kHeaderBytesMax, 'x'),
      431);
}

TEST_F(HttpParserTest, ChunksThatAddUpToTooMuchAreRefused) {
  feed("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "2710\r\n" + std::string(10'000, 'x') + "\r\n";
  for (int i = 0; i < 10; ++i) {
    feed(chunk);
    ASSERT_EQ(parser_.advance(), Progress::kNeedMore);
  }
  feed("1\r\n");
  ASSERT_EQ(parser_.advance(), Progress::kRefused);
  EXPECT_EQ(parser_.refusal_status(), 413);
}

TEST_F(HttpParserTest, AHeaderExactlyAtTheLimitIsAccepted) {
  std::string bytes = "GET / HTTP/1.1\r\nName: \r\n\r\n";
  bytes.insert(bytes.size() - 4, std::string(kHeaderBytesMax - bytes.size(), 'x'));
  feed(bytes);
  ASSERT_EQ(parser_.advance(), Progress::kComplete);
}

}  // namespace
}  // namespace forebay::http
