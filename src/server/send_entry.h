// SPDX-License-Identifier: Apache-2.0
// From a message as a client sends it to what the engine takes and what the client gets told.
// Shared by SendMessage and SendMessageBatch.
// Thread: any.
#pragma once

#include <optional>
#include <string_view>

#include "engine/operations.h"
#include "env/clock.h"
#include "protocol/shapes.h"

namespace forebay::server {

/// What a message's request says besides the message. Borrows everything.
struct SendCircumstances {
  const engine::QueueAddress& queue;
  std::string_view sender_id;
  std::string_view
      trace_id;  // X-Amzn-Trace-Id: AWSTraceHeader of messages that have none; may be empty
  env::Random& random;
};

/// Views of one message of a request. Its body is there.
struct GivenMessage {
  const std::string& body;
  const protocol::OptionalInt& delay_seconds;
  const protocol::MessageAttributes& attributes;
  const protocol::MessageAttributes& system_attributes;
  const protocol::OptionalString& deduplication_id;
  const protocol::OptionalString& group_id;
};

/// `Source` is SendMessageRequest or a batch's entry.
template <class Source>
GivenMessage given_message(const Source& source) {
  return {*source.message_body,
          source.delay_seconds,
          source.message_attributes,
          source.message_system_attributes,
          source.message_deduplication_id,
          source.message_group_id};
}

struct PreparedMessage {
  engine::SendEntry entry;
  protocol::SendMessageReply reply;  // the digests; finish_reply() adds what the engine decides
};

/// Errors: kInvalidParameterValue: outside 0..900.
Result<void> check_delay_seconds(const protocol::OptionalInt& delay_seconds);

/// Faults of the message itself end up in entry.content_error. `body_md5`: of message.body, in
/// hexadecimal digits.
PreparedMessage prepare_message(const SendCircumstances& circumstances, const GivenMessage& message,
                                const InlineText<32>& body_md5);

/// Adds MessageId and, on FIFO queues, SequenceNumber.
void finish_reply(protocol::SendMessageReply& reply, const engine::SentMessage& sent);

/// 20 decimal digits, growing with `number`.
InlineText<20> sequence_number(MessageNumber number);

}  // namespace forebay::server
