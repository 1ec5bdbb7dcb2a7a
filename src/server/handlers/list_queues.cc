// SPDX-License-Identifier: Apache-2.0
// ListQueues (contract section 2.4). A NextToken is the last name of the page, in base64.
#include "base/base64.h"
#include "engine/limits.h"
#include "server/handlers/handlers.h"
#include "server/parameter_errors.h"

namespace forebay::server {
namespace {

Result<std::string> name_of_token(const std::string& token, const std::string& name_prefix) {
  const std::optional<std::string> name = base64_decode(token);
  if (!name || !is_queue_name(*name) || !name->starts_with(name_prefix)) {
    return Error{ErrorCode::kInvalidParameterValue, "Invalid or expired next token."};
  }
  return *name;
}

struct Prepared {
  engine::ListQueues operation;
  bool paged = false;  // only who asks for pages is told that there are more
};

Result<Prepared> prepare(const Call& call) {
  TRY_ASSIGN(auto request, call.decode<protocol::ListQueuesRequest>());
  Prepared prepared;
  engine::ListQueues& operation = prepared.operation;
  operation.region = call.scope().region;
  operation.account = call.scope().account;
  operation.name_prefix = request.queue_name_prefix.value_or("");
  operation.max_results = request.max_results.value_or(engine::kListQueuesMax);
  prepared.paged = request.max_results.has_value();
  if (operation.max_results < 1 || operation.max_results > engine::kListQueuesMax) {
    return Error{ErrorCode::kInvalidParameterValue,
                 "Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer "
                 "between 1 and 1000."};
  }
  if (request.next_token) {
    TRY_ASSIGN(operation.after_name, name_of_token(*request.next_token, operation.name_prefix));
  }
  return prepared;
}

}  // namespace

void handle_list_queues(const CallPtr& call) {
  Result<Prepared> prepared = prepare(*call);
  if (!prepared.ok()) return call->fail(prepared.error());
  const bool paged = prepared->paged;
  perform(call, Result(std::move(prepared->operation)),
          [call, paged](engine::ListQueues::Reply names) {
            protocol::ListQueuesReply reply;
            const RequestScope& scope = call->scope();
            for (const std::string& name : names.names) {
              reply.queue_urls.push_back(call->queue_url({scope.region, scope.account, name}));
            }
            if (paged && names.more) reply.next_token = base64_encode(names.names.back());
            return reply;
          });
}

}  // namespace forebay::server
