// SPDX-License-Identifier: Apache-2.0
// TagQueue (contract section 2.18).
#include "server/handlers/handlers.h"
#include "server/parameter_errors.h"
#include "server/tag_rules.h"

namespace forebay::server {
namespace {

Result<engine::TagQueue> prepare(const Call& call) {
  TRY_ASSIGN(auto request, call.decode<protocol::TagQueueRequest>());
  TRY_ASSIGN(auto queue, call.queue(request.queue_url));
  if (!request.tags || request.tags->empty()) return missing_parameter("Tags");
  TRY_ASSIGN(auto tags, parse_tags(*request.tags));
  return engine::TagQueue{std::move(queue), std::move(tags)};
}

}  // namespace

void handle_tag_queue(const CallPtr& call) {
  perform(call, prepare(*call), [](engine::TagQueue::Reply) { return protocol::EmptyReply{}; });
}

}  // namespace forebay::server
