// SPDX-License-Identifier: Apache-2.0
// AddPermission (contract section 2.8).
#include "server/handlers/handlers.h"
#include "server/handlers/policy_edit.h"
#include "server/parameter_errors.h"
#include "server/permission_rules.h"
#include "server/policy_statements.h"

namespace forebay::server {
namespace {

Result<Permission> prepare(const Call& call) {
  TRY_ASSIGN(auto request, call.decode<protocol::AddPermissionRequest>());
  if (!request.queue_url || request.queue_url->empty()) return missing_parameter("QueueUrl");
  TRY(check_permission(request));
  TRY_ASSIGN(auto queue, call.queue(request.queue_url));
  return Permission{std::move(queue), std::move(*request.label),
                    std::move(*request.aws_account_ids), std::move(*request.actions)};
}

}  // namespace

void handle_add_permission(const CallPtr& call) {
  Result<Permission> permission = prepare(*call);
  if (!permission.ok()) return call->fail(permission.error());
  const engine::QueueAddress queue = permission->queue;
  edit_policy(call, queue, [permission = std::move(permission).value()](std::string_view policy) {
    return with_statement(policy, permission);
  });
}

}  // namespace forebay::server
