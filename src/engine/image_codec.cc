// SPDX-License-Identifier: Apache-2.0
#include "engine/image_codec.h"

#include "base/crc32c.h"

namespace forebay::engine {
namespace {

constexpr size_t kPieceHeaderBytes = 5;

// Flags of a message. Bits 0 and 1 are its state.
constexpr uint8_t kMessage = 0x80;
constexpr uint8_t kStateMask = 0x03;
constexpr uint8_t kVisibleWhenSent = 0x04;
constexpr uint8_t kHasHistory = 0x08;
constexpr uint8_t kHasGroup = 0x10;
constexpr uint8_t kHasTicket = 0x20;
constexpr uint8_t kOtherQueue = 0x40;  // than the message before; only without a group

constexpr uint64_t zigzag(uint64_t difference) {
  return difference << 1 ^ (static_cast<int64_t>(difference) < 0 ? ~uint64_t{0} : 0);
}
constexpr uint64_t unzigzag(uint64_t value) {
  return value >> 1 ^ (~(value & 1) + 1);
}
static_assert(unzigzag(zigzag(uint64_t{5} - 9)) == uint64_t{5} - 9);
static_assert(zigzag(3) == 6 && zigzag(~uint64_t{0}) == 1);

uint64_t bits(WallMs at) {
  return static_cast<uint64_t>(at.value);
}
WallMs moment(uint64_t value) {
  return WallMs(static_cast<int64_t>(value));
}

/// Varints into a buffer of the stack; a message is copied to its piece in one go.
class VarintBuffer {
 public:
  void byte(uint8_t value) { *end_++ = static_cast<char>(value); }
  void varint(uint64_t value) {
    while (value >= 0x80) {
      byte(static_cast<uint8_t>(value | 0x80));
      value >>= 7;
    }
    byte(static_cast<uint8_t>(value));
  }
  /// What `value` differs from `from`.
  void difference(uint64_t value, uint64_t from) { varint(zigzag(value - from)); }
  std::string_view bytes() const { return {bytes_, static_cast<size_t>(end_ - bytes_)}; }

 private:
  char bytes_[192];  // 1 + at most 16 varints
  char* end_ = bytes_;
};

void write(ByteWriter& out, const QueueAddress& address) {
  out.bytes(address.region);
  out.bytes(address.account);
  out.bytes(address.name);
}
void write(ByteWriter& out, WallMs at) {
  out.varint(zigzag(bits(at)));
}

void write(ByteWriter& out, const ImageMoveTask& task) {
  const MessageMoveTask& shown = task.shown;
  out.bytes16(shown.task_id);
  out.fixed(static_cast<uint8_t>(shown.status));
  out.fixed(static_cast<uint8_t>(shown.destination ? 1 : 0));
  if (shown.destination) write(out, *shown.destination);
  out.varint(static_cast<uint32_t>(shown.max_number_of_messages_per_second.value_or(0)));
  write(out, shown.started);
  out.varint(static_cast<uint64_t>(shown.moved_count));
  out.varint(static_cast<uint64_t>(shown.to_move_count));
  out.bytes(shown.failure_reason);
  out.varint(zigzag(static_cast<uint64_t>(task.next_step_us)));
}

void write(ByteWriter& out, const ImageHeader& header) {
  write(out, header.now);
  out.fixed(static_cast<uint8_t>(header.created ? 1 : 0));
  out.bytes16(header.secret);
  out.varint(header.last_number.value);
  out.varint(header.queue_ids);
  out.varint(header.slots);
}

/// Of the header alone: how much memory a loader takes hangs on what it says.
uint32_t checksum(const ImageHeader& header) {
  std::string bytes;
  ByteWriter out(bytes);
  write(out, header);
  return crc32c(bytes);
}

void write(VarintBuffer& out, const ImageMessage& message) {
  const History& history = message.history;
  out.varint(uint64_t{static_cast<uint32_t>(history.receive_count)} << 1 |
             (message.yields ? 1 : 0));
  out.varint(static_cast<uint32_t>(history.receive_count_at_arrival));
  out.varint(history.dead_letter_source);
  out.varint(history.move_count);
  out.difference(bits(history.first_received), bits(message.sent));
  out.difference(bits(history.received), bits(history.first_received));
}

}  // namespace

// ---- Writing ----

void ImageWriter::begin() {
  piece_.clear();
  ByteWriter out(piece_);
  out.fixed(kImageVersion);
  out.fixed(uint32_t{0});
  previous_ = {};
}

bool ImageWriter::empty() const {
  return piece_.size() == kPieceHeaderBytes;
}

std::string ImageWriter::take() {
  std::string taken = std::move(piece_);
  begin();
  return taken;
}

void ImageWriter::number(std::string& piece, uint32_t sequence) {
  std::memcpy(piece.data() + 1, &sequence, sizeof sequence);
}

void ImageWriter::add(const ImageHeader& header) {
  kind(ImageItem::kHeader);
  ByteWriter out(piece_);
  write(out, header);
  out.fixed(checksum(header));
}

void ImageWriter::add(const ImageDeadLetterSource& source) {
  kind(ImageItem::kDeadLetterSource);
  ByteWriter out(piece_);
  write(out, source.address);
}

void ImageWriter::add(const ImageDeletedName& name) {
  kind(ImageItem::kDeletedName);
  ByteWriter out(piece_);
  write(out, name.moment);
  write(out, name.address);
}

void ImageWriter::add(const ImageQueue& queue) {
  kind(ImageItem::kQueue);
  std::string created;
  encode_fact(queue.queue, queue.created, created);
  ByteWriter out(piece_);
  out.bytes(created);
  write(out, queue.last_modified);
  write(out, queue.purged);
  out.varint(queue.purged_through.value);
  out.fixed(static_cast<uint8_t>(queue.deduplication_scope));
  write(out, queue.last_grouped_send);
  out.varint(queue.move_tasks.size());
  for (const ImageMoveTask& task : queue.move_tasks) write(out, task);
}

void ImageWriter::add(const ImageMessage& message) {
  VarintBuffer out;
  const bool other_queue = !message.has_group && message.queue.value != previous_.queue;
  out.byte(static_cast<uint8_t>(
      kMessage | static_cast<uint8_t>(static_cast<uint8_t>(message.state) - 1) |
      (message.visible_at == message.sent ? kVisibleWhenSent : 0) |
      (message.has_history ? kHasHistory : 0) | (message.has_group ? kHasGroup : 0) |
      (message.ticket != 0 ? kHasTicket : 0) | (other_queue ? kOtherQueue : 0)));
  out.difference(message.slot.value, previous_.slot);
  out.difference(message.number.value, previous_.number);
  out.difference(message.position.value, previous_.position);
  out.varint(message.record_bytes);
  out.difference(bits(message.sent), previous_.sent);
  if (message.visible_at != message.sent) {
    out.difference(bits(message.visible_at), bits(message.sent));
  }
  if (message.has_history) write(out, message);
  if (message.ticket != 0) out.varint(message.ticket);
  if (other_queue) out.difference(message.queue.value, previous_.queue);
  if (message.has_group) out.varint(uint64_t{message.group} << 1 | (message.group_spelled ? 1 : 0));
  piece_.append(out.bytes());
  if (message.group_spelled) {
    ByteWriter spelling(piece_);
    spelling.varint(message.queue.value);
    spelling.bytes(message.group_id);
  }
  previous_ = {message.slot.value, message.number.value,
               message.position.value + message.record_bytes, bits(message.sent),
               message.has_group ? previous_.queue : message.queue.value};
}

void ImageWriter::add(const ImageDeduplication& deduplication) {
  kind(ImageItem::kDeduplication);
  ByteWriter out(piece_);
  out.varint(deduplication.queue.value);
  write(out, deduplication.expires);
  out.bytes16(deduplication.key);
  out.bytes16(deduplication.entry.message_id);
  out.varint(deduplication.entry.number.value);
}

void ImageWriter::add(const ImageAttempt& attempt) {
  kind(ImageItem::kAttempt);
  ByteWriter out(piece_);
  out.varint(attempt.queue.value);
  write(out, attempt.expires);
  out.bytes16(attempt.key);
  out.varint(attempt.entry.items.size());
  for (const AttemptEntry::Item& item : attempt.entry.items) {
    out.varint(item.message.slot.value);
    out.varint(item.message.number.value);
    out.varint(static_cast<uint32_t>(item.receive_count));
    write(out, item.visible_at);
  }
}

void ImageWriter::add(const ImageEnd& end) {
  kind(ImageItem::kEnd);
  ByteWriter out(piece_);
  out.varint(end.queues);
  out.varint(end.messages);
  out.varint(end.others);
}

// ---- Reading ----

namespace {

/// Reads fields, and notes what cannot be one.
class PieceReader {
 public:
  PieceReader(std::string_view piece, ImageSink& sink) : in_(piece), sink_(sink) {}

  Result<void> read(uint32_t sequence) {
    if (const auto version = in_.fixed<uint8_t>(); version != kImageVersion) {
      return damaged("it is of version " + std::to_string(version) + ", and this program knows " +
                     std::to_string(kImageVersion));
    }
    if (in_.fixed<uint32_t>() != sequence) return damaged("pieces are missing or out of order");
    while (!in_.done()) {
      const auto kind = in_.fixed<uint8_t>();
      const bool fits = (kind & kMessage) != 0 ? message(kind) : item(static_cast<ImageItem>(kind));
      if (!fits || !in_.ok() || !valid_) return damaged("an item cannot be read or does not fit");
    }
    return {};
  }

 private:
  static Error damaged(const std::string& reason) {
    return {ErrorCode::kStorageDamaged, "a piece of an image is damaged: " + reason};
  }
  bool good() const { return in_.ok() && valid_; }

  bool item(ImageItem kind) {
    switch (kind) {
      case ImageItem::kHeader:
        return header();
      case ImageItem::kDeadLetterSource: {
        const ImageDeadLetterSource source{address()};
        return good() && sink_.add(source);
      }
      case ImageItem::kDeletedName: {
        const WallMs at = time();
        const ImageDeletedName name{at, address()};
        return good() && sink_.add(name);
      }
      case ImageItem::kQueue:
        return queue();
      case ImageItem::kDeduplication:
        return deduplication();
      case ImageItem::kAttempt:
        return attempt();
      case ImageItem::kEnd: {
        const uint64_t queues = in_.varint();
        const uint64_t messages = in_.varint();
        const ImageEnd end{queues, messages, in_.varint()};
        return good() && sink_.add(end);
      }
    }
    return false;
  }

  bool header() {
    ImageHeader header;
    header.now = time();
    header.created = bounded(in_.fixed<uint8_t>(), 1) != 0;
    header.secret = in_.bytes16();
    header.last_number.value = in_.varint();
    header.queue_ids = static_cast<uint32_t>(bounded(in_.varint(), UINT32_MAX));
    header.slots = static_cast<uint32_t>(bounded(in_.varint(), UINT32_MAX));
    const auto sum = in_.fixed<uint32_t>();
    return good() && sum == checksum(header) && sink_.add(header);
  }

  bool queue() {
    ImageQueue queue;
    Result<TimedFact> created = decode_fact(in_.bytes());
    if (!created.ok()) return false;
    auto* fact = std::get_if<QueueCreated>(&created->fact);
    if (fact == nullptr) return false;
    queue.queue = std::move(*fact);
    queue.created = checked(created->now);
    queue.last_modified = time();
    queue.purged = time();
    queue.purged_through.value = in_.varint();
    queue.deduplication_scope = static_cast<DeduplicationScope>(bounded(in_.fixed<uint8_t>(), 1));
    queue.last_grouped_send = time();
    for (uint64_t left = in_.varint(); left > 0 && good(); --left) {
      queue.move_tasks.push_back(move_task());
    }
    return good() && sink_.add(std::move(queue));
  }

  ImageMoveTask move_task() {
    ImageMoveTask task;
    MessageMoveTask& shown = task.shown;
    shown.task_id = in_.bytes16();
    shown.status = static_cast<MoveTaskStatus>(bounded(in_.fixed<uint8_t>(), 3));
    if (bounded(in_.fixed<uint8_t>(), 1) != 0) shown.destination = address();
    const auto rate = static_cast<int32_t>(bounded(in_.varint(), INT32_MAX));
    if (rate != 0) shown.max_number_of_messages_per_second = rate;
    shown.started = time();
    shown.moved_count = static_cast<int64_t>(bounded(in_.varint(), kCountMax));
    shown.to_move_count = static_cast<int64_t>(bounded(in_.varint(), kCountMax));
    shown.failure_reason = in_.bytes();
    task.next_step_us = static_cast<int64_t>(unzigzag(in_.varint()));
    valid_ = valid_ && task.next_step_us >= 0 && task.next_step_us <= kTimeMax * 1000;
    return task;
  }

  bool message(uint8_t flags) {
    ImageMessage& m = message_;
    const auto state = flags & kStateMask;
    if (state == 3) return false;
    m.state = static_cast<MessageState>(state + 1);
    const uint64_t slot = previous_.slot + unzigzag(in_.varint());
    m.slot.value = static_cast<uint32_t>(bounded(slot, UINT32_MAX - 1));
    m.number.value = previous_.number + unzigzag(in_.varint());
    m.position.value = previous_.position + unzigzag(in_.varint());
    m.record_bytes = static_cast<uint32_t>(bounded(in_.varint(), kRecordBytesLimit));
    const uint64_t sent = previous_.sent + unzigzag(in_.varint());
    m.sent = checked(moment(sent));
    m.visible_at = m.sent;
    if ((flags & kVisibleWhenSent) == 0) {
      m.visible_at = checked(moment(sent + unzigzag(in_.varint())));
    }
    m.has_history = (flags & kHasHistory) != 0;
    m.yields = false;
    if (m.has_history) history(m);
    m.ticket = (flags & kHasTicket) != 0 ? in_.varint() : 0;
    uint64_t queue = previous_.queue;
    if ((flags & kOtherQueue) != 0) queue += unzigzag(in_.varint());
    m.queue.value = static_cast<uint32_t>(bounded(queue, UINT32_MAX));
    m.has_group = (flags & kHasGroup) != 0;
    m.group_spelled = false;
    if (m.has_group) group(m);
    previous_ = {slot, m.number.value, m.position.value + m.record_bytes, sent, queue};
    return good() && sink_.add(m);
  }

  void history(ImageMessage& m) {
    History& h = m.history;
    const uint64_t received = bounded(in_.varint(), uint64_t{INT32_MAX} << 1 | 1);
    h.receive_count = static_cast<int32_t>(received >> 1);
    m.yields = (received & 1) != 0;
    h.receive_count_at_arrival = static_cast<int32_t>(bounded(in_.varint(), INT32_MAX));
    h.dead_letter_source = static_cast<uint32_t>(bounded(in_.varint(), UINT32_MAX));
    h.move_count = static_cast<uint16_t>(bounded(in_.varint(), UINT16_MAX));
    const uint64_t first = static_cast<uint64_t>(m.sent.value) + unzigzag(in_.varint());
    h.first_received = checked(moment(first));
    h.received = checked(moment(first + unzigzag(in_.varint())));
  }

  void group(ImageMessage& m) {
    const uint64_t group = bounded(in_.varint(), uint64_t{UINT32_MAX} << 1 | 1);
    m.group = static_cast<uint32_t>(group >> 1);
    m.group_spelled = (group & 1) != 0;
    if (!m.group_spelled) return;
    m.queue.value = static_cast<uint32_t>(bounded(in_.varint(), UINT32_MAX));
    m.group_id = in_.bytes();
  }

  bool deduplication() {
    ImageDeduplication item;
    item.queue.value = static_cast<uint32_t>(bounded(in_.varint(), UINT32_MAX));
    item.expires = time();
    item.key = in_.bytes16();
    item.entry.message_id = in_.bytes16();
    item.entry.number.value = in_.varint();
    return good() && sink_.add(item);
  }

  bool attempt() {
    ImageAttempt attempt;
    attempt.queue.value = static_cast<uint32_t>(bounded(in_.varint(), UINT32_MAX));
    attempt.expires = time();
    attempt.key = in_.bytes16();
    for (uint64_t left = in_.varint(); left > 0 && good(); --left) {
      AttemptEntry::Item& item = attempt.entry.items.emplace_back();
      item.message.slot.value = static_cast<uint32_t>(bounded(in_.varint(), UINT32_MAX));
      item.message.number.value = in_.varint();
      item.receive_count = static_cast<int32_t>(bounded(in_.varint(), INT32_MAX));
      item.visible_at = time();
    }
    return good() && sink_.add(std::move(attempt));
  }

  QueueAddress address() {
    QueueAddress address;
    address.region = in_.bytes();
    address.account = in_.bytes();
    address.name = in_.bytes();
    return address;
  }

  WallMs time() { return checked(moment(unzigzag(in_.varint()))); }
  /// Far enough from the ends that sums of moments and periods cannot overflow.
  WallMs checked(WallMs at) {
    if (at.value >= 0 && at.value <= kTimeMax) return at;
    valid_ = false;
    return {};
  }
  uint64_t bounded(uint64_t value, uint64_t max) {
    if (value <= max) return value;
    valid_ = false;
    return 0;
  }

  static constexpr int64_t kTimeMax = 1'000'000'000'000'000;  // some 31,000 years
  static constexpr uint64_t kCountMax = uint64_t{1} << 62;
  static constexpr uint64_t kRecordBytesLimit = (1u << 23) - 1;  // Message::record_bytes

  ByteReader in_;
  ImageSink& sink_;
  bool valid_ = true;
  PreviousMessage previous_;
  ImageMessage message_;
};

}  // namespace

Result<void> read_image_piece(std::string_view piece, uint32_t sequence, ImageSink& sink) {
  return PieceReader(piece, sink).read(sequence);
}

}  // namespace forebay::engine
