// SPDX-License-Identifier: Apache-2.0
// Deciding sends: contract sections 2.10, 2.11, 5.4, 5.8.3.
#include <algorithm>

#include "base/siphash.h"
#include "engine/engine.h"
#include "engine/limits.h"

namespace forebay::engine {
namespace {

Error invalid_parameter(std::string message) {
  return {ErrorCode::kInvalidParameterValue, std::move(message)};
}

Error no_deduplication_id() {
  return invalid_parameter(
      "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId "
      "provided explicitly");
}

constexpr std::string_view kGroupMissing = "The request must contain the parameter MessageGroupId.";

Error too_large(int32_t maximum_message_size, bool batch) {
  return invalid_parameter(std::string(batch ? "One or more parameters cannot be validated."
                                             : "One or more parameters are invalid.") +
                           " Reason: Message must be shorter than " +
                           std::to_string(maximum_message_size) + " bytes.");
}

}  // namespace

Result<void> Engine::admit_batch(QueueId id, const std::vector<SendEntry>& entries) const {
  const Queue* queue = this->queue(id);
  if (queue == nullptr || !queue->attributes.fifo_queue) return {};
  const auto lacks_group = [](const SendEntry& entry) { return !entry.message_group_id; };
  const auto lacks_id = [](const SendEntry& entry) { return !entry.message_deduplication_id; };
  // The same fault in a single SendMessage is MissingParameter; in a batch AWS answers
  // InvalidParameterValue.
  if (std::ranges::any_of(entries, lacks_group))
    return invalid_parameter(std::string(kGroupMissing));
  if (!queue->attributes.content_based_deduplication && std::ranges::any_of(entries, lacks_id)) {
    return no_deduplication_id();
  }
  return {};
}

Result<void> Engine::check_fits_queue(const Queue& queue, const SendEntry& entry,
                                      bool batch) const {
  if (queue.attributes.fifo_queue) {
    if (!entry.message_group_id)
      return Error{ErrorCode::kMissingParameter, std::string(kGroupMissing)};
    if (!entry.message_deduplication_id && !queue.attributes.content_based_deduplication)
      return no_deduplication_id();
    if (entry.delay_seconds.value_or(0) > 0) {
      return invalid_parameter(
          "Value " + std::to_string(*entry.delay_seconds) +
          " for parameter DelaySeconds is invalid. Reason: The request include parameter that is "
          "not valid for this queue type.");
    }
  } else if (entry.message_deduplication_id) {
    return invalid_parameter("Value " + *entry.message_deduplication_id +
                             " for parameter MessageDeduplicationId is invalid. Reason: The "
                             "request includes a parameter "
                             "that is not valid for this queue type.");
  }
  if (entry.size_bytes > queue.attributes.maximum_message_size) {
    return too_large(queue.attributes.maximum_message_size, batch);
  }
  if (entry.content_error) return *entry.content_error;
  return {};
}

/// The scope is that of the queue's creation, for good: recordings, of minutes, show that a change
/// of DeduplicationScope has no effect [S]; what happens later nobody knows [?].
/// Under scope messageGroup the group is part of the key; its length keeps ("ab", "c") and ("a",
/// "bc") apart.
Bytes16 Engine::deduplication_key(const Queue& queue, const SendEntry& entry) const {
  std::string key;
  ByteWriter writer(key);
  writer.fixed(queue.id.value);
  if (queue.deduplication_scope == DeduplicationScope::kMessageGroup)
    writer.bytes(*entry.message_group_id);
  key += entry.message_deduplication_id ? *entry.message_deduplication_id : entry.body_sha256;
  return siphash128(secret_, key);
}

Result<SentMessage> Engine::decide_send(QueueId id, const SendEntry& entry, bool batch, WallMs now,
                                        Facts& facts) {
  const Queue* queue = advance(id, now);
  CHECK(queue != nullptr);
  TRY(check_fits_queue(*queue, entry, batch));
  const bool fifo = queue->attributes.fifo_queue;

  MessageSent sent;
  if (fifo) {
    sent.deduplication_key = deduplication_key(*queue, entry);
    if (const DeduplicationEntry* first =
            queue->contents->deduplication.find(sent.deduplication_key, now)) {
      return SentMessage{first->message_id, first->number, true};
    }
  }
  // FIFO: a message-level 0 is ignored, and anything else was refused above.
  const int32_t delay_seconds = fifo
                                    ? queue->attributes.delay_seconds
                                    : entry.delay_seconds.value_or(queue->attributes.delay_seconds);
  sent.queue = id;
  sent.message = MessageRef{messages_.next_free(), MessageNumber(last_number_.value + 1)};
  sent.sent = now;
  sent.visible_at = now + int64_t{delay_seconds} * 1000;
  sent.message_id = entry.message_id;
  if (entry.message_group_id) sent.group = *entry.message_group_id;
  sent.content = entry.content;
  facts.emplace_back(sent);
  return SentMessage{entry.message_id, sent.message.number, fifo};
}

}  // namespace forebay::engine
