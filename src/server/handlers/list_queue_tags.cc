// SPDX-License-Identifier: Apache-2.0
// ListQueueTags (contract section 2.20).
#include "server/handlers/handlers.h"

namespace forebay::server {
namespace {

Result<engine::ListQueueTags> prepare(const Call& call) {
  TRY_ASSIGN(auto request, call.decode<protocol::ListQueueTagsRequest>());
  TRY_ASSIGN(auto queue, call.queue(request.queue_url));
  return engine::ListQueueTags{std::move(queue)};
}

}  // namespace

void handle_list_queue_tags(const CallPtr& call) {
  perform(call, prepare(*call), [](const engine::ListQueueTags::Reply& reply) {
    return protocol::ListQueueTagsReply{{reply.tags.begin(), reply.tags.end()}};
  });
}

}  // namespace forebay::server
