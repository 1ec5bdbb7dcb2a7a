// SPDX-License-Identifier: Apache-2.0
// Receiving, printing and deleting, as `receive`, `tail` and `dlq show` share it.
// Thread: main.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <forebay/sqs/messages.h>

#include "commands/session.h"

namespace forebay::commands {

struct ReceiveChoice {
  int max = static_cast<int>(sqs::kBatchEntriesMax);
  std::optional<std::chrono::seconds> wait = {};        // absent: the queue's
  std::optional<std::chrono::seconds> visibility = {};  // absent: the queue's
};

/// One receive, with everything that SQS tells about the messages.
sqs::Result<std::vector<sqs::Message>> receive_some(Session& session, const std::string& queue_url,
                                                    const ReceiveChoice& choice);

/// As --json, --body or neither of them asks.
sqs::Result<void> print_messages(Session& session, const std::vector<sqs::Message>& messages);

/// At most ten. Errors: kServerFault also when one of them is refused.
sqs::Result<uint64_t> delete_messages(Session& session, const std::string& queue_url,
                                      const std::vector<sqs::Message>& messages);

/// Makes them visible at once.
sqs::Result<void> give_back(Session& session, const std::string& queue_url,
                            const std::vector<sqs::Message>& messages);

}  // namespace forebay::commands
