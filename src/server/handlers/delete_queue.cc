// SPDX-License-Identifier: Apache-2.0
// DeleteQueue (contract section 2.2).
#include "server/handlers/handlers.h"

namespace forebay::server {
namespace {

Result<engine::DeleteQueue> prepare(const Call& call) {
  TRY_ASSIGN(auto request, call.decode<protocol::DeleteQueueRequest>());
  TRY_ASSIGN(auto queue, call.queue(request.queue_url));
  return engine::DeleteQueue{std::move(queue)};
}

}  // namespace

void handle_delete_queue(const CallPtr& call) {
  perform(call, prepare(*call), [](engine::DeleteQueue::Reply) { return protocol::EmptyReply{}; });
}

}  // namespace forebay::server
