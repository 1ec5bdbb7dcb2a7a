// SPDX-License-Identifier: Apache-2.0
// What clients were told, and therefore what must be so: the checker of a simulated run.
//
//   Issued issued{queue, request, time.look()};
//   model.issued(issued);
//   server.submit(request, [&](auto reply) { model.answered(issued, reply, time.now()); });
//   ...                                    // or, when the process died first:
//   model.lost(issued, time.now());
//
// Replies leave the shard in the order in which requests were decided, so the model is a plain
// sequential machine. It knows no engine: only sends, receives, deletes and what each answer says.
// Three things are left open and kept as spans or "maybe": when a long poll was decided, whether a
// lost request took effect, and whether a receive has moved an exhausted message on.
// Thread: one
// owner.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/engine.h"
#include "shard/router.h"
#include "sim/shard_time.h"
#include "sim/verdict.h"

namespace forebay::sim {

/// How a queue of the workload is made.
struct QueueSpec {
  engine::QueueAddress address;
  engine::AttributeChanges attributes;
  std::optional<size_t> dead_letter_queue;  // index
  bool deletable = false;                   // clients may delete and recreate it
};

/// A request on its way.
struct Issued {
  size_t queue;
  shard::Request request;
  Span at;
};

class Model {
 public:
  Model(Verdict& verdict, bool cooldowns) : verdict_(verdict), cooldowns_(cooldowns) {}

  size_t add_queue(const QueueSpec& spec);

  /// Before the request is submitted.
  void issued(const Issued& issued);
  /// `now`: when the reply arrived.
  void answered(const Issued& issued, const Result<shard::Reply>& reply, Span now);
  /// The process died with the request; it took effect or it did not.
  void lost(const Issued& issued, Span now);
  /// After lost() was called for every request that was under way.
  void process_died(Span now);

  /// A request has not been answered for `waited_ms`: is there a message that it must have been
  /// given at least `slack_ms` ago?
  void check_waiting(const Issued& issued, int64_t waited_ms, Span now, int64_t slack_ms);
  /// Every queue was emptied by receiving and deleting: nobody's message may be missing.
  void check_drained(Span now);

  // ---- For clients ----
  size_t queue_count() const { return queues_.size(); }
  const QueueSpec& spec(size_t queue) const { return queues_[queue].spec; }
  const engine::QueueAttributes& attributes(size_t queue) const {
    return queues_[queue].attributes;
  }
  bool exists(size_t queue) const { return queues_[queue].exists; }
  bool ever_created(size_t queue) const { return queues_[queue].incarnation > 0; }
  bool fifo(size_t queue) const { return queues_[queue].attributes.fifo_queue; }
  uint64_t delivered_count() const { return delivered_count_; }

 private:
  struct Queue {
    QueueSpec spec;
    bool exists = false;
    bool uncertain = false;  // a creation, deletion or change was lost
    int incarnation = 0;
    engine::QueueAttributes attributes;
    std::vector<engine::QueueAttributes> other_attributes;  // perhaps in force instead
    engine::Tags tags;
    std::vector<engine::Tags> other_tags;
    std::optional<Span> purged;
    std::optional<Span> deleted;
    int64_t shortest_retention_ms = 0;  // ever in force
    int64_t longest_retention_ms = 0;
    int open_receives = 0;
    std::vector<size_t> messages;  // not known to be gone, here or perhaps moved on from here
  };
  struct Message {
    Bytes16 id{};
    std::string content;
    std::string group;
    size_t queue;
    bool certain = false;      // its send was acknowledged, or it was seen
    bool gone = false;         // a delete or a purge was acknowledged
    bool maybe_gone = false;   // such a request was lost
    bool maybe_moved = false;  // to the dead-letter queue
    bool arrived = false;      // in its dead-letter queue
    Span sent;
    Span visible;
    int32_t count_min = 0;  // receives
    int32_t count_max = 0;
    int32_t arrival_count = 0;
    int64_t first_received = 0;  // 0: unknown
    uint64_t number = 0;         // 0: unknown
    std::string handle;          // the latest that was told
    std::string attempt;         // under which it was told
  };
  struct Handle {
    size_t message;
    size_t queue;
    int incarnation;
  };
  struct FirstSend {
    size_t message;
    Span sent;
    bool certain;
  };
  using Window = std::map<std::string, std::vector<FirstSend>>;

  // One per kind of request (model_queues.cc, model_send.cc, model_receive.cc, model_handle.cc).
  void answer(const Issued&, const engine::CreateQueue&, const engine::CreateQueue::Reply&,
              Span now);
  void answer(const Issued&, const engine::DeleteQueue&, const engine::DeleteQueue::Reply&,
              Span now);
  void answer(const Issued&, const engine::FindQueue&, const engine::FindQueue::Reply&, Span now);
  void answer(const Issued&, const engine::ListQueues&, const engine::ListQueues::Reply&, Span now);
  void answer(const Issued&, const engine::DescribeQueue&, const engine::DescribeQueue::Reply&,
              Span now);
  void answer(const Issued&, const engine::SetQueueAttributes&,
              const engine::SetQueueAttributes::Reply&, Span now);
  void answer(const Issued&, const engine::TagQueue&, const engine::TagQueue::Reply&, Span now);
  void answer(const Issued&, const engine::UntagQueue&, const engine::UntagQueue::Reply&, Span now);
  void answer(const Issued&, const engine::ListQueueTags&, const engine::ListQueueTags::Reply&,
              Span now);
  void answer(const Issued&, const engine::PurgeQueue&, const engine::PurgeQueue::Reply&, Span now);
  void answer(const Issued&, const engine::SendMessages&, const engine::SendMessages::Reply&,
              Span now);
  void answer(const Issued&, const engine::ReceiveMessages&, const engine::ReceiveMessages::Reply&,
              Span now);
  void answer(const Issued&, const engine::DeleteMessages&, const engine::DeleteMessages::Reply&,
              Span now);
  void answer(const Issued&, const engine::ChangeVisibility&,
              const engine::ChangeVisibility::Reply&, Span now);
  void refuse(const Issued& issued, const Error& error);

  void lose(const Issued&, const engine::CreateQueue&, Span now);
  void lose(const Issued&, const engine::DeleteQueue&, Span now);
  void lose(const Issued&, const engine::SetQueueAttributes&, Span now);
  void lose(const Issued&, const engine::TagQueue&, Span now);
  void lose(const Issued&, const engine::UntagQueue&, Span now);
  void lose(const Issued&, const engine::PurgeQueue&, Span now);
  void lose(const Issued&, const engine::SendMessages&, Span now);
  void lose(const Issued&, const engine::ReceiveMessages&, Span now);
  void lose(const Issued&, const engine::DeleteMessages&, Span now);
  void lose(const Issued&, const engine::ChangeVisibility&, Span now);
  template <class Reading>
  void lose(const Issued&, const Reading&, Span) {}

  // Queues.
  void created(Queue& queue, const engine::QueueAttributes& attributes, const engine::Tags& tags);
  void adopt(Queue& queue, const engine::QueueAttributes& attributes);
  void empty_out(size_t queue);
  engine::QueueAttributes wanted(const Queue& queue, const engine::AttributeChanges& changes,
                                 bool creating);
  void check_counts(const Issued& issued, const engine::DescribeQueue::Reply& reply, Span now);

  // Messages.
  bool possibly_in(const Message& message, size_t queue) const;
  bool certainly_in(const Message& message, size_t queue, Span now) const;
  bool perhaps_expired(const Message& message, Span now) const;
  /// It has, perhaps, been received as often as its queue allows.
  bool exhausted(const Message& message, size_t queue) const;
  void note_gone(size_t message);
  /// A reply has proved that the message is there.
  void seen(Message& message);

  // Sends.
  size_t add_message(const Issued& issued, const engine::SendEntry& entry, Span sent);
  std::string window_key(size_t queue, const engine::SendEntry& entry) const;
  void accepted(const Issued& issued, const engine::SendEntry& entry,
                const engine::SentMessage& told);
  void duplicate(const Issued& issued, const engine::SendEntry& entry,
                 const engine::SentMessage& told);

  // Receives.
  struct Receiving;
  void lose_repeated_attempt(const Issued& issued, Span now);
  int64_t longest_visibility_ms(const Issued& issued) const;
  void note_moves(size_t queue, Span decided);
  void delivered(Receiving& receiving, const engine::ReceiveMessages::Message& told);
  bool check_place(Receiving& receiving, Message& message,
                   const engine::ReceiveMessages::Message& told);
  void check_count(Receiving& receiving, const Message& message,
                   const engine::ReceiveMessages::Message& told);
  void check_times(Receiving& receiving, const Message& message,
                   const engine::ReceiveMessages::Message& told);
  void check_order(const Receiving& receiving, const Message& message, uint64_t number);
  void check_complete(const Receiving& receiving);
  bool heads_group(const Message& message, size_t queue) const;
  bool waits(const engine::ReceiveMessages& request) const;
  Span decided(const Issued& issued, const engine::ReceiveMessages& request, Span now) const;

  // Handles.
  Handle* find_handle(const Issued& issued, const std::string& text, const Result<void>& result);
  void deleted(const Issued& issued, const Handle& handle);
  void not_current(const Issued& issued, const std::string& text, Message& message);
  bool surely_current(const Issued& issued, const std::string& text, const Message& message,
                      Span now) const;

  void closed(const Issued& issued, Span now);
  void violation(const Issued& issued, const std::string& text);
  std::string name(const Message& message) const;

  Verdict& verdict_;
  const bool cooldowns_;
  std::vector<Queue> queues_;
  std::vector<Message> messages_;
  std::map<Bytes16, size_t> by_id_;
  std::unordered_map<std::string, Handle> handles_;
  std::vector<Window> windows_;        // by queue
  std::vector<Issued> lost_receives_;  // by the death at hand
  uint64_t last_number_ = 0;           // the largest that was told
  uint64_t delivered_count_ = 0;
};

}  // namespace forebay::sim
