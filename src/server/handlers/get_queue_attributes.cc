// SPDX-License-Identifier: Apache-2.0
// GetQueueAttributes (contract section 2.6).
#include "server/handlers/handlers.h"
#include "server/queue_attribute_text.h"

namespace forebay::server {
namespace {

struct Prepared {
  engine::DescribeQueue operation;
  std::vector<std::string> attribute_names;
};

Result<Prepared> prepare(const Call& call) {
  TRY_ASSIGN(auto request, call.decode<protocol::GetQueueAttributesRequest>());
  TRY_ASSIGN(auto queue, call.queue(request.queue_url));
  return Prepared{{std::move(queue)}, std::move(request.attribute_names)};
}

}  // namespace

void handle_get_queue_attributes(const CallPtr& call) {
  Result<Prepared> prepared = prepare(*call);
  if (!prepared.ok()) return call->fail(prepared.error());
  const engine::QueueAddress queue = prepared->operation.queue;
  perform(call, Result(std::move(prepared->operation)),
          [queue, names = std::move(prepared->attribute_names)](
              const engine::DescribeQueue::Reply& description)
              -> Result<protocol::GetQueueAttributesReply> {
            TRY_ASSIGN(auto texts, attribute_texts(queue, description, names));
            return protocol::GetQueueAttributesReply{std::move(texts)};
          });
}

}  // namespace forebay::server
