// SPDX-License-Identifier: Apache-2.0
// Bytes of an image: the engine's state at one moment, in pieces.
//
//   piece   = version(u8) sequence(u32) item*
//   item    = kind(u8) fields          kinds below 0x80
//           | flags(u8) fields         a message: bit 7 is set
//
// Order: the header; dead-letter sources and deleted names; queues; messages; deduplication ids and
// attempts; the end with its totals. Messages are most of it, so each is written as what differs
// from the message before it in the same piece, and a group id is spelled only once. Integers are
// varints, differences zigzag varints. The header has a checksum of its own.
// Numbers of kinds and bits of flags are never reused; another layout is another version.
// Thread: plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/message_table.h"
#include "engine/operations.h"
#include "engine/queue_contents.h"

namespace forebay::engine {

inline constexpr uint8_t kImageVersion = 1;

struct ImageHeader {
  WallMs now;
  bool created = false;
  Bytes16 secret{};
  MessageNumber last_number;
  uint32_t queue_ids = 0;  // the next queue's id
  uint32_t slots = 0;      // no message is in this slot or a later one
};

/// Index 1, 2, ... in their order.
struct ImageDeadLetterSource {
  QueueAddress address;
};

struct ImageDeletedName {
  WallMs moment;
  QueueAddress address;
};

struct ImageMoveTask {
  MessageMoveTask shown;
  int64_t next_step_us = 0;
};

struct ImageQueue {
  QueueCreated queue;  // with the attributes and tags of the image's moment
  WallMs created;
  WallMs last_modified;
  WallMs purged;
  MessageNumber purged_through;
  DeduplicationScope deduplication_scope = DeduplicationScope::kQueue;
  WallMs last_grouped_send;
  std::vector<ImageMoveTask> move_tasks;
};

struct ImageMessage {
  QueueId queue;  // as read: not of one with a group that is not spelled
  Slot slot;
  MessageState state = MessageState::kReady;
  bool yields = false;
  MessageNumber number;
  LogPosition position;
  uint32_t record_bytes = 0;
  WallMs sent;
  WallMs visible_at;
  bool has_history = false;
  History history;
  bool has_group = false;
  uint32_t group = 0;          // names a queue and a group id, which
  bool group_spelled = false;  // the first message of that group says, and no other:
  std::string_view group_id;   // borrows
  uint64_t ticket = 0;         // its group's place in the rotation, if it is the first; 0: none
};

struct ImageDeduplication {
  QueueId queue;
  WallMs expires;
  Bytes16 key{};
  DeduplicationEntry entry;
};

struct ImageAttempt {
  QueueId queue;
  WallMs expires;
  Bytes16 key{};
  AttemptEntry entry;
};

/// How many of each there were.
struct ImageEnd {
  uint64_t queues = 0;
  uint64_t messages = 0;
  uint64_t others = 0;  // sources, names, deduplication ids, attempts

  friend bool operator==(const ImageEnd&, const ImageEnd&) = default;
};

enum class ImageItem : uint8_t {
  kHeader = 1,
  kDeadLetterSource = 2,
  kDeletedName = 3,
  kQueue = 4,
  kDeduplication = 5,
  kAttempt = 6,
  kEnd = 7,
};

/// The fields that a message's are written against.
struct PreviousMessage {
  uint64_t slot = 0;
  uint64_t number = 0;
  uint64_t position = 0;  // behind its record
  uint64_t sent = 0;
  uint64_t queue = 0;  // of the last without a group
};

/// Fills one piece after the other.
class ImageWriter {
 public:
  ImageWriter() { begin(); }

  void add(const ImageHeader& header);
  void add(const ImageDeadLetterSource& source);
  void add(const ImageDeletedName& name);
  void add(const ImageQueue& queue);
  void add(const ImageMessage& message);
  void add(const ImageDeduplication& deduplication);
  void add(const ImageAttempt& attempt);
  void add(const ImageEnd& end);

  bool empty() const;
  size_t size() const { return piece_.size(); }

  /// The piece so far, without its sequence yet; the next one begins.
  std::string take();
  static void number(std::string& piece, uint32_t sequence);

 private:
  void begin();
  void kind(ImageItem kind) { piece_.push_back(static_cast<char>(kind)); }

  std::string piece_;
  PreviousMessage previous_;
};

/// Takes the items of a piece. False: it does not fit, reading ends there.
class ImageSink {
 public:
  virtual ~ImageSink() = default;
  virtual bool add(const ImageHeader& header) = 0;
  virtual bool add(const ImageDeadLetterSource& source) = 0;
  virtual bool add(const ImageDeletedName& name) = 0;
  virtual bool add(ImageQueue&& queue) = 0;
  virtual bool add(const ImageMessage& message) = 0;
  virtual bool add(const ImageDeduplication& deduplication) = 0;
  virtual bool add(ImageAttempt&& attempt) = 0;
  virtual bool add(const ImageEnd& end) = 0;
};

/// Gives the items of `piece`, which must be piece number `sequence`, to `sink`. Whatever the
/// bytes, nothing outside them is read, and no more memory is taken than a small multiple of them.
/// Errors: kStorageDamaged.
Result<void> read_image_piece(std::string_view piece, uint32_t sequence, ImageSink& sink);

}  // namespace forebay::engine
