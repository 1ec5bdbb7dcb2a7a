// SPDX-License-Identifier: Apache-2.0
#include "commands/queue_definition.h"

#include <fmt/format.h>

#include "base/result.h"
#include "client/queue_attribute_text.h"

namespace forebay::commands {
namespace {

using sqs::QueueDefinition;

std::vector<QueueDefinition> preset(std::string_view name, const std::string& queue) {
  if (name == "standard") return {sqs::standard_queue(queue)};
  if (name == "fifo") return {sqs::fifo_queue(queue)};
  if (name == "high-performance") return {sqs::high_performance_queue(queue)};
  if (name == "batch") return {sqs::batch_processing_queue(queue)};
  if (name == "priority") return sqs::priority_queues(queue);
  return {QueueDefinition{.queue_name = queue}};
}

/// What is assigned replaces what is there. Through texts: a value that does not fit its attribute
/// is the server's to refuse.
sqs::Result<void> assign(const std::vector<std::string>& assignments,
                         sqs::QueueAttributes& attributes) {
  sqs::OtherAttributes texts = sqs::to_text(attributes);
  for (const std::string& each : assignments) {
    TRY_ASSIGN(const auto assigned, parse_assignment("attribute", each));
    texts.insert_or_assign(assigned.first, assigned.second);
  }
  sqs::GetQueueAttributesReply parsed;
  for (const auto& [name, text] : texts) sqs::set_queue_attribute(name, text, parsed);
  if (parsed.status != sqs::QueueStatus()) {
    return usage_error("The ARN, the counts and the time stamps of a queue cannot be set.");
  }
  attributes = std::move(parsed.attributes);
  return {};
}

sqs::Result<void> set_dead_letter(const CommandLine& line, QueueDefinition& definition) {
  const std::optional<std::string> name = line.text("dead-letter-queue");
  const std::optional<int64_t> count = line.number("max-receive-count");
  if (line.has("no-dead-letter-queue")) {
    if (name || count) {
      return usage_error(
          "--no-dead-letter-queue goes with neither --dead-letter-queue nor --max-receive-count.");
    }
    definition.dead_letter.reset();
    return {};
  }
  if (name) {
    if (!definition.dead_letter) definition.dead_letter.emplace();
    definition.dead_letter->queue_name = *name;
  }
  if (!count) return {};
  if (!definition.dead_letter) {
    return usage_error("--max-receive-count needs --dead-letter-queue or a --preset.");
  }
  definition.dead_letter->max_receive_count = static_cast<int>(*count);
  return {};
}

}  // namespace

sqs::Result<std::pair<std::string, std::string>> parse_assignment(std::string_view what,
                                                                  const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == 0 || equals == text.npos) {
    return usage_error(fmt::format("'{}' is no {}: it must be NAME=VALUE.", text, what));
  }
  return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

sqs::Result<sqs::QueueAttributes> parse_attributes(const std::vector<std::string>& assignments) {
  sqs::QueueAttributes attributes;
  TRY(assign(assignments, attributes));
  return attributes;
}

sqs::Result<sqs::Tags> parse_tags(const std::vector<std::string>& assignments) {
  sqs::Tags tags;
  for (const std::string& each : assignments) {
    TRY_ASSIGN(auto tag, parse_assignment("tag", each));
    tags.insert_or_assign(std::move(tag.first), std::move(tag.second));
  }
  return tags;
}

sqs::Result<std::vector<QueueDefinition>> queue_definitions(const CommandLine& line) {
  std::string name = line.arguments().front();
  if (name.find("://") != name.npos || name.starts_with("arn:")) {
    return usage_error(fmt::format("A queue is made by its name, not by '{}'.", name));
  }
  if (line.has("fifo") && !name.ends_with(".fifo")) name += ".fifo";
  std::vector<QueueDefinition> definitions = preset(line.text("preset").value_or(""), name);
  const std::vector<std::string> assignments = line.all("attribute");
  TRY_ASSIGN(const sqs::Tags tags, parse_tags(line.all("tag")));
  for (QueueDefinition& each : definitions) {
    TRY(assign(assignments, each.attributes));
    each.tags = tags;
    each.only_these_tags = line.has("only-these-tags");
    TRY(set_dead_letter(line, each));
  }
  return definitions;
}

}  // namespace forebay::commands
