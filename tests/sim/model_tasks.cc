// SPDX-License-Identifier: Apache-2.0
// The model's move tasks: what was started, what was told about it, and what that proves.
//
// One client starts and cancels, so the requests themselves do not overlap. A task's steps are told
// by nobody: between two answers it may have moved any of the messages that model_redrives.cc
// finds possible.
#include <algorithm>

#include <fmt/format.h>

#include "engine/limits.h"
#include "sim/model.h"

namespace forebay::sim {
namespace {

using engine::MoveTaskStatus;

constexpr std::string_view kNotADeadLetterQueue =
    "Source queue must be configured as a Dead Letter Queue.";
constexpr std::string_view kAlreadyRunning = "There is already a task running.";
/// Steps of a task without a rate that one batch of the journal holds.
constexpr int64_t kStepsPerBatch = 64;

}  // namespace

std::optional<size_t> Model::dead_letter_source(size_t target) const {
  for (size_t queue = 0; queue < queues_.size(); ++queue) {
    if (queues_[queue].spec.dead_letter_queue == target) return queue;
  }
  return std::nullopt;
}

std::optional<size_t> Model::find_queue(const engine::QueueAddress& address) const {
  for (size_t queue = 0; queue < queues_.size(); ++queue) {
    if (queues_[queue].spec.address == address) return queue;
  }
  return std::nullopt;
}

bool Model::has_tasks(size_t queue) const {
  return std::ranges::any_of(tasks_, [&](const Task& task) { return task.source == queue; });
}

bool Model::task_may_run(size_t source) const {
  return std::ranges::any_of(
      tasks_, [&](const Task& task) { return task.source == source && !task.ended; });
}

Task* Model::find_task(size_t source, const Bytes16& id) {
  const auto found = std::ranges::find_if(tasks_, [&](const Task& task) {
    return task.source == source && task.request.task_id == id;
  });
  return found != tasks_.end() ? &*found : nullptr;
}

void Model::answer(const Issued& issued, const engine::ListDeadLetterSourceQueues&,
                   const engine::ListDeadLetterSourceQueues::Reply& reply, Span) {
  std::vector<std::string> sources;
  for (const Queue& queue : queues_) {
    if (queue.spec.dead_letter_queue == issued.queue) sources.push_back(queue.spec.address.name);
  }
  if (reply.names != sources || reply.more) violation(issued, "the wrong dead-letter sources");
}

/// The beginning of what must be said; empty when nothing but a running task is in the way.
std::string Model::start_refusal(const Issued& issued,
                                 const engine::StartMessageMoveTask& request) {
  std::optional<size_t> destination;
  if (!queues_[issued.queue].exists) return "The resource that you specified for the SourceArn";
  if (request.destination) {
    destination = find_queue(*request.destination);
    if (!queues_[destination.value()].exists)
      return "The resource that you specified for the DestinationArn";
    if (destination == issued.queue)
      return "Source queue arn and destination queue arn cannot be the same.";
  }
  if (!dead_letter_queue(issued.queue)) return std::string(kNotADeadLetterQueue);
  if (destination && fifo(*destination) != fifo(issued.queue))
    return "The source queue and destination queue must be of the same queue type.";
  return {};
}

void Model::refused_task(const Issued& issued, const Error& error) {
  const std::string said = "refused: " + error.message;
  if (const auto* start = std::get_if<engine::StartMessageMoveTask>(&issued.request)) {
    const std::string expected = start_refusal(issued, *start);
    const bool running = expected.empty() && task_may_run(issued.queue);
    const std::string_view must = running ? kAlreadyRunning : std::string_view(expected);
    if (must.empty() || !error.message.starts_with(must)) violation(issued, said);
    return;
  }
  const auto* cancel = std::get_if<engine::CancelMessageMoveTask>(&issued.request);
  if (cancel == nullptr) return violation(issued, said);
  Task* task = find_task(issued.queue, cancel->task_id);
  if (task == nullptr || task->refuted) {
    if (error.code != ErrorCode::kResourceNotFound) violation(issued, said);
  } else if (error.code == ErrorCode::kUnsupportedOperation) {
    task->certain = task->ended = true;
    task->until = std::min(task->until, issued.at.hi);
  } else if (!task->certain) {
    refute(static_cast<size_t>(task - tasks_.data()));
  } else if (std::ranges::count_if(tasks_, [&](const Task& other) {
               return other.source == issued.queue && other.started.hi > task->started.lo;
             }) < engine::kMoveTasksKept) {
    violation(issued, "a task is forgotten");
  }
}

void Model::answer(const Issued& issued, const engine::StartMessageMoveTask& request,
                   const engine::StartMessageMoveTask::Reply&, Span now) {
  const std::string expected = start_refusal(issued, request);
  if (!expected.empty()) violation(issued, "a move task was not refused: " + expected);
  end_earlier_tasks(issued.queue, issued.at.hi);
  add_task(issued, request, now, true);
}

void Model::lose(const Issued& issued, const engine::StartMessageMoveTask& request, Span now) {
  if (start_refusal(issued, request).empty()) add_task(issued, request, now, false);
}

/// Only one can run.
void Model::end_earlier_tasks(size_t source, int64_t until) {
  for (Task& task : tasks_) {
    if (task.source != source || task.ended) continue;
    task.ended = true;
    task.until = until;
  }
}

void Model::add_task(const Issued& issued, const engine::StartMessageMoveTask& request, Span now,
                     bool certain) {
  Task task;
  task.source = issued.queue;
  task.request = request;
  task.started = certain ? issued.at : Span{issued.at.lo, now.hi};
  task.certain = certain;
  task.last.at = issued.at;
  task.ran_at = issued.at.lo;
  task.number_above = last_number_;
  if (certain) {
    task.this_life = task.last;
    task.to_move_max = 0;
    for (const Message& message : messages_) {
      if (!possibly_in(message, issued.queue)) continue;
      const auto visible = [&](const Place& place) {
        return possibly_at(place, issued.queue) && place.visible.lo <= issued.at.hi;
      };
      if (visible(message) || std::ranges::any_of(message.later, visible)) ++task.to_move_max;
      if (message.visible.hi <= issued.at.lo && certainly_in(message, issued.queue, now))
        ++task.to_move_min;
    }
  }
  tasks_.push_back(std::move(task));
}

void Model::answer(const Issued& issued, const engine::CancelMessageMoveTask& request,
                   const engine::CancelMessageMoveTask::Reply& reply, Span) {
  Task* task = find_task(issued.queue, request.task_id);
  if (task == nullptr) return violation(issued, "a task nobody started was cancelled");
  if (task->ended) violation(issued, "a task that had ended was cancelled");
  task->certain = task->ended = true;
  task->ran_at = issued.at.lo;
  task->until = issued.at.hi;
  task->cancelled = reply.moved_count;
  learn_count(issued, static_cast<size_t>(task - tasks_.data()), reply.moved_count);
}

void Model::lose(const Issued& issued, const engine::CancelMessageMoveTask& request, Span) {
  if (Task* task = find_task(issued.queue, request.task_id)) task->cancel_lost = true;
}

/// Newest first, none missing, none running but the newest.
void Model::answer(const Issued& issued, const engine::ListMessageMoveTasks& request,
                   const engine::ListMessageMoveTasks::Reply& reply, Span now) {
  const auto count = static_cast<int32_t>(reply.tasks.size());
  const bool complete = count < request.max_results && count < engine::kMoveTasksKept;
  size_t at = 0;
  for (size_t index = tasks_.size(); index-- > 0;) {
    const Task& task = tasks_[index];
    if (task.source != issued.queue || task.refuted) continue;
    if (at == reply.tasks.size() && !complete) return;
    if (at < reply.tasks.size() && reply.tasks[at].task_id == task.request.task_id) {
      if (at > 0 && reply.tasks[at].status == MoveTaskStatus::kRunning)
        violation(issued, "two tasks run, or one that is not the newest");
      learn(issued, index, reply.tasks[at++], now);
    } else if (task.certain) {
      violation(issued, "a task is forgotten");
    } else {
      refute(index);
    }
  }
  if (at < reply.tasks.size()) violation(issued, "a task nobody started");
}

void Model::learn(const Issued& issued, size_t index, const engine::MessageMoveTask& told,
                  Span now) {
  Task& task = tasks_[index];
  task.certain = true;
  if (told.destination != task.request.destination ||
      told.max_number_of_messages_per_second != task.request.max_number_of_messages_per_second ||
      told.started.value < task.started.lo || told.started.value > task.started.hi ||
      told.to_move_count < task.to_move_min || told.to_move_count > task.to_move_max) {
    violation(issued, fmt::format("not the task that was started: of {} messages, {} to {}",
                                  told.to_move_count, task.to_move_min, task.to_move_max));
  }
  task.to_move_min = task.to_move_max = told.to_move_count;
  if (task.over) {
    if (told != *task.over) violation(issued, "a task changed after its end");
    return;
  }
  if (told.status == MoveTaskStatus::kRunning) {
    if (task.ended) violation(issued, "a task that had ended runs");
    check_progress(issued, task, told.moved_count);
    end_earlier_tasks(issued.queue, issued.at.hi);  // were there others, this one was refused
    task.ended = false;
    task.until = INT64_MAX;
    task.ran_at = issued.at.lo;
    if (!task.this_life) task.this_life = Told{told.moved_count, issued.at};
    return learn_count(issued, index, told.moved_count);
  }
  task.ended = true;
  task.until = std::min(task.until, issued.at.hi);
  learn_count(issued, index, told.moved_count);
  learn_end(issued, index, told, now);
  task.over = told;
}

/// The count never falls, keeps to the rate and agrees with what was seen.
void Model::learn_count(const Issued& issued, size_t index, int64_t moved_count) {
  Task& task = tasks_[index];
  if (moved_count < task.last.moved_count || moved_count > task.to_move_max ||
      moved_count < task.seen || moved_count > moved_at_most(index)) {
    violation(
        issued,
        fmt::format("a task has moved {} of {} messages, told before {}, seen {}, possible {}",
                    moved_count, task.to_move_max, task.last.moved_count, task.seen,
                    moved_at_most(index)));
  }
  if (const auto rate = task.request.max_number_of_messages_per_second) {
    const int64_t late_us = (issued.at.hi - task.last.at.lo) * 1000 + engine::kMoveTaskCatchUpUs;
    const int64_t most = task.last.moved_count + late_us / (1'000'000 / *rate) + 1;
    if (moved_count > most) {
      violation(issued, fmt::format("a task of rate {} has moved {} messages, at most {} in time",
                                    *rate, moved_count, most));
    }
  }
  task.last = {moved_count, issued.at};
  if (task.unsure == 0 && moved_count == moved_at_most(index)) all_moved(index);
  if (task.ended && moved_count == task.seen) none_moved(index);
}

void Model::learn_end(const Issued& issued, size_t index, const engine::MessageMoveTask& told,
                      Span now) {
  const Task& task = tasks_[index];
  const std::string& reason = told.failure_reason;
  bool right = reason.empty();
  switch (told.status) {
    case MoveTaskStatus::kRunning:
      right = false;
      break;
    case MoveTaskStatus::kCompleted:
      right = right && !task.cancelled;
      check_completed(issued, index, now);
      break;
    case MoveTaskStatus::kCancelled:
      right = right && (task.cancelled ? *task.cancelled == told.moved_count : task.cancel_lost);
      break;
    case MoveTaskStatus::kFailed:
      right = !task.cancelled &&
              ((reason == "CouldNotDetermineMessageSource" && task.lacks_source) ||
               (reason == "AWS.SimpleQueueService.NonExistentQueue" && task.lacks_destination) ||
               (reason == "TaskTimedOut" && now.hi - task.started.lo >= engine::kMoveTaskMsMax));
      break;
  }
  if (!right) {
    violation(issued, fmt::format("a task ended in a way it cannot: status {} {}",
                                  static_cast<int>(told.status), reason));
  }
}

/// In one life, without faults, a task that still runs has made all its steps but the last ones.
void Model::check_progress(const Issued& issued, const Task& task, int64_t moved_count) {
  if (!progress_ || !task.this_life) return;
  const int64_t steps = moved_count - task.this_life->moved_count + 1;
  const auto rate = task.request.max_number_of_messages_per_second;
  // Two tasks may take turns.
  const int64_t allowed_ms = rate ? steps * (1000 / *rate + 1 + progress_->step_ms)
                                  : 2 * (steps / kStepsPerBatch + 2) * progress_->step_ms;
  const int64_t passed_ms = issued.at.lo - task.this_life->at.hi;
  if (passed_ms > allowed_ms + progress_->slack_ms) {
    violation(issued, fmt::format("a task has made {} steps in {} ms and still runs", steps - 1,
                                  passed_ms));
  }
}

/// It has moved as many as were there at its start; or nothing was visible any more, so what
/// certainly was is moved.
void Model::check_completed(const Issued& issued, size_t index, Span now) {
  Task& task = tasks_[index];
  if (task.last.moved_count == task.to_move_max) return;
  for (const size_t message : std::vector<size_t>(queues_[task.source].messages)) {
    if (!surely_moved(task, messages_[message], now)) continue;
    const std::vector<Place>& later = messages_[message].later;
    if (later.empty()) {
      return violation(issued, "a task was completed without " + name(messages_[message]));
    }
    if (later.size() == 1 && later[0].task_by == std::vector<size_t>{index}) redriven(message, 0);
  }
  learn_count(issued, index, task.last.moved_count);
}

/// It was visible when the task was last known to run, and cannot have left in another way.
bool Model::surely_moved(const Task& task, const Message& message, Span now) const {
  const auto there = [&](const Message& each) {
    return each.queue == task.source && each.certain && !each.gone && !each.maybe_gone &&
           !each.maybe_moved && each.number != 0 &&
           !perhaps_expired(static_cast<const Place&>(each), now);
  };
  if (!there(message) || message.visible.hi > task.ran_at) return false;
  if (!fifo(task.source)) return true;
  // One that was hidden before it has kept it back, even if that one is gone or moved by now.
  return std::ranges::none_of(messages_, [&](const Message& other) {
    if (other.group != message.group || other.visible.hi <= task.ran_at) return false;
    if (!possibly_at(other, task.source)) return other.move_count > 0;
    return other.number == 0 || other.number < message.number;
  });
}

}  // namespace forebay::sim
