// SPDX-License-Identifier: Apache-2.0
#include "client/digests.h"

#include <algorithm>
#include <vector>

#include "base/result.h"
#include "protocol/digests.h"

namespace forebay::sqs {
namespace {

Error mismatch(std::string_view what, std::string_view id) {
  return {.kind = ErrorKind::kChecksumMismatch,
          .message = std::string("The MD5 of the ").append(what).append(" of message ").append(id) +
                     " does not match: what the server has is not what was sent.",
          .reached = Reached::kMaybe};
}

}  // namespace

Md5Digest md5_of(const MessageAttributes& attributes) {
  if (attributes.empty()) return {};
  std::vector<protocol::DigestedAttribute> sorted;
  sorted.reserve(attributes.size());
  for (const auto& [name, value] : attributes) {
    sorted.push_back({.name = name, .data_type = value.data_type, .value = value.value()});
  }
  return protocol::md5_of_sorted_attributes(sorted);
}

template <class Message>
detail::SentDigests digests_of(const Message& message) {
  return {.body = protocol::md5_hex(message.message_body),
          .message_attributes = md5_of(message.message_attributes),
          .message_system_attributes = md5_of(message.message_system_attributes)};
}
template detail::SentDigests digests_of(const SendMessageRequest&);
template detail::SentDigests digests_of(const SendMessageBatchRequest::Entry&);

Result<void> check_sent(const SendMessageReply& reply, const detail::SentDigests& sent) {
  if (reply.md5_of_message_body != sent.body) return mismatch("body", reply.message_id);
  const Md5Digest& attributes = reply.md5_of_message_attributes;
  if (!attributes.empty() && attributes != sent.message_attributes) {
    return mismatch("attributes", reply.message_id);
  }
  const Md5Digest& system = reply.md5_of_message_system_attributes;
  if (!system.empty() && system != sent.message_system_attributes) {
    return mismatch("system attributes", reply.message_id);
  }
  return {};
}

Result<void> check_sent(const SendMessageBatchReply& reply,
                        const std::vector<detail::SentEntry>& sent) {
  for (const SendMessageBatchReply::Entry& entry : reply.successful) {
    const auto found = std::ranges::find(sent, entry.id, &detail::SentEntry::id);
    if (found == sent.end()) return mismatch("entry", entry.id);
    TRY(check_sent(entry.result, found->digests));
  }
  return {};
}

Result<void> check_received(const ReceiveMessageReply& reply) {
  for (const Message& message : reply.messages) {
    if (protocol::md5_hex(message.body) != message.md5_of_body) {
      return mismatch("body", message.message_id);
    }
    if (!message.md5_of_message_attributes.empty() &&
        md5_of(message.message_attributes) != message.md5_of_message_attributes) {
      return mismatch("attributes", message.message_id);
    }
  }
  return {};
}

}  // namespace forebay::sqs
