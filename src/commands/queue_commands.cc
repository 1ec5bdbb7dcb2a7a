// SPDX-License-Identifier: Apache-2.0
// forebay queue create | ensure | list | show | set | delete | purge | tag | untag
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/result.h"
#include "commands/json_text.h"
#include "commands/queue_definition.h"
#include "commands/session.h"
#include "commands/sqs_commands.h"
#include "commands/text_format.h"

namespace forebay::commands {
namespace {

using sqs::EnsuredQueue;
using sqs::QueueChange;

std::string quoted_or(const std::optional<std::string>& text, std::string_view none) {
  return text ? shown_text(*text) : std::string(none);
}

std::string ensured_text(const EnsuredQueue& queue, bool dry_run) {
  const std::string_view done = queue.created ? (dry_run ? "would be created" : "created")
                                : queue.changes.empty()
                                    ? "is as it should be"
                                    : (dry_run ? "would be changed" : "changed");
  std::string text = fmt::format("{}: {}\n", queue.queue_name, done);
  for (const QueueChange& change : queue.changes) {
    const std::string_view tag = change.kind == QueueChange::Kind::kTag ? "tag " : "";
    const std::string now = quoted_or(change.new_value, "(taken away)");
    text += queue.created ? fmt::format("  {}{}: {}\n", tag, shown_text(change.name), now)
                          : fmt::format("  {}{}: {} -> {}\n", tag, shown_text(change.name),
                                        quoted_or(change.old_value, "(none)"), now);
  }
  return text;
}

std::string ensured_json(const EnsuredQueue& queue, bool dry_run) {
  JsonList changes;
  for (const QueueChange& change : queue.changes) {
    JsonObject each;
    each.add("kind", change.kind == QueueChange::Kind::kTag ? "tag" : "attribute");
    each.add("name", change.name).add("old", change.old_value).add("new", change.new_value);
    changes.add_json(each.text());
  }
  JsonObject object;
  object.add("queue_name", queue.queue_name);
  if (!queue.queue_url.empty()) object.add("queue_url", queue.queue_url);
  object.add("created", queue.created).add("dry_run", dry_run);
  return object.add_json("changes", changes.text()).text();
}

sqs::Result<void> print_ensured(Session& session, const std::vector<EnsuredQueue>& queues,
                                bool dry_run) {
  if (session.json()) {
    JsonList list;
    for (const EnsuredQueue& queue : queues) list.add_json(ensured_json(queue, dry_run));
    return session.print_line(JsonObject().add_json("queues", list.text()).text());
  }
  std::string text;
  for (const EnsuredQueue& queue : queues) text += ensured_text(queue, dry_run);
  return session.print(text);
}

/// What `queue create` must not do: change a queue that is there.
sqs::Result<void> refuse_changes(const std::vector<EnsuredQueue>& planned) {
  for (const EnsuredQueue& queue : planned) {
    if (queue.created || queue.changes.empty()) continue;
    std::string names;
    for (const QueueChange& change : queue.changes) {
      names += (names.empty() ? "" : ", ") + change.name;
    }
    return sqs::Error{
        .kind = sqs::ErrorKind::kConflict,
        .message = fmt::format("{} exists, and differs: {}. 'forebay queue ensure' with the same "
                               "options changes it.",
                               queue.queue_name, shown_text(names))};
  }
  return {};
}

struct ListedQueue {
  std::string url;
  std::optional<sqs::MessageCounts> counts = {};
};

sqs::Result<std::vector<ListedQueue>> list_queues(Session& session, bool counted) {
  const std::string prefix = session.line().arguments().empty() ? "" : session.argument(0);
  TRY_ASSIGN(std::vector<std::string> urls, session.manager().list_queues(prefix, session.stop()));
  std::vector<ListedQueue> queues;
  for (std::string& url : urls) {
    ListedQueue queue{.url = std::move(url)};
    if (counted) {
      auto counts = session.manager().message_counts(queue.url, session.stop());
      // It was deleted since the list was made.
      if (!counts.ok() && counts.error().kind == sqs::ErrorKind::kQueueNotFound) continue;
      if (!counts.ok()) return counts.error();
      queue.counts = *counts;
    }
    queues.push_back(std::move(queue));
  }
  return queues;
}

std::string json_of(const ListedQueue& queue) {
  JsonObject object;
  object.add("queue_name", sqs::queue_name_of(queue.url)).add("queue_url", queue.url);
  if (queue.counts) {
    object.add("visible", queue.counts->visible).add("not_visible", queue.counts->not_visible);
    object.add("delayed", queue.counts->delayed);
  }
  return object.text();
}

sqs::OtherAttributes status_texts(const sqs::QueueStatus& status) {
  sqs::OtherAttributes texts;
  const auto number = [&](const char* name, const std::optional<int64_t>& value) {
    if (value) texts.emplace(name, std::to_string(*value));
  };
  const auto moment = [&](const char* name, const std::optional<sqs::Timestamp>& value) {
    if (value) texts.emplace(name, std::to_string(value->time_since_epoch().count() / 1000));
  };
  if (status.queue_arn) texts.emplace("QueueArn", *status.queue_arn);
  number("ApproximateNumberOfMessages", status.approximate_number_of_messages);
  number("ApproximateNumberOfMessagesNotVisible",
         status.approximate_number_of_messages_not_visible);
  number("ApproximateNumberOfMessagesDelayed", status.approximate_number_of_messages_delayed);
  moment("CreatedTimestamp", status.created_timestamp);
  moment("LastModifiedTimestamp", status.last_modified_timestamp);
  return texts;
}

/// Whether the user, asked where somebody can answer, wants that done to the queues.
bool confirmed(Session& session, fmt::format_string<std::string&> what) {
  std::string names;
  for (const std::string& name : session.line().arguments()) {
    names += (names.empty() ? "" : ", ") + shown_text(name);
  }
  return session.confirm(fmt::format(what, names));
}

int not_confirmed(const Session& session) {
  if (session.stopped()) return kExitInterrupted;
  session.note("Nothing was done.");
  return kExitFailed;
}

/// One answer for many queues: each is tried; the last error decides how the command ends.
template <class Step>
sqs::Result<int> for_each_queue(Session& session, std::string_view done, Step step) {
  std::optional<sqs::Error> failed;
  JsonList urls;
  for (const std::string& name : session.line().arguments()) {
    const sqs::Result<std::string> url = session.queue_url(name);
    const auto result = url.ok() ? step(*url) : sqs::Result<sqs::EmptyReply>(url.error());
    if (!result.ok()) {
      if (failed) session.note(failed->message);
      failed = result.error();
      if (session.stopped()) break;
      continue;
    }
    urls.add(*url);
    if (!session.json())
      TRY(session.print(fmt::format("{}: {}\n", sqs::queue_name_of(*url), done)));
  }
  if (session.json()) {
    TRY(session.print_line(JsonObject().add_json(done, urls.text()).text()));
  }
  if (failed) return *failed;
  return kExitDone;
}

}  // namespace

sqs::Result<int> run_queue_create(Session& session) {
  TRY_ASSIGN(const auto definitions, queue_definitions(session.line()));
  TRY_ASSIGN(const auto planned, session.manager().ensure_queues(
                                     definitions, {.dry_run = true, .stop = session.stop()}));
  TRY(refuse_changes(planned));
  TRY_ASSIGN(const auto queues,
             session.manager().ensure_queues(definitions, {.stop = session.stop()}));
  TRY(print_ensured(session, queues, false));
  return kExitDone;
}

sqs::Result<int> run_queue_ensure(Session& session) {
  TRY_ASSIGN(const auto definitions, queue_definitions(session.line()));
  const bool dry_run = session.line().has("dry-run");
  TRY_ASSIGN(const auto queues, session.manager().ensure_queues(
                                    definitions, {.dry_run = dry_run, .stop = session.stop()}));
  TRY(print_ensured(session, queues, dry_run));
  return kExitDone;
}

sqs::Result<int> run_queue_list(Session& session) {
  const bool counted = session.line().has("counts");
  TRY_ASSIGN(const std::vector<ListedQueue> queues, list_queues(session, counted));
  if (session.json()) {
    JsonList list;
    for (const ListedQueue& queue : queues) list.add_json(json_of(queue));
    TRY(session.print_line(JsonObject().add_json("queues", list.text()).text()));
    return kExitDone;
  }
  if (queues.empty()) session.note("There are no such queues.");
  std::string text;
  if (counted && !queues.empty()) {
    TextTable table({"queue", "visible", "in flight", "delayed"});
    for (const ListedQueue& queue : queues) {
      table.row({sqs::queue_name_of(queue.url),
                 count_text(static_cast<uint64_t>(queue.counts->visible)),
                 count_text(static_cast<uint64_t>(queue.counts->not_visible)),
                 count_text(static_cast<uint64_t>(queue.counts->delayed))});
    }
    text = table.text();
  } else {
    for (const ListedQueue& queue : queues) text += sqs::queue_name_of(queue.url) + "\n";
  }
  TRY(session.print(text));
  return kExitDone;
}

sqs::Result<int> run_queue_show(Session& session) {
  TRY_ASSIGN(const std::string url, session.queue_url(session.argument(0)));
  TRY_ASSIGN(const sqs::GetQueueAttributesReply reply, session.attributes(url));
  TRY_ASSIGN(const sqs::ListQueueTagsReply tags,
             session.client().list_queue_tags({.queue_url = url}, session.call()));
  sqs::OtherAttributes attributes = sqs::to_text(reply.attributes);
  attributes.merge(status_texts(reply.status));
  if (session.json()) {
    JsonObject object;
    object.add("queue_name", sqs::queue_name_of(url)).add("queue_url", url);
    object.add_json("attributes", json_of_texts(attributes));
    TRY(session.print_line(object.add_json("tags", json_of_texts(tags.tags)).text()));
    return kExitDone;
  }
  TextTable table({"QueueUrl", url}, "l");
  for (const auto& [name, text] : attributes) table.row({shown_text(name), shown_text(text)});
  for (const auto& [key, value] : tags.tags)
    table.row({"tag " + shown_text(key), shown_text(value)});
  TRY(session.print(table.text()));
  return kExitDone;
}

sqs::Result<int> run_queue_set(Session& session) {
  const std::vector<std::string>& words = session.line().arguments();
  TRY_ASSIGN(sqs::QueueAttributes attributes, parse_attributes({words.begin() + 1, words.end()}));
  TRY_ASSIGN(const std::string url, session.queue_url(words.front()));
  TRY(session.client().set_queue_attributes({.queue_url = url, .attributes = attributes},
                                            session.call()));
  if (session.json()) {
    JsonObject object;
    object.add("queue_url", url).add_json("set", json_of_texts(sqs::to_text(attributes)));
    TRY(session.print_line(object.text()));
  } else {
    TRY(session.print(fmt::format("{}: set\n", sqs::queue_name_of(url))));
  }
  return kExitDone;
}

sqs::Result<int> run_queue_delete(Session& session) {
  if (!confirmed(session, "Delete {}, with all messages?")) return not_confirmed(session);
  return for_each_queue(session, "deleted", [&](const std::string& url) {
    return session.client().delete_queue({.queue_url = url}, session.call());
  });
}

sqs::Result<int> run_queue_purge(Session& session) {
  if (!confirmed(session, "Delete all messages of {}?")) return not_confirmed(session);
  return for_each_queue(session, "purged", [&](const std::string& url) {
    return session.client().purge_queue({.queue_url = url}, session.call());
  });
}

sqs::Result<int> run_queue_tag(Session& session) {
  const std::vector<std::string>& words = session.line().arguments();
  TRY_ASSIGN(const sqs::Tags tags, parse_tags({words.begin() + 1, words.end()}));
  TRY_ASSIGN(const std::string url, session.queue_url(words.front()));
  TRY(session.client().tag_queue({.queue_url = url, .tags = tags}, session.call()));
  if (session.json()) {
    JsonObject object;
    object.add("queue_url", url).add_json("tagged", json_of_texts(tags));
    TRY(session.print_line(object.text()));
  } else {
    TRY(session.print(fmt::format("{}: tagged\n", sqs::queue_name_of(url))));
  }
  return kExitDone;
}

sqs::Result<int> run_queue_untag(Session& session) {
  const std::vector<std::string>& words = session.line().arguments();
  TRY_ASSIGN(const std::string url, session.queue_url(words.front()));
  const std::vector<std::string> keys(words.begin() + 1, words.end());
  TRY(session.client().untag_queue({.queue_url = url, .tag_keys = keys}, session.call()));
  if (session.json()) {
    JsonList list;
    for (const std::string& key : keys) list.add(key);
    JsonObject object;
    object.add("queue_url", url).add_json("untagged", list.text());
    TRY(session.print_line(object.text()));
  } else {
    TRY(session.print(fmt::format("{}: untagged\n", sqs::queue_name_of(url))));
  }
  return kExitDone;
}

}  // namespace forebay::commands
