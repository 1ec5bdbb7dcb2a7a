// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>
#include <variant>

#include <forebay/sqs/dead_letter_manager.h>

#include "base/result.h"
#include "dead_letter_manager/entry_calls.h"
#include "dead_letter_manager/pass.h"
#include "dead_letter_manager/requeued_message.h"
#include "dead_letter_manager/restoration.h"
#include "dead_letter_manager/target_queues.h"

namespace forebay::sqs {
namespace {

constexpr std::chrono::seconds kVisibilityTimeoutMin{30};

Error contradiction(const char* what) {
  return {.kind = ErrorKind::kInvalidRequest, .message = what};
}

bool is_delay(std::chrono::seconds delay) {
  return delay.count() >= 0 && delay <= kDelayMax;
}

Result<void> check_requeue(const std::string& queue_url, const RequeueLetter& requeue,
                           const std::string& target_queue) {
  if (!is_delay(requeue.delay)) return contradiction("A delay must be 0 to 900 seconds.");
  const std::string& given = requeue.queue.empty() ? target_queue : requeue.queue;
  // A FIFO queue's dead letters are in a FIFO queue.
  if (requeue.delay.count() > 0 && detail::is_fifo(given.empty() ? queue_url : given)) {
    return contradiction("A FIFO queue takes no delay of single messages.");
  }
  return {};
}

Result<void> check(const std::string& queue_url, const ProcessOptions& options) {
  if (queue_url.empty()) return contradiction("The queue's URL is missing.");
  for (const DeadLetterRule& rule : options.rules) {
    if (!rule.decide) return contradiction("A rule has an empty function.");
    if (rule.name.empty()) return contradiction("A rule has no name.");
  }
  if (std::holds_alternative<ArchiveLetter>(options.otherwise) && options.archive == nullptr) {
    return contradiction("There is no archive.");
  }
  if (const auto* requeue = std::get_if<RequeueLetter>(&options.otherwise)) {
    TRY(check_requeue(queue_url, *requeue, options.target_queue));
  }
  if (options.requeue_attempts_max < 1) {
    return contradiction("requeue_attempts_max must be 1 or more.");
  }
  if (options.messages_max < 1) return contradiction("messages_max must be 1 or more.");
  if (options.empty_receives < 1) return contradiction("empty_receives must be 1 or more.");
  if (options.visibility_timeout < kVisibilityTimeoutMin ||
      options.visibility_timeout > kVisibilityTimeoutMax) {
    return contradiction("visibility_timeout must be 30 to 43,200 seconds.");
  }
  if (options.wait.count() < 0 || options.wait > kWaitTimeMax) {
    return contradiction("wait must be 0 to 20 seconds.");
  }
  return {};
}

bool has_ended(const MoveTask& task) {
  return task.status != MessageMoveTaskStatus::kRunning &&
         task.status != MessageMoveTaskStatus::kCancelling;
}

/// One move task, from its start to its end.
class Move {
 public:
  Move(Client& client, const MoveOptions& options)
      : client_(client), options_(options), call_{.stop = options.stop} {}

  Result<MoveTask> run(const std::string& queue_url) {
    StartMessageMoveTaskRequest request{.max_number_of_messages_per_second =
                                            options_.max_messages_per_second};
    TRY_ASSIGN(request.source_arn, arn_of(queue_url));
    if (!options_.target_queue.empty()) {
      TRY_ASSIGN(request.destination_arn, target_arn(options_.target_queue));
    }
    // Not to be stopped: a task that nobody knows of would go on.
    TRY_ASSIGN(const StartMessageMoveTaskReply started, client_.start_message_move_task(request));
    return follow(request.source_arn, started.task_handle);
  }

 private:
  Result<std::string> arn_of(const std::string& queue_url) {
    TRY_ASSIGN(const GetQueueAttributesReply reply,
               client_.get_queue_attributes(
                   {.queue_url = queue_url, .attribute_names = {"QueueArn"}}, call_));
    if (reply.status.queue_arn) return *reply.status.queue_arn;
    return Error{.kind = ErrorKind::kServerFault,
                 .message = "The server does not tell the queue's ARN."};
  }

  Result<std::string> target_arn(const std::string& queue) {
    if (queue.starts_with("arn:")) return queue;
    TRY_ASSIGN(const std::string url, detail::find_queue_url(client_, queue, call_));
    return arn_of(url);
  }

  /// A queue has one running task, and the list has the newest first.
  Result<MoveTask> follow(const std::string& source_arn, const std::string& handle) {
    while (true) {
      Result<ListMessageMoveTasksReply> reply =
          client_.list_message_move_tasks({.source_arn = source_arn}, call_);
      if (!reply.ok()) return options_.stop.stop_requested() ? cancelled(handle) : reply.error();
      if (reply->results.empty()) {
        return Error{.kind = ErrorKind::kNotFound,
                     .message = "The server does not know the move task any more."};
      }
      MoveTask& task = reply->results.front();
      if (options_.progress) options_.progress(task);
      if (has_ended(task)) return std::move(task);
      if (!detail::pause(options_.poll_interval, options_.stop)) return cancelled(handle);
    }
  }

  Error cancelled(const std::string& handle) {
    Error error{.kind = ErrorKind::kCancelled, .message = "Stopped; the move task goes on."};
    if (!options_.cancel_on_stop) return error;
    const auto reply = client_.cancel_message_move_task({.task_handle = handle});
    error.message =
        reply.ok() ? "Stopped; the move task was cancelled."
                   : "Stopped; the move task could not be cancelled: " + to_string(reply.error());
    return error;
  }

  Client& client_;
  const MoveOptions& options_;
  const CallOptions call_;
};

}  // namespace

std::string_view to_string(DeadLetterFailure::Step step) {
  switch (step) {
    case DeadLetterFailure::Step::kHold:
      return "hold";
    case DeadLetterFailure::Step::kTarget:
      return "target";
    case DeadLetterFailure::Step::kSend:
      return "send";
    case DeadLetterFailure::Step::kArchive:
      return "archive";
    case DeadLetterFailure::Step::kDelete:
      return "delete";
  }
  return "";
}

std::string_view to_string(PassEnd end) {
  switch (end) {
    case PassEnd::kExhausted:
      return "exhausted";
    case PassEnd::kLimit:
      return "limit";
    case PassEnd::kStopped:
      return "stopped";
    case PassEnd::kFailed:
      return "failed";
  }
  return "";
}

Result<DeadLetterReport> DeadLetterManager::process(const std::string& queue_url,
                                                    const ProcessOptions& options) {
  TRY(check(queue_url, options));
  return detail::Pass(client_, queue_url, options).run();
}

Result<MoveTask> DeadLetterManager::move(const std::string& queue_url, const MoveOptions& options) {
  return Move(client_, options).run(queue_url);
}

Result<RestoreReport> DeadLetterManager::restore(DeadLetterArchive& archive,
                                                 const RestoreOptions& options) {
  if (!is_delay(options.delay)) return contradiction("A delay must be 0 to 900 seconds.");
  if (options.delay.count() > 0 && detail::is_fifo(options.target_queue)) {
    return contradiction("A FIFO queue takes no delay of single messages.");
  }
  return detail::Restoration(client_, archive, options).run();
}

}  // namespace forebay::sqs
