// SPDX-License-Identifier: Apache-2.0
// Deciding move tasks: contract sections 2.21 to 2.23 and 5.10.
//
// A task moves what could be received from its source, oldest first, until it has moved as many
// messages as were visible at its start or none could be received any more. So it ends, even when
// consumers throw messages back as fast as it moves them. What was in flight at the start stays
// [?]: AWS's rule is not recorded.
#include <algorithm>

#include "engine/engine.h"
#include "engine/limits.h"

namespace forebay::engine {
namespace {

Error no_such_resource(std::string_view parameter) {
  return {ErrorCode::kResourceNotFound, "The resource that you specified for the " +
                                            std::string(parameter) + " parameter doesn't exist."};
}

Error refused(std::string_view reason) {
  return {ErrorCode::kInvalidParameterValue, std::string(reason)};
}

// FailureReason, as AWS says it: the first is recorded [S], the second an emulator's word [E]; no
// recording shows a task that ran out of time [?].
constexpr std::string_view kNoDestination = "AWS.SimpleQueueService.NonExistentQueue";
constexpr std::string_view kNoSource = "CouldNotDetermineMessageSource";
constexpr std::string_view kOutOfTime = "TaskTimedOut";

}  // namespace

Result<Engine::Queue*> Engine::find_move_source(const QueueAddress& address, WallMs now) {
  const Result<QueueId> found = find(address);
  if (!found.ok()) return no_such_resource("SourceArn");
  return advance(*found, now);
}

/// The checks of contract 2.21, in their order. The source.
Result<QueueId> Engine::check_move(const StartMessageMoveTask& request, WallMs now) {
  TRY_ASSIGN(Queue * source, find_move_source(request.source, now));
  if (request.destination) {
    const Result<QueueId> destination = find(*request.destination);
    if (!destination.ok()) return no_such_resource("DestinationArn");
    if (*request.destination == request.source) {
      return refused("Source queue arn and destination queue arn cannot be the same.");
    }
  }
  if (!dead_letter_users_.contains(request.source)) {
    return refused("Source queue must be configured as a Dead Letter Queue.");
  }
  if (request.destination &&
      is_fifo(*find(*request.destination)) != source->attributes.fifo_queue) {
    return refused("The source queue and destination queue must be of the same queue type.");
  }
  if (running_task(*source) != nullptr) {
    return refused(
        "There is already a task running. Only one active task is allowed for a source queue arn "
        "at a given time.");
  }
  if (running_move_tasks(request.source.account) >= kMoveTasksRunningMax) {
    // AWS's text is not recorded [?]; this is ours.
    return Error{ErrorCode::kOverLimit, "An account can have at most " +
                                            std::to_string(kMoveTasksRunningMax) +
                                            " active message move tasks."};
  }
  return source->id;
}

int64_t Engine::running_move_tasks(const std::string& account) const {
  return std::ranges::count_if(
      moving_, [&](const auto& task) { return queue(task.second)->address.account == account; });
}

Result<StartMessageMoveTask::Reply> Engine::decide(const StartMessageMoveTask& request, WallMs now,
                                                   Facts& facts) {
  TRY_ASSIGN(const QueueId source, check_move(request, now));
  const QueueContents& contents = *queue(source)->contents;
  MoveTaskStarted started;
  started.queue = source;
  started.task_id = request.task_id;
  started.has_destination = request.destination.has_value();
  if (request.destination) started.destination = *request.destination;
  started.rate = request.max_number_of_messages_per_second.value_or(0);
  started.to_move_count =
      contents.message_count() - contents.in_flight_count() - contents.delayed_count();
  facts.emplace_back(std::move(started));
  return StartMessageMoveTask::Reply{};
}

Result<CancelMessageMoveTask::Reply> Engine::decide(const CancelMessageMoveTask& request,
                                                    WallMs now, Facts& facts) {
  TRY_ASSIGN(const Queue* source, find_move_source(request.source, now));
  const auto task = std::ranges::find_if(source->move_tasks, [&](const MoveTask& each) {
    return each.shown.task_id == request.task_id;
  });
  if (task == source->move_tasks.end())
    return Error{ErrorCode::kResourceNotFound, "Task does not exist."};
  if (task->shown.status != MoveTaskStatus::kRunning) {
    // Not recorded (contract 2.22) [?].
    return Error{ErrorCode::kUnsupportedOperation, "Only active tasks can be cancelled."};
  }
  facts.emplace_back(MoveTaskEnded{source->id, request.task_id, true, {}});
  return CancelMessageMoveTask::Reply{task->shown.moved_count};
}

Result<ListMessageMoveTasks::Reply> Engine::decide(const ListMessageMoveTasks& request, WallMs now,
                                                   Facts&) {
  TRY_ASSIGN(const Queue* source, find_move_source(request.source, now));
  ListMessageMoveTasks::Reply reply;
  for (auto task = source->move_tasks.rbegin(); task != source->move_tasks.rend(); ++task) {
    if (static_cast<int32_t>(reply.tasks.size()) == request.max_results) break;
    reply.tasks.push_back(task->shown);
  }
  return reply;
}

std::optional<WallMs> Engine::next_move_due() const {
  if (moving_.empty()) return std::nullopt;
  return WallMs((moving_.begin()->first + 999) / 1000);
}

/// A DLQ's messages in flight are left to their consumers [?].
void Engine::decide_move(WallMs now, Facts& facts) {
  if (moving_.empty() || now < *next_move_due()) return;
  const QueueId id = moving_.begin()->second;
  decide_expiry(id, now, facts);
  if (!facts.empty()) return;  // a step of its own
  Queue& source = *advance(id, now);
  const MoveTask& task = *running_task(source);
  const auto end = [&](std::string_view reason) {
    facts.emplace_back(MoveTaskEnded{id, task.shown.task_id, false, std::string(reason)});
  };
  if (now - task.shown.started >= kMoveTaskMsMax) return end(kOutOfTime);
  const Slot slot = task.shown.moved_count < task.shown.to_move_count
                        ? source.contents->oldest_deliverable(messages_)
                        : kNoSlot;
  if (slot == kNoSlot) return end("");
  const Message& message = messages_[slot];
  const History& history = messages_.history(message);
  if (!task.shown.destination && history.dead_letter_source == 0) return end(kNoSource);
  const Result<QueueId> destination = destination_of(task, message);
  if (!destination.ok()) return end(kNoDestination);
  facts.emplace_back(MessageRedriven{id,
                                     {slot, message.number},
                                     *destination,
                                     MessageNumber(last_number_.value + 1),
                                     static_cast<uint16_t>(history.move_count + 1),
                                     task.shown.moved_count + 1});
}

Result<QueueId> Engine::destination_of(const MoveTask& task, const Message& message) const {
  return find(task.shown.destination
                  ? *task.shown.destination
                  : dead_letter_sources_[messages_.history(message).dead_letter_source]);
}

}  // namespace forebay::engine
