// SPDX-License-Identifier: Apache-2.0
#include "server/received_attributes.h"

#include <algorithm>

#include "engine/facts.h"
#include "protocol/digests.h"
#include "server/message_rules.h"
#include "server/send_entry.h"
#include "server/stored_message.h"
#include "server/uuid.h"

namespace forebay::server {
namespace {

using Message = engine::ReceiveMessages::Message;

/// Everything known of one message.
struct Known {
  const Message& message;
  const StoredMessage& stored;
  InlineText<36> message_id;  // of the message it is now, after all move tasks
  std::string_view group;
};

std::string deduplication_id(const Known& known) {
  if (!known.message.fifo) return {};
  // A dead-letter queue's own deduplication must not swallow what was moved there.
  if (!known.message.dead_letter_source_arn.empty()) return std::string(known.message_id);
  return std::string(known.stored.deduplication_id);
}

/// Those selected that the message has. Empty means that it has none.
protocol::StringPairs system_attributes(const Known& known, const AttributeSelection& selection) {
  if (!selection.has_any_system()) return {};
  const Message& message = known.message;
  const std::pair<std::string_view, std::string> all[] = {
      {"ApproximateFirstReceiveTimestamp", std::to_string(message.first_received.value)},
      {"ApproximateReceiveCount", std::to_string(message.receive_count)},
      {kTraceHeaderName, std::string(known.stored.trace_header)},
      {"DeadLetterQueueSourceArn", message.dead_letter_source_arn},
      {"MessageDeduplicationId", deduplication_id(known)},
      {"MessageGroupId", std::string(known.group)},
      {"SenderId", std::string(known.stored.sender_id)},
      {"SentTimestamp", std::to_string(message.sent.value)},
      {"SequenceNumber",
       message.fifo ? std::string(sequence_number(message.number)) : std::string()},
  };
  protocol::StringPairs shown;
  for (const auto& [name, value] : all) {
    if (!value.empty() && selection.has_system(name)) shown.emplace_back(name, value);
  }
  return shown;
}

protocol::MessageAttributes message_attributes(const StoredMessage& stored,
                                               const AttributeSelection& selection) {
  protocol::MessageAttributes shown;
  for (const StoredMessage::Attribute& attribute : stored.attributes) {
    if (!selection.has_message(attribute.name)) continue;
    protocol::MessageAttributeValue value;
    value.data_type = std::string(attribute.data_type);
    const bool binary = base_type(attribute.data_type) == "Binary";
    (binary ? value.binary_value : value.string_value) = std::string(attribute.value);
    shown.emplace_back(attribute.name, std::move(value));
  }
  return shown;
}

}  // namespace

bool AttributeSelection::has_system(std::string_view name) const {
  return std::any_of(system_names_.begin(), system_names_.end(),
                     [name](std::string_view wanted) { return wanted == name || wanted == "All"; });
}

bool AttributeSelection::has_message(std::string_view name) const {
  return std::any_of(message_names_.begin(), message_names_.end(), [name](std::string_view wanted) {
    if (wanted == "All" || wanted == "*" || wanted == name) return true;
    return wanted.ends_with(".*") && name.starts_with(wanted.substr(0, wanted.size() - 2));
  });
}

Result<protocol::ReceivedMessage> show_message(const Message& message,
                                               const AttributeSelection& selection) {
  TRY_ASSIGN(const engine::MessageSent sent, engine::decode_content(message.record));
  TRY_ASSIGN(const StoredMessage stored, decode_stored_message(sent.content));
  const Bytes16 id = engine::message_id_after_moves(sent.message_id, message.move_count);
  const Known known{message, stored, uuid_text(id), sent.group};

  protocol::ReceivedMessage shown;
  shown.message_id = known.message_id;
  shown.receipt_handle = message.receipt_handle;
  shown.md5_of_body = stored.body_md5;
  shown.body = stored.body;
  shown.attributes = system_attributes(known, selection);
  shown.message_attributes = message_attributes(stored, selection);
  shown.md5_of_message_attributes = protocol::md5_of_message_attributes(shown.message_attributes);
  return shown;
}

}  // namespace forebay::server
