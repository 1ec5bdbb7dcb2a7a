// SPDX-License-Identifier: Apache-2.0
#include "shard/local_router.h"

namespace forebay::shard {
namespace {

thread_local env::Executor* bound_executor = nullptr;

}  // namespace

void LocalRouter::bind_thread(env::Executor& executor) {
  bound_executor = &executor;
}

void LocalRouter::submit(Request request, Done done) {
  CHECK(bound_executor != nullptr);
  if (bound_executor == &shard_executor_) return shard_.submit(std::move(request), std::move(done));
  // std::function wants copyable captures; the request is moved, not copied, through a shared
  // pointer.
  auto shared = std::make_shared<Request>(std::move(request));
  shard_executor_.post([this, shared, done = std::move(done), home = bound_executor] {
    shard_.submit(std::move(*shared), [done, home](Result<Reply> reply) {
      auto carried = std::make_shared<Result<Reply>>(std::move(reply));
      home->post([done, carried] { done(std::move(*carried)); });
    });
  });
}

void LocalRouter::abandon(std::shared_ptr<const engine::Client> client) {
  if (bound_executor == &shard_executor_) return shard_.abandon(client);
  shard_executor_.post([this, client = std::move(client)] { shard_.abandon(client); });
}

}  // namespace forebay::shard
