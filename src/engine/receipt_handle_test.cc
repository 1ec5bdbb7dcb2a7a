// SPDX-License-Identifier: Apache-2.0
#include "engine/receipt_handle.h"

#include <cstdint>
#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace forebay::engine {
namespace {

constexpr Bytes16 kSecret{9, 8, 7, 6, 5, 4, 3, 2, 1};

ReceiptHandle sample() {
  return {QueueId(3), {Slot(77), MessageNumber(123'456'789)}, 2};
}

TEST(ReceiptHandle, ComesBackAsItWas) {
  const ReceiptHandle extreme{
      QueueId(std::numeric_limits<uint32_t>::max()),
      {Slot(0xffff'fffe), MessageNumber(std::numeric_limits<uint64_t>::max())},
      std::numeric_limits<int32_t>::max()};
  for (const ReceiptHandle& handle : {ReceiptHandle{}, sample(), extreme}) {
    const std::string text = encode_receipt_handle(handle, kSecret);
    EXPECT_EQ(text.size(), 52u);
    EXPECT_TRUE(text.starts_with("AQEB")) << text;
    EXPECT_EQ(decode_receipt_handle(text, kSecret), handle);
  }
}

TEST(ReceiptHandle, DiffersWithEveryFieldItNames) {
  const std::string text = encode_receipt_handle(sample(), kSecret);
  ReceiptHandle other = sample();
  other.receive_count = 3;
  EXPECT_NE(encode_receipt_handle(other, kSecret), text);
  other = sample();
  other.queue = QueueId(4);
  EXPECT_NE(encode_receipt_handle(other, kSecret), text);
  other = sample();
  other.message.number = MessageNumber(1);
  EXPECT_NE(encode_receipt_handle(other, kSecret), text);
}

TEST(ReceiptHandle, AnyChangedByteIsRefused) {
  const std::string text = encode_receipt_handle(sample(), kSecret);
  for (size_t at = 0; at < text.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = text;
      changed[at] = static_cast<char>(byte);
      if (changed == text) continue;
      ASSERT_EQ(decode_receipt_handle(changed, kSecret), std::nullopt)
          << "byte " << at << " set to " << byte;
    }
  }
}

TEST(ReceiptHandle, AnotherSecretsHandleIsRefused) {
  const std::string text = encode_receipt_handle(sample(), kSecret);
  for (size_t at = 0; at < kSecret.size(); ++at) {
    Bytes16 other = kSecret;
    other[at] ^= 1;
    EXPECT_EQ(decode_receipt_handle(text, other), std::nullopt);
  }
}

TEST(ReceiptHandle, OnlyTheExactLengthIsRead) {
  const std::string text = encode_receipt_handle(sample(), kSecret);
  for (size_t length = 0; length < text.size(); ++length) {
    EXPECT_EQ(decode_receipt_handle(text.substr(0, length), kSecret), std::nullopt);
  }
  EXPECT_EQ(decode_receipt_handle(text + "A", kSecret), std::nullopt);
  EXPECT_EQ(decode_receipt_handle(text + "AAAA", kSecret), std::nullopt);
  EXPECT_EQ(decode_receipt_handle(std::string(1 << 20, 'A'), kSecret), std::nullopt);
  EXPECT_EQ(decode_receipt_handle("garbage", kSecret), std::nullopt);
}

}  // namespace
}  // namespace forebay::engine
