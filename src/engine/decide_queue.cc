// SPDX-License-Identifier: Apache-2.0
// Deciding what concerns queues as such: contract sections 2.1 to 2.7, 2.17 to 2.20.
#include "engine/engine.h"
#include "engine/limits.h"

namespace forebay::engine {
namespace {

Error invalid_redrive_policy(const std::string& text, std::string_view reason) {
  return {
      ErrorCode::kInvalidParameterValue,
      "Value " + text + " for parameter RedrivePolicy is invalid. Reason: " + std::string(reason)};
}

Error too_many_tags(const std::string& queue_name) {
  return {ErrorCode::kInvalidParameterValue, "Too many tags added for queue " + queue_name + "."};
}

/// What no queue of the wanted type could have is refused also where a queue is there already: AWS
/// looks at the attributes before it compares them (contract 2.1 [?]). What a pair of attributes
/// may leave to the queue is taken from `current`.
Result<void> check_against_defaults(const QueueAttributes& current,
                                    const AttributeChanges& wanted) {
  QueueAttributes base;
  base.deduplication_scope = current.deduplication_scope;
  base.default_max_receive_count = current.default_max_receive_count;
  TRY(with_changes(std::move(base), wanted, true));
  return {};
}

}  // namespace

/// The part of contract 3.4 that needs the other queue. Only a policy that is being set is checked:
/// its target may be deleted later.
Result<void> Engine::check_redrive_policy(const QueueAddress& source,
                                          const QueueAttributes& attributes,
                                          const AttributeChanges& changes) const {
  if (!changes.redrive_policy || !attributes.redrive_policy) return {};
  const RedrivePolicy& policy = *attributes.redrive_policy;
  // A queue may be its own dead-letter queue (contract 3.4 [?]), also while it is being
  // created.
  if (policy.dead_letter_target == source) return {};
  const Result<QueueId> target = find(policy.dead_letter_target);
  if (!target.ok())
    return invalid_redrive_policy(policy.text, "Dead letter target does not exist.");
  if (is_fifo(*target) != attributes.fifo_queue) {
    return invalid_redrive_policy(policy.text,
                                  "Dead-letter queue must be same type of queue as the source..");
  }
  return {};
}

Result<CreateQueue::Reply> Engine::decide(const CreateQueue& request, WallMs now, Facts& facts) {
  if (const Result<QueueId> found = find(request.address); found.ok()) {
    const QueueAttributes& current = queue(*found)->attributes;
    TRY(check_against_defaults(current, request.attributes));
    // Tags are not compared: sources disagree [?].
    const std::string name = first_difference(current, request.attributes);
    if (name.empty()) return CreateQueue::Reply{false};
    return Error{
        ErrorCode::kQueueNameExists,
        "A queue already exists with the same name and a different value for attribute " + name};
  }
  TRY_ASSIGN(QueueAttributes attributes, with_changes({}, request.attributes, true));
  TRY(check_redrive_policy(request.address, attributes, request.attributes));
  if (request.tags.size() > kTagsPerQueueMax) return too_many_tags(request.address.name);
  const auto deleted = deleted_.find(request.address);
  if (options_.cooldowns && !request.predefined && deleted != deleted_.end() &&
      now < deleted->second + kCooldownMs) {
    return Error{ErrorCode::kQueueDeletedRecently,
                 "You must wait 60 seconds after deleting a queue before you can create another "
                 "with the same name."};
  }
  const QueueId id(static_cast<uint32_t>(queues_.size()));
  facts.emplace_back(QueueCreated{id, request.address, std::move(attributes), request.tags});
  return CreateQueue::Reply{true};
}

Result<DeleteQueue::Reply> Engine::decide(const DeleteQueue& request, WallMs now, Facts& facts) {
  TRY_ASSIGN(const Queue* queue, touch(request.queue, now));
  facts.emplace_back(QueueDeleted{queue->id});
  return DeleteQueue::Reply{};
}

Result<FindQueue::Reply> Engine::decide(const FindQueue& request, WallMs, Facts&) {
  TRY(find(request.queue));
  return FindQueue::Reply{};
}

Result<ListQueues::Reply> Engine::decide(const ListQueues& request, WallMs, Facts&) {
  CHECK(request.max_results >= 1 && request.max_results <= kListQueuesMax);
  const bool resuming = !request.after_name.empty() && request.after_name >= request.name_prefix;
  const QueueAddress start{request.region, request.account,
                           resuming ? request.after_name : request.name_prefix};
  auto at = resuming ? in_order_.upper_bound(start) : in_order_.lower_bound(start);
  ListQueues::Reply reply{{}, false};
  for (; at != in_order_.end(); ++at) {
    const QueueAddress& address = at->first;
    if (address.region != request.region || address.account != request.account ||
        !address.name.starts_with(request.name_prefix)) {
      break;
    }
    if (static_cast<int32_t>(reply.names.size()) == request.max_results) {
      reply.more = true;
      break;
    }
    reply.names.push_back(address.name);
  }
  return reply;
}

Result<ListDeadLetterSourceQueues::Reply> Engine::decide(const ListDeadLetterSourceQueues& request,
                                                         WallMs, Facts&) {
  CHECK(request.max_results >= 1 && request.max_results <= kListQueuesMax);
  TRY(find(request.queue));
  ListDeadLetterSourceQueues::Reply reply{{}, false};
  const auto users = dead_letter_users_.find(request.queue);
  if (users == dead_letter_users_.end()) return reply;
  for (auto at = users->second.upper_bound(request.after_name); at != users->second.end(); ++at) {
    if (static_cast<int32_t>(reply.names.size()) == request.max_results) {
      reply.more = true;
      break;
    }
    reply.names.push_back(*at);
  }
  return reply;
}

Result<DescribeQueue::Reply> Engine::decide(const DescribeQueue& request, WallMs now, Facts&) {
  TRY_ASSIGN(const Queue* queue, touch(request.queue, now));
  const QueueContents& contents = *queue->contents;
  return DescribeQueue::Reply{
      queue->attributes,
      queue->created,
      queue->last_modified,
      contents.message_count() - contents.in_flight_count() - contents.delayed_count(),
      contents.in_flight_count(),
      contents.delayed_count()};
}

Result<SetQueueAttributes::Reply> Engine::decide(const SetQueueAttributes& request, WallMs now,
                                                 Facts& facts) {
  TRY_ASSIGN(const Queue* queue, touch(request.queue, now));
  if (request.expected_policy && *request.expected_policy != queue->attributes.policy) {
    return SetQueueAttributes::Reply{false};
  }
  TRY_ASSIGN(QueueAttributes attributes,
             with_changes(queue->attributes, request.attributes, false));
  TRY(check_redrive_policy(request.queue, attributes, request.attributes));
  facts.emplace_back(QueueAttributesSet{queue->id, std::move(attributes)});
  return SetQueueAttributes::Reply{};
}

Result<TagQueue::Reply> Engine::decide(const TagQueue& request, WallMs now, Facts& facts) {
  TRY_ASSIGN(const Queue* queue, touch(request.queue, now));
  Tags tags = queue->tags;
  for (const auto& [key, value] : request.tags) tags.insert_or_assign(key, value);
  if (tags.size() > kTagsPerQueueMax) return too_many_tags(request.queue.name);
  facts.emplace_back(QueueTagsSet{queue->id, std::move(tags)});
  return TagQueue::Reply{};
}

Result<UntagQueue::Reply> Engine::decide(const UntagQueue& request, WallMs now, Facts& facts) {
  TRY_ASSIGN(const Queue* queue, touch(request.queue, now));
  Tags tags = queue->tags;
  for (const std::string& key : request.tag_keys) tags.erase(key);
  if (tags != queue->tags) facts.emplace_back(QueueTagsSet{queue->id, std::move(tags)});
  return UntagQueue::Reply{};
}

Result<ListQueueTags::Reply> Engine::decide(const ListQueueTags& request, WallMs now, Facts&) {
  TRY_ASSIGN(const Queue* queue, touch(request.queue, now));
  return ListQueueTags::Reply{queue->tags};
}

Result<PurgeQueue::Reply> Engine::decide(const PurgeQueue& request, WallMs now, Facts& facts) {
  TRY_ASSIGN(const Queue* queue, touch(request.queue, now));
  if (options_.cooldowns && queue->purged.value != 0 && now < queue->purged + kCooldownMs) {
    return Error{
        ErrorCode::kPurgeQueueInProgress,
        "Only one PurgeQueue operation on " + request.queue.name + " is allowed every 60 seconds."};
  }
  facts.emplace_back(QueuePurged{queue->id, last_number_});
  return PurgeQueue::Reply{};
}

}  // namespace forebay::engine
