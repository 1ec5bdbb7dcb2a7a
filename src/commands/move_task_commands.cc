// SPDX-License-Identifier: Apache-2.0
// forebay move-task start | list | cancel, and forebay dlq redrive
#include <array>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "base/result.h"
#include "commands/json_text.h"
#include "commands/session.h"
#include "commands/sqs_commands.h"
#include "commands/status_line.h"
#include "commands/text_format.h"

namespace forebay::commands {
namespace {

using Task = sqs::ListMessageMoveTasksReply::Entry;
using Status = sqs::MessageMoveTaskStatus;

constexpr std::chrono::milliseconds kFollowPause{500};

std::string_view status_text(Status status) {
  switch (status) {
    case Status::kRunning:
      return "RUNNING";
    case Status::kCompleted:
      return "COMPLETED";
    case Status::kCancelling:
      return "CANCELLING";
    case Status::kCancelled:
      return "CANCELLED";
    case Status::kFailed:
      return "FAILED";
    case Status::kUnknown:
      return "UNKNOWN";
  }
}

std::string json_of(const Task& task) {
  JsonObject object;
  object.add("status", status_text(task.status)).add("source_arn", task.source_arn);
  object.add("destination_arn", task.destination_arn);
  object.add("moved", task.approximate_number_of_messages_moved);
  object.add("to_move", task.approximate_number_of_messages_to_move);
  object.add("max_messages_per_second", task.max_number_of_messages_per_second);
  object.add("started_timestamp", task.started_timestamp.time_since_epoch().count());
  object.add("failure_reason", task.failure_reason);
  return object.add("task_handle", task.task_handle).text();
}

std::string moved_text(const Task& task) {
  return fmt::format(
      "{} of {}", count_text(static_cast<uint64_t>(task.approximate_number_of_messages_moved)),
      count_text(static_cast<uint64_t>(task.approximate_number_of_messages_to_move)));
}

sqs::Result<std::vector<Task>> list_tasks(Session& session, const std::string& source_arn,
                                          int max) {
  TRY_ASSIGN(sqs::ListMessageMoveTasksReply reply,
             session.client().list_message_move_tasks(
                 {.source_arn = source_arn, .max_results = max}, session.call()));
  return std::move(reply.results);
}

/// Until the latest task of the queue has ended.
sqs::Result<Task> follow(Session& session, const std::string& source_arn) {
  StatusLine line(is_terminal_error() && !session.line().has("quiet"));
  while (true) {
    TRY_ASSIGN(const std::vector<Task> tasks, list_tasks(session, source_arn, 1));
    if (tasks.empty()) {
      return sqs::Error{.kind = sqs::ErrorKind::kNotFound,
                        .message = "The server does not know the task any more."};
    }
    const Task& task = tasks.front();
    if (task.status != Status::kRunning && task.status != Status::kCancelling) return task;
    line.show(fmt::format("Moved {}", moved_text(task)));
    if (!session.pause(kFollowPause)) {
      return sqs::Error{.kind = sqs::ErrorKind::kCancelled,
                        .message = "Not followed any more; the task goes on by itself."};
    }
  }
}

sqs::Result<int> follow_and_print(Session& session, const std::string& source_arn) {
  TRY_ASSIGN(const Task task, follow(session, source_arn));
  if (session.json()) {
    TRY(session.print_line(json_of(task)));
  } else {
    TRY(session.print(fmt::format(
        "{}: {}, moved {}{}\n", sqs::queue_name_of(source_arn), status_text(task.status),
        moved_text(task),
        task.failure_reason ? ": " + shown_text(*task.failure_reason) : std::string())));
  }
  return task.status == Status::kCompleted ? kExitDone : kExitFailed;
}

}  // namespace

sqs::Result<int> run_move_task_start(Session& session) {
  const CommandLine& line = session.line();
  sqs::StartMessageMoveTaskRequest request;
  TRY_ASSIGN(request.source_arn, session.queue_arn(session.argument(0)));
  if (const auto to = line.text("to")) {
    TRY_ASSIGN(request.destination_arn, session.queue_arn(*to));
  }
  if (const auto rate = line.number("rate")) {
    request.max_number_of_messages_per_second = static_cast<int>(*rate);
  }
  TRY_ASSIGN(const sqs::StartMessageMoveTaskReply reply,
             session.client().start_message_move_task(request, session.call()));
  if (line.has("follow")) return follow_and_print(session, request.source_arn);
  const std::string name = sqs::queue_name_of(request.source_arn);
  if (session.json()) {
    JsonObject object;
    object.add("source_arn", request.source_arn).add("task_handle", reply.task_handle);
    TRY(session.print_line(object.text()));
  } else {
    TRY(session.print(fmt::format(
        "{}: moving messages {}. 'forebay move-task list {}' shows how far it is.\n", name,
        request.destination_arn ? "to " + sqs::queue_name_of(*request.destination_arn)
                                : std::string("back to where they came from"),
        name)));
  }
  return kExitDone;
}

sqs::Result<int> run_dlq_redrive(Session& session) {
  return run_move_task_start(session);
}

sqs::Result<int> run_move_task_list(Session& session) {
  TRY_ASSIGN(const std::string arn, session.queue_arn(session.argument(0)));
  if (session.line().has("follow")) return follow_and_print(session, arn);
  const int max = static_cast<int>(session.line().number("max").value_or(10));
  TRY_ASSIGN(const std::vector<Task> tasks, list_tasks(session, arn, max));
  if (session.json()) {
    JsonList list;
    for (const Task& task : tasks) list.add_json(json_of(task));
    TRY(session.print_line(JsonObject().add_json("tasks", list.text()).text()));
    return kExitDone;
  }
  if (tasks.empty()) {
    session.note(fmt::format("There are no move tasks of {}.", sqs::queue_name_of(arn)));
    return kExitDone;
  }
  TextTable table({"status", "started", "destination", "moved"}, "lllr");
  for (const Task& task : tasks) {
    table.row(
        {std::string(status_text(task.status)),
         moment_text(WallMs(task.started_timestamp.time_since_epoch().count())),
         task.destination_arn ? sqs::queue_name_of(*task.destination_arn) : "where they came from",
         moved_text(task)});
  }
  TRY(session.print(table.text()));
  return kExitDone;
}

sqs::Result<int> run_move_task_cancel(Session& session) {
  std::optional<std::string> handle = session.line().text("task-handle");
  const std::vector<std::string>& words = session.line().arguments();
  if (handle.has_value() == !words.empty()) {
    return usage_error("Name the queue whose task is to be cancelled, or --task-handle.");
  }
  if (!handle) {
    TRY_ASSIGN(const std::string arn, session.queue_arn(words.front()));
    TRY_ASSIGN(const std::vector<Task> tasks, list_tasks(session, arn, 10));
    for (const Task& task : tasks) {
      if (task.status == Status::kRunning && task.task_handle) handle = task.task_handle;
    }
    if (!handle) {
      return sqs::Error{
          .kind = sqs::ErrorKind::kNotFound,
          .message = fmt::format("No move task of {} is running.", sqs::queue_name_of(arn))};
    }
  }
  TRY_ASSIGN(const sqs::CancelMessageMoveTaskReply reply,
             session.client().cancel_message_move_task({.task_handle = *handle}, session.call()));
  const int64_t moved = reply.approximate_number_of_messages_moved;
  if (session.json()) {
    TRY(session.print_line(JsonObject().add("task_handle", *handle).add("moved", moved).text()));
  } else {
    TRY(session.print(fmt::format(
        "Cancelled; {} moved by then stay where they are.\n",
        moved == 1 ? "1 message" : count_text(static_cast<uint64_t>(moved)) + " messages")));
  }
  return kExitDone;
}

}  // namespace forebay::commands
