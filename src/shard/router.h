// SPDX-License-Identifier: Apache-2.0
// `Router`: how handlers reach the queues, wherever those live.
//
// On one machine it hands the request to the shard's thread and the reply back to the caller's
// executor.
#pragma once

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/result.h"
#include "engine/operations.h"

namespace forebay::shard {

/// Any request.
using Request = std::variant<
    engine::CreateQueue, engine::DeleteQueue, engine::FindQueue, engine::ListQueues,
    engine::DescribeQueue, engine::SetQueueAttributes, engine::TagQueue, engine::UntagQueue,
    engine::ListQueueTags, engine::PurgeQueue, engine::SendMessages, engine::ReceiveMessages,
    engine::DeleteMessages, engine::ChangeVisibility, engine::ListDeadLetterSourceQueues,
    engine::StartMessageMoveTask, engine::CancelMessageMoveTask, engine::ListMessageMoveTasks>;

/// The reply to a request: same alternative, same index.
using Reply =
    std::variant<engine::CreateQueue::Reply, engine::DeleteQueue::Reply, engine::FindQueue::Reply,
                 engine::ListQueues::Reply, engine::DescribeQueue::Reply,
                 engine::SetQueueAttributes::Reply, engine::TagQueue::Reply,
                 engine::UntagQueue::Reply, engine::ListQueueTags::Reply, engine::PurgeQueue::Reply,
                 engine::SendMessages::Reply, engine::ReceiveMessages::Reply,
                 engine::DeleteMessages::Reply, engine::ChangeVisibility::Reply,
                 engine::ListDeadLetterSourceQueues::Reply, engine::StartMessageMoveTask::Reply,
                 engine::CancelMessageMoveTask::Reply, engine::ListMessageMoveTasks::Reply>;

using Done = std::function<void(Result<Reply>)>;

class Router {
 public:
  virtual ~Router() = default;

  /// Carries `request` out and calls `done` exactly once, on the caller's executor, when everything
  /// the reply tells (also an error) can no longer be undone by a crash. A long poll may take up to
  /// 20 s.
  /// Thread: one of the executors the router was made for.
  virtual void submit(Request request, Done done) = 0;

  /// Ends the parked long poll of `client`, if there is one, with an empty result.
  virtual void abandon(std::shared_ptr<const engine::Client> client) = 0;
};

/// submit() with the reply's own type: `ask(router, FindQueue{...}, [](Result<FindQueue::Reply> r)
/// {...})`.
template <class Op, class Callback>
void ask(Router& router, Op op, Callback callback) {
  router.submit(std::move(op), [callback = std::move(callback)](Result<Reply> reply) mutable {
    if (!reply.ok()) {
      callback(Result<typename Op::Reply>(std::move(reply).error()));
    } else {
      callback(Result<typename Op::Reply>(std::get<typename Op::Reply>(std::move(reply).value())));
    }
  });
}

}  // namespace forebay::shard
