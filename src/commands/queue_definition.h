// SPDX-License-Identifier: Apache-2.0
// Queues as a command line describes them.
// Thread: any.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <forebay/sqs/queue_presets.h>

#include "commands/command_line.h"

namespace forebay::commands {

/// "VisibilityTimeout=60". Errors: kConfiguration.
sqs::Result<std::pair<std::string, std::string>> parse_assignment(std::string_view what,
                                                                  const std::string& text);

/// SQS's attributes by their names and texts. A name nobody knows goes to the server, which may.
/// Errors: kConfiguration.
sqs::Result<sqs::QueueAttributes> parse_attributes(const std::vector<std::string>& assignments);

/// Errors: kConfiguration.
sqs::Result<sqs::Tags> parse_tags(const std::vector<std::string>& assignments);

/// What the argument QUEUE and the options --preset, --fifo, --attribute, --tag,
/// --dead-letter-queue,
/// --max-receive-count and --no-dead-letter-queue ask for; several queues for the preset priority.
/// Errors: kConfiguration.
sqs::Result<std::vector<sqs::QueueDefinition>> queue_definitions(const CommandLine& line);

}  // namespace forebay::commands
