// SPDX-License-Identifier: Apache-2.0
// CreateQueue (contract section 2.1).
#include "server/handlers/dead_letter_permission.h"
#include "server/handlers/handlers.h"
#include "server/queue_attribute_text.h"
#include "server/queue_name_rules.h"
#include "server/tag_rules.h"

namespace forebay::server {
namespace {

Result<engine::CreateQueue> prepare(const Call& call) {
  TRY_ASSIGN(auto request, call.decode<protocol::CreateQueueRequest>());
  const protocol::StringPairs attributes = request.attributes.value_or(protocol::StringPairs());
  TRY(check_new_queue_name(request.queue_name, attributes));

  engine::CreateQueue operation;
  operation.address = {call.scope().region, call.scope().account, *request.queue_name};
  TRY_ASSIGN(operation.attributes,
             parse_attributes(attributes, {.queue = operation.address,
                                           .creating = true,
                                           .aliases = call.context().config.attribute_aliases}));
  if (request.tags) {
    TRY_ASSIGN(operation.tags, parse_tags(*request.tags));
  }
  return operation;
}

}  // namespace

void handle_create_queue(const CallPtr& call) {
  Result<engine::CreateQueue> operation = prepare(*call);
  if (!operation.ok()) return call->fail(operation.error());
  const engine::QueueAddress address = operation->address;
  const engine::AttributeChanges attributes = operation->attributes;
  when_dead_letter_target_allows(
      call, attributes, address, [call, address, operation = std::move(operation)] {
        perform(call, operation, [call, address](engine::CreateQueue::Reply) {
          return protocol::QueueUrlReply{call->queue_url(address)};
        });
      });
}

}  // namespace forebay::server
