// SPDX-License-Identifier: Apache-2.0
// The Router of a single machine: one shard, reached from several io threads.
//
// Requests from the shard's own thread go straight in; others are posted there, and their replies
// posted back.
// Thread: submit() and abandon(): executors that were bound.
#pragma once

#include "env/executor.h"
#include "shard/router.h"
#include "shard/shard.h"

namespace forebay::shard {

class LocalRouter final : public Router {
 public:
  /// Both must outlive the router.
  LocalRouter(Shard& shard, env::Executor& shard_executor)
      : shard_(shard), shard_executor_(shard_executor) {}

  /// Says that the calling thread is `executor`'s. Once per thread, before it submits.
  static void bind_thread(env::Executor& executor);

  void submit(Request request, Done done) override;
  void abandon(std::shared_ptr<const engine::Client> client) override;

 private:
  Shard& shard_;
  env::Executor& shard_executor_;
};

}  // namespace forebay::shard
