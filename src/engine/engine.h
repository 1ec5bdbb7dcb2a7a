// SPDX-License-Identifier: Apache-2.0
// The queue state machine of one shard: standard and FIFO queues, delays, visibility,
// deduplication, dead letters.
//
// Nothing here does I/O, looks at a clock or draws random numbers. For each request the owner calls
// a decide function, which appends the resulting facts (or refuses) and changes nothing a client
// could see; then it journals the facts and applies them, one by one, in order, before it decides
// anything else. Rebuilding after a restart is apply() over the journal.
//
//   Facts facts;
//   Result<SentMessage> sent = engine.decide_send(queue, entry, batch, now, facts);
//   for (const Fact& fact : facts) engine.apply(fact, now, journal(fact));
//
// `now` must never go back from call to call. Moments between calls take effect by themselves: a
// message is visible when now >= visible_at.
// Thread: shard.
// Cost: O(log n) in everything that can
// grow, per message concerned.
// Errors: SQS's own, with AWS's texts (contract sections 2 and 5).
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/decisions.h"
#include "engine/facts.h"
#include "engine/linear_hash.h"
#include "engine/operations.h"
#include "engine/queue_state.h"
#include "engine/receipt_handle.h"

namespace forebay::engine {

struct EngineOptions {
  /// AWS's 60-second rules: between two purges of a queue; before a deleted queue's name may be
  /// used again.
  bool cooldowns = true;
};

class Engine {
 public:
  explicit Engine(EngineOptions options = {});
  ~Engine();

  // ---- Deciding: queues ----

  /// The queue at `address`.
  /// Errors: kQueueDoesNotExist.
  Result<QueueId> find(const QueueAddress& address) const;

  /// The first fact of a new shard; `secret` is random. Nothing if the shard exists already.
  std::optional<Fact> decide_shard(const Bytes16& secret) const;

  Result<CreateQueue::Reply> decide(const CreateQueue& request, WallMs now, Facts& facts);
  Result<DeleteQueue::Reply> decide(const DeleteQueue& request, WallMs now, Facts& facts);
  Result<FindQueue::Reply> decide(const FindQueue& request, WallMs now, Facts& facts);
  Result<ListQueues::Reply> decide(const ListQueues& request, WallMs now, Facts& facts);
  Result<DescribeQueue::Reply> decide(const DescribeQueue& request, WallMs now, Facts& facts);
  Result<SetQueueAttributes::Reply> decide(const SetQueueAttributes& request, WallMs now,
                                           Facts& facts);
  Result<TagQueue::Reply> decide(const TagQueue& request, WallMs now, Facts& facts);
  Result<UntagQueue::Reply> decide(const UntagQueue& request, WallMs now, Facts& facts);
  Result<ListQueueTags::Reply> decide(const ListQueueTags& request, WallMs now, Facts& facts);
  Result<PurgeQueue::Reply> decide(const PurgeQueue& request, WallMs now, Facts& facts);
  Result<ListDeadLetterSourceQueues::Reply> decide(const ListDeadLetterSourceQueues& request,
                                                   WallMs now, Facts& facts);

  // ---- Deciding: move tasks ----

  Result<StartMessageMoveTask::Reply> decide(const StartMessageMoveTask& request, WallMs now,
                                             Facts& facts);
  Result<CancelMessageMoveTask::Reply> decide(const CancelMessageMoveTask& request, WallMs now,
                                              Facts& facts);
  Result<ListMessageMoveTasks::Reply> decide(const ListMessageMoveTasks& request, WallMs now,
                                             Facts& facts);

  /// The next step of the move task that is due, one message or the task's end; nothing when none
  /// is due.
  void decide_move(WallMs now, Facts& facts);

  // ---- Deciding: messages ----

  /// The messages of `queue` whose retention period is over: decide and apply this before any other
  /// request on the queue. Bounded; what is left over is not delivered meanwhile.
  void decide_expiry(QueueId queue, WallMs now, Facts& facts);

  /// The FIFO rules that refuse a whole batch (contract 2.11 #8, #9). For batches only.
  Result<void> admit_batch(QueueId queue, const std::vector<SendEntry>& entries) const;

  Result<SentMessage> decide_send(QueueId queue, const SendEntry& entry, bool batch, WallMs now,
                                  Facts& facts);

  /// `long_poll`: at the in-flight limit of a standard queue, wait instead of kOverLimit.
  Result<ReceiveDecision> decide_receive(QueueId queue, const ReceiveMessages& request,
                                         bool long_poll, WallMs now, Facts& facts);

  Result<void> decide_delete(QueueId queue, const std::string& receipt_handle, WallMs now,
                             Facts& facts);

  Result<void> decide_change(QueueId queue, const ChangeVisibility::Entry& entry, WallMs now,
                             Facts& facts);

  /// Copies the content that stands at `place` to a new record, if it still is the content of a
  /// message: `record` are its bytes. Borrows `record` until the fact was encoded.
  void decide_relocation(RecordPlace place, std::string_view record, Facts& facts) const;

  /// Housekeeping of one queue after another: memory of purged messages, expired messages, due
  /// moments nobody asked about. Looks at no more than `queue_count` queues and expires a bounded
  /// number of messages. True when a whole round found nothing to do.
  bool decide_sweep(int queue_count, WallMs now, Facts& facts);

  // ---- Applying ----

  /// Makes `fact` true. Total: a fact that already holds, or concerns what is gone, changes
  /// nothing.
  void apply(const Fact& fact, WallMs now, RecordPlace place);

  /// Contents no longer needed since the last call, for Log::release.
  std::vector<RecordPlace> take_released();

  // ---- Images (engine_image.cc): the state at one moment, for snapshots ----

  /// Begins an image of the state as it is now. It is taken in pieces while requests go on; what
  /// changes meanwhile is noted as it was. An image begun earlier is abandoned.
  void begin_image(WallMs now);
  /// The next piece, about `bytes` long (one large item may make it longer); empty when the image
  /// is complete. Pieces must be loaded in their order.
  std::string take_image_piece(size_t bytes);
  void abandon_image();

  /// Rebuilds a state from the pieces of an image; for a new engine only. After all pieces
  /// finish_image() builds the structures and returns the image's moment; then apply() goes on from
  /// the image's position. After an error the engine is of no use.
  /// Errors: kStorageDamaged.
  Result<void> load_image_piece(std::string_view piece);
  Result<WallMs> finish_image();

  /// Where the contents of all messages stand; those of discarded ones are not needed, and may have
  /// been released in an earlier life.
  /// Cost: O(n).
  void for_each_content(const std::function<void(RecordPlace, bool needed)>& visit) const;
  /// Messages there are, discarded ones not yet freed included.
  uint64_t message_count() const;

  // ---- Asking ----

  /// When a message of the queue becomes visible next; nothing if none waits for a moment.
  std::optional<WallMs> next_due(QueueId queue) const;
  /// ReceiveMessageWaitTimeSeconds in force.
  int32_t receive_wait_time_seconds(QueueId queue) const;
  /// When decide_move has something to do; nothing when no move task runs.
  std::optional<WallMs> next_move_due() const;
  bool exists(QueueId queue) const;
  bool is_fifo(QueueId queue) const;
  /// Everything as of `now` in a canonical text, one item a line: equal states give equal texts.
  /// For tests and tools.
  /// Cost: O(n).
  std::string dump(WallMs now);

 private:
  friend class Inventory;  // inventory.h

  using MoveTask = MoveTaskState;
  using Queue = QueueState;
  using AddressLinks = QueueAddressLinks;

  // Taking and loading images (engine_image.h).
  class ImageTaking;
  class ImageLoading;
  /// First thing before a queue or a message changes: an image being taken notes what was.
  void before_change(const Queue& queue) {
    if (image_ != nullptr) note_in_image(queue);
  }
  void before_change(Slot slot) {
    if (image_ != nullptr) note_in_image(slot);
  }
  void note_in_image(const Queue& queue);
  void note_in_image(Slot slot);
  void note_taken_in_image(Slot slot);
  void note_due_in_image(const Queue& queue, WallMs now);

  // Looking up (engine.cc, engine_dump.cc).
  uint32_t hash_of(const QueueAddress& address) const;
  void dump_queue(const Queue& queue, WallMs now, std::string& out) const;
  Queue* queue(QueueId id) const;
  Result<Queue*> touch(const QueueAddress& address, WallMs now);
  Message* live_message(const Queue& queue, MessageRef ref);
  /// The same, noted as about to change.
  Message* message_to_change(const Queue& queue, MessageRef ref);
  bool retention_over(const Queue& queue, const Message& message, WallMs now) const;

  // Deciding, in parts (decide_queue.cc, decide_send.cc, decide_receive.cc, decide_handle.cc).
  Result<void> check_redrive_policy(const QueueAddress& source, const QueueAttributes& attributes,
                                    const AttributeChanges& changes) const;
  Result<void> check_fits_queue(const Queue& queue, const SendEntry& entry, bool batch) const;
  Bytes16 deduplication_key(const Queue& queue, const SendEntry& entry) const;
  class Receive;
  struct CheckedHandle {
    ReceiptHandle handle;
    Message* message;  // null: gone
    bool current;      // in flight under this very handle
  };
  Result<Queue*> find_move_source(const QueueAddress& address, WallMs now);
  Result<QueueId> check_move(const StartMessageMoveTask& request, WallMs now);
  int64_t running_move_tasks(const std::string& account) const;
  Result<QueueId> destination_of(const MoveTask& task, const Message& message) const;
  Result<CheckedHandle> check_handle(const Queue& queue, const std::string& text, WallMs now);

  // Applying, one per fact (apply.cc).
  void apply_fact(const ShardCreated& fact, WallMs now, RecordPlace place);
  void apply_fact(const QueueCreated& fact, WallMs now, RecordPlace place);
  void apply_fact(const QueueAttributesSet& fact, WallMs now, RecordPlace place);
  void apply_fact(const QueueTagsSet& fact, WallMs now, RecordPlace place);
  void apply_fact(const QueueDeleted& fact, WallMs now, RecordPlace place);
  void apply_fact(const QueuePurged& fact, WallMs now, RecordPlace place);
  void apply_fact(const RetentionExpired& fact, WallMs now, RecordPlace place);
  void apply_fact(const MessageSent& fact, WallMs now, RecordPlace place);
  void apply_fact(const MessageReceived& fact, WallMs now, RecordPlace place);
  void apply_fact(const VisibilityChanged& fact, WallMs now, RecordPlace place);
  void apply_fact(const MessageDeleted& fact, WallMs now, RecordPlace place);
  void apply_fact(const MessageMoved& fact, WallMs now, RecordPlace place);
  void apply_fact(const ReceiveAttempted& fact, WallMs now, RecordPlace place);
  void apply_fact(const Reclaimed& fact, WallMs now, RecordPlace place);
  void apply_fact(const MessageRedriven& fact, WallMs now, RecordPlace place);
  void apply_fact(const MoveTaskStarted& fact, WallMs now, RecordPlace place);
  void apply_fact(const MoveTaskEnded& fact, WallMs now, RecordPlace place);
  void apply_fact(const MessageRelocated& fact, WallMs now, RecordPlace place);
  void apply_fact(const FactsDropped& fact, WallMs now, RecordPlace place);
  struct Relocation {
    Slot slot;
    QueueId queue;
    MessageNumber number;
    WallMs sent;
  };
  void add_queue(std::unique_ptr<Queue> queue);
  void move_message(Queue& from, const Relocation& to, WallMs now);
  void note_dead_letter_target(const Queue& queue, bool names_it);
  static MoveTask* running_task(Queue& queue);
  void pace(Queue& queue, MoveTask& task, WallMs now);
  void forget_pace(const Queue& queue);
  Queue* advance(QueueId id, WallMs now);
  void free_message(Queue& queue, Slot slot);
  void free_slot(Slot slot);
  std::unique_ptr<QueueContents> make_contents(QueueId queue, const QueueAttributes& attributes);
  void discard(std::unique_ptr<QueueContents> contents);
  void reclaim(uint32_t count);
  void evict(Slot slot);
  bool discarded(const Message& message) const {
    return contents_[message.contents.value]->discarded;
  }
  uint32_t intern_dead_letter_source(const QueueAddress& address);

  const EngineOptions options_;
  bool created_ = false;
  bool facts_dropped_ = false;  // by a repair, before this point of the journal
  Bytes16 secret_{};            // known before any queue: hashes are keyed by it
  MessageNumber last_number_;
  MessageTable messages_;
  std::vector<std::unique_ptr<Queue>> queues_;  // by id; null: deleted
  LinearHash by_address_;                       // for find()
  std::map<QueueAddress, QueueId> in_order_;    // for ListQueues and sweeping
  std::map<QueueAddress, WallMs> deleted_;      // names in their 60 s
  std::deque<std::pair<WallMs, QueueAddress>> deleted_order_;
  uint64_t deleted_names_dropped_ = 0;             // from the front of deleted_order_, ever
  std::vector<QueueAddress> dead_letter_sources_;  // index 0 is unused
  std::map<QueueAddress, uint32_t> dead_letter_source_index_;
  std::map<QueueAddress, std::set<std::string>> dead_letter_users_;  // by target: names of sources
  std::set<std::pair<int64_t, QueueId>> moving_;  // sources with a running task, by its next step
  std::deque<std::unique_ptr<QueueContents>> discarded_;  // purged contents, freed bit by bit
  std::vector<QueueContents*> contents_;  // by id, discarded ones too; null: a free id
  std::vector<ContentsId> free_contents_;
  std::vector<RecordPlace> released_;
  QueueAddress sweep_after_;            // the sweep's place; not part of the state
  std::unique_ptr<ImageTaking> image_;  // null: none is being taken
  std::unique_ptr<ImageLoading> loading_;
};

}  // namespace forebay::engine
