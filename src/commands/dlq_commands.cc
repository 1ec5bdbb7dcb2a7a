// SPDX-License-Identifier: Apache-2.0
// forebay dlq list | show
#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/result.h"
#include "commands/dead_letter_queue.h"
#include "commands/json_text.h"
#include "commands/received_messages.h"
#include "commands/session.h"
#include "commands/sqs_commands.h"
#include "commands/text_format.h"

namespace forebay::commands {
namespace {

using std::chrono::seconds;

constexpr seconds kLookTime{30};
constexpr int64_t kShownDefault = 10;

struct Source {
  std::string name;
  int max_receive_count;
};

/// Which queues send their dead letters where, by the ARN of where.
using Sources = std::map<std::string, std::vector<Source>>;

struct DeadLetterQueues {
  Sources sources = {};
  std::map<std::string, sqs::MessageCounts> counts = {};  // of every queue, by its ARN
};

sqs::Result<DeadLetterQueues> find_dead_letter_queues(Session& session) {
  TRY_ASSIGN(const std::vector<std::string> urls,
             session.manager().list_queues("", session.stop()));
  DeadLetterQueues found;
  for (const std::string& url : urls) {
    const auto reply = session.attributes(url);
    // It was deleted since the list was made.
    if (!reply.ok() && reply.error().kind == sqs::ErrorKind::kQueueNotFound) continue;
    if (!reply.ok()) return reply.error();
    const sqs::QueueStatus& status = reply.value().status;
    found.counts[status.queue_arn.value_or(url)] = {
        .visible = status.approximate_number_of_messages.value_or(0),
        .not_visible = status.approximate_number_of_messages_not_visible.value_or(0),
        .delayed = status.approximate_number_of_messages_delayed.value_or(0)};
    const auto& policy = reply.value().attributes.redrive_policy;
    if (!policy || policy->dead_letter_target_arn.empty()) continue;
    found.sources[policy->dead_letter_target_arn].push_back(
        {sqs::queue_name_of(url), policy->max_receive_count});
  }
  return found;
}

std::string json_of(const DeadLetterQueues& all) {
  JsonList list;
  for (const auto& [arn, sources] : all.sources) {
    JsonList from;
    for (const Source& source : sources) {
      JsonObject each;
      each.add("queue_name", source.name).add("max_receive_count", source.max_receive_count);
      from.add_json(each.text());
    }
    const auto counts = all.counts.find(arn);
    JsonObject object;
    object.add("queue_name", sqs::queue_name_of(arn)).add("queue_arn", arn);
    object.add("exists", counts != all.counts.end());
    if (counts != all.counts.end()) {
      object.add("visible", counts->second.visible).add("not_visible", counts->second.not_visible);
    }
    list.add_json(object.add_json("sources", from.text()).text());
  }
  return JsonObject().add_json("dead_letter_queues", list.text()).text();
}

}  // namespace

sqs::Result<std::string> dead_letter_url(Session& session, const std::string& queue) {
  TRY_ASSIGN(const std::string url, session.queue_url(queue));
  TRY_ASSIGN(const sqs::GetQueueAttributesReply reply, session.attributes(url));
  const auto& policy = reply.attributes.redrive_policy;
  if (!policy || policy->dead_letter_target_arn.empty()) return url;
  session.note(fmt::format("The dead letters of {} are in {}.", sqs::queue_name_of(url),
                           sqs::queue_name_of(policy->dead_letter_target_arn)));
  return session.queue_url(policy->dead_letter_target_arn);
}

sqs::Result<int> run_dlq_list(Session& session) {
  TRY_ASSIGN(const DeadLetterQueues all, find_dead_letter_queues(session));
  if (session.json()) {
    TRY(session.print_line(json_of(all)));
    return kExitDone;
  }
  if (all.sources.empty()) {
    session.note("No queue has a dead-letter queue.");
    return kExitDone;
  }
  TextTable table({"dead-letter queue", "messages", "in flight", "of"}, "lrrl");
  for (const auto& [arn, sources] : all.sources) {
    std::string names;
    for (const Source& source : sources) {
      names += fmt::format("{}{} ({})", names.empty() ? "" : ", ", source.name,
                           counted(static_cast<uint64_t>(source.max_receive_count), "receive"));
    }
    const auto counts = all.counts.find(arn);
    const bool known = counts != all.counts.end();
    const auto text = [known](int64_t count) {
      return known ? count_text(static_cast<uint64_t>(count)) : std::string("?");
    };
    const sqs::MessageCounts count = known ? counts->second : sqs::MessageCounts();
    table.row({sqs::queue_name_of(arn), text(count.visible), text(count.not_visible), names});
  }
  TRY(session.print(table.text()));
  return kExitDone;
}

sqs::Result<int> run_dlq_show(Session& session) {
  TRY_ASSIGN(const std::string url, dead_letter_url(session, session.argument(0)));
  int64_t left = session.line().number("max").value_or(kShownDefault);
  std::vector<sqs::Message> held;
  std::optional<sqs::Error> failed;
  // They are kept until all were seen, or the first ones would come again.
  while (left > 0 && !session.stopped() && !failed) {
    ReceiveChoice choice{.wait = seconds(0), .visibility = kLookTime};
    choice.max = static_cast<int>(std::min<int64_t>(left, sqs::kBatchEntriesMax));
    const auto messages = receive_some(session, url, choice);
    if (!messages.ok()) failed = messages.error();
    if (failed || messages.value().empty()) break;
    left -= static_cast<int64_t>(messages.value().size());
    held.insert(held.end(), messages.value().begin(), messages.value().end());
    if (const auto printed = print_messages(session, messages.value()); !printed.ok()) {
      failed = printed.error();
    }
  }
  TRY(give_back(session, url, held));
  if (failed) return *failed;
  if (held.empty()) session.note("There is no message to show.");
  return session.stopped() ? kExitInterrupted : kExitDone;
}

}  // namespace forebay::commands
