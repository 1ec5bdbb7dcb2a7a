// SPDX-License-Identifier: Apache-2.0
// GetQueueUrl (contract section 2.3).
#include "server/handlers/handlers.h"
#include "server/parameter_errors.h"
#include "server/queue_name_rules.h"

namespace forebay::server {
namespace {

Result<engine::FindQueue> prepare(const Call& call) {
  TRY_ASSIGN(auto request, call.decode<protocol::GetQueueUrlRequest>());
  if (!request.queue_name || request.queue_name->empty()) return missing_queue_name();
  const std::string account = request.queue_owner_aws_account_id.value_or(call.scope().account);
  if (!is_account_id(account) || !is_queue_name(*request.queue_name)) {
    return queue_does_not_exist();
  }
  return engine::FindQueue{{call.scope().region, account, *request.queue_name}};
}

}  // namespace

void handle_get_queue_url(const CallPtr& call) {
  Result<engine::FindQueue> operation = prepare(*call);
  const engine::QueueAddress address = operation.ok() ? operation->queue : engine::QueueAddress();
  perform(call, std::move(operation), [call, address](engine::FindQueue::Reply) {
    return protocol::QueueUrlReply{call->queue_url(address)};
  });
}

}  // namespace forebay::server
