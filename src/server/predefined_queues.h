// SPDX-License-Identifier: Apache-2.0
// The queues an operator lists in the configuration: they exist after every start, as described
// there.
//
// What is missing is created; attributes and tags that differ are set; nothing is removed. Starting
// again with the same file changes nothing. Dead-letter queues come first, whatever the order in
// the file.
// Thread: one of the router's executors.
#pragma once

#include <functional>

#include "base/result.h"
#include "server/config.h"
#include "shard/router.h"

namespace forebay::server {

using PredefinedQueuesDone = std::function<void(Result<void>)>;

/// Carries out `config.queues` through `router` and then calls `done` once, perhaps within this
/// call. Nothing is asked of the router when the entries contradict each other or themselves.
/// Borrows: `router` until `done`.
/// Errors: kInvalidConfiguration: names the queue and what is wrong with it; otherwise as the
/// engine's.
/// Durable: every queue, when done is called without error.
void make_predefined_queues(const Config& config, shard::Router& router, PredefinedQueuesDone done);

}  // namespace forebay::server
