// SPDX-License-Identifier: Apache-2.0
// Receipt handles: opaque to clients, unforgeable, new with every receive, good across restarts.
//
// A handle names queue, message and receive, followed by a keyed tag over them, in base64. So "not
// a handle", "another queue's", "expired" and "deleted" can be told apart (contract
// sections 4.8, 5.3) without any table. Like AWS's, it starts with "AQEB".
// Thread: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_codec.h"
#include "engine/facts.h"

namespace forebay::engine {

struct ReceiptHandle {
  QueueId queue;
  MessageRef message;
  int32_t receive_count = 0;  // which receive of the message this is

  friend bool operator==(const ReceiptHandle&, const ReceiptHandle&) = default;
};

/// 52 characters.
std::string encode_receipt_handle(const ReceiptHandle& handle, const Bytes16& secret);

/// Nothing when `text` was not made by encode_receipt_handle with this secret.
std::optional<ReceiptHandle> decode_receipt_handle(std::string_view text, const Bytes16& secret);

}  // namespace forebay::engine
