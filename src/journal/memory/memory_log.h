// SPDX-License-Identifier: Apache-2.0
// A log that keeps nothing but the contents of messages that are still queued: `--memory`, and
// tests.
//
// Appends are "durable" as soon as the executor gets round to saying so. scan() finds nothing: a
// new owner starts empty. Memory follows the queued messages: release() frees.
// Thread: the owner's
// executor; read() any.
#pragma once

#include <memory>

#include "env/executor.h"
#include "journal/log.h"

namespace forebay::journal {

/// `keep` says of each record whether its bytes may be asked for again.
using KeepRecord = bool (*)(std::string_view record);

/// `executor` must outlive the log.
std::unique_ptr<Log> make_memory_log(env::Executor& executor, KeepRecord keep);

}  // namespace forebay::journal
