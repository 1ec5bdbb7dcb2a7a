// SPDX-License-Identifier: Apache-2.0
// Changes a queue's Policy by what it is, however many others do the same at that moment.
//
// The Policy is read, edited here and written back on condition that it still is what was read;
// otherwise all begins anew. Each failed attempt means that somebody else's succeeded, so only a
// crowd can use up the attempts.
// Thread: the io thread of the request's connection.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "server/call.h"

namespace forebay::server {

inline constexpr int kPolicyEditAttemptsMax = 16;

/// The Policy to be from the Policy that is; both may be empty: none.
using PolicyEdit = std::function<Result<std::string>(std::string_view policy)>;

/// Answers the call with an empty reply when the edited Policy is in force, else with the edit's or
/// the engine's error, or with kThrottling after kPolicyEditAttemptsMax attempts.
void edit_policy(const CallPtr& call, const engine::QueueAddress& queue, PolicyEdit edit);

}  // namespace forebay::server
