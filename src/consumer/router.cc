// SPDX-License-Identifier: Apache-2.0
#include "consumer/router.h"

#include <utility>
#include <variant>

#include "consumer/event_type.h"

namespace forebay::sqs::detail {

Router::Router(const ConsumerOptions& options) : options_(options.routes) {
  for (const auto& [type, handler] : options_.handlers) by_type_[type] = add(handler);
  if (!std::holds_alternative<std::monostate>(options.handler)) otherwise_ = add(options.handler);
}

Route* Router::add(const AnyHandler& handler) {
  routes_.push_back({.handler = &handler, .batched = std::get_if<Batched>(&handler)});
  return &routes_.back();
}

Route* Router::find(HeldMessage& held) {
  if (by_type_.empty()) return otherwise_;
  read_type(held);
  const auto found = by_type_.find(held.type());
  return found == by_type_.end() ? otherwise_ : found->second;
}

void Router::read_type(HeldMessage& held) const {
  const Message& message = held.message();
  if (!options_.attribute.empty()) {
    const auto found = message.message_attributes.find(options_.attribute);
    if (found != message.message_attributes.end() && found->second.string_value) {
      return held.set_type(*found->second.string_value);
    }
  }
  if (options_.body_field.empty()) return;
  std::string type;
  read_event_type(message.body, options_.body_field, type);
  held.set_type(type);
}

}  // namespace forebay::sqs::detail
