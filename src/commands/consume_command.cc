// SPDX-License-Identifier: Apache-2.0
// forebay consume QUEUE --exec CMD
//
// A Consumer whose handler is a program: slots, heartbeats, outcomes, order and the stop without
// redeliveries are the consumer's, programs are ExecRunner's.
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <forebay/sqs/consumer.h>

#include "base/result.h"
#include "commands/consume_report.h"
#include "commands/exec_runner.h"
#include "commands/session.h"
#include "commands/sqs_commands.h"
#include "env/child_processes.h"
#include "env/clock.h"
#include "env/thread_executor.h"

namespace forebay::commands {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// An idle poll ends before a stop does, so it is not long.
constexpr seconds kWait{5};
/// One that finds nothing must have asked all of SQS's machines.
constexpr seconds kLastLookWait{1};
constexpr seconds kGrace{30};
constexpr seconds kKillAfter{10};
/// Of a job that is to end: with the consumer's pauses between them about a quarter of a minute.
constexpr int kPollErrorsMax = 8;

/// Errors that no waiting heals.
bool needs_somebody(const sqs::Error& error) {
  using enum sqs::ErrorKind;
  return error.kind == kAuth || error.kind == kQueueNotFound || error.kind == kInvalidRequest ||
         error.kind == kConfiguration;
}

sqs::Result<ExecChoice> exec_choice(const CommandLine& line) {
  const std::vector<std::string>& words = line.arguments();
  ExecChoice choice{.timeout = line.seconds("timeout").value_or(seconds(0)),
                    .kill_after = line.seconds("kill-after").value_or(kKillAfter),
                    .retry_after = line.seconds("retry-after")};
  if (line.has("exec") == (words.size() > 1)) {
    return usage_error(
        "Say what to run: either --exec 'a shell line', or a program with its arguments behind "
        "'--'.");
  }
  if (choice.retry_after && (line.has("backoff") || line.has("backoff-max"))) {
    return usage_error("--retry-after and --backoff exclude each other.");
  }
  if (line.has("exec")) {
    choice.arguments = {"/bin/sh", "-c", *line.text("exec")};
  } else {
    choice.arguments.assign(words.begin() + 1, words.end());
    if (const auto found = env::check_program(words[1]); !found.ok()) {
      return usage_error(found.error().message + ".");
    }
  }
  const std::string output = line.text("output").value_or("pass");
  if (output == "none") {
    choice.output_goes = env::ChildOutput::kNone;
  } else if (output == "prefix") {
    choice.output_goes = env::ChildOutput::kToUs;
  } else if (line.has("json")) {
    choice.output_goes = env::ChildOutput::kOurErrors;
  }
  return choice;
}

sqs::ConsumerOptions consumer_options(const CommandLine& line, const ExecChoice& choice) {
  sqs::ConsumerOptions options;
  options.concurrency = static_cast<size_t>(line.number("concurrency").value_or(1));
  options.worker_threads_max = 1;  // they only hand over
  options.backoff.base = line.seconds("backoff").value_or(seconds(2));
  options.backoff.max = std::max<milliseconds>(line.seconds("backoff-max").value_or(seconds(900)),
                                               options.backoff.base);
  options.end.messages_max = static_cast<uint64_t>(line.number("max-messages").value_or(0));
  options.end.when_empty = line.has("until-empty");
  options.poll.wait_time =
      line.seconds("wait").value_or(options.end.when_empty ? kLastLookWait : kWait);
  options.poll.message_system_attribute_names = {std::string(sqs::kAll)};
  options.lease.visibility_timeout = line.seconds("visibility").value_or(seconds(30));
  options.lease.max_lease = line.seconds("max-lease").value_or(options.lease.max_lease);
  options.stop.deadline = line.seconds("grace").value_or(kGrace);
  // Time for SIGTERM, SIGKILL, and what SQS is told then.
  options.stop.grace = choice.kill_after + seconds(5);
  options.stop.polls = options.poll.wait_time + seconds(5);
  return options;
}

/// Counts receives that failed in a row.
class PollErrors final : public sqs::Observer, public sqs::QueueObserver {
 public:
  QueueObserver& queue(std::string_view /*queue_url*/) override { return *this; }
  void add(sqs::Counter counter, uint64_t /*amount*/) noexcept override {
    if (counter == sqs::Counter::kReceives) in_a_row_ = 0;
    if (counter == sqs::Counter::kReceiveFailed) ++in_a_row_;
  }
  void change(sqs::Level /*level*/, int64_t /*by*/) noexcept override {}
  void record(sqs::Latency /*latency*/, std::chrono::microseconds /*took*/) noexcept override {}
  int in_a_row() const { return in_a_row_; }

 private:
  std::atomic<int> in_a_row_ = 0;
};

class ConsumeRun {
 public:
  ConsumeRun(Session& session, ExecChoice choice)
      : session_(session),
        report_(session, [this](const sqs::Error& error) { fail(error); }),
        runner_(std::move(choice), report_, env::make_thread_executor("forebay-exec"),
                env::system_clock()) {}

  sqs::Result<int> run(sqs::ConsumerOptions options) {
    ends_ = options.end.when_empty || options.end.messages_max > 0;
    options.handler = sqs::AsyncHandler(
        [this](sqs::PendingDelivery delivery) { runner_.run(std::move(delivery)); });
    options.observer = &poll_errors_;
    options.on_error = [this](std::string_view what, const sqs::Error& error) {
      take_error(what, error);
    };
    TRY_ASSIGN(sqs::Consumer consumer, sqs::Consumer::create(session_.client(), options));
    const std::stop_callback on_failure(failed_.get_token(), [&] { consumer.request_stop(); });
    const std::stop_callback on_stop(session_.stop(), [&] {
      report_.remark("Stopping: what runs may end. A second signal kills it.");
      consumer.request_stop();
    });
    const std::stop_callback on_abort(session_.abort(), [&] {
      runner_.kill_all();
      consumer.abort();
    });
    consumer.start();
    const sqs::StopReport stop = consumer.wait();
    report_.finish(consumer.statistics(), stop);
    return exit_code(stop);
  }

 private:
  sqs::Result<int> exit_code(const sqs::StopReport& stop) {
    const std::lock_guard lock(mu_);
    if (failure_) return *failure_;
    if (session_.abort().stop_requested()) return kExitInterrupted;
    const ConsumeReport::Counts counts = report_.counts();
    const bool all_done = counts.retried == 0 && counts.dead == 0;
    const bool well = stop.clean && counts.stopped == 0 && (!ends_ || all_done);
    return well ? kExitDone : kExitFailed;
  }

  /// Thread: the consumer's.
  void take_error(std::string_view what, const sqs::Error& error) {
    report_.trouble(what, error);
    if (what != "poll") return;
    if (needs_somebody(error) || (ends_ && poll_errors_.in_a_row() >= kPollErrorsMax)) fail(error);
  }

  void fail(const sqs::Error& error) {
    {
      const std::lock_guard lock(mu_);
      if (!failure_) failure_ = error;
    }
    failed_.request_stop();
  }

  Session& session_;
  bool ends_ = false;  // by itself
  PollErrors poll_errors_ = {};
  std::stop_source failed_ = {};
  std::mutex mu_;
  std::optional<sqs::Error> failure_ = {};  // guarded by mu_
  ConsumeReport report_;
  ExecRunner runner_;
};

}  // namespace

sqs::Result<int> run_consume(Session& session) {
  ::signal(SIGCHLD, SIG_DFL);  // ignored, as some parents leave it, nobody learns how commands end
  const CommandLine& line = session.line();
  TRY_ASSIGN(ExecChoice choice, exec_choice(line));
  sqs::ConsumerOptions options = consumer_options(line, choice);
  TRY_ASSIGN(options.queue_url, session.queue_url(session.argument(0)));
  if (const auto dead_letters = line.text("dead-letter-queue")) {
    TRY_ASSIGN(options.dead_letter_queue_url, session.queue_url(*dead_letters));
  }
  return ConsumeRun(session, std::move(choice)).run(std::move(options));
}

}  // namespace forebay::commands
