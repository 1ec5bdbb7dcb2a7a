// SPDX-License-Identifier: Apache-2.0
// Every action of the API in one table.
// Thread: any.
#pragma once

#include <span>
#include <string_view>

#include "server/call.h"

namespace forebay::server {

struct Action {
  std::string_view name;
  void (*handle)(const CallPtr&);
  bool on_queue_path;  // valid as AWS Query on /<account>/<queue> (contract section 1.5.4)
};

/// All 23, in order of name.
std::span<const Action> all_actions();

/// By exact name; null for an unknown one.
const Action* find_action(std::string_view name);

}  // namespace forebay::server
