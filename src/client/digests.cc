// SPDX-License-Identifier: Apache-2.0
#include "client/digests.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
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

/// MD5 values of many texts cost a fraction of as many single ones.
constexpr size_t kBodiesAtOnce = 10;

/// Calls `use(message, its body's digest)` for each, as long as that returns success.
template <class Message, class BodyOf, class Use>
Result<void> with_body_digests(std::span<const Message> messages, const BodyOf& body_of,
                               const Use& use) {
  std::array<std::string_view, kBodiesAtOnce> bodies;
  std::array<Md5Digest, kBodiesAtOnce> digests;
  for (; !messages.empty(); messages = messages.subspan(std::min(messages.size(), kBodiesAtOnce))) {
    const auto some = messages.first(std::min(messages.size(), kBodiesAtOnce));
    std::ranges::transform(some, bodies.begin(), body_of);
    protocol::md5_hex(std::span(bodies).first(some.size()), std::span(digests).first(some.size()));
    for (size_t i = 0; i < some.size(); ++i) TRY(use(some[i], digests[i]));
  }
  return {};
}

template <class Message>
detail::SentDigests digests_with(const Message& message, const Md5Digest& body) {
  return {.body = body,
          .message_attributes = md5_of(message.message_attributes),
          .message_system_attributes = md5_of(message.message_system_attributes)};
}

Result<void> check_received(const Message& message, const Md5Digest& body) {
  if (body != message.md5_of_body) return mismatch("body", message.message_id);
  const Md5Digest& attributes = message.md5_of_message_attributes;
  if (!attributes.empty() && attributes != md5_of(message.message_attributes)) {
    return mismatch("attributes", message.message_id);
  }
  return {};
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

detail::SentDigests digests_of(const SendMessageRequest& request) {
  return digests_with(request, protocol::md5_hex(request.message_body));
}

std::vector<detail::SentEntry> digests_of(const SendMessageBatchRequest& request) {
  using Entry = SendMessageBatchRequest::Entry;
  std::vector<detail::SentEntry> sent;
  sent.reserve(request.entries.size());
  const auto note = [&sent](const Entry& entry, const Md5Digest& body) -> Result<void> {
    sent.push_back({entry.id, digests_with(entry, body)});
    return {};
  };
  (void)with_body_digests<Entry>(request.entries, &Entry::message_body, note);
  return sent;
}

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
  return with_body_digests<Message>(
      reply.messages, &Message::body,
      [](const Message& message, const Md5Digest& body) { return check_received(message, body); });
}

}  // namespace forebay::sqs
