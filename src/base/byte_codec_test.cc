// SPDX-License-Identifier: Apache-2.0
#include "base/byte_codec.h"

#include <limits>

#include <gtest/gtest.h>

namespace forebay {
namespace {

TEST(ByteCodec, ReadsBackWhatWasWritten) {
  std::string out;
  ByteWriter w(out);
  w.fixed<uint8_t>(7);
  w.fixed<int64_t>(-5);
  w.varint(0);
  w.varint(127);
  w.varint(128);
  w.varint(std::numeric_limits<uint64_t>::max());
  w.bytes("hello");
  w.bytes16({1, 2, 3});

  ByteReader r(out);
  EXPECT_EQ(r.fixed<uint8_t>(), 7);
  EXPECT_EQ(r.fixed<int64_t>(), -5);
  EXPECT_EQ(r.varint(), 0u);
  EXPECT_EQ(r.varint(), 127u);
  EXPECT_EQ(r.varint(), 128u);
  EXPECT_EQ(r.varint(), std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(r.bytes(), "hello");
  EXPECT_EQ(r.bytes16(), (Bytes16{1, 2, 3}));
  EXPECT_TRUE(r.done());
}

TEST(ByteCodec, ShortInputIsNoticedAndReadsNothing) {
  std::string out;
  ByteWriter(out).bytes("hello");
  for (size_t length = 0; length < out.size(); ++length) {
    ByteReader r(std::string_view(out).substr(0, length));
    EXPECT_EQ(r.bytes(), "");
    EXPECT_FALSE(r.ok());
    EXPECT_EQ(r.fixed<uint64_t>(), 0u);
  }
}

TEST(ByteCodec, AnEndlessVarintIsMalformed) {
  const std::string endless(20, '\xff');
  ByteReader r(endless);
  EXPECT_EQ(r.varint(), 0u);
  EXPECT_FALSE(r.ok());
}

}  // namespace
}  // namespace forebay
