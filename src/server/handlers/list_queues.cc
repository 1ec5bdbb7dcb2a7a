// SPDX-License-Identifier: Apache-2.0
// ListQueues (contract section 2.4).
#include "server/handlers/handlers.h"
#include "server/queue_pages.h"

namespace forebay::server {
namespace {

struct Prepared {
  engine::ListQueues operation;
  QueuePage page;
};

Result<Prepared> prepare(const Call& call) {
  TRY_ASSIGN(auto request, call.decode<protocol::ListQueuesRequest>());
  engine::ListQueues operation;
  operation.region = call.scope().region;
  operation.account = call.scope().account;
  operation.name_prefix = request.queue_name_prefix.value_or("");
  TRY_ASSIGN(auto page,
             parse_queue_page(request.max_results, request.next_token, operation.name_prefix));
  operation.max_results = page.max_results;
  operation.after_name = page.after_name;
  return Prepared{std::move(operation), std::move(page)};
}

}  // namespace

void handle_list_queues(const CallPtr& call) {
  Result<Prepared> prepared = prepare(*call);
  if (!prepared.ok()) return call->fail(prepared.error());
  perform(call, Result(std::move(prepared->operation)),
          [call, page = std::move(prepared->page)](const engine::ListQueues::Reply& found) {
            const RequestScope& scope = call->scope();
            protocol::ListQueuesReply reply;
            for (const std::string& name : found.names) {
              reply.queue_urls.push_back(call->queue_url({scope.region, scope.account, name}));
            }
            reply.next_token = next_token(page, found.names, found.more);
            return reply;
          });
}

}  // namespace forebay::server
