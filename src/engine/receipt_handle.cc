// SPDX-License-Identifier: Apache-2.0
#include "engine/receipt_handle.h"

#include <array>

#include <forebay/inline_text.h>

#include "base/base64.h"
#include "base/siphash.h"

namespace forebay::engine {
namespace {

constexpr std::string_view kVersion{"\x01\x01\x01", 3};  // "AQEB" in base64
constexpr size_t kClaimBytes = 3 + 4 + 4 + 8 + 4;
constexpr size_t kHandleBytes = kClaimBytes + 16;
constexpr size_t kTextBytes = (kHandleBytes + 2) / 3 * 4;

using HandleBytes = InlineText<kHandleBytes>;

HandleBytes encode_claim(const ReceiptHandle& handle) {
  HandleBytes out(kVersion);
  const auto add = [&out](auto value) {
    out.append({reinterpret_cast<const char*>(&value), sizeof value});
  };
  add(handle.queue.value);
  add(handle.message.slot.value);
  add(handle.message.number.value);
  add(handle.receive_count);
  CHECK(out.size() == kClaimBytes);
  return out;
}

}  // namespace

std::string encode_receipt_handle(const ReceiptHandle& handle, const Bytes16& secret) {
  HandleBytes bytes = encode_claim(handle);
  const Bytes16 tag = siphash128(secret, bytes);
  bytes.append({reinterpret_cast<const char*>(tag.data()), tag.size()});
  return base64_encode(bytes);
}

std::optional<ReceiptHandle> decode_receipt_handle(std::string_view text, const Bytes16& secret) {
  if (text.size() != kTextBytes) return std::nullopt;
  std::array<char, kHandleBytes> decoded;
  if (!base64_decode(text, decoded)) return std::nullopt;
  const std::string_view bytes(decoded.data(), decoded.size());
  const std::string_view claim = bytes.substr(0, kClaimBytes);
  const Bytes16 expected = siphash128(secret, claim);
  const Bytes16 tag = ByteReader(bytes.substr(kClaimBytes)).bytes16();
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
