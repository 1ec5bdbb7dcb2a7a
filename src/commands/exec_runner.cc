// SPDX-License-Identifier: Apache-2.0
#include "commands/exec_runner.h"

#include <signal.h>

#include <functional>
#include <utility>

namespace forebay::commands {

struct ExecRunner::Running {
  Running(sqs::PendingDelivery message, MonotonicMs now)
      : delivery(std::move(message)), began(now) {}

  sqs::PendingDelivery delivery;
  MonotonicMs began;
  ExecResult::End end = ExecResult::End::kItself;
  env::Executor::TimerId timeout = 0;
  env::Executor::TimerId kill = 0;
  std::optional<std::stop_callback<std::function<void()>>> on_stop = {};
};

ExecRunner::ExecRunner(ExecChoice choice, ExecListener& listener,
                       std::unique_ptr<env::Executor> executor, const env::Clock& clock)
    : choice_(std::move(choice)),
      listener_(listener),
      clock_(clock),
      executor_(std::move(executor)) {}

ExecRunner::~ExecRunner() {
  {
    const std::lock_guard lock(mu_);
    closed_ = true;
  }
  executor_.reset();  // from here on nobody else touches running_
}

void ExecRunner::post(env::Executor::Task task) {
  const std::lock_guard lock(mu_);
  if (!closed_) executor_->post(std::move(task));
}

void ExecRunner::run(sqs::PendingDelivery delivery) {
  post([this, held = std::make_shared<sqs::PendingDelivery>(std::move(delivery))] {
    begin(std::move(*held));
  });
}

void ExecRunner::kill_all() {
  post([this] {
    for (const auto& [id, running] : running_) {
      running->end = ExecResult::End::kStopped;
      children_.signal(id, SIGKILL);
    }
  });
}

env::ChildOptions ExecRunner::child_options(const sqs::Delivery& delivery) {
  const sqs::Message& message = delivery.message();
  env::ChildOptions options{.arguments = choice_.arguments,
                            .variables = exec_variables(message, delivery.queue_url()),
                            .input = message.body,
                            .output_goes = choice_.output_goes};
  options.output = [this, message_id = std::string(message.message_id.view())](
                       env::ChildId, env::ChildStream stream, std::string_view text) {
    listener_.output(message_id, stream, text);
  };
  options.ended = [this](env::ChildId id, env::ChildExit how) {
    post([this, id, how] { ended(id, how); });
  };
  return options;
}

void ExecRunner::begin(sqs::PendingDelivery delivery) {
  if (delivery->stop_token().stop_requested()) {
    return tell(std::move(delivery),
                {.end = ExecResult::End::kStopped, .how = {.signal = SIGTERM}});
  }
  const Result<env::ChildId> started = children_.start(child_options(*delivery));
  if (!started.ok()) {
    return tell(std::move(delivery),
                {.end = ExecResult::End::kNotStarted, .error = started.error().message});
  }
  const env::ChildId id = *started;
  auto owned = std::make_unique<Running>(std::move(delivery), clock_.monotonic());
  Running& running = *owned;
  running_.emplace(id, std::move(owned));
  if (choice_.timeout.count() > 0) {
    running.timeout = executor_->after(choice_.timeout.count(),
                                       [this, id] { terminate(id, ExecResult::End::kTimedOut); });
  }
  running.on_stop.emplace(running.delivery->stop_token(), [this, id] {
    post([this, id] { terminate(id, ExecResult::End::kStopped); });
  });
}

void ExecRunner::terminate(env::ChildId id, ExecResult::End why) {
  const auto found = running_.find(id);
  if (found == running_.end() || found->second->end != ExecResult::End::kItself) return;
  Running& running = *found->second;
  running.end = why;
  children_.signal(id, SIGTERM);
  running.kill =
      executor_->after(choice_.kill_after.count(), [this, id] { children_.signal(id, SIGKILL); });
}

void ExecRunner::ended(env::ChildId id, env::ChildExit how) {
  const auto found = running_.find(id);
  Running& running = *found->second;
  executor_->cancel(running.timeout);
  executor_->cancel(running.kill);
  running.on_stop.reset();
  const ExecResult result{.end = running.end,
                          .how = how,
                          .took = std::chrono::milliseconds(clock_.monotonic() - running.began)};
  sqs::PendingDelivery delivery = std::move(running.delivery);
  running_.erase(found);
  tell(std::move(delivery), result);
}

void ExecRunner::tell(sqs::PendingDelivery delivery, const ExecResult& result) {
  sqs::Outcome outcome = exec_outcome(result, choice_.retry_after);
  listener_.ended(delivery->message(), result, outcome);
  delivery.complete(std::move(outcome));
}

}  // namespace forebay::commands
