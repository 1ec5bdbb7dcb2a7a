// SPDX-License-Identifier: Apache-2.0
// Taking and loading images of an engine (engine.h, "Images"; the bytes: image_codec.h).
//
// Taking walks over the queues, then over the slots of the message table, then over the windows of
// deduplication ids and attempts, a piece at a time. What changes ahead of the walk is written as
// it was, just before it changes: note() is called first thing by whatever changes a queue or a
// message. So an image holds what stood at its first moment, though it is taken over many.
//
// What is not written, because a fact that follows the image's moment settles it:
// - messages that are discarded when their turn comes: their purge or deletion follows. (One that
//   had left its queue before was noted when it left.)
// - deduplication ids and attempts that were replaced since; none is dropped meanwhile. Those put
//   since are left out by their expiry; only some of the very same millisecond may be in, and are
//   put again.
// Not written either, and lost: processing times of fair queues.
// Thread: shard.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"
#include "engine/image_codec.h"

namespace forebay::engine {

/// Values by index, at first T{}. Takes memory only where there are some, and never much at once.
template <class T>
class BlockArray {
 public:
  T& operator[](uint32_t index) {
    if (index / kBlock >= blocks_.size()) blocks_.resize(index / kBlock + 1);
    std::unique_ptr<T[]>& block = blocks_[index / kBlock];
    if (block == nullptr) block = std::make_unique<T[]>(kBlock);
    return block[index % kBlock];
  }
  /// Null where there is none.
  const T* find(uint32_t index) const {
    if (index / kBlock >= blocks_.size() || blocks_[index / kBlock] == nullptr) return nullptr;
    return &blocks_[index / kBlock][index % kBlock];
  }

 private:
  static constexpr uint32_t kBlock = 1024;
  std::vector<std::unique_ptr<T[]>> blocks_;
};

/// A set of numbers.
class NumberSet {
 public:
  /// True when it was not there yet.
  bool insert(uint32_t number) {
    uint64_t& word = words_[number / 64];
    const uint64_t bit = uint64_t{1} << number % 64;
    if ((word & bit) != 0) return false;
    word |= bit;
    return true;
  }
  bool contains(uint32_t number) const {
    const uint64_t* word = words_.find(number / 64);
    return word != nullptr && (*word >> number % 64 & 1) != 0;
  }

 private:
  BlockArray<uint64_t> words_;
};

/// An image being taken. Borrows the engine.
class Engine::ImageTaking {
 public:
  /// Of the engine as it is now.
  /// Cost: a few bytes per thousand messages and queues.
  ImageTaking(const Engine& engine, WallMs now);

  /// Never empty; the last one is out when complete().
  std::string next_piece(size_t bytes);
  bool complete() const { return step_ == Step::kComplete && out_.empty(); }

  /// The queue, or the message in `slot`, is about to change.
  void note(const Queue& queue);
  void note(Slot slot);
  /// A message that was not there is about to take `slot`.
  void note_taken(Slot slot);

 private:
  enum class Step : uint8_t { kSources, kNames, kQueues, kMessages, kWindows, kEnd, kComplete };
  /// Pieces, the last of them being filled.
  struct Pieces {
    std::deque<std::string> full;
    ImageWriter filling;

    bool empty() const { return full.empty() && filling.empty(); }
    void cut(size_t bytes) {
      if (!filling.empty() && filling.size() >= bytes) full.push_back(filling.take());
    }
  };

  // One small thing of the step at hand, or on to the next step.
  void walk();
  void take_source();
  void take_name();
  void take_queue();
  void take_message();
  void take_window();
  void take_end();
  void release_held_back();

  void note_one(Slot slot);
  void write(const Queue& queue);
  void write(Slot slot);
  void name_group(const Message& message, ImageMessage& item);
  bool write_deduplication(const Queue& queue);
  bool write_attempt(const Queue& queue);

  const Engine& engine_;
  // The moment.
  const WallMs now_;
  const uint32_t queue_ids_;
  const uint32_t slots_;
  const size_t sources_;
  const uint64_t names_end_;  // in deleted_order_, counted from the first name ever
  // How far the walk is.
  Step step_ = Step::kSources;
  size_t next_source_ = 1;
  uint64_t next_name_;
  uint32_t next_queue_ = 1;
  uint32_t next_slot_ = 0;
  uint32_t next_window_ = 1;  // a queue
  bool in_attempts_ = false;  // of that queue
  uint64_t next_entry_ = 0;   // of its deduplication ids or attempts
  // Ahead of it.
  NumberSet noted_queues_;
  NumberSet noted_slots_;

  /// Groups that messages written so far have, by contents and group index: number + 1. (When an
  /// index is another group's by now, that group is of no message in the image.)
  BlockArray<BlockArray<uint32_t>> groups_;
  uint32_t group_count_ = 0;

  Pieces out_;
  Pieces held_back_;  // messages noted before all queues were written
  uint32_t sequence_ = 0;
  ImageEnd totals_;
};

/// An image being loaded into a new engine.
class Engine::ImageLoading : private ImageSink {
 public:
  explicit ImageLoading(Engine& engine) : engine_(engine) {}

  Result<void> load(std::string_view piece);
  Result<WallMs> finish();

 private:
  /// Of the messages of one queue, one after the other.
  struct Tally {
    uint32_t messages = 0;
    bool in_order = true;  // by number and by all that they are filed by
    MessageNumber number;
    Turn age;
    std::array<Turn, 4> turns;  // by state

    void add(const Message& message);
  };
  struct Ticket {
    ContentsId contents;
    uint64_t ticket;
    GroupIndex group;
    Slot slot;
  };
  struct Group {
    Queue* queue;
    GroupIndex index;
  };

  bool add(const ImageHeader& header) override;
  bool add(const ImageDeadLetterSource& source) override;
  bool add(const ImageDeletedName& name) override;
  bool add(ImageQueue&& queue) override;
  bool add(const ImageMessage& message) override;
  bool add(const ImageDeduplication& deduplication) override;
  bool add(ImageAttempt&& attempt) override;
  bool add(const ImageEnd& end) override;

  bool in_body() const { return begun_ && !ended_; }
  Queue* queue(QueueId id) const { return in_body() ? engine_.queue(id) : nullptr; }
  Queue* queue_of(const ImageMessage& message);
  bool fits(const ImageMessage& message, const Queue& queue) const;

  // Building the structures: in the order of slots where a queue's messages stand in their own
  // order there, so that memory is walked through once; else queue by queue, sorted.
  static Turn turn_in_tree(const Message& message);  // of its state
  void tally();
  void file_in_slot_order();
  bool file_sorted();
  bool file_sorted(QueueContents& contents, std::span<Slot> slots);
  template <class See>
  void visit(std::span<const Slot> slots, const See& see);
  template <class KeyOf>
  void sort_by(std::span<Slot> slots, const KeyOf& key_of);
  void file(QueueContents& contents, Slot slot);
  void link(QueueContents& contents, Slot slot);
  void build_rotations();
  void build_windows();

  Engine& engine_;
  bool begun_ = false;
  bool ended_ = false;
  uint32_t sequence_ = 0;
  ImageHeader header_;
  ImageEnd totals_;
  std::vector<Group> groups_;  // by their numbers in the image
  std::vector<Ticket> tickets_;
  std::vector<Tally> tallies_;        // by contents
  std::vector<Ticket> ready_groups_;  // their first message is
  // Those that expire last, by the image's moment.
  std::vector<ImageDeduplication> last_deduplications_;
  std::vector<ImageAttempt> last_attempts_;
};

}  // namespace forebay::engine
