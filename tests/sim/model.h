// SPDX-License-Identifier: Apache-2.0
// What clients were told, and therefore what must be so: the checker of a simulated run.
//
//   Issued issued{queue, request, time.look()};
//   model.issued(issued);
//   server.submit(request, [&](auto reply) { model.answered(issued, reply, time.now()); });
//   ...                                    // or, when the process died first:
//   model.lost(issued, time.now());
//
// Replies come in the order in which requests were decided (`reply_order.h`), so the model is a
// plain sequential machine. It knows no engine: only sends, receives, deletes and what each answer
// says. Four things are left open and kept as spans or "maybe": when a long poll was decided,
// whether a lost request took effect, whether a receive has moved an exhausted message on, and
// which messages a move task has moved, and when (model_tasks.cc).
// Thread: one
// owner.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "engine/engine.h"
#include "shard/router.h"
#include "sim/model_places.h"
#include "sim/shard_time.h"
#include "sim/verdict.h"

namespace forebay::sim {

/// How a queue of the workload is made.
struct QueueSpec {
  engine::QueueAddress address;
  engine::AttributeChanges attributes;
  std::optional<size_t> dead_letter_queue;  // index
  bool deletable = false;                   // clients may delete and recreate it
  bool kept = false;                        // clients only send, now and then
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
  /// After lost() was called for a receive while the process lives on.
  void settle_lost_receives(Span now);
  /// A receive may end with an internal error, and a send may be refused (and a poll wait) for lack
  /// of space, when these say so.
  void excuse_failed_reads(std::function<bool()> excuse) { read_failed_ = std::move(excuse); }
  void excuse_refused_sends(std::function<bool()> excuse) { disk_full_ = std::move(excuse); }

  /// A request has not been answered for `waited_ms`: is there a message that it must have been
  /// given at least `slack_ms` ago?
  void check_waiting(const Issued& issued, int64_t waited_ms, Span now, int64_t slack_ms);
  /// Every queue was emptied by receiving and deleting: nobody's message may be missing.
  void check_drained(Span now);
  /// Move tasks must go on: a step comes at most `step_ms` late, and all that is told about one at
  /// most `slack_ms`. Unset: not checked.
  void expect_progress(int64_t step_ms, int64_t slack_ms) { progress_ = {step_ms, slack_ms}; }

  // ---- For clients ----
  size_t queue_count() const { return queues_.size(); }
  const QueueSpec& spec(size_t queue) const { return queues_[queue].spec; }
  const engine::QueueAttributes& attributes(size_t queue) const {
    return queues_[queue].attributes;
  }
  bool exists(size_t queue) const { return queues_[queue].exists; }
  bool ever_created(size_t queue) const { return queues_[queue].incarnation > 0; }
  bool fifo(size_t queue) const { return queues_[queue].attributes.fifo_queue; }
  /// The queue whose dead letters `queue` takes.
  std::optional<size_t> dead_letter_source(size_t queue) const;
  bool dead_letter_queue(size_t queue) const { return dead_letter_source(queue).has_value(); }
  bool has_tasks(size_t queue) const;
  uint64_t delivered_count() const { return delivered_count_; }
  uint64_t moved_count() const { return moved_count_; }

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
    int64_t left_ms = 0;  // when a message was last known to have left: it may have headed a group
    std::vector<size_t> messages;  // not known to be gone, here or perhaps moved on from here
  };
  /// As a Place: where it was last known to be.
  struct Message : Place {
    Bytes16 id{};
    std::string content;
    std::string group;
    bool certain = false;      // its send was acknowledged, or it was seen
    bool gone = false;         // a delete or a purge was acknowledged
    bool maybe_gone = false;   // such a request was lost
    std::string handle;        // the latest that was told
    std::string attempt;       // under which it was told
    std::vector<Place> later;  // where move tasks may have moved it since
  };
  struct Handle {
    size_t message;
    size_t queue;
    int incarnation;
    uint16_t move_count;
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
  void answer(const Issued&, const engine::ListDeadLetterSourceQueues&,
              const engine::ListDeadLetterSourceQueues::Reply&, Span now);
  void answer(const Issued&, const engine::StartMessageMoveTask&,
              const engine::StartMessageMoveTask::Reply&, Span now);
  void answer(const Issued&, const engine::CancelMessageMoveTask&,
              const engine::CancelMessageMoveTask::Reply&, Span now);
  void answer(const Issued&, const engine::ListMessageMoveTasks&,
              const engine::ListMessageMoveTasks::Reply&, Span now);
  void refuse(const Issued& issued, const Error& error, Span now);

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
  void lose(const Issued&, const engine::StartMessageMoveTask&, Span now);
  void lose(const Issued&, const engine::CancelMessageMoveTask&, Span now);
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
  /// Whether a request may be refused for lack of space with this error. Segments are so small here
  /// that requests may always outrun the files made ahead for them.
  bool excused(const Error& refusal) const;
  bool possibly_at(const Place& place, size_t queue) const;
  bool possibly_in(const Message& message, size_t queue) const;
  bool certainly_in(const Message& message, size_t queue, Span now) const;
  bool perhaps_expired(const Place& place, Span now) const;
  bool perhaps_expired(const Message& message, Span now) const;
  /// It has, perhaps, been received as often as its queue allows.
  bool exhausted(const Place& place, size_t queue) const;
  void note_gone(size_t message);
  /// Takes it out of the list of its queue.
  void leave(size_t message);
  /// The same, if it is still where it was last known to be.
  void note_gone_from_there(size_t message);
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
  bool count_lost_receives(Span now, std::set<std::tuple<size_t, size_t, size_t, int>>& counted);
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

  // Move tasks (model_tasks.cc).
  std::optional<size_t> find_queue(const engine::QueueAddress& address) const;
  bool task_may_run(size_t source) const;
  Task* find_task(size_t source, const Bytes16& id);
  std::string start_refusal(const Issued& issued, const engine::StartMessageMoveTask& request);
  void refused_task(const Issued& issued, const Error& error);
  void add_task(const Issued& issued, const engine::StartMessageMoveTask& request, Span now,
                bool certain);
  void end_earlier_tasks(size_t source, int64_t until);
  void learn(const Issued& issued, size_t task, const engine::MessageMoveTask& told, Span now);
  void learn_count(const Issued& issued, size_t task, int64_t moved_count);
  void learn_end(const Issued& issued, size_t task, const engine::MessageMoveTask& told, Span now);
  void check_progress(const Issued& issued, const Task& task, int64_t moved_count);
  void check_completed(const Issued& issued, size_t task, Span now);
  bool surely_moved(const Task& task, const Message& message, Span now) const;
  void refute(size_t task);
  // Where tasks may have moved messages.
  void note_redrives(Span now);
  void note_redrives_of(size_t task, Span now);
  void redrive(size_t task, size_t message, const Place& from, bool moved_first, Span now);
  void redriven(size_t message, size_t place);
  void credit(const std::vector<size_t>& tasks, bool sure);
  int64_t moved_at_most(size_t task) const;
  void all_moved(size_t task);
  void none_moved(size_t task);
  void proven_there(Message& message, int64_t moment);
  void recognise(const Receiving& receiving, size_t message,
                 const engine::ReceiveMessages::Message& told);
  void check_order_of_redrives(const Receiving& receiving, const Message& message,
                               const Place& before);
  void forget_later(size_t message, size_t queue);

  void closed(const Issued& issued, Span now);
  void violation(const Issued& issued, const std::string& text);
  std::string name(const Message& message) const;

  Verdict& verdict_;
  const bool cooldowns_;
  std::vector<Queue> queues_;
  std::vector<Message> messages_;
  std::map<Bytes16, size_t> by_id_;
  std::unordered_map<std::string, Handle> handles_;
  std::vector<Window> windows_;                              // by queue
  std::vector<Issued> lost_receives_;                        // by the death at hand
  std::vector<Task> tasks_;                                  // in the order of their starts
  std::set<size_t> scattered_;                               // messages with a `later`
  std::map<Bytes16, std::pair<size_t, uint16_t>> told_ids_;  // message and move count
  std::optional<Progress> progress_;
  std::function<bool()> read_failed_ = [] { return false; };
  std::function<bool()> disk_full_ = [] { return false; };
  int64_t latest_ms_ = 0;     // of all moments that were told
  uint64_t last_number_ = 0;  // the largest that was told
  uint64_t delivered_count_ = 0;
  uint64_t moved_count_ = 0;  // deliveries of messages that a task had moved
};

}  // namespace forebay::sim
