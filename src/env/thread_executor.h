// SPDX-License-Identifier: Apache-2.0
// An Executor with a thread and timers, and nothing else: for what waits for no sockets.
//
// Thread: as Executor says.
#pragma once

#include <memory>

#include "env/executor.h"

namespace forebay::env {

/// Starts the thread. `name`, of at most 15 characters, is what `top -H` shows. The destructor ends
/// the task that runs and drops the others; not on the executor's own thread.
std::unique_ptr<Executor> make_thread_executor(const char* name = "executor");

}  // namespace forebay::env
