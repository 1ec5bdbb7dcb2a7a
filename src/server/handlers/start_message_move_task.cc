// SPDX-License-Identifier: Apache-2.0
// StartMessageMoveTask (contract section 2.21).
#include "server/handlers/handlers.h"
#include "server/move_task_rules.h"
#include "server/parameter_errors.h"
#include "server/uuid.h"

namespace forebay::server {
namespace {

Result<engine::StartMessageMoveTask> prepare(const Call& call) {
  TRY_ASSIGN(auto request, call.decode<protocol::StartMessageMoveTaskRequest>());
  if (!request.source_arn || request.source_arn->empty()) return missing_parameter("SourceArn");
  engine::StartMessageMoveTask operation;
  TRY_ASSIGN(operation.source, parse_move_task_arn(call.scope(), "SourceArn", *request.source_arn));
  // An empty destination counts as none, as empty strings do elsewhere (2.0; not recorded).
  if (request.destination_arn && !request.destination_arn->empty()) {
    TRY_ASSIGN(operation.destination,
               parse_move_task_arn(call.scope(), "DestinationArn", *request.destination_arn));
  }
  TRY(check_move_task_rate(request.max_number_of_messages_per_second));
  operation.max_number_of_messages_per_second = request.max_number_of_messages_per_second;
  operation.task_id = random_uuid(call.context().random);
  return operation;
}

}  // namespace

void handle_start_message_move_task(const CallPtr& call) {
  Result<engine::StartMessageMoveTask> operation = prepare(*call);
  if (!operation.ok()) return call->fail(operation.error());
  std::string handle = make_task_handle({operation->source, operation->task_id});
  perform(call, std::move(operation),
          [handle = std::move(handle)](engine::StartMessageMoveTask::Reply) {
            return protocol::StartMessageMoveTaskReply{handle};
          });
}

}  // namespace forebay::server
