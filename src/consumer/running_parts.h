// SPDX-License-Identifier: Apache-2.0
// `RunningParts`: what a consumer in a program runs on: a client's calls, a thread of its own,
// workers, the system's clocks.
//
// Who owns one ends it in this order: the stop has been told; workers; the core is closed; the
// executor.
// Thread: any, but for the stop.
#pragma once

#include <future>
#include <memory>

#include <forebay/sqs/consumer.h>

#include "consumer/consumer_core.h"
#include "consumer/queue_calls.h"
#include "consumer/workers.h"
#include "env/clock.h"
#include "env/thread_executor.h"

namespace forebay::sqs::detail {

struct RunningParts {
  RunningParts(Client& client, const ConsumerOptions& options)
      : calls(make_client_calls(client)),
        executor(env::make_thread_executor("forebay-consume")),
        workers(make_thread_workers(options.worker_threads_max > 0 ? options.worker_threads_max
                                                                   : options.concurrency)),
        report(stopped.get_future().share()) {}

  ConsumerParts parts() const {
    return {.calls = *calls,
            .executor = *executor,
            .workers = *workers,
            .clock = env::system_clock(),
            .fine_clock = env::system_fine_clock(),
            .random = env::system_random()};
  }

  std::unique_ptr<QueueCalls> calls;
  std::unique_ptr<env::Executor> executor;
  std::unique_ptr<Workers> workers;
  std::promise<StopReport> stopped;
  std::shared_future<StopReport> report;
};

}  // namespace forebay::sqs::detail
