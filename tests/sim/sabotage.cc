// SPDX-License-Identifier: Apache-2.0
#include "sim/sabotage.h"

#include <algorithm>
#include <utility>

#include "engine/facts.h"

namespace forebay::sim {
namespace {

/// Longer than any retention period of the short-lived queue.
constexpr int64_t kLongAgoMs = 201'000;

engine::QueueAddress queue_of(const shard::Request& request) {
  return std::visit(
      [](const auto& op) -> engine::QueueAddress {
        if constexpr (requires { op.queue; })
          return op.queue;
        else
          return {};
      },
      request);
}

bool fifo(const std::string& queue) {
  return queue.ends_with(".fifo");
}

std::string group_of(const engine::ReceiveMessages::Message& message) {
  const Result<engine::MessageSent> sent = engine::decode_content(message.record);
  return sent.ok() ? std::string(sent->group) : std::string();
}

/// The last one stands behind another one of its group.
bool follows_its_group(const std::vector<engine::ReceiveMessages::Message>& messages) {
  return std::any_of(messages.begin(), messages.end() - 1, [&](const auto& message) {
    return group_of(message) == group_of(messages.back());
  });
}

/// Every result of a batch is "ok".
template <class Reply>
Reply all_ok(size_t count) {
  Reply reply;
  reply.results.resize(count);
  return reply;
}

}  // namespace

const std::vector<BrokenPromise>& broken_promises() {
  using enum Sabotage;
  static const std::vector<BrokenPromise> kAll = {
      {kSendIsLost, "SendIsLost", {"an acknowledged message is lost", ": counts visible"}},
      {kSendIsLostByCrash,
       "SendIsLostByCrash",
       {"an acknowledged message is lost", ": counts visible"}},
      {kDeleteIsUndone, "DeleteIsUndone", {"a message that is gone"}},
      {kDeleteIsUndoneByCrash, "DeleteIsUndoneByCrash", {"a message that is gone"}},
      {kPurgeIsUndone, "PurgeIsUndone", {"a message that is gone", ": counts visible"}},
      {kContentIsChanged, "ContentIsChanged", {"the content is not what was sent"}},
      {kForeignMessageComes, "ForeignMessageComes", {"should not be here"}},
      {kVisibleIsWithheld, "VisibleIsWithheld", {"not delivered although visible"}},
      {kPollIsForgotten, "PollIsForgotten", {"a poll waits although"}},
      {kRequestIsNotAnswered, "RequestIsNotAnswered", {"not answered for too long"}},
      {kDeliveredWhileInvisible, "DeliveredWhileInvisible", {"while invisible"}},
      {kDelayIsIgnored, "DelayIsIgnored", {"while invisible", ": counts visible"}},
      {kExpiredIsDelivered, "ExpiredIsDelivered", {"delivered after its retention period"}},
      {kReceiveCountStays, "ReceiveCountStays", {": receive count"}},
      {kSendTimeIsWrong, "SendTimeIsWrong", {": sent 17"}},
      {kFifoIsReordered, "FifoIsReordered", {"out of order"}},
      {kGroupIsShared, "GroupIsShared", {"out of order"}},
      {kDuplicateIsAccepted, "DuplicateIsAccepted", {"a duplicate was accepted as a new message"}},
      {kNewIsTakenForDuplicate,
       "NewIsTakenForDuplicate",
       {"a new message was taken for a duplicate"}},
      {kNumberIsGivenTwice, "NumberIsGivenTwice", {"was given after"}},
      {kDeadLetterIsLate, "DeadLetterIsLate", {"received more often than maxReceiveCount"}},
      {kDeadLetterHidesItsSource, "DeadLetterHidesItsSource", {"the wrong dead-letter source"}},
      {kOldHandleDeletes, "OldHandleDeletes", {"an old receipt handle deleted"}},
      {kHandleIsForgotten, "HandleIsForgotten", {"a receipt handle was refused"}},
      {kCountsAreWrong, "CountsAreWrong", {": counts visible"}},
      {kQueueIsForgotten, "QueueIsForgotten", {"the queue is lost"}},
      {kSettingsAreLost, "SettingsAreLost", {"settings are not what was set"}},
      {kTagsAreLost, "TagsAreLost", {"tags are not what was set"}},
      {kSendIsRefused, "SendIsRefused", {"refused though there is room"}},
      {kTaskIsForgotten, "TaskIsForgotten", {"a task is forgotten"}},
      {kTaskCountIsWrong, "TaskCountIsWrong", {": a task has moved"}},
      {kMovedMessageIsNotNew,
       "MovedMessageIsNotNew",
       {"should not be here", "the message id of another message"}},
      {kSyncDoesNothing,
       "SyncDoesNothing",
       {"recovery ended the journal at", "the server does not start"}},
      {kRecordIsNotReplayed,
       "RecordIsNotReplayed",
       {"the recovered state is not what the journal says"}},
      {kRecordIsAltered, "RecordIsAltered", {"is not what was appended"}},
      {kEpochStays, "EpochStays", {"a new owner got epoch"}},
      {kEndsByItself, "EndsByItself", {"the server ended by itself"}},
  };
  return kAll;
}

void Saboteur::carry(shard::Request request, shard::Done done, const Door& door) {
  if (swallows(request)) return;
  change(request);
  std::optional<shard::Reply> instead = made_up(request);
  shard::Request carried = request;
  if (instead) carried = engine::FindQueue{queue_of(request)};
  door(std::move(carried), [this, request = std::move(request), instead = std::move(instead),
                            done = std::move(done)](Result<shard::Reply> reply) {
    if (instead && reply.ok()) reply = *instead;
    change(request, reply);
    done(std::move(reply));
  });
}

bool Saboteur::swallows(const shard::Request& request) {
  const auto* receive = std::get_if<engine::ReceiveMessages>(&request);
  if (receive != nullptr && receive->wait_time_seconds.value_or(0) > 0)
    return strikes(Sabotage::kPollIsForgotten, 100);
  return std::holds_alternative<engine::DescribeQueue>(request) &&
         strikes(Sabotage::kRequestIsNotAnswered, 100);
}

void Saboteur::change(shard::Request& request) {
  if (auto* send = std::get_if<engine::SendMessages>(&request)) {
    for (engine::SendEntry& entry : send->entries) {
      if (fifo(send->queue.name)) {
        if (!strikes(Sabotage::kDuplicateIsAccepted, 300)) continue;
        entry.message_deduplication_id = std::to_string(prng_.next());
      } else if (entry.delay_seconds.value_or(0) > 0 && strikes(Sabotage::kDelayIsIgnored)) {
        entry.delay_seconds = 0;
      }
    }
  }
  auto* create = std::get_if<engine::CreateQueue>(&request);
  if (create != nullptr && create->attributes.redrive_policy &&
      *create->attributes.redrive_policy && strikes(Sabotage::kDeadLetterIsLate)) {
    ++(*create->attributes.redrive_policy)->max_receive_count;
  }
}

std::optional<shard::Reply> Saboteur::made_up(const shard::Request& request) {
  if (const auto* remove = std::get_if<engine::DeleteMessages>(&request)) {
    if (strikes(Sabotage::kDeleteIsUndone, 200))
      return all_ok<engine::DeleteMessages::Reply>(remove->receipt_handles.size());
  } else if (const auto* receive = std::get_if<engine::ReceiveMessages>(&request)) {
    if (receive->wait_time_seconds == 0 && strikes(Sabotage::kVisibleIsWithheld, 100))
      return Received{};
  } else if (std::holds_alternative<engine::PurgeQueue>(request)) {
    if (strikes(Sabotage::kPurgeIsUndone)) return engine::PurgeQueue::Reply{};
  } else if (std::holds_alternative<engine::SetQueueAttributes>(request)) {
    if (strikes(Sabotage::kSettingsAreLost)) return engine::SetQueueAttributes::Reply{};
  } else if (std::holds_alternative<engine::TagQueue>(request)) {
    if (strikes(Sabotage::kTagsAreLost)) return engine::TagQueue::Reply{};
  }
  return std::nullopt;
}

void Saboteur::change(const shard::Request& request, Result<shard::Reply>& reply) {
  const bool describe = std::holds_alternative<engine::DescribeQueue>(request);
  if (describe && reply.ok() && strikes(Sabotage::kQueueIsForgotten, 50)) {
    reply = Error{ErrorCode::kQueueDoesNotExist, "sabotage"};
  } else if (std::holds_alternative<engine::SendMessages>(request) &&
             strikes(Sabotage::kSendIsRefused, 50)) {
    reply = Error{ErrorCode::kServiceUnavailable, "sabotage"};
  }
  if (!reply.ok()) return;
  std::visit(
      [&](const auto& op) {
        using Op = std::remove_cvref_t<decltype(op)>;
        change(op, std::get<typename Op::Reply>(*reply));
      },
      request);
}

void Saboteur::change(const engine::SendMessages& request, engine::SendMessages::Reply& reply) {
  for (Result<engine::SentMessage>& result : reply.results) {
    if (!result.ok()) continue;
    if (counted_in_ != process_) {
      counted_in_ = process_;
      first_number_ = result->number.value;
    }
    const auto [first, is_first] = sent_.try_emplace(request.queue.name, *result);
    if (!is_first && result->fifo && strikes(Sabotage::kNewIsTakenForDuplicate, 50))
      result->message_id = Bytes16{1};
    if (strikes(Sabotage::kNumberIsGivenTwice, 50)) result->number = first->second.number;
  }
}

void Saboteur::change(const engine::DeleteMessages& request, engine::DeleteMessages::Reply& reply) {
  for (size_t i = 0; i < reply.results.size(); ++i) {
    Result<void>& result = reply.results[i];
    if (!result.ok()) {
      if (fifo(request.queue.name) && result.error().code != ErrorCode::kReceiptHandleIsInvalid &&
          strikes(Sabotage::kOldHandleDeletes))
        result = {};
      continue;
    }
    const auto found = delivered_.find(request.receipt_handles[i]);
    if (found != delivered_.end()) {
      if (sabotage_ == Sabotage::kDeleteIsUndoneByCrash) stolen_.push_back(found->second);
      delivered_.erase(found);
    }
    if (strikes(Sabotage::kHandleIsForgotten, 50))
      result = Error{ErrorCode::kReceiptHandleIsInvalid, "sabotage"};
  }
}

void Saboteur::change(const engine::DescribeQueue&, engine::DescribeQueue::Reply& reply) {
  auto& policy = reply.attributes.redrive_policy;
  if (policy && strikes(Sabotage::kDeadLetterIsLate)) --policy->max_receive_count;
  if (strikes(Sabotage::kCountsAreWrong, 200)) reply.visible_count /= 2;
}

void Saboteur::change(const engine::ListMessageMoveTasks&,
                      engine::ListMessageMoveTasks::Reply& reply) {
  if (strikes(Sabotage::kTaskIsForgotten, 200)) reply.tasks.clear();
  if (!reply.tasks.empty() && strikes(Sabotage::kTaskCountIsWrong, 200))
    reply.tasks.front().moved_count += 1'000'000;
}

void Saboteur::change(const engine::ReceiveMessages& request, Received& reply) {
  const std::string& queue = request.queue.name;
  for (engine::ReceiveMessages::Message& message : reply.messages) alter(message);
  if (fifo(queue) && strikes(Sabotage::kFifoIsReordered)) std::ranges::reverse(reply.messages);
  lose_some(request, reply);
  steal(request, reply);
  if (reply.messages.empty()) bring_back(request, reply);
  for (const engine::ReceiveMessages::Message& message : reply.messages) {
    delivered_[message.receipt_handle] = {queue, message, process_};
    if (strikes(Sabotage::kDeliveredWhileInvisible, 200))
      behind_(engine::ChangeVisibility{request.queue, {{message.receipt_handle, 0}}});
  }
}

void Saboteur::alter(engine::ReceiveMessages::Message& message) {
  if (strikes(Sabotage::kContentIsChanged, 50)) message.record.back() ^= 1;
  if (message.receive_count > 1 && strikes(Sabotage::kReceiveCountStays)) --message.receive_count;
  if (strikes(Sabotage::kSendTimeIsWrong, 50)) message.sent = message.sent + -5'000;
  if (strikes(Sabotage::kDeadLetterHidesItsSource)) message.dead_letter_source_arn.clear();
  if (message.move_count > 0 && strikes(Sabotage::kMovedMessageIsNotNew)) ++message.move_count;
}

/// Of a receive that need not bring everything; else the empty place would show at once.
void Saboteur::lose_some(const engine::ReceiveMessages& request, Received& reply) {
  if (fifo(request.queue.name) || request.wait_time_seconds == 0) return;
  std::erase_if(reply.messages, [&](const engine::ReceiveMessages::Message& message) {
    const bool of_before = counted_in_ == process_ && message.number.value < first_number_;
    const bool lost = strikes(Sabotage::kSendIsLost, 100) ||
                      (process_ > 1 && of_before && strikes(Sabotage::kSendIsLostByCrash, 300));
    if (lost) behind_(engine::DeleteMessages{request.queue, {message.receipt_handle}});
    return lost;
  });
}

/// Takes messages away, to bring them back where or when they should not come.
void Saboteur::steal(const engine::ReceiveMessages& request, Received& reply) {
  if (reply.messages.empty()) return;
  const std::string& queue = request.queue.name;
  if (fifo(queue) && follows_its_group(reply.messages) && strikes(Sabotage::kGroupIsShared)) {
    stolen_.push_back({queue, std::move(reply.messages.back()), process_});
    reply.messages.pop_back();
  }
  const bool elsewhere = !fifo(queue) && strikes(Sabotage::kForeignMessageComes, 100);
  if (elsewhere || strikes(Sabotage::kExpiredIsDelivered, 300))
    stolen_.push_back({queue, reply.messages.front(), process_});
}

void Saboteur::bring_back(const engine::ReceiveMessages& request, Received& reply) {
  const auto found = std::ranges::find_if(
      stolen_, [&](const Stolen& stolen) { return may_bring_back(stolen, request.queue.name); });
  if (found == stolen_.end()) return;
  reply.messages.push_back(std::move(found->message));
  stolen_.erase(found);
  if (sabotage_ == Sabotage::kGroupIsShared) return;  // it was never delivered before
  ++reply.messages.back().receive_count;
  reply.messages.back().receipt_handle += 'x';
}

bool Saboteur::may_bring_back(const Stolen& stolen, const std::string& queue) const {
  switch (sabotage_) {
    case Sabotage::kGroupIsShared:
      return stolen.queue == queue;
    case Sabotage::kDeleteIsUndoneByCrash:
      return stolen.queue == queue && stolen.process < process_;
    case Sabotage::kForeignMessageComes:
      return stolen.queue != queue && stolen.queue + "-dead" != queue;
    case Sabotage::kExpiredIsDelivered:
      return stolen.queue == queue && stolen.message.sent + kLongAgoMs < world_.wall() &&
             delivered_.contains(stolen.message.receipt_handle);
    default:
      return false;
  }
}

}  // namespace forebay::sim
