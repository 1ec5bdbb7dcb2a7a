// SPDX-License-Identifier: Apache-2.0
#include "server/handlers/dead_letter_permission.h"

#include <fmt/format.h>

#include "server/parameter_errors.h"
#include "server/queue_policy_text.h"

namespace forebay::server {

void when_dead_letter_target_allows(const CallPtr& call, const engine::AttributeChanges& changes,
                                    const engine::QueueAddress& source,
                                    std::function<void()> next) {
  if (!changes.redrive_policy || !*changes.redrive_policy) return next();
  const engine::RedrivePolicy& policy = **changes.redrive_policy;
  shard::ask(
      call->context().router, engine::DescribeQueue{policy.dead_letter_target},
      [call, policy, source, next](Result<engine::DescribeQueue::Reply> target) {
        call->guard([&] {
          if (target.ok() && !redrive_allowed(target->attributes.redrive_allow_policy, source)) {
            return call->fail(
                invalid_parameter(policy.text, "RedrivePolicy",
                                  fmt::format("Queue {} does not allow this queue to use it as a "
                                              "dead-letter queue.",
                                              engine::queue_arn(policy.dead_letter_target))));
          }
          next();
        });
      });
}

}  // namespace forebay::server
