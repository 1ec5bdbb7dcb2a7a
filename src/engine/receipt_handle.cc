// SPDX-License-Identifier: Apache-2.0
#include "engine/receipt_handle.h"

#include "base/base64.h"
#include "base/siphash.h"

namespace forebay::engine {
namespace {

constexpr std::string_view kVersion{"\x01\x01\x01", 3};  // "AQEB" in base64
constexpr size_t kClaimBytes = 3 + 4 + 4 + 8 + 4;
constexpr size_t kHandleBytes = kClaimBytes + 16;
constexpr size_t kTextBytes = (kHandleBytes + 2) / 3 * 4;

std::string encode_claim(const ReceiptHandle& handle) {
  std::string out(kVersion);
  ByteWriter writer(out);
  writer.fixed(handle.queue.value);
  writer.fixed(handle.message.slot.value);
  writer.fixed(handle.message.number.value);
  writer.fixed(handle.receive_count);
  CHECK(out.size() == kClaimBytes);
  return out;
}

}  // namespace

std::string encode_receipt_handle(const ReceiptHandle& handle, const Bytes16& secret) {
  std::string bytes = encode_claim(handle);
  const Bytes16 tag = siphash128(secret, bytes);
  ByteWriter(bytes).bytes16(tag);
  return base64_encode(bytes);
}

std::optional<ReceiptHandle> decode_receipt_handle(std::string_view text, const Bytes16& secret) {
  if (text.size() != kTextBytes) return std::nullopt;
  const std::optional<std::string> bytes = base64_decode(text);
  if (!bytes || bytes->size() != kHandleBytes) return std::nullopt;
  const std::string_view claim = std::string_view(*bytes).substr(0, kClaimBytes);
  const Bytes16 expected = siphash128(secret, claim);
  const Bytes16 tag = ByteReader(std::string_view(*bytes).substr(kClaimBytes)).bytes16();
  uint8_t difference = 0;  // compared in constant time: a guess must not learn how far it was right
  for (size_t i = 0; i < tag.size(); ++i) difference |= static_cast<uint8_t>(tag[i] ^ expected[i]);
  if (difference != 0 || !claim.starts_with(kVersion)) return std::nullopt;

  ByteReader reader(claim.substr(kVersion.size()));
  ReceiptHandle handle;
  handle.queue.value = reader.fixed<uint32_t>();
  handle.message.slot.value = reader.fixed<uint32_t>();
  handle.message.number.value = reader.fixed<uint64_t>();
  handle.receive_count = reader.fixed<int32_t>();
  return handle;
}

}  // namespace forebay::engine
