// SPDX-License-Identifier: Apache-2.0
// Facts: what happened, as resolved outcomes. The journal stores facts, never requests.
//
// Every fact sets absolute values and names its message by slot and number, so that applying one
// twice, or onto a state that already contains it, changes nothing (snapshots need that). A newer
// `decide` can read any old log because facts say what was decided, not why. Encoding: one type
// byte, the moment in ms, then the fields (docs/journal-format.md, "Records"). A type byte is never
// reused; a new field gets a new type.
// Thread: plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/byte_codec.h"
#include "base/ids.h"
#include "base/result.h"
#include "engine/queue_attributes.h"

namespace forebay::engine {

/// Where a message's index entry lives in the shard's table.
using Slot = StrongId<struct SlotTag, uint32_t>;
inline constexpr Slot kNoSlot{0xffff'ffff};

/// Names one message for good: a slot is reused, a number never.
struct MessageRef {
  Slot slot = kNoSlot;
  MessageNumber number;

  friend bool operator==(const MessageRef&, const MessageRef&) = default;
};

/// First fact of a shard.
struct ShardCreated {
  Bytes16 secret;  // key of receipt handles and of the deduplication hash
};

struct QueueCreated {
  QueueId queue;
  QueueAddress address;
  QueueAttributes attributes;
  Tags tags;
};
struct QueueAttributesSet {
  QueueId queue;
  QueueAttributes attributes;
};
struct QueueTagsSet {
  QueueId queue;
  Tags tags;
};
struct QueueDeleted {
  QueueId queue;
};
/// All messages numbered `through` or lower are gone, and the deduplication window is empty.
struct QueuePurged {
  QueueId queue;
  MessageNumber through;
};
/// All messages sent at `sent_through` or earlier and numbered `through` or lower are gone: their
/// retention period is over. (A dead-letter move may bring in an older message later.)
struct RetentionExpired {
  QueueId queue;
  WallMs sent_through;
  MessageNumber through;
};

/// Views borrow from the encoded record or from the request.
struct MessageSent {
  QueueId queue;
  MessageRef message;
  WallMs sent;
  WallMs visible_at;
  Bytes16 message_id{};
  Bytes16 deduplication_key{};  // all zero: none
  std::string_view group;       // empty: none
  std::string_view content;
};
struct MessageReceived {
  QueueId queue;
  MessageRef message;
  int32_t receive_count = 0;
  WallMs received;  // the receive call: start of the 12 hours
  WallMs first_received;
  WallMs visible_at;
};
struct VisibilityChanged {
  QueueId queue;
  MessageRef message;
  WallMs visible_at;
};
struct MessageDeleted {
  QueueId queue;
  MessageRef message;
};
/// A dead-letter move: the entry changes queue and number, the content stays where it is.
struct MessageMoved {
  QueueId queue;
  MessageRef message;
  QueueId to;
  MessageNumber new_number;
  WallMs sent;  // kept on standard queues, the moment of the move on FIFO
};
/// A step of a move task: the entry changes queue and number and becomes a new message, received by
/// nobody, with an id of its own; the content stays where it is.
struct MessageRedriven {
  QueueId queue;  // whose task it was
  MessageRef message;
  QueueId to;
  MessageNumber new_number;
  uint16_t move_count = 0;  // with this move
  int64_t task_moved_count = 0;
};
struct MoveTaskStarted {
  QueueId queue;
  Bytes16 task_id{};
  bool has_destination = false;
  QueueAddress destination;
  int32_t rate = 0;  // messages a second; 0: no limit
  int64_t to_move_count = 0;
};
/// Failed when there is a reason, else cancelled or completed.
struct MoveTaskEnded {
  QueueId queue;
  Bytes16 task_id{};
  bool cancelled = false;
  std::string failure_reason;
};
/// What a ReceiveRequestAttemptId returned.
struct ReceiveAttempted {
  QueueId queue;
  Bytes16 attempt_key{};
  std::vector<MessageRef> messages;
};

/// Without effect, and not written any more; older journals have it (memory of purged messages was
/// given back).
struct Reclaimed {
  uint32_t count = 0;
};

/// The message's content was copied to this record, so that the space of the old one can be used
/// again.
struct MessageRelocated {
  MessageRef message;
  std::string_view sent;  // the record of its MessageSent
};

/// What stood here was damaged and was dropped by a repair: what follows may build on facts that
/// are gone. The record is the type byte 255 and padding of any length.
struct FactsDropped {};

using Fact =
    std::variant<ShardCreated, QueueCreated, QueueAttributesSet, QueueTagsSet, QueueDeleted,
                 QueuePurged, RetentionExpired, MessageSent, MessageReceived, VisibilityChanged,
                 MessageDeleted, MessageMoved, ReceiveAttempted, Reclaimed, MessageRedriven,
                 MoveTaskStarted, MoveTaskEnded, MessageRelocated, FactsDropped>;

/// Appends the record of `fact`, which happened at `now`.
void encode_fact(const Fact& fact, WallMs now, std::string& out);

struct TimedFact {
  WallMs now;
  Fact fact;
};
/// Reads a record. Views in the fact borrow from `record`.
/// Errors: kStorageDamaged: an unknown type, or fields that do not add up.
Result<TimedFact> decode_fact(std::string_view record);

/// True for records whose bytes are read again later: MessageSent, MessageRelocated.
bool holds_content(std::string_view record);

/// The MessageSent in such a record, at whichever place it is now.
/// Errors: kStorageDamaged: the record holds no content.
Result<MessageSent> decode_content(std::string_view record);

/// The id of a message that was sent as `original` and then became a new message `move_count` times
/// (move tasks): a UUID of version 4, always the same one. `original` itself for 0.
Bytes16 message_id_after_moves(const Bytes16& original, uint16_t move_count);

}  // namespace forebay::engine
