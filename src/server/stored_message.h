// SPDX-License-Identifier: Apache-2.0
// What is kept of a message besides its identity: the `content` bytes of a send, opaque to engine
// and journal.
//
// Written once at the send, read at every receive. The message id and the group id are kept by the
// engine. Bytes (all lengths are varints; see base/byte_codec.h):
//
//   content   = version MD5 body sender_id trace_header deduplication_id count { attribute }
//   version   = u8, 1
//   MD5       = 16 bytes, of the body
//   attribute = name data_type value      ; raw bytes when the type is Binary
//
// An empty trace_header or deduplication_id means none. Changing this: a new version byte, and the
// old one stays readable.
// Thread: any.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <forebay/inline_text.h>

#include "base/result.h"

namespace forebay::server {

/// Views of bytes that belong to somebody else: the request when writing, the content when reading.
struct StoredMessage {
  struct Attribute {
    std::string_view name;
    std::string_view data_type;
    std::string_view value;
  };
  InlineText<32> body_md5;  // lower-case hexadecimal digits
  std::string_view body;
  std::string_view sender_id;
  std::string_view trace_header;
  std::string_view deduplication_id;
  std::vector<Attribute> attributes;
};

std::string encode_stored_message(const StoredMessage& message);

/// Views into `content`.
/// Errors: kStorageDamaged: an unknown version, or not what encode wrote.
Result<StoredMessage> decode_stored_message(std::string_view content);

}  // namespace forebay::server
