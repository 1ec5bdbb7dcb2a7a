// SPDX-License-Identifier: Apache-2.0
// Which dead-letter queue is meant, as the commands on dead letters share it.
// Thread: main.
#pragma once

#include <string>

#include <forebay/sqs/error.h>

namespace forebay::commands {

class Session;

/// URL of the queue itself, or of the one that its redrive policy names. Errors: kQueueNotFound.
sqs::Result<std::string> dead_letter_url(Session& session, const std::string& queue);

}  // namespace forebay::commands
