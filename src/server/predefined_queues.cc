// SPDX-License-Identifier: Apache-2.0
#include "server/predefined_queues.h"

#include <algorithm>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "base/log.h"
#include "server/queue_attribute_text.h"
#include "server/queue_name_rules.h"
#include "server/queue_url.h"
#include "server/tag_rules.h"

namespace forebay::server {
namespace {

constexpr int32_t kDefaultMaxReceiveCount = 3;

Error about(const std::string& queue, std::string_view what) {
  return {ErrorCode::kInvalidConfiguration, fmt::format("queue \"{}\": {}", queue, what)};
}

engine::QueueAddress address_of(const Config& config, const PredefinedQueue& queue,
                                const std::string& name) {
  return {queue.region.empty() ? config.region : queue.region,
          queue.account.empty() ? config.account : queue.account, name};
}

bool names_attribute(const PredefinedQueue& queue, std::string_view name) {
  return std::any_of(queue.attributes.begin(), queue.attributes.end(),
                     [name](const auto& attribute) { return attribute.first == name; });
}

/// The attributes as CreateQueue would get them: with FifoQueue for a FIFO name, and the
/// RedrivePolicy spelt out.
Result<protocol::StringPairs> complete_attributes(const Config& config,
                                                  const PredefinedQueue& queue) {
  protocol::StringPairs attributes = queue.attributes;
  if (is_fifo_name(queue.name) && !names_attribute(queue, "FifoQueue")) {
    attributes.emplace_back("FifoQueue", "true");
  }
  if (queue.dead_letter_queue.empty()) {
    if (queue.max_receive_count != 0) {
      return about(queue.name, "max_receive_count needs dead_letter_queue");
    }
    return attributes;
  }
  if (names_attribute(queue, "RedrivePolicy")) {
    return about(queue.name, "give either dead_letter_queue or RedrivePolicy, not both");
  }
  if (!is_queue_name(queue.dead_letter_queue)) {
    return about(queue.name, fmt::format("dead_letter_queue \"{}\" is not a queue name",
                                         queue.dead_letter_queue));
  }
  const std::string target = engine::queue_arn(address_of(config, queue, queue.dead_letter_queue));
  const int32_t count =
      queue.max_receive_count == 0 ? kDefaultMaxReceiveCount : queue.max_receive_count;
  attributes.emplace_back(
      "RedrivePolicy",
      fmt::format(R"({{"deadLetterTargetArn":"{}","maxReceiveCount":{}}})", target, count));
  return attributes;
}

Result<engine::CreateQueue> prepare(const Config& config, const PredefinedQueue& queue) {
  TRY_ASSIGN(const auto attributes, complete_attributes(config, queue));
  if (auto name = check_new_queue_name(queue.name, attributes); !name.ok()) {
    return about(queue.name, name.error().message);
  }
  engine::CreateQueue operation;
  operation.predefined = true;
  operation.address = address_of(config, queue, queue.name);
  auto changes = parse_attributes(
      attributes,
      {.queue = operation.address, .creating = true, .aliases = config.attribute_aliases});
  if (!changes.ok()) return about(queue.name, changes.error().message);
  operation.attributes = std::move(changes).value();
  auto tags = parse_tags({queue.tags.begin(), queue.tags.end()});
  if (!tags.ok()) return about(queue.name, tags.error().message);
  operation.tags = std::move(tags).value();
  return operation;
}

using Operations = std::vector<engine::CreateQueue>;

const engine::RedrivePolicy* wanted_policy(const engine::CreateQueue& operation) {
  const auto& policy = operation.attributes.redrive_policy;
  return policy && *policy ? &**policy : nullptr;
}

/// Targets before the queues that name them. Each round takes what waits for nothing any more.
Result<Operations> in_order_of_dependency(Operations waiting) {
  Operations ordered;
  while (!waiting.empty()) {
    const auto is_ready = [&](const engine::CreateQueue& operation) {
      const engine::RedrivePolicy* const policy = wanted_policy(operation);
      return policy == nullptr ||
             std::none_of(waiting.begin(), waiting.end(), [&](const engine::CreateQueue& other) {
               return other.address == policy->dead_letter_target;
             });
    };
    std::vector<bool> ready;
    for (const engine::CreateQueue& operation : waiting) ready.push_back(is_ready(operation));
    Operations rest;
    for (size_t i = 0; i < waiting.size(); ++i) {
      (ready[i] ? ordered : rest).push_back(std::move(waiting[i]));
    }
    if (std::find(ready.begin(), ready.end(), true) == ready.end()) {
      return about(rest.front().address.name,
                   "dead-letter queues form a cycle: follow dead_letter_queue from here");
    }
    waiting = std::move(rest);
  }
  return ordered;
}

Result<Operations> prepare_all(const Config& config) {
  Operations operations;
  std::set<engine::QueueAddress> addresses;
  for (const PredefinedQueue& queue : config.queues) {
    if (!addresses.insert(address_of(config, queue, queue.name)).second) {
      return about(queue.name, "is defined twice");
    }
    TRY_ASSIGN(auto operation, prepare(config, queue));
    operations.push_back(std::move(operation));
  }
  return in_order_of_dependency(std::move(operations));
}

/// Works through the queues, one after the other; each step starts the next and keeps this alive.
class Making : public std::enable_shared_from_this<Making> {
 public:
  Making(Operations operations, shard::Router& router, PredefinedQueuesDone done)
      : operations_(std::move(operations)), router_(router), done_(std::move(done)) {}

  void create_next() {
    if (next_ == operations_.size()) return done_({});
    shard::ask(router_, current(),
               [self = shared_from_this()](const Result<engine::CreateQueue::Reply>& reply) {
                 self->created(reply);
               });
  }

 private:
  const engine::CreateQueue& current() const { return operations_[next_]; }

  void created(const Result<engine::CreateQueue::Reply>& reply) {
    if (!reply.ok() && reply.error().code == ErrorCode::kQueueNameExists) return set_attributes();
    if (!reply.ok()) return fail(reply.error());
    if (!reply->created) return compare_tags();
    log_info("queue created as configured", {{"queue", current().address.name}});
    finish_current();
  }

  void set_attributes() {
    engine::AttributeChanges changes = current().attributes;
    changes.fifo_queue.reset();  // a matter of the name, which is the same
    shard::ask(router_, engine::SetQueueAttributes{current().address, std::move(changes)},
               [self = shared_from_this()](const Result<engine::SetQueueAttributes::Reply>& reply) {
                 if (!reply.ok()) return self->fail(reply.error());
                 log_info("queue changed as configured", {{"queue", self->current().address.name}});
                 self->compare_tags();
               });
  }

  void compare_tags() {
    if (current().tags.empty()) return finish_current();
    shard::ask(router_, engine::ListQueueTags{current().address},
               [self = shared_from_this()](const Result<engine::ListQueueTags::Reply>& reply) {
                 if (!reply.ok()) return self->fail(reply.error());
                 self->set_tags(reply.value().tags);
               });
  }

  void set_tags(const engine::Tags& present) {
    const engine::Tags& wanted = current().tags;
    if (std::includes(present.begin(), present.end(), wanted.begin(), wanted.end())) {
      return finish_current();
    }
    shard::ask(router_, engine::TagQueue{current().address, wanted},
               [self = shared_from_this()](const Result<engine::TagQueue::Reply>& reply) {
                 if (!reply.ok()) return self->fail(reply.error());
                 self->finish_current();
               });
  }

  void finish_current() {
    ++next_;
    create_next();
  }

  void fail(const Error& error) {
    const bool storage = error.code == ErrorCode::kStorageFailure ||
                         error.code == ErrorCode::kStorageFull ||
                         error.code == ErrorCode::kStorageDamaged;
    done_(storage ? error : about(current().address.name, error.message));
  }

  const Operations operations_;
  shard::Router& router_;
  const PredefinedQueuesDone done_;
  size_t next_ = 0;
};

}  // namespace

void make_predefined_queues(const Config& config, shard::Router& router,
                            PredefinedQueuesDone done) {
  Result<Operations> operations = prepare_all(config);
  if (!operations.ok()) return done(std::move(operations).error());
  std::make_shared<Making>(std::move(operations).value(), router, std::move(done))->create_next();
}

}  // namespace forebay::server
