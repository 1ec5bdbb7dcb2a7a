// SPDX-License-Identifier: Apache-2.0
#include "server/handlers/policy_edit.h"

#include <memory>
#include <utility>

namespace forebay::server {
namespace {

/// One call's way: read, write, and again. Each step starts the next and keeps this alive.
class Editing : public std::enable_shared_from_this<Editing> {
 public:
  Editing(CallPtr call, engine::QueueAddress queue, PolicyEdit edit)
      : call_(std::move(call)), queue_(std::move(queue)), edit_(std::move(edit)) {}

  void read() {
    if (attempts_++ == kPolicyEditAttemptsMax) {
      return call_->fail({ErrorCode::kThrottling,
                          "The queue's Policy is being changed by many at once. Try again."});
    }
    shard::ask(call_->context().router, engine::DescribeQueue{queue_},
               [self = shared_from_this()](const Result<engine::DescribeQueue::Reply>& found) {
                 self->call_->guard([&] {
                   if (!found.ok()) return self->call_->fail(found.error());
                   self->write(found.value().attributes.policy);
                 });
               });
  }

 private:
  void write(const std::string& policy) {
    Result<std::string> edited = edit_(policy);
    if (!edited.ok()) return call_->fail(edited.error());
    engine::SetQueueAttributes operation;
    operation.queue = queue_;
    operation.attributes.policy = std::move(edited).value();
    operation.expected_policy = policy;
    shard::ask(call_->context().router, std::move(operation),
               [self = shared_from_this()](const Result<engine::SetQueueAttributes::Reply>& reply) {
                 self->call_->guard([&] {
                   if (!reply.ok()) return self->call_->fail(reply.error());
                   if (!reply.value().changed) return self->read();
                   self->call_->reply(protocol::EmptyReply{});
                 });
               });
  }

  const CallPtr call_;
  const engine::QueueAddress queue_;
  const PolicyEdit edit_;
  int attempts_ = 0;
};

}  // namespace

void edit_policy(const CallPtr& call, const engine::QueueAddress& queue, PolicyEdit edit) {
  std::make_shared<Editing>(call, queue, std::move(edit))->read();
}

}  // namespace forebay::server
