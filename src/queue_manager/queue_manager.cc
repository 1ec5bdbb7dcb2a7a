// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <forebay/sqs/queue_manager.h>

#include "base/result.h"
#include "queue_manager/convergence.h"

namespace forebay::sqs {
namespace {

constexpr std::string_view kFifoSuffix = ".fifo";
constexpr std::string_view kFifoAttribute = "FifoQueue";
constexpr std::chrono::days kDeadLetterRetention{14};
constexpr int kPageSize = 1'000;

bool is_fifo(std::string_view queue_name) {
  return queue_name.ends_with(kFifoSuffix);
}

Error contradiction(std::string text) {
  return {.kind = ErrorKind::kInvalidRequest, .message = std::move(text)};
}

Result<void> check(const QueueDefinition& wanted) {
  const bool fifo = is_fifo(wanted.queue_name);
  if (wanted.attributes.fifo_queue.value_or(fifo) != fifo) {
    return contradiction(fmt::format(
        "{} queue cannot be called {}: the names of FIFO queues, and only theirs, end in .fifo.",
        fifo ? "A standard" : "A FIFO", wanted.queue_name));
  }
  if (!wanted.dead_letter) return {};
  if (wanted.attributes.redrive_policy) {
    return contradiction("A queue takes a dead-letter queue or a redrive policy, not both.");
  }
  const std::string& dead_letter = wanted.dead_letter->queue_name;
  if (dead_letter == wanted.queue_name) {
    return contradiction(fmt::format("{} cannot be its own dead-letter queue.", dead_letter));
  }
  if (is_fifo(dead_letter) != fifo) {
    return contradiction(fmt::format(
        "{} cannot be the dead-letter queue of {}: both must be FIFO queues, or both standard.",
        dead_letter, wanted.queue_name));
  }
  return {};
}

/// The steps for one queue, without its dead-letter queue.
class Ensurer {
 public:
  Ensurer(Client& client, const EnsureOptions& options)
      : client_(client), options_(options), call_{.stop = options.stop} {}

  Result<EnsuredQueue> ensure(const QueueDefinition& wanted) {
    TRY_ASSIGN(const std::optional<std::string> url, find(wanted.queue_name));
    return url ? converge(wanted, *url) : create(wanted);
  }

  /// An existing one stays as it is.
  Result<EnsuredQueue> ensure_dead_letter(const std::string& queue_name) {
    TRY_ASSIGN(const std::optional<std::string> url, find(queue_name));
    if (url) return EnsuredQueue{.queue_name = queue_name, .queue_url = *url};
    QueueDefinition wanted{.queue_name = queue_name};
    wanted.attributes.message_retention_period = kDeadLetterRetention;
    return create(wanted);
  }

  /// A queue that a dry run has not made gets an ARN that shows what is not known.
  Result<std::string> arn_of(const EnsuredQueue& queue) {
    if (queue.queue_url.empty()) {
      return fmt::format("arn:aws:sqs:{}:<account>:{}", client_.region(), queue.queue_name);
    }
    TRY_ASSIGN(const GetQueueAttributesReply reply,
               client_.call(GetQueueAttributesRequest{.queue_url = queue.queue_url,
                                                      .attribute_names = {"QueueArn"}},
                            call_));
    if (reply.status.queue_arn) return *reply.status.queue_arn;
    return Error{
        .kind = ErrorKind::kServerFault,
        .message = fmt::format("The server does not tell the ARN of {}.", queue.queue_name)};
  }

 private:
  Result<std::optional<std::string>> find(const std::string& queue_name) {
    Result<QueueUrlReply> reply = client_.get_queue_url({.queue_name = queue_name}, call_);
    if (reply.ok()) return std::optional(std::move(reply->queue_url));
    if (reply.error().kind == ErrorKind::kQueueNotFound) return std::optional<std::string>();
    return reply.error();
  }

  Result<EnsuredQueue> create(const QueueDefinition& wanted) {
    EnsuredQueue ensured{.queue_name = wanted.queue_name, .created = true};
    CreateQueueRequest request{.queue_name = wanted.queue_name, .tags = wanted.tags};
    OtherAttributes texts = to_text(wanted.attributes);
    if (is_fifo(wanted.queue_name)) texts.insert_or_assign(std::string(kFifoAttribute), "true");
    // What is to be taken away is not there yet.
    std::erase_if(texts, [](const auto& each) { return each.second.empty(); });
    ensured.changes = attribute_changes({}, texts);
    std::ranges::move(tag_changes({}, wanted.tags, false), std::back_inserter(ensured.changes));
    if (options_.dry_run) return ensured;
    request.attributes.others = std::move(texts);
    Result<QueueUrlReply> reply = client_.create_queue(request, call_);
    if (!reply.ok()) return after_refusal(wanted, reply.error());
    ensured.queue_url = std::move(reply->queue_url);
    return ensured;
  }

  /// Somebody else may have created the queue just now, with other attributes.
  Result<EnsuredQueue> after_refusal(const QueueDefinition& wanted, const Error& refusal) {
    if (refusal.kind != ErrorKind::kConflict) return refusal;
    TRY_ASSIGN(const std::optional<std::string> url, find(wanted.queue_name));
    if (!url) return refusal;
    return converge(wanted, *url);
  }

  Result<EnsuredQueue> converge(const QueueDefinition& wanted, const std::string& url) {
    EnsuredQueue ensured{.queue_name = wanted.queue_name, .queue_url = url};
    TRY(converge_attributes(wanted, ensured));
    if (!wanted.tags.empty() || wanted.only_these_tags) TRY(converge_tags(wanted, ensured));
    return ensured;
  }

  Result<void> converge_attributes(const QueueDefinition& wanted, EnsuredQueue& ensured) {
    TRY_ASSIGN(const GetQueueAttributesReply reply,
               client_.get_queue_attributes({.queue_url = ensured.queue_url}, call_));
    if (reply.attributes.fifo_queue.value_or(false) != is_fifo(wanted.queue_name)) {
      return Error{.kind = ErrorKind::kConflict,
                   .message = fmt::format(
                       "{} exists and is {} queue, which cannot be changed. Delete it, or choose "
                       "another name.",
                       wanted.queue_name, is_fifo(wanted.queue_name) ? "a standard" : "a FIFO")};
    }
    OtherAttributes texts = to_text(wanted.attributes);
    texts.erase(std::string(kFifoAttribute));
    ensured.changes = attribute_changes(to_text(reply.attributes), texts);
    if (ensured.changes.empty() || options_.dry_run) return {};
    SetQueueAttributesRequest request{.queue_url = ensured.queue_url};
    for (const QueueChange& change : ensured.changes) {
      request.attributes.others.emplace(change.name, change.new_value.value_or(""));
    }
    TRY(client_.set_queue_attributes(request, call_));
    return {};
  }

  Result<void> converge_tags(const QueueDefinition& wanted, EnsuredQueue& ensured) {
    TRY_ASSIGN(const ListQueueTagsReply reply,
               client_.list_queue_tags({.queue_url = ensured.queue_url}, call_));
    TagQueueRequest added{.queue_url = ensured.queue_url};
    UntagQueueRequest removed{.queue_url = ensured.queue_url};
    for (QueueChange& change : tag_changes(reply.tags, wanted.tags, wanted.only_these_tags)) {
      if (change.new_value) {
        added.tags.emplace(change.name, *change.new_value);
      } else {
        removed.tag_keys.push_back(change.name);
      }
      ensured.changes.push_back(std::move(change));
    }
    if (options_.dry_run) return {};
    // First away with the old: a queue takes 50.
    if (!removed.tag_keys.empty()) TRY(client_.untag_queue(removed, call_));
    if (!added.tags.empty()) TRY(client_.tag_queue(added, call_));
    return {};
  }

  Client& client_;
  const EnsureOptions& options_;
  const CallOptions call_;
};

}  // namespace

Result<std::vector<EnsuredQueue>> QueueManager::ensure_queue(const QueueDefinition& definition,
                                                             const EnsureOptions& options) {
  TRY(check(definition));
  Ensurer ensurer(client_, options);
  std::vector<EnsuredQueue> ensured;
  QueueDefinition wanted = definition;
  if (wanted.dead_letter) {
    TRY_ASSIGN(EnsuredQueue dead_letter,
               ensurer.ensure_dead_letter(wanted.dead_letter->queue_name));
    TRY_ASSIGN(std::string arn, ensurer.arn_of(dead_letter));
    wanted.attributes.redrive_policy = {.dead_letter_target_arn = std::move(arn),
                                        .max_receive_count = wanted.dead_letter->max_receive_count};
    ensured.push_back(std::move(dead_letter));
  }
  TRY_ASSIGN(EnsuredQueue queue, ensurer.ensure(wanted));
  ensured.push_back(std::move(queue));
  return ensured;
}

Result<std::vector<EnsuredQueue>> QueueManager::ensure_queues(
    std::span<const QueueDefinition> definitions, const EnsureOptions& options) {
  std::vector<EnsuredQueue> all;
  for (const QueueDefinition& definition : definitions) {
    TRY_ASSIGN(std::vector<EnsuredQueue> some, ensure_queue(definition, options));
    for (EnsuredQueue& queue : some) {
      const auto said = std::ranges::find(all, queue.queue_name, &EnsuredQueue::queue_name);
      // A dry run finds a shared dead-letter queue missing each time.
      if (said != all.end() && (!queue.changed() || *said == queue)) continue;
      all.push_back(std::move(queue));
    }
  }
  return all;
}

Result<std::vector<EnsuredQueue>> QueueManager::setup_dead_letter_queue(
    const std::string& queue_name, const DeadLetterDefinition& dead_letter,
    const EnsureOptions& options) {
  TRY(client_.get_queue_url({.queue_name = queue_name}, {.stop = options.stop}));
  return ensure_queue({.queue_name = queue_name, .dead_letter = dead_letter}, options);
}

std::vector<DeletedQueue> QueueManager::delete_queues(std::span<const std::string> queue_names,
                                                      std::stop_token stop) {
  const CallOptions call{.stop = std::move(stop)};
  std::vector<DeletedQueue> deleted;
  for (const std::string& name : queue_names) {
    DeletedQueue& each = deleted.emplace_back(DeletedQueue{.queue_name = name});
    const Result<QueueUrlReply> found = client_.get_queue_url({.queue_name = name}, call);
    if (!found.ok()) {
      if (found.error().kind != ErrorKind::kQueueNotFound) each.error = found.error();
      continue;
    }
    const Result<EmptyReply> gone = client_.delete_queue({.queue_url = found->queue_url}, call);
    each.existed = true;
    // Another program may have been faster.
    if (!gone.ok() && gone.error().kind != ErrorKind::kQueueNotFound) each.error = gone.error();
  }
  return deleted;
}

Result<MessageCounts> QueueManager::message_counts(const std::string& queue_url,
                                                   std::stop_token stop) {
  const GetQueueAttributesRequest request{
      .queue_url = queue_url,
      .attribute_names = {"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible",
                          "ApproximateNumberOfMessagesDelayed"}};
  TRY_ASSIGN(const GetQueueAttributesReply reply,
             client_.get_queue_attributes(request, {.stop = std::move(stop)}));
  const QueueStatus& status = reply.status;
  return MessageCounts{.visible = status.approximate_number_of_messages.value_or(0),
                       .not_visible = status.approximate_number_of_messages_not_visible.value_or(0),
                       .delayed = status.approximate_number_of_messages_delayed.value_or(0)};
}

Result<std::vector<std::string>> QueueManager::list_queues(const std::string& prefix,
                                                           const std::stop_token& stop) {
  ListQueuesRequest request{.max_results = kPageSize};
  if (!prefix.empty()) request.queue_name_prefix = prefix;
  std::vector<std::string> urls;
  do {
    TRY_ASSIGN(QueueUrlsReply page, client_.list_queues(request, {.stop = stop}));
    std::ranges::move(page.queue_urls, std::back_inserter(urls));
    request.next_token = std::move(page.next_token);
  } while (request.next_token);
  return urls;
}

std::string queue_name_of(std::string_view queue_url_or_arn) {
  return std::string(queue_url_or_arn.substr(queue_url_or_arn.find_last_of("/:") + 1));
}

}  // namespace forebay::sqs
