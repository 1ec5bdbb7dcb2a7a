// SPDX-License-Identifier: Apache-2.0
// SetQueueAttributes (contract section 2.7).
#include "server/handlers/dead_letter_permission.h"
#include "server/handlers/handlers.h"
#include "server/parameter_errors.h"
#include "server/queue_attribute_text.h"

namespace forebay::server {
namespace {

Result<engine::SetQueueAttributes> prepare(const Call& call) {
  TRY_ASSIGN(auto request, call.decode<protocol::SetQueueAttributesRequest>());
  if (!request.queue_url || request.queue_url->empty()) return missing_parameter("QueueUrl");
  if (!request.attributes) return missing_parameter("Attributes");
  if (request.attributes->empty()) return missing_parameter("Attribute.Name");
  engine::SetQueueAttributes operation;
  TRY_ASSIGN(operation.queue, call.queue(request.queue_url));
  TRY_ASSIGN(
      operation.attributes,
      parse_attributes(*request.attributes, {.queue = operation.queue,
                                             .creating = false,
                                             .aliases = call.context().config.attribute_aliases}));
  return operation;
}

}  // namespace

void handle_set_queue_attributes(const CallPtr& call) {
  Result<engine::SetQueueAttributes> operation = prepare(*call);
  if (!operation.ok()) return call->fail(operation.error());
  const engine::QueueAddress queue = operation->queue;
  const engine::AttributeChanges attributes = operation->attributes;
  when_dead_letter_target_allows(call, attributes, queue, [call, operation = std::move(operation)] {
    perform(call, operation,
            [](engine::SetQueueAttributes::Reply) { return protocol::EmptyReply{}; });
  });
}

}  // namespace forebay::server
