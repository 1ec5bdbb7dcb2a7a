// SPDX-License-Identifier: Apache-2.0
// What a command that speaks SQS works with: its command line, a client, names of queues, output.
// Thread: one owner.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include <forebay/sqs/client.h>
#include <forebay/sqs/queue_manager.h>

#include "commands/command_line.h"

namespace forebay::commands {

/// How commands end (docs/command-line.md).
inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitNotFound = 3;
inline constexpr int kExitDenied = 4;
inline constexpr int kExitNoAnswer = 5;
inline constexpr int kExitConflict = 6;
inline constexpr int kExitInterrupted = 130;

int exit_code_of(sqs::ErrorKind kind);

/// The client that the global options and the environment ask for. Connects to nothing.
sqs::Result<sqs::Client> open_client(const CommandLine& line);

/// What the user wants.
struct StopTokens {
  std::stop_token stop = {};   // to end
  std::stop_token abort = {};  // to end at once; CommandSpec::takes_abort
};

class Session {
 public:
  /// Without a client when the command is local. Borrows: `line`.
  static sqs::Result<Session> open(const CommandLine& line, StopTokens stops);

  const CommandLine& line() const { return line_; }
  const std::string& argument(size_t index) const { return line_.arguments()[index]; }
  bool json() const { return line_.has("json"); }

  sqs::Client& client();
  sqs::QueueManager manager() { return sqs::QueueManager(client()); }
  const std::stop_token& stop() const { return stops_.stop; }
  bool stopped() const { return stop().stop_requested(); }
  const std::stop_token& abort() const { return stops_.abort; }
  /// Of a call that ends when the user wants that.
  sqs::CallOptions call() const { return {.stop = stop()}; }
  /// Waits; false: the user wants to end.
  bool pause(std::chrono::milliseconds time) const;

  /// A queue by name, URL or ARN. Errors: kQueueNotFound, with names that are near.
  sqs::Result<std::string> queue_url(const std::string& queue);
  sqs::Result<std::string> queue_arn(const std::string& queue);
  sqs::Result<sqs::GetQueueAttributesReply> attributes(const std::string& queue_url);

  /// Writes to standard output at once; the text is out when this returns. Errors: kConfiguration
  /// never, kServerFault: it cannot be written.
  sqs::Result<void> print(std::string_view text);
  sqs::Result<void> print_line(std::string text) { return print(text += '\n'); }
  /// What somebody at a terminal says to a question: "y" or "yes". Without a terminal to answer at,
  /// and with --yes, true: a script has decided when it was written, and would else wait for ever.
  bool confirm(std::string_view question) const;

  /// A remark for people, to standard error; nothing with --json or --quiet.
  void note(std::string_view text) const;

 private:
  Session(const CommandLine& line, StopTokens stops) : line_(line), stops_(std::move(stops)) {}
  sqs::Error no_queue(const std::string& name);

  const CommandLine& line_;
  StopTokens stops_;
  std::optional<sqs::Client> client_ = {};
};

/// Whether standard output (or error) is a terminal.
bool is_terminal_output();
bool is_terminal_error();

/// Text that no terminal takes for commands: control characters become visible. Others as they are.
std::string shown_text(std::string_view text);

}  // namespace forebay::commands
