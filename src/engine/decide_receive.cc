// SPDX-License-Identifier: Apache-2.0
// Deciding receives: contract sections 2.12, 5.2, 5.7, 5.8, 5.9.
#include <algorithm>

#include "base/siphash.h"
#include "engine/engine.h"
#include "engine/limits.h"

namespace forebay::engine {

/// One receive in progress: walks over candidates, delivers or dead-letters each.
class Engine::Receive {
 public:
  Receive(Engine& engine, const Queue& queue, const ReceiveMessages& request, WallMs now,
          Facts& facts)
      : engine_(engine),
        queue_(queue),
        request_(request),
        now_(now),
        visible_at_(now + int64_t{request.visibility_timeout.value_or(
                              queue.attributes.visibility_timeout)} *
                              1000),
        facts_(facts) {
    find_dead_letter_queue();
  }

  /// By turn, quiet tenants before noisy ones.
  void from_standard() {
    ReadyMessages::Cursor cursor(contents().ready(), engine_.messages_, now_);
    while (!full()) {
      const Slot slot = cursor.next();
      if (slot == kNoSlot) return;
      consider(slot);
    }
  }

  /// Group by group in rotation; within a group in order, up to the first message that is not
  /// ready.
  void from_fifo() {
    const MessageGroups& groups = contents().groups();
    for (GroupIndex group = groups.first_available(); group != kNoGroup && !full();
         group = groups[group].next) {
      for (Slot slot = groups[group].first; slot != kNoSlot && !full();
           slot = engine_.messages_[slot].group_next) {
        if (engine_.messages_[slot].state != MessageState::kReady) break;
        consider(slot);
      }
    }
  }

  /// The same ReceiveRequestAttemptId again: the same messages under the same handles, hidden anew,
  /// unless one of them was touched since (contract 5.8.6 [D]; no recording). True when that was
  /// the case.
  bool repeat_attempt() {
    const AttemptEntry* attempt = contents().attempts.find(attempt_key(), now_);
    if (attempt == nullptr) return false;
    for (const AttemptEntry::Item& item : attempt->items) {
      const Message* message = engine_.live_message(queue_, item.message);
      if (message == nullptr || message->state != MessageState::kInFlight ||
          history(*message).receive_count != item.receive_count ||
          message->visible_at != item.visible_at ||
          engine_.retention_over(queue_, *message, now_)) {
        return false;
      }
    }
    for (const AttemptEntry::Item& item : attempt->items) {
      facts_.emplace_back(VisibilityChanged{queue_.id, item.message, visible_at_});
      const History& before = history(engine_.messages_[item.message.slot]);
      hand_out(item.message, before.receive_count, before.first_received);
    }
    remember_attempt();
    return true;
  }

  void remember_attempt() {
    if (decision.deliveries.empty()) return;
    ReceiveAttempted attempted{queue_.id, attempt_key(), {}};
    for (const Delivery& delivery : decision.deliveries)
      attempted.messages.push_back(delivery.message);
    facts_.emplace_back(std::move(attempted));
  }

  /// Delivers fewer than asked for when the queue's in-flight limit is near.
  void limit_to(int64_t count) { room_ = count; }

  ReceiveDecision decision;

 private:
  const QueueContents& contents() const { return *queue_.contents; }
  const History& history(const Message& message) const {
    return engine_.messages_.history(message);
  }

  bool full() const {
    return decision.more_work || static_cast<int64_t>(decision.deliveries.size()) >=
                                     std::min<int64_t>(request_.max_number_of_messages, room_);
  }

  /// Chains of dead-letter queues are not recorded [?]: each counts from the message's arrival.
  void consider(Slot slot) {
    const Message& message = engine_.messages_[slot];
    const MessageRef ref{slot, message.number};
    const bool expired = engine_.retention_over(queue_, message, now_);
    const bool exhausted =
        dead_letter_queue_ != nullptr &&
        history(message).receives_here() >= queue_.attributes.redrive_policy->max_receive_count;
    if (!expired && !exhausted) return deliver(ref, message);
    if (!expired) dead_letter(ref, message);
    if (++passed_over_ == kMovesPerReceiveMax) decision.more_work = true;
  }

  /// The first receive is that from the first queue, also after a dead-letter move [?].
  void deliver(MessageRef ref, const Message& message) {
    const History& before = history(message);
    MessageReceived received{queue_.id,  ref, before.receive_count + 1, now_, before.first_received,
                             visible_at_};
    if (received.first_received.value == 0) received.first_received = now_;
    facts_.emplace_back(received);
    hand_out(ref, received.receive_count, received.first_received);
  }

  /// On FIFO the enqueue time is reset, on standard queues it is kept (contract 5.9).
  void dead_letter(MessageRef ref, const Message& message) {
    const MessageNumber new_number(engine_.last_number_.value + ++moves_);
    const WallMs sent = queue_.attributes.fifo_queue ? now_ : message.sent;
    facts_.emplace_back(MessageMoved{queue_.id, ref, dead_letter_queue_->id, new_number, sent});
  }

  void hand_out(MessageRef ref, int32_t receive_count, WallMs first_received) {
    const Message& message = engine_.messages_[ref.slot];
    const History& before = history(message);
    if (decision.deliveries.empty()) {  // not before: most receives of an idle queue find nothing
      decision.deliveries.reserve(static_cast<size_t>(request_.max_number_of_messages));
    }
    decision.deliveries.push_back(
        Delivery{ref,
                 {message.position, message.record_bytes},
                 receive_count,
                 message.sent,
                 first_received,
                 encode_receipt_handle({queue_.id, ref, receive_count}, engine_.secret_),
                 before.dead_letter_source == 0
                     ? std::string()
                     : queue_arn(engine_.dead_letter_sources_[before.dead_letter_source]),
                 before.move_count});
  }

  /// A deleted or unfit target means no dead-lettering: messages go on being delivered. A queue may
  /// be its own target. Neither is recorded [?].
  void find_dead_letter_queue() {
    if (!queue_.attributes.redrive_policy) return;
    const Result<QueueId> target =
        engine_.find(queue_.attributes.redrive_policy->dead_letter_target);
    if (!target.ok() || engine_.is_fifo(*target) != queue_.attributes.fifo_queue) return;
    dead_letter_queue_ = engine_.queue(*target);
  }

  Bytes16 attempt_key() const {
    return siphash128(engine_.secret_, "attempt " + request_.receive_request_attempt_id);
  }

  Engine& engine_;
  const Queue& queue_;
  const ReceiveMessages& request_;
  const WallMs now_;
  const WallMs visible_at_;
  Facts& facts_;
  const Queue* dead_letter_queue_ = nullptr;
  int64_t room_ = kMaxNumberOfMessagesMax;
  int32_t passed_over_ = 0;
  uint64_t moves_ = 0;
};

Result<ReceiveDecision> Engine::decide_receive(QueueId id, const ReceiveMessages& request,
                                               bool long_poll, WallMs now, Facts& facts) {
  const Queue* queue = advance(id, now);
  CHECK(queue != nullptr);
  CHECK(request.max_number_of_messages >= 1 &&
        request.max_number_of_messages <= kMaxNumberOfMessagesMax);
  const bool fifo = queue->attributes.fifo_queue;
  const int64_t room = kInFlightMax - queue->contents->in_flight_count();

  Receive receive(*this, *queue, request, now, facts);
  const bool has_attempt_id = fifo && !request.receive_request_attempt_id.empty();
  if (has_attempt_id && receive.repeat_attempt()) return std::move(receive.decision);
  if (room <= 0) {
    // Contract 5.7 [D]. AWS's text is not recorded [?]; this is ours.
    if (!fifo && !long_poll) {
      return Error{ErrorCode::kOverLimit, "The maximum number of in flight messages is reached: " +
                                              std::to_string(kInFlightMax) + "."};
    }
    return ReceiveDecision{};
  }
  receive.limit_to(room);
  fifo ? receive.from_fifo() : receive.from_standard();
  if (has_attempt_id) receive.remember_attempt();
  return std::move(receive.decision);
}

}  // namespace forebay::engine
