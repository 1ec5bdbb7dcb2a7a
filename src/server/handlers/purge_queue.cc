// SPDX-License-Identifier: Apache-2.0
// PurgeQueue (contract section 2.17).
#include "server/handlers/handlers.h"

namespace forebay::server {
namespace {

Result<engine::PurgeQueue> prepare(const Call& call) {
  TRY_ASSIGN(auto request, call.decode<protocol::PurgeQueueRequest>());
  TRY_ASSIGN(auto queue, call.queue(request.queue_url));
  return engine::PurgeQueue{std::move(queue)};
}

}  // namespace

void handle_purge_queue(const CallPtr& call) {
  perform(call, prepare(*call), [](engine::PurgeQueue::Reply) { return protocol::EmptyReply{}; });
}

}  // namespace forebay::server
