// SPDX-License-Identifier: Apache-2.0
// A dead-letter queue's RedriveAllowPolicy, enforced when another queue starts to use it (contract
// section 3.5).
//
// The engine keeps that policy as a text, so it is read here, one step ahead of the operation. A
// policy changed between the two steps counts only for the next attempt, which is what AWS
// promises: it is enforced when a RedrivePolicy is set, not later.
// Thread: the io thread of the
// request's connection.
#pragma once

#include <functional>

#include "server/call.h"

namespace forebay::server {

/// Runs `next` when the RedrivePolicy that `changes` give to `source`, if any, may name its target;
/// otherwise fails the call. A target that does not exist is left for the engine to refuse.
void when_dead_letter_target_allows(const CallPtr& call, const engine::AttributeChanges& changes,
                                    const engine::QueueAddress& source, std::function<void()> next);

}  // namespace forebay::server
