// SPDX-License-Identifier: Apache-2.0
// The archive in S3, against a server that answers what the test wants. Whether a signature is
// right only another's program can tell: tests/python/test_dead_letter_commands.py.
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <forebay/sqs/dead_letter_archive.h>
#include <gtest/gtest.h>

#include "auth/sigv4.h"
#include "dead_letter_manager/s3_calls.h"
#include "dead_letter_manager/s3_listing.h"
#include "env/testing/fake_http_server.h"

namespace forebay::sqs {
namespace {

using env::testing::FakeHttpServer;
using env::testing::http_answer;
using std::chrono::milliseconds;

std::string xml_error(const std::string& code) {
  return "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>no</Message></Error>";
}

class S3ArchiveTest : public ::testing::Test {
 protected:
  S3ArchiveOptions options() {
    return {.bucket = "letters",
            .prefix = "a b/",
            .endpoint_url = server_.url(),
            .region = "eu-west-1",
            .credentials = Credentials{.access_key_id = "id", .secret_access_key = "secret"},
            .retry = {.backoff_base = milliseconds(1), .throttled_backoff_base = milliseconds(1)}};
  }
  std::unique_ptr<DeadLetterArchive> open(const S3ArchiveOptions& given) {
    auto archive = open_s3_archive(given);
    EXPECT_TRUE(archive.ok()) << archive.error();
    return *std::move(archive);
  }
  static Result<void> put_one(DeadLetterArchive& archive) {
    return archive.put(std::vector<ArchiveFile>{{"x.json", "{}"}}, {}).front();
  }
  /// What the server has got, when it has stopped.
  const std::vector<std::string>& requests() {
    server_.stop();
    return requests_;
  }

  std::vector<std::string> answers_;  // from the front; the last one again and again
  std::vector<std::string> requests_;
  FakeHttpServer server_{[this](std::string_view request) {
    requests_.emplace_back(request);
    const std::string answer = answers_.front();
    if (answers_.size() > 1) answers_.erase(answers_.begin());
    return answer;
  }};
};

TEST_F(S3ArchiveTest, AFileIsPutUnderItsNameWithItsDigest) {
  answers_ = {http_answer(200, "")};
  const auto archive = open(options());
  EXPECT_TRUE(put_one(*archive).ok());
  ASSERT_EQ(requests().size(), 1u);
  const std::string& request = requests()[0];
  EXPECT_TRUE(request.starts_with("PUT /letters/a%20b/x.json HTTP/1.1\r\n")) << request;
  EXPECT_NE(request.find("X-Amz-Content-Sha256: " + auth::sha256_hex("{}")), request.npos);
  EXPECT_NE(request.find("/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;"
                         "x-amz-date, Signature="),
            request.npos);
  EXPECT_TRUE(request.ends_with("\r\n\r\n{}"));
}

TEST_F(S3ArchiveTest, WhatCanSucceedLaterIsRepeated) {
  answers_ = {http_answer(503, xml_error("SlowDown")), http_answer(500, xml_error("InternalError")),
              http_answer(200, "")};
  const auto archive = open(options());
  EXPECT_TRUE(put_one(*archive).ok());
  EXPECT_EQ(requests().size(), 3u);
}

TEST_F(S3ArchiveTest, WhatCannotIsTold) {
  const std::vector<std::tuple<int, std::string, ErrorKind>> cases = {
      {403, "SignatureDoesNotMatch", ErrorKind::kAuth},
      {404, "NoSuchBucket", ErrorKind::kNotFound},
      {301, "PermanentRedirect", ErrorKind::kConfiguration},
      {400, "EntityTooLarge", ErrorKind::kTooLarge},
      {400, "InvalidRequest", ErrorKind::kInvalidRequest}};
  const auto archive = open(options());
  for (const auto& [status, code, kind] : cases) {
    answers_ = {http_answer(status, xml_error(code))};
    const Result<void> answer = put_one(*archive);
    ASSERT_FALSE(answer.ok()) << code;
    EXPECT_EQ(answer.error().kind, kind) << code;
    EXPECT_EQ(answer.error().code, code);
  }
  EXPECT_EQ(requests().size(), cases.size());
}

TEST_F(S3ArchiveTest, ItGivesUpInTheEnd) {
  answers_ = {http_answer(503, xml_error("SlowDown"))};
  const auto archive = open(options());
  const Result<void> answer = put_one(*archive);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind, ErrorKind::kThrottled);
  EXPECT_EQ(requests().size(), 3u);
}

TEST_F(S3ArchiveTest, ALostConnectionIsRepeatedAndTold) {
  answers_ = {""};
  const auto archive = open(options());
  const Result<void> answer = put_one(*archive);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind, ErrorKind::kNetwork);
  EXPECT_EQ(requests().size(), 3u);
}

TEST_F(S3ArchiveTest, AStopEndsAPause) {
  answers_ = {http_answer(503, xml_error("SlowDown"))};
  S3ArchiveOptions given = options();
  given.retry.max_attempts = 1'000'000;
  const auto archive = open(given);
  std::stop_source stop;
  const std::jthread stopper([&] { stop.request_stop(); });
  const auto answers = archive->put(std::vector<ArchiveFile>{{"x.json", "{}"}}, stop.get_token());
  ASSERT_FALSE(answers.front().ok());
  EXPECT_EQ(answers.front().error().kind, ErrorKind::kCancelled);
}

TEST_F(S3ArchiveTest, AListingIsReadPageByPage) {
  answers_ = {http_answer(200,
                          "<ListBucketResult><Contents><Key>a b/1.json</Key></Contents>"
                          "<Contents><Key>a b/2.txt</Key></Contents>"
                          "<Contents><Key>a b/3.json</Key></Contents></ListBucketResult>"),
              http_answer(200,
                          "<ListBucketResult><Contents><Key>a b/4/x.json</Key></Contents>"
                          "</ListBucketResult>"),
              http_answer(200, "<ListBucketResult></ListBucketResult>")};
  const auto archive = open(options());
  const auto first = archive->list("", {});
  ASSERT_TRUE(first.ok()) << first.error();
  EXPECT_EQ(*first, (std::vector<std::string>{"1.json", "3.json"}));
  const auto second = archive->list("3.json", {});
  ASSERT_TRUE(second.ok());
  EXPECT_TRUE(second->empty());
  ASSERT_EQ(requests().size(), 3u);
  EXPECT_TRUE(requests()[0].starts_with(
      "GET /letters/?list-type=2&prefix=a%20b%2F&start-after=a%20b%2F HTTP/1.1\r\n"));
  EXPECT_TRUE(requests()[2].starts_with(
      "GET /letters/?list-type=2&prefix=a%20b%2F&start-after=a%20b%2F4%2Fx.json HTTP/1.1\r\n"));
}

TEST_F(S3ArchiveTest, OptionsThatCannotWorkAreRefused) {
  for (const auto& [bucket, prefix] : std::vector<std::pair<std::string, std::string>>{
           {"", ""}, {"a/b", ""}, {"a?b", ""}, {"a", "../x/"}, {"a", "x/./"}}) {
    S3ArchiveOptions given = options();
    given.bucket = bucket;
    given.prefix = prefix;
    const auto archive = open_s3_archive(given);
    ASSERT_FALSE(archive.ok()) << bucket << " " << prefix;
    EXPECT_EQ(archive.error().kind, ErrorKind::kConfiguration);
  }
}

TEST(S3Listing, EntitiesAreCharacters) {
  EXPECT_EQ(detail::keys_of_listing("<Key>a&amp;b&lt;&#38;&#x27;&unknown;&</Key><Key></Key><Key>x"),
            (std::vector<std::string>{"a&b<&'&unknown;&", ""}));
}

TEST(S3Error, SaysWhereTheBucketIs) {
  const Error error =
      detail::s3_error(301,
                       "<Error><Code>PermanentRedirect</Code><Message>Elsewhere.</Message>"
                       "<Region>eu-central-1</Region></Error>",
                       "r");
  EXPECT_EQ(error.message, "Elsewhere. The bucket is in the region eu-central-1.");
  EXPECT_FALSE(error.retryable);
}

}  // namespace
}  // namespace forebay::sqs
