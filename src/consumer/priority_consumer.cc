// SPDX-License-Identifier: Apache-2.0
// The public face: a PriorityCore with real threads and clocks.
#include <future>
#include <memory>
#include <utility>

#include <forebay/sqs/priority_consumer.h>

#include "base/result.h"
#include "consumer/options_check.h"
#include "consumer/priority_core.h"
#include "consumer/running_parts.h"

namespace forebay::sqs {

struct PriorityConsumer::Parts {
  Parts(Client& client, const PriorityConsumerOptions& options)
      : threads(client, options.consumer),
        core(options, threads.parts(), [this](StopReport how) { threads.stopped.set_value(how); }) {
  }
  /// Handlers that still run are waited for; then nobody posts any more, and the thread ends.
  ~Parts() {
    core.request_stop();
    threads.report.wait();
    threads.workers.reset();
    core.close();
    threads.executor.reset();
  }

  detail::RunningParts threads;
  detail::PriorityCore core;
};

Result<PriorityConsumer> PriorityConsumer::create(Client& client,
                                                  const PriorityConsumerOptions& options) {
  TRY(detail::check_options(options));
  return PriorityConsumer(std::make_unique<Parts>(client, options));
}

PriorityConsumer::PriorityConsumer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
PriorityConsumer::PriorityConsumer(PriorityConsumer&&) noexcept = default;
PriorityConsumer::~PriorityConsumer() = default;

void PriorityConsumer::start() {
  parts_->core.start();
}

void PriorityConsumer::pause() {
  parts_->core.pause(true);
}

void PriorityConsumer::resume() {
  parts_->core.pause(false);
}

StopReport PriorityConsumer::stop() {
  request_stop();
  return wait();
}

StopReport PriorityConsumer::wait() {
  return parts_->threads.report.get();
}

void PriorityConsumer::request_stop() {
  parts_->core.request_stop();
}

void PriorityConsumer::abort() {
  parts_->core.abort();
}

Result<void> PriorityConsumer::set_concurrency(size_t slots) {
  TRY(detail::check_concurrency(slots));
  parts_->core.set_slots(slots);
  return {};
}

std::vector<ConsumerStatistics> PriorityConsumer::statistics() const {
  return parts_->core.statistics();
}

}  // namespace forebay::sqs
