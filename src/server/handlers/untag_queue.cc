// SPDX-License-Identifier: Apache-2.0
// UntagQueue (contract section 2.19).
#include "server/handlers/handlers.h"
#include "server/parameter_errors.h"

namespace forebay::server {
namespace {

Result<engine::UntagQueue> prepare(const Call& call) {
  TRY_ASSIGN(auto request, call.decode<protocol::UntagQueueRequest>());
  TRY_ASSIGN(auto queue, call.queue(request.queue_url));
  if (!request.tag_keys) return missing_parameter("TagKeys");
  if (request.tag_keys->empty()) {
    return Error{ErrorCode::kInvalidParameterValue,
                 "Tag keys must be between 1 and 128 characters in length."};
  }
  return engine::UntagQueue{std::move(queue), std::move(*request.tag_keys)};
}

}  // namespace

void handle_untag_queue(const CallPtr& call) {
  perform(call, prepare(*call), [](engine::UntagQueue::Reply) { return protocol::EmptyReply{}; });
}

}  // namespace forebay::server
