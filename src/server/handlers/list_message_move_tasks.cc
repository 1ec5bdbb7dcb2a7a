// SPDX-License-Identifier: Apache-2.0
// ListMessageMoveTasks (contract section 2.23).
#include "server/handlers/handlers.h"
#include "server/move_task_rules.h"
#include "server/parameter_errors.h"

namespace forebay::server {
namespace {

Result<engine::ListMessageMoveTasks> prepare(const Call& call) {
  TRY_ASSIGN(auto request, call.decode<protocol::ListMessageMoveTasksRequest>());
  if (!request.source_arn || request.source_arn->empty()) return missing_parameter("SourceArn");
  engine::ListMessageMoveTasks operation;
  TRY_ASSIGN(operation.source, parse_move_task_arn(call.scope(), "SourceArn", *request.source_arn));
  TRY_ASSIGN(operation.max_results, parse_move_task_count(request.max_results));
  return operation;
}

std::string_view status_text(engine::MoveTaskStatus status) {
  switch (status) {
    case engine::MoveTaskStatus::kRunning:
      return "RUNNING";
    case engine::MoveTaskStatus::kCompleted:
      return "COMPLETED";
    case engine::MoveTaskStatus::kCancelled:
      return "CANCELLED";
    case engine::MoveTaskStatus::kFailed:
      return "FAILED";
  }
  CHECK(false);
}

protocol::ListMessageMoveTasksReply::Entry show_task(const engine::QueueAddress& source,
                                                     const engine::MessageMoveTask& task) {
  protocol::ListMessageMoveTasksReply::Entry entry;
  if (task.status == engine::MoveTaskStatus::kRunning) {
    entry.task_handle = make_task_handle({source, task.task_id});
  }
  entry.status = status_text(task.status);
  entry.source_arn = engine::queue_arn(source);
  if (task.destination) entry.destination_arn = engine::queue_arn(*task.destination);
  entry.max_number_of_messages_per_second = task.max_number_of_messages_per_second;
  entry.approximate_number_of_messages_moved = task.moved_count;
  entry.approximate_number_of_messages_to_move = task.to_move_count;
  if (task.status == engine::MoveTaskStatus::kFailed) entry.failure_reason = task.failure_reason;
  entry.started_timestamp = task.started.value;
  return entry;
}

}  // namespace

void handle_list_message_move_tasks(const CallPtr& call) {
  Result<engine::ListMessageMoveTasks> operation = prepare(*call);
  const engine::QueueAddress source = operation.ok() ? operation->source : engine::QueueAddress();
  perform(call, std::move(operation), [source](const engine::ListMessageMoveTasks::Reply& found) {
    protocol::ListMessageMoveTasksReply reply;
    for (const engine::MessageMoveTask& task : found.tasks) {
      reply.results.push_back(show_task(source, task));
    }
    return reply;
  });
}

}  // namespace forebay::server
