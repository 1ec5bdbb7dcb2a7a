// SPDX-License-Identifier: Apache-2.0
#include "cli/queue_names.h"

#include <variant>

#include <fmt/format.h>

namespace forebay::cli {

void QueueNames::learn(QueueId id, const engine::QueueAddress& address) {
  if (!addresses_.empty()) {
    const engine::QueueAddress& first = addresses_.begin()->second;
    one_scope_ &= first.region == address.region && first.account == address.account;
  }
  addresses_.insert_or_assign(id, address);
}

void QueueNames::learn(const engine::Fact& fact) {
  if (const auto* created = std::get_if<engine::QueueCreated>(&fact)) {
    learn(created->queue, created->address);
  }
}

std::string QueueNames::text(QueueId id) const {
  const engine::QueueAddress* known = address(id);
  if (known == nullptr) return fmt::format("queue#{}", id.value);
  if (one_scope_) return known->name;
  return fmt::format("{}/{}/{}", known->region, known->account, known->name);
}

const engine::QueueAddress* QueueNames::address(QueueId id) const {
  const auto found = addresses_.find(id);
  return found != addresses_.end() ? &found->second : nullptr;
}

}  // namespace forebay::cli
