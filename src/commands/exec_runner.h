// SPDX-License-Identifier: Apache-2.0
// Runs a command for each message that a Consumer hands over, any number at a time, and tells the
// consumer what became of it.
//
//   ExecRunner runner(choice, listener, env::make_thread_executor("forebay-exec"), clock);
//   options.handler = sqs::AsyncHandler([&](sqs::PendingDelivery d) { runner.run(std::move(d)); });
//
// A command whose time is over, or whose message's lease is lost, gets SIGTERM, and SIGKILL when it
// still runs `kill_after` later; so do all programs it has started.
// Thread: any; the listener is called on the executor's thread, and for output on the one that
// watches the programs.
// Owns: the programs: its destructor kills those that still run.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <forebay/sqs/consumer_delivery.h>

#include "commands/exec_message.h"
#include "env/child_processes.h"
#include "env/clock.h"
#include "env/executor.h"

namespace forebay::commands {

struct ExecChoice {
  std::vector<std::string> arguments = {};  // the program and what it is given
  std::chrono::milliseconds timeout{0};     // 0: none
  std::chrono::milliseconds kill_after{10'000};
  std::optional<std::chrono::seconds> retry_after = {};  // absent: the consumer's backoff
  env::ChildOutput output_goes = env::ChildOutput::kOurs;
};

/// Told what happens.
class ExecListener {
 public:
  virtual ~ExecListener() = default;
  /// What a command wrote, with ChildOutput::kToUs; any piece of it, all before its end.
  virtual void output(const std::string& message_id, env::ChildStream stream,
                      std::string_view text) = 0;
  virtual void ended(const sqs::Message& message, const ExecResult& result,
                     const sqs::Outcome& outcome) = 0;
};

class ExecRunner {
 public:
  /// Borrows: `listener`, `clock`.
  ExecRunner(ExecChoice choice, ExecListener& listener, std::unique_ptr<env::Executor> executor,
             const env::Clock& clock);
  ~ExecRunner();
  ExecRunner(const ExecRunner&) = delete;
  ExecRunner& operator=(const ExecRunner&) = delete;

  void run(sqs::PendingDelivery delivery);
  /// SIGKILL for all that run.
  void kill_all();

 private:
  struct Running;

  void post(env::Executor::Task task);
  void begin(sqs::PendingDelivery delivery);
  env::ChildOptions child_options(const sqs::Delivery& delivery);
  void terminate(env::ChildId id, ExecResult::End why);
  void ended(env::ChildId id, env::ChildExit how);
  void tell(sqs::PendingDelivery delivery, const ExecResult& result);

  const ExecChoice choice_;
  ExecListener& listener_;
  const env::Clock& clock_;

  std::map<env::ChildId, std::unique_ptr<Running>> running_;  // the executor's thread only
  env::ChildProcesses children_;

  std::mutex mu_;
  std::unique_ptr<env::Executor> executor_;  // what is posted to it: guarded by mu_
  bool closed_ = false;                      // guarded by mu_
};

}  // namespace forebay::commands
