// SPDX-License-Identifier: Apache-2.0
#include "server/send_entry.h"

#include <fmt/format.h>

#include "engine/limits.h"
#include "protocol/digests.h"
#include "server/message_rules.h"
#include "server/parameter_errors.h"
#include "server/queue_url.h"
#include "server/stored_message.h"
#include "server/unicode_text.h"
#include "server/uuid.h"

namespace forebay::server {
namespace {

Result<void> check_contents(const GivenMessage& message) {
  if (message.group_id) TRY(check_token("MessageGroupId", *message.group_id));
  if (message.deduplication_id) {
    TRY(check_token("MessageDeduplicationId", *message.deduplication_id));
  }
  TRY(check_body(message.body));
  TRY(check_message_attributes(message.attributes));
  TRY(check_system_attributes(message.system_attributes));
  return {};
}

std::string_view trace_header(const SendCircumstances& circumstances, const GivenMessage& message) {
  for (const auto& [name, value] : message.system_attributes) {
    if (name == kTraceHeaderName) return *value.string_value;
  }
  return is_message_text(circumstances.trace_id) ? circumstances.trace_id : std::string_view();
}

/// Bytes to keep of a message without faults.
std::string stored_content(const SendCircumstances& circumstances, const GivenMessage& message,
                           std::string_view body_md5, std::string_view body_sha256) {
  StoredMessage stored;
  stored.body_md5 = body_md5;
  stored.body = message.body;
  stored.sender_id = circumstances.sender_id;
  stored.trace_header = trace_header(circumstances, message);
  stored.deduplication_id =
      message.deduplication_id ? std::string_view(*message.deduplication_id) : body_sha256;
  for (const auto& [name, value] : message.attributes) {
    const std::string& content = value.binary_value ? *value.binary_value : *value.string_value;
    stored.attributes.push_back({name, *value.data_type, content});
  }
  return encode_stored_message(stored);
}

}  // namespace

Result<void> check_delay_seconds(const protocol::OptionalInt& delay_seconds) {
  if (delay_seconds && (*delay_seconds < 0 || *delay_seconds > engine::kDelaySecondsMax)) {
    return invalid_parameter(*delay_seconds, "DelaySeconds",
                             "DelaySeconds must be >= 0 and <= 900.");
  }
  return {};
}

PreparedMessage prepare_message(const SendCircumstances& circumstances, const GivenMessage& message,
                                const InlineText<32>& body_md5) {
  PreparedMessage prepared;
  engine::SendEntry& entry = prepared.entry;
  entry.message_id = random_uuid(circumstances.random);
  entry.size_bytes = message_size(message.body, message.attributes);
  entry.delay_seconds = message.delay_seconds;
  entry.message_group_id = message.group_id;
  entry.message_deduplication_id = message.deduplication_id;
  if (const Result<void> contents = check_contents(message); !contents.ok()) {
    entry.content_error = contents.error();
    return prepared;
  }
  // Only FIFO queues look at it, and a large body takes milliseconds.
  if (is_fifo_name(circumstances.queue.name)) {
    entry.body_sha256 = protocol::sha256_hex(message.body);
  }
  protocol::SendMessageReply& reply = prepared.reply;
  reply.md5_of_message_body = body_md5;
  reply.md5_of_message_attributes = protocol::md5_of_message_attributes(message.attributes);
  reply.md5_of_message_system_attributes =
      protocol::md5_of_message_attributes(message.system_attributes);
  entry.content = stored_content(circumstances, message, body_md5, entry.body_sha256);
  return prepared;
}

void finish_reply(protocol::SendMessageReply& reply, const engine::SentMessage& sent) {
  reply.message_id = uuid_text(sent.message_id);
  if (sent.fifo) reply.sequence_number = sequence_number(sent.number);
}

InlineText<20> sequence_number(MessageNumber number) {
  constexpr uint64_t kTwentyDigits = 10'000'000'000'000'000'000u;
  return std::string_view(fmt::format_int(kTwentyDigits + number.value).c_str());
}

}  // namespace forebay::server
