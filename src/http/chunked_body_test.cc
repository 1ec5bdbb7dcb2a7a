// SPDX-License-Identifier: Apache-2.0
#include "http/chunked_body.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace forebay::http {
namespace {

using Progress = HttpChunkedBody::Progress;

struct Outcome {
  Progress progress;
  std::string body;
  size_t unread;
};

/// Decodes in place, given in pieces of `piece` bytes.
Outcome decode(std::string_view bytes, size_t piece, uint32_t line_max = 64,
               uint64_t body_max = 100) {
  HttpChunkedBody decoder(line_max, body_max);
  std::string buffer;
  size_t body = 0;
  Progress progress = Progress::kNeedMore;
  while (progress == Progress::kNeedMore && !bytes.empty()) {
    buffer.append(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    progress = decoder.decode(std::string_view(buffer).substr(body), buffer.data() + body);
    buffer.erase(body + decoder.produced(), decoder.consumed() - decoder.produced());
    body += decoder.produced();
  }
  return {progress, buffer.substr(0, body), buffer.size() - body + bytes.size()};
}

TEST(HttpChunkedBody, HoweverItIsCutTheBodyIsTheSame) {
  for (std::string_view bytes :
       {"5\r\nhello\r\n1\r\n \r\n005;a=\"b;c\"\r\nworld\r\n0\r\n\r\nNEXT",
        "5\r\nhello\r\n6 ; x\r\n world\r\n00\r\nName: value\r\nOther: value\r\n\r\nNEXT",
        "B\r\nhello world\r\n0;last\r\n\r\nNEXT"}) {
    for (size_t piece = 1; piece <= bytes.size(); ++piece) {
      const Outcome outcome = decode(bytes, piece);
      ASSERT_EQ(outcome.progress, Progress::kDone) << bytes << piece;
      EXPECT_EQ(outcome.body, "hello world");
      EXPECT_EQ(outcome.unread, 4u);
    }
  }
}

TEST(HttpChunkedBody, AnEmptyBodyHasOnlyALastChunk) {
  for (size_t piece = 1; piece <= 5; ++piece) {
    const Outcome outcome = decode("0\r\n\r\n", piece);
    EXPECT_EQ(outcome.progress, Progress::kDone);
    EXPECT_EQ(outcome.body, "");
  }
}

TEST(HttpChunkedBody, AnUnfinishedBodyNeedsMore) {
  const std::string_view bytes = "5\r\nhello\r\n0\r\nA: b\r\n\r\n";
  for (size_t length = 1; length < bytes.size(); ++length) {
    EXPECT_EQ(decode(bytes.substr(0, length), 1).progress, Progress::kNeedMore) << length;
  }
}

TEST(HttpChunkedBody, WhatIsMalformedIsRefusedHoweverItIsCut) {
  for (std::string_view bytes :
       {"\r\n", "x\r\n", "5 5\r\nhello\r\n", "-5\r\n", "0x5\r\n", "5\nhello\r\n", "5\r\r\n",
        "\r5\r\n", "5\r\nhelloX\r\n", "5\r\nhello\n0\r\n\r\n", "00000000000000001\r\n",
        "0\r\nno colon\r\n\r\n", "0\r\nA: b\n\r\n", "0\r\n\n"}) {
    for (size_t piece : {size_t{1}, size_t{2}, bytes.size()}) {
      EXPECT_EQ(decode(bytes, piece).progress, Progress::kMalformed) << bytes;
    }
  }
}

TEST(HttpChunkedBody, LimitsHoldHoweverItIsCut) {
  struct Row {
    std::string bytes;
    Progress progress;
  };
  for (const Row& row : {
           Row{"65\r\n", Progress::kBodyTooLarge},
           Row{"ffffffffffffffff\r\n", Progress::kBodyTooLarge},
           Row{"1\r\na\r\n64\r\n", Progress::kBodyTooLarge},
           Row{"64\r\n" + std::string(100, 'x') + "\r\n0\r\n\r\n", Progress::kDone},
           Row{"1;" + std::string(60, 'x') + "\r\na\r\n0\r\n\r\n", Progress::kDone},
           Row{"1;" + std::string(61, 'x') + "\r\na\r\n0\r\n\r\n", Progress::kLineTooLong},
           Row{"0\r\nA: " + std::string(57, 'x') + "\r\n\r\n", Progress::kDone},
           Row{"0\r\nA: " + std::string(58, 'x') + "\r\n\r\n", Progress::kLineTooLong},
           Row{"0\r\nA: " + std::string(30, 'x') + "\r\nA: " + std::string(30, 'x') + "\r\n\r\n",
               Progress::kLineTooLong},
       }) {
    for (size_t piece : {size_t{1}, size_t{7}, row.bytes.size()}) {
      EXPECT_EQ(decode(row.bytes, piece).progress, row.progress) << row.bytes << piece;
    }
  }
}

}  // namespace
}  // namespace forebay::http
