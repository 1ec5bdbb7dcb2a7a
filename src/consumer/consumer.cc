// SPDX-License-Identifier: Apache-2.0
// The public face: a core with real threads and clocks.
#include <future>
#include <memory>
#include <utility>

#include <forebay/sqs/consumer.h>

#include "base/result.h"
#include "consumer/consumer_core.h"
#include "consumer/options_check.h"
#include "consumer/running_parts.h"

namespace forebay::sqs {

struct Consumer::Parts {
  Parts(Client& client, ConsumerOptions options) : threads(client, options) {
    core = std::make_shared<detail::ConsumerCore>(
        std::move(options), threads.parts(),
        [this](StopReport how) { threads.stopped.set_value(how); });
  }

  /// Handlers that still run are waited for; then nobody posts any more, and the thread ends.
  ~Parts() {
    core->request_stop();
    threads.report.wait();
    threads.workers.reset();
    core->close();
    threads.executor.reset();
  }

  detail::RunningParts threads;
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
  return parts_->threads.report.get();
}

void Consumer::request_stop() {
  parts_->core->request_stop();
}

void Consumer::abort() {
  parts_->core->abort();
}

Result<void> Consumer::set_concurrency(size_t slots) {
  TRY(detail::check_concurrency(slots));
  parts_->core->set_slots(slots);
  return {};
}

Result<void> Consumer::set_wait_time(std::chrono::seconds wait_time) {
  TRY(detail::check_wait_time(wait_time));
  parts_->core->set_wait_time(wait_time);
  return {};
}

ConsumerStatistics Consumer::statistics() const {
  return parts_->core->statistics();
}

}  // namespace forebay::sqs
