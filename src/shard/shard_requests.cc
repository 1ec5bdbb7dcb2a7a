// SPDX-License-Identifier: Apache-2.0
// The shard's requests, and the long polls they park and wake.
#include "shard/shard.h"

namespace forebay::shard {
namespace {

constexpr int kMoveStepsPerBatch = 64;
/// How often a short poll goes on after it moved all that one receive may move to a dead-letter
/// queue.
constexpr int kShortPollRoundsMax = 16;

/// What an action on queues as such does to the disk; nothing: it only reads.
template <class Op>
constexpr std::optional<Use> use_of() {
  if constexpr (std::is_same_v<Op, engine::CreateQueue> ||
                std::is_same_v<Op, engine::SetQueueAttributes> ||
                std::is_same_v<Op, engine::TagQueue> ||
                std::is_same_v<Op, engine::StartMessageMoveTask>) {
    return Use::kGrow;
  } else if constexpr (std::is_same_v<Op, engine::DeleteQueue> ||
                       std::is_same_v<Op, engine::PurgeQueue> ||
                       std::is_same_v<Op, engine::UntagQueue> ||
                       std::is_same_v<Op, engine::CancelMessageMoveTask>) {
    return Use::kShrink;
  } else {
    return std::nullopt;
  }
}

/// What a send appends, about.
uint64_t bytes_of(const engine::SendMessages& op) {
  constexpr uint64_t kRecordBytes = 256;  // a MessageSent without its texts, and framing
  uint64_t bytes = 0;
  for (const engine::SendEntry& entry : op.entries) {
    bytes += kRecordBytes + entry.content.size() + entry.message_group_id.value_or("").size();
  }
  return bytes;
}

/// Nobody is there any more to take a message.
bool gone(const engine::ReceiveMessages& request) {
  return request.client != nullptr && !request.client->connected();
}

}  // namespace

void Shard::submit(Request request, Done done) {
  if (failed_) return;
  std::visit([&](auto& op) { run(std::move(op), std::move(done)); }, request);
  wake_polls();
}

/// Actions on queues as such, and on move tasks: decide, record, answer.
template <class Op>
void Shard::run(const Op& op, Done done) {
  bool grows = use_of<Op>().has_value();
  if constexpr (std::is_same_v<Op, engine::CreateQueue>) grows = !engine_->find(op.address).ok();
  if (grows) {
    if (Result<void> admitted = admit(*use_of<Op>()); !admitted.ok())
      return hold(std::move(admitted).error(), std::move(done));
  }
  facts_.clear();
  if constexpr (requires { op.queue; }) {
    if (Result<QueueId> queue = enter(op.queue); !queue.ok())
      return hold(std::move(queue).error(), std::move(done));
  }
  Result<typename Op::Reply> reply = engine_->decide(op, now(), facts_);
  record(facts_);
  if constexpr (std::is_same_v<Op, engine::StartMessageMoveTask>) arm_timer();
  if (!reply.ok()) return hold(std::move(reply).error(), std::move(done));
  hold(Reply(std::move(reply).value()), std::move(done));
}

void Shard::run(const engine::SendMessages& op, Done done) {
  if (Result<void> admitted = admit(Use::kGrow, bytes_of(op)); !admitted.ok())
    return hold(std::move(admitted).error(), std::move(done));
  const Result<QueueId> queue = enter(op.queue);
  if (!queue.ok()) return hold(queue.error(), std::move(done));
  if (op.batch) {
    if (Result<void> admitted = engine_->admit_batch(*queue, op.entries); !admitted.ok()) {
      return hold(std::move(admitted).error(), std::move(done));
    }
  }
  engine::SendMessages::Reply reply;
  reply.results.reserve(op.entries.size());
  for (const engine::SendEntry& entry : op.entries) {
    reply.results.push_back(engine_->decide_send(*queue, entry, op.batch, last_now_, facts_));
    record(facts_);  // the next entry decides on what this one did
  }
  hold(Reply(std::move(reply)), std::move(done));
}

void Shard::run(engine::ReceiveMessages op, Done done) {
  if (Result<void> admitted = admit(Use::kReceive); !admitted.ok())
    return hold(std::move(admitted).error(), std::move(done));
  const Result<QueueId> queue = enter(op.queue);
  if (!queue.ok()) return hold(queue.error(), std::move(done));
  if (gone(op)) return hold(Reply(engine::ReceiveMessages::Reply{}), std::move(done));
  const int64_t wait_ms =
      int64_t{op.wait_time_seconds.value_or(engine_->receive_wait_time_seconds(*queue))} * 1000;
  const bool long_poll = wait_ms > 0 && !draining_;
  if (try_receive(*queue, op, long_poll, done)) return;
  if (!long_poll) return hold(Reply(engine::ReceiveMessages::Reply{}), std::move(done));
  const MonotonicMs deadline = env_.clock.monotonic() + wait_ms;
  polls_.park({*queue, std::move(op), std::move(done), deadline});
  polls_.set_due(*queue, engine_->next_due(*queue));
  arm_timer();
}

void Shard::run(const engine::DeleteMessages& op, Done done) {
  if (Result<void> admitted = admit(Use::kShrink); !admitted.ok())
    return hold(std::move(admitted).error(), std::move(done));
  const Result<QueueId> queue = enter(op.queue);
  if (!queue.ok()) return hold(queue.error(), std::move(done));
  engine::DeleteMessages::Reply reply;
  reply.results.reserve(op.receipt_handles.size());
  for (const std::string& handle : op.receipt_handles) {
    reply.results.push_back(engine_->decide_delete(*queue, handle, last_now_, facts_));
    record(facts_);
  }
  hold(Reply(std::move(reply)), std::move(done));
}

void Shard::run(const engine::ChangeVisibility& op, Done done) {
  if (Result<void> admitted = admit(Use::kReceive); !admitted.ok())
    return hold(std::move(admitted).error(), std::move(done));
  const Result<QueueId> queue = enter(op.queue);
  if (!queue.ok()) return hold(queue.error(), std::move(done));
  engine::ChangeVisibility::Reply reply;
  reply.results.reserve(op.entries.size());
  for (const engine::ChangeVisibility::Entry& entry : op.entries) {
    reply.results.push_back(engine_->decide_change(*queue, entry, last_now_, facts_));
    record(facts_);
  }
  hold(Reply(std::move(reply)), std::move(done));
}

/// Finds the queue and lets the present moment take effect on it. Also sets last_now_.
Result<QueueId> Shard::enter(const engine::QueueAddress& address) {
  const WallMs moment = now();
  TRY_ASSIGN(const QueueId queue, engine_->find(address));
  facts_.clear();
  engine_->decide_expiry(queue, moment, facts_);
  record(facts_);
  return queue;
}

/// True when the request was answered: with messages, or with an error.
bool Shard::try_receive(QueueId queue, const engine::ReceiveMessages& request, bool long_poll,
                        const Done& done) {
  for (int round = 1;; ++round) {
    facts_.clear();
    Result<engine::ReceiveDecision> decided =
        engine_->decide_receive(queue, request, long_poll, last_now_, facts_);
    if (!decided.ok()) {
      hold(std::move(decided).error(), done);
      return true;
    }
    record(facts_);
    if (decided->deliveries.empty()) {
      if (!decided->more_work || (!long_poll && round == kShortPollRoundsMax)) return false;
      engine_->decide_expiry(queue, last_now_, facts_);
      record(facts_);
      continue;
    }
    engine::ReceiveMessages::Reply reply;
    std::vector<engine::RecordPlace> contents;
    for (engine::Delivery& delivery : decided->deliveries) {
      contents.push_back(delivery.place);
      reply.messages.push_back({std::move(delivery.receipt_handle),
                                delivery.message.number,
                                delivery.receive_count,
                                delivery.sent,
                                delivery.first_received,
                                std::move(delivery.dead_letter_source_arn),
                                engine_->is_fifo(queue),
                                delivery.move_count,
                                {}});
    }
    hold(Reply(std::move(reply)), done, std::move(contents));
    return true;
  }
}

/// What the running move tasks may move by now, but no more than one batch of the journal should
/// hold: on_appended() asks again, so they go at the journal's pace and requests come in between.
void Shard::run_move_tasks() {
  if (draining_ || !admit(Use::kGrow).ok()) return;
  const WallMs moment = now();
  for (int step = 0; step < kMoveStepsPerBatch; ++step) {
    facts_.clear();
    engine_->decide_move(moment, facts_);
    if (facts_.empty()) return;
    record(facts_);
  }
}

/// Serves the polls of every queue in which something happened. Serving may touch further queues
/// (dead letters).
void Shard::wake_polls() {
  if (waking_) return;
  waking_ = true;
  while (!touched_.empty()) {
    const QueueId queue = touched_.back();
    touched_.pop_back();
    if (polls_.waiting(queue)) serve_polls(queue);
  }
  waking_ = false;
}

/// First come, first served [?]. The polls of a queue that was deleted end with nothing [?].
void Shard::serve_polls(QueueId queue) {
  if (!admit(Use::kReceive).ok()) return starved_.push_back(queue);  // until there is room
  now();
  while (polls_.waiting(queue)) {
    const LongPoll& first = polls_.first(queue);
    if (gone(first.request) || !engine_->exists(queue)) {
      end_poll(*polls_.take_first(queue));
      continue;
    }
    if (!try_receive(queue, first.request, true, first.done)) break;
    polls_.take_first(queue);
  }
  if (polls_.waiting(queue)) polls_.set_due(queue, engine_->next_due(queue));
  arm_timer();
}

}  // namespace forebay::shard
