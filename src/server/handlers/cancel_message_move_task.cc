// SPDX-License-Identifier: Apache-2.0
// CancelMessageMoveTask (contract section 2.22).
#include "server/handlers/handlers.h"
#include "server/move_task_rules.h"
#include "server/parameter_errors.h"

namespace forebay::server {
namespace {

Result<engine::CancelMessageMoveTask> prepare(const Call& call) {
  TRY_ASSIGN(auto request, call.decode<protocol::CancelMessageMoveTaskRequest>());
  if (!request.task_handle || request.task_handle->empty()) return missing_parameter("TaskHandle");
  TRY_ASSIGN(auto task, parse_task_handle(call.scope(), *request.task_handle));
  return engine::CancelMessageMoveTask{std::move(task.source), task.task_id};
}

}  // namespace

void handle_cancel_message_move_task(const CallPtr& call) {
  perform(call, prepare(*call), [](engine::CancelMessageMoveTask::Reply reply) {
    return protocol::CancelMessageMoveTaskReply{reply.moved_count};
  });
}

}  // namespace forebay::server
