// SPDX-License-Identifier: Apache-2.0
// The public face: a core with real threads and clocks.
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include <forebay/sqs/consumer.h>

#include "base/result.h"
#include "consumer/consumer_core.h"
#include "consumer/options_check.h"
#include "consumer/queue_calls.h"
#include "consumer/workers.h"
#include "env/clock.h"
#include "env/thread_executor.h"

namespace forebay::sqs {

struct Consumer::Parts {
  Parts(Client& client, ConsumerOptions options)
      : calls(detail::make_client_calls(client)),
        executor(env::make_thread_executor("forebay-consume")),
        workers(detail::make_thread_workers(
            options.worker_threads_max > 0 ? options.worker_threads_max : options.concurrency)),
        report(stopped.get_future().share()) {
    const detail::ConsumerParts parts{.calls = *calls,
                                      .executor = *executor,
                                      .workers = *workers,
                                      .clock = env::system_clock(),
                                      .fine_clock = env::system_fine_clock(),
                                      .random = env::system_random()};
    core = std::make_shared<detail::ConsumerCore>(
        std::move(options), parts, [this](StopReport how) { stopped.set_value(how); });
  }

  /// Handlers that still run are waited for; then nobody posts any more, and the thread ends.
  ~Parts() {
    core->request_stop();
    report.wait();
    workers.reset();
    core->close();
    executor.reset();
  }

  std::unique_ptr<detail::QueueCalls> calls;
  std::unique_ptr<env::Executor> executor;
  std::unique_ptr<detail::Workers> workers;
  std::promise<StopReport> stopped;
  std::shared_future<StopReport> report;
  std::shared_ptr<detail::ConsumerCore> core;  // unfinished PendingDeliveries share it
};

Result<Consumer> Consumer::create(Client& client, ConsumerOptions options) {
  TRY(detail::check_options(options));
  return Consumer(std::make_unique<Parts>(client, std::move(options)));
}

Consumer::Consumer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Consumer::Consumer(Consumer&&) noexcept = default;
Consumer::~Consumer() = default;

void Consumer::start() {
  parts_->core->start();
}

void Consumer::pause() {
  parts_->core->pause(true);
}

void Consumer::resume() {
  parts_->core->pause(false);
}

StopReport Consumer::stop() {
  request_stop();
  return wait();
}

StopReport Consumer::wait() {
  return parts_->report.get();
}

void Consumer::request_stop() {
  parts_->core->request_stop();
}

void Consumer::abort() {
  parts_->core->abort();
}

ConsumerStatistics Consumer::statistics() const {
  return parts_->core->statistics();
}

}  // namespace forebay::sqs
