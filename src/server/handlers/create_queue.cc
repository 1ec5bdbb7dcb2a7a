// SPDX-License-Identifier: Apache-2.0
// CreateQueue (contract section 2.1).
#include "protocol/json_document.h"
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

/// Takes over how `current` spells the same JSON. True when that changed anything.
bool take_over_spelling(std::optional<std::string>& wanted, const std::string& current) {
  if (!wanted || *wanted == current || !protocol::is_same_json(*wanted, current)) return false;
  wanted = current;
  return true;
}

bool take_over_spelling(engine::AttributeChanges& wanted, const engine::QueueAttributes& current) {
  const bool policy = take_over_spelling(wanted.policy, current.policy);
  const bool allow = take_over_spelling(wanted.redrive_allow_policy, current.redrive_allow_policy);
  return policy || allow;
}

protocol::QueueUrlReply url_reply(const CallPtr& call, const engine::QueueAddress& address) {
  return {call->queue_url(address)};
}

/// The engine keeps a Policy and a RedriveAllowPolicy as texts and compares them as such; AWS's
/// comparison is by meaning (contract 2.1, graded ?). So a queue that is there already and differs
/// (`conflict`) is looked at, and asked for again in its own words when those mean the same.
void create_in_its_own_words(const CallPtr& call, engine::CreateQueue operation,
                             const Error& conflict) {
  engine::DescribeQueue look{operation.address};
  shard::ask(
      call->context().router, std::move(look),
      [call, operation = std::move(operation),
       conflict](const Result<engine::DescribeQueue::Reply>& found) mutable {
        call->guard([&] {
          if (!found.ok() || !take_over_spelling(operation.attributes, found.value().attributes)) {
            return call->fail(conflict);
          }
          const engine::QueueAddress address = operation.address;
          perform(call, Result(std::move(operation)),
                  [call, address](engine::CreateQueue::Reply) { return url_reply(call, address); });
        });
      });
}

void create(const CallPtr& call, const engine::CreateQueue& operation) {
  shard::ask(call->context().router, operation,
             [call, operation](const Result<engine::CreateQueue::Reply>& reply) {
               call->guard([&] {
                 if (reply.ok()) return call->reply(url_reply(call, operation.address));
                 const engine::AttributeChanges& wanted = operation.attributes;
                 const bool has_json = wanted.policy || wanted.redrive_allow_policy;
                 if (!has_json || reply.error().code != ErrorCode::kQueueNameExists) {
                   return call->fail(reply.error());
                 }
                 create_in_its_own_words(call, operation, reply.error());
               });
             });
}

}  // namespace

void handle_create_queue(const CallPtr& call) {
  Result<engine::CreateQueue> operation = prepare(*call);
  if (!operation.ok()) return call->fail(operation.error());
  if (!operation->attributes.redrive_policy) return create(call, *operation);
  // A dead-letter queue is asked only when a policy is set, not when a queue that has it is asked
  // for again (contract 3.5).
  engine::FindQueue look{operation->address};
  shard::ask(call->context().router, std::move(look),
             [call, operation = std::move(operation).value()](
                 const Result<engine::FindQueue::Reply>& found) {
               call->guard([&] {
                 if (found.ok()) return create(call, operation);
                 when_dead_letter_target_allows(call, operation.attributes, operation.address,
                                                [call, operation] { create(call, operation); });
               });
             });
}

}  // namespace forebay::server
