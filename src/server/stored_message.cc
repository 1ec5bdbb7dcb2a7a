// SPDX-License-Identifier: Apache-2.0
#include "server/stored_message.h"

#include "base/base64.h"
#include "base/byte_codec.h"
#include "base/check.h"
#include "server/message_rules.h"

namespace forebay::server {
namespace {

constexpr uint8_t kVersion = 1;
constexpr size_t kFieldOverhead = 10;  // of a varint length, at most

Error damaged(std::string_view what) {
  return {ErrorCode::kStorageDamaged, "stored message: " + std::string(what)};
}

size_t encoded_bytes_max(const StoredMessage& message) {
  size_t bytes = 1 + message.body_md5.size() + 5 * kFieldOverhead + message.body.size() +
                 message.sender_id.size() + message.trace_header.size() +
                 message.deduplication_id.size();
  for (const StoredMessage::Attribute& attribute : message.attributes) {
    bytes += 3 * kFieldOverhead + attribute.name.size() + attribute.data_type.size() +
             attribute.value.size();
  }
  return bytes;
}

uint8_t digit_value(char digit) {
  const bool decimal = digit >= '0' && digit <= '9';
  CHECK(decimal || (digit >= 'a' && digit <= 'f'));
  return static_cast<uint8_t>(decimal ? digit - '0' : digit - 'a' + 10);
}

Bytes16 from_hex(std::string_view digits) {
  Bytes16 bytes;
  CHECK(digits.size() == 2 * bytes.size());
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] =
        static_cast<uint8_t>(digit_value(digits[2 * i]) << 4 | digit_value(digits[2 * i + 1]));
  }
  return bytes;
}

}  // namespace

std::string encode_stored_message(const StoredMessage& message) {
  std::string content;
  content.reserve(encoded_bytes_max(message));
  ByteWriter writer(content);
  writer.fixed(kVersion);
  writer.bytes16(from_hex(message.body_md5));
  writer.bytes(message.body);
  writer.bytes(message.sender_id);
  writer.bytes(message.trace_header);
  writer.bytes(message.deduplication_id);
  writer.varint(message.attributes.size());
  for (const StoredMessage::Attribute& attribute : message.attributes) {
    writer.bytes(attribute.name);
    writer.bytes(attribute.data_type);
    writer.bytes(attribute.value);
  }
  return content;
}

Result<StoredMessage> decode_stored_message(std::string_view content) {
  ByteReader reader(content);
  const auto version = reader.fixed<uint8_t>();
  if (reader.ok() && version != kVersion) return damaged("unknown version");
  StoredMessage message;
  message.body_md5 = hex_encode(reader.bytes16());
  message.body = reader.bytes();
  message.sender_id = reader.bytes();
  message.trace_header = reader.bytes();
  message.deduplication_id = reader.bytes();
  const uint64_t count = reader.varint();
  if (count > static_cast<uint64_t>(kMessageAttributesMax)) return damaged("too many attributes");
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    StoredMessage::Attribute& attribute = message.attributes.emplace_back();
    attribute.name = reader.bytes();
    attribute.data_type = reader.bytes();
    attribute.value = reader.bytes();
  }
  if (!reader.done()) return damaged("cut short or too long");
  return message;
}

}  // namespace forebay::server
