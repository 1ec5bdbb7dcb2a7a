// SPDX-License-Identifier: Apache-2.0
// ListDeadLetterSourceQueues (contract section 2.5).
#include "server/handlers/handlers.h"
#include "server/parameter_errors.h"
#include "server/queue_pages.h"

namespace forebay::server {
namespace {

struct Prepared {
  engine::ListDeadLetterSourceQueues operation;
  QueuePage page;
};

Result<Prepared> prepare(const Call& call) {
  TRY_ASSIGN(auto request, call.decode<protocol::ListDeadLetterSourceQueuesRequest>());
  if (!request.queue_url || request.queue_url->empty()) return missing_parameter("QueueUrl");
  TRY_ASSIGN(auto page, parse_queue_page(request.max_results, request.next_token));
  TRY_ASSIGN(auto queue, call.queue(request.queue_url));
  return Prepared{{std::move(queue), page.after_name, page.max_results}, std::move(page)};
}

}  // namespace

void handle_list_dead_letter_source_queues(const CallPtr& call) {
  Result<Prepared> prepared = prepare(*call);
  if (!prepared.ok()) return call->fail(prepared.error());
  const engine::QueueAddress target = prepared->operation.queue;
  perform(call, Result(std::move(prepared->operation)),
          [call, target, page = std::move(prepared->page)](
              const engine::ListDeadLetterSourceQueues::Reply& found) {
            protocol::ListDeadLetterSourceQueuesReply reply;
            for (const std::string& name : found.names) {
              // The sources are of the target's account, whoever asks.
              reply.queue_urls.push_back(call->queue_url({target.region, target.account, name}));
            }
            reply.next_token = next_token(page, found.names, found.more);
            return reply;
          });
}

}  // namespace forebay::server
