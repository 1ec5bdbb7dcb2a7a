// SPDX-License-Identifier: Apache-2.0
// RemovePermission (contract section 2.9).
#include "server/handlers/handlers.h"
#include "server/handlers/policy_edit.h"
#include "server/parameter_errors.h"
#include "server/policy_statements.h"

namespace forebay::server {
namespace {

struct Prepared {
  engine::QueueAddress queue;
  std::string label;
};

Result<Prepared> prepare(const Call& call) {
  TRY_ASSIGN(auto request, call.decode<protocol::RemovePermissionRequest>());
  if (!request.queue_url || request.queue_url->empty()) return missing_parameter("QueueUrl");
  if (!request.label || request.label->empty()) return missing_parameter("Label");
  TRY_ASSIGN(auto queue, call.queue(request.queue_url));
  return Prepared{std::move(queue), std::move(*request.label)};
}

}  // namespace

void handle_remove_permission(const CallPtr& call) {
  Result<Prepared> prepared = prepare(*call);
  if (!prepared.ok()) return call->fail(prepared.error());
  const engine::QueueAddress queue = prepared->queue;
  edit_policy(call, queue, [label = std::move(prepared->label)](std::string_view policy) {
    return without_statement(policy, label);
  });
}

}  // namespace forebay::server
