// SPDX-License-Identifier: Apache-2.0
#include "engine/facts.h"

#include <type_traits>

#include "base/siphash.h"

namespace forebay::engine {
namespace {

/// Type bytes on disk. Never renumber.
enum class FactType : uint8_t {
  kShardCreated = 1,
  kQueueCreated = 2,
  kQueueAttributesSet = 3,
  kQueueTagsSet = 4,
  kQueueDeleted = 5,
  kQueuePurged = 6,
  kRetentionExpired = 7,
  kMessageSent = 8,
  kMessageReceived = 9,
  kVisibilityChanged = 10,
  kMessageDeleted = 11,
  kMessageMoved = 12,
  kReceiveAttempted = 13,
  kReclaimed = 14,
  kMessageRedriven = 15,
  kMoveTaskStarted = 16,
  kMoveTaskEnded = 17,
  kMessageRelocated = 18,
  kFactsDropped = 255,
};

/// Writes fields; the twin of Reader. Both are called `field` so that one list of fields serves
/// both ways.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  template <std::integral T>
  void field(const T& value) {
    out_.fixed(value);
  }
  void field(const bool& value) { out_.fixed<uint8_t>(value ? 1 : 0); }
  template <class Tag, class Int>
  void field(const StrongId<Tag, Int>& id) {
    out_.fixed(id.value);
  }
  template <class Enum>
    requires std::is_enum_v<Enum>
  void field(const Enum& value) {
    out_.fixed(static_cast<uint8_t>(value));
  }
  void field(const Bytes16& value) { out_.bytes16(value); }
  void field(const std::string& value) { out_.bytes(value); }
  void field(const std::string_view& value) { out_.bytes(value); }
  void field(const MessageRef& ref) {
    field(ref.slot);
    field(ref.number);
  }
  void field(const QueueAddress& a) {
    field(a.region);
    field(a.account);
    field(a.name);
  }
  void field(const std::optional<RedrivePolicy>& policy) {
    field(policy.has_value());
    if (!policy) return;
    field(policy->text);
    field(policy->dead_letter_target);
    field(policy->max_receive_count);
  }
  void field(const Tags& tags) {
    out_.varint(tags.size());
    for (const auto& [key, value] : tags) {
      field(key);
      field(value);
    }
  }
  void field(const std::vector<MessageRef>& refs) {
    out_.varint(refs.size());
    for (const MessageRef& ref : refs) field(ref);
  }

 private:
  ByteWriter out_;
};

class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}

  bool done() const { return in_.done() && valid_; }

  template <std::integral T>
  void field(T& value) {
    value = in_.fixed<T>();
  }
  void field(bool& value) { value = bounded(1) != 0; }
  template <class Tag, class Int>
  void field(StrongId<Tag, Int>& id) {
    id.value = in_.fixed<Int>();
  }
  template <class Enum>
    requires std::is_enum_v<Enum>
  void field(Enum& value) {
    value = static_cast<Enum>(bounded(1));  // every stored enumeration has two values
  }
  void field(Bytes16& value) { value = in_.bytes16(); }
  void field(std::string& value) { value = in_.bytes(); }
  void field(std::string_view& value) { value = in_.bytes(); }
  void field(MessageRef& ref) {
    field(ref.slot);
    field(ref.number);
  }
  void field(QueueAddress& a) {
    field(a.region);
    field(a.account);
    field(a.name);
  }
  void field(std::optional<RedrivePolicy>& policy) {
    bool present = false;
    field(present);
    if (!present) return;
    policy.emplace();
    field(policy->text);
    field(policy->dead_letter_target);
    field(policy->max_receive_count);
  }
  void field(Tags& tags) {
    for (uint64_t left = in_.varint(); left > 0 && in_.ok(); --left) {
      const std::string_view key = in_.bytes();
      tags.emplace(key, in_.bytes());
    }
  }
  void field(std::vector<MessageRef>& refs) {
    for (uint64_t left = in_.varint(); left > 0 && in_.ok(); --left) field(refs.emplace_back());
  }

 private:
  uint8_t bounded(uint8_t max) {
    const auto value = in_.fixed<uint8_t>();
    if (value > max) valid_ = false;
    return value <= max ? value : 0;
  }

  ByteReader in_;
  bool valid_ = true;
};

template <class Io, class Attributes>
void attribute_fields(Io& io, Attributes& a) {
  io.field(a.fifo_queue);
  io.field(a.delay_seconds);
  io.field(a.maximum_message_size);
  io.field(a.message_retention_period);
  io.field(a.receive_message_wait_time_seconds);
  io.field(a.visibility_timeout);
  io.field(a.policy);
  io.field(a.redrive_policy);
  io.field(a.redrive_allow_policy);
  io.field(a.kms_master_key_id);
  io.field(a.kms_data_key_reuse_period_seconds);
  io.field(a.sqs_managed_sse_enabled);
  io.field(a.content_based_deduplication);
  io.field(a.deduplication_scope);
  io.field(a.fifo_throughput_limit);
  io.field(a.default_max_receive_count);
}

// One `fields` per fact: its type byte and its fields, in their order on disk.
template <class Fact>
struct Layout;

#define FOREBAY_FACT(Name, ...)                          \
  template <>                                            \
  struct Layout<Name> {                                  \
    static constexpr FactType kType = FactType::k##Name; \
    template <class Io, class Value>                     \
    static void fields(Io& io, Value& v) {               \
      __VA_ARGS__                                        \
    }                                                    \
  }

FOREBAY_FACT(ShardCreated, io.field(v.secret););
FOREBAY_FACT(QueueCreated, io.field(v.queue); io.field(v.address);
             attribute_fields(io, v.attributes); io.field(v.tags););
FOREBAY_FACT(QueueAttributesSet, io.field(v.queue); attribute_fields(io, v.attributes););
FOREBAY_FACT(QueueTagsSet, io.field(v.queue); io.field(v.tags););
FOREBAY_FACT(QueueDeleted, io.field(v.queue););
FOREBAY_FACT(QueuePurged, io.field(v.queue); io.field(v.through););
FOREBAY_FACT(RetentionExpired, io.field(v.queue); io.field(v.sent_through); io.field(v.through););
FOREBAY_FACT(MessageSent, io.field(v.queue); io.field(v.message); io.field(v.sent);
             io.field(v.visible_at); io.field(v.message_id); io.field(v.deduplication_key);
             io.field(v.group); io.field(v.content););
FOREBAY_FACT(MessageReceived, io.field(v.queue); io.field(v.message); io.field(v.receive_count);
             io.field(v.received); io.field(v.first_received); io.field(v.visible_at););
FOREBAY_FACT(VisibilityChanged, io.field(v.queue); io.field(v.message); io.field(v.visible_at););
FOREBAY_FACT(MessageDeleted, io.field(v.queue); io.field(v.message););
FOREBAY_FACT(MessageMoved, io.field(v.queue); io.field(v.message); io.field(v.to);
             io.field(v.new_number); io.field(v.sent););
FOREBAY_FACT(ReceiveAttempted, io.field(v.queue); io.field(v.attempt_key); io.field(v.messages););
FOREBAY_FACT(Reclaimed, io.field(v.count););
FOREBAY_FACT(MessageRedriven, io.field(v.queue); io.field(v.message); io.field(v.to);
             io.field(v.new_number); io.field(v.move_count); io.field(v.task_moved_count););
FOREBAY_FACT(MoveTaskStarted, io.field(v.queue); io.field(v.task_id); io.field(v.has_destination);
             io.field(v.destination); io.field(v.rate); io.field(v.to_move_count););
FOREBAY_FACT(MoveTaskEnded, io.field(v.queue); io.field(v.task_id); io.field(v.cancelled);
             io.field(v.failure_reason););

FOREBAY_FACT(MessageRelocated, io.field(v.message); io.field(v.sent););
FOREBAY_FACT(FactsDropped, (void)io; (void)v;);

#undef FOREBAY_FACT

/// Tries the alternatives of Fact one after the other.
template <size_t Index = 0>
bool read_alternative(FactType type, Reader& in, Fact& out) {
  if constexpr (Index == std::variant_size_v<Fact>) {
    return false;
  } else {
    using Alternative = std::variant_alternative_t<Index, Fact>;
    if (Layout<Alternative>::kType != type) return read_alternative<Index + 1>(type, in, out);
    Layout<Alternative>::fields(in, out.emplace<Alternative>());
    return true;
  }
}

}  // namespace

void encode_fact(const Fact& fact, WallMs now, std::string& out) {
  std::visit(
      [&](const auto& value) {
        using Value = std::remove_cvref_t<decltype(value)>;
        Writer io(out);
        io.field(Layout<Value>::kType);
        io.field(now);
        Layout<Value>::fields(io, value);
      },
      fact);
}

Result<TimedFact> decode_fact(std::string_view record) {
  if (record.empty()) return Error{ErrorCode::kStorageDamaged, "an empty record in the journal"};
  const auto type = static_cast<FactType>(record.front());
  if (type == FactType::kFactsDropped) return TimedFact{WallMs{}, FactsDropped{}};
  Reader in(record.substr(1));
  TimedFact timed;
  in.field(timed.now);
  if (!read_alternative(type, in, timed.fact) || !in.done()) {
    return Error{ErrorCode::kStorageDamaged,
                 "a journal record of type " + std::to_string(static_cast<int>(type)) +
                     " cannot be read: it was written by a newer version, or is damaged"};
  }
  return timed;
}

bool holds_content(std::string_view record) {
  if (record.empty()) return false;
  const auto type = static_cast<FactType>(record.front());
  return type == FactType::kMessageSent || type == FactType::kMessageRelocated;
}

Result<MessageSent> decode_content(std::string_view record) {
  TRY_ASSIGN(TimedFact timed, decode_fact(record));
  if (const auto* relocated = std::get_if<MessageRelocated>(&timed.fact)) {
    TRY_ASSIGN(timed, decode_fact(relocated->sent));
  }
  if (auto* sent = std::get_if<MessageSent>(&timed.fact)) return std::move(*sent);
  return Error{ErrorCode::kStorageDamaged, "a journal record holds no message where one should be"};
}

Bytes16 message_id_after_moves(const Bytes16& original, uint16_t move_count) {
  if (move_count == 0) return original;
  std::string moves;
  ByteWriter(moves).fixed(move_count);
  Bytes16 id = siphash128(original, moves);
  id[6] = static_cast<uint8_t>((id[6] & 0x0F) | 0x40);  // version 4
  id[8] = static_cast<uint8_t>((id[8] & 0x3F) | 0x80);  // variant of RFC 9562
  return id;
}

}  // namespace forebay::engine
