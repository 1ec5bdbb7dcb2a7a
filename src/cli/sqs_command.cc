// SPDX-License-Identifier: Apache-2.0
#include "cli/sqs_command.h"

#include <cstdio>
#include <functional>
#include <stop_token>

#include <fmt/format.h>

#include "base/log.h"
#include "base/result.h"
#include "cli/command_help.h"
#include "cli/command_table.h"
#include "commands/command_line.h"
#include "commands/json_text.h"
#include "commands/session.h"
#include "server/shutdown_signal.h"

namespace forebay::cli {
namespace {

/// What somebody can do about it; empty where the message says it.
std::string_view advice(const sqs::Error& error) {
  using enum sqs::ErrorKind;
  switch (error.kind) {
    case kNetwork:
    case kTimeout:
      return "Is the server running? --endpoint-url names another one.";
    case kAuth:
      return error.http_status == 0
                 ? "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a --profile."
                 : "Check the credentials, the --region, and what the queue's policy allows.";
    case kThrottled:
      return "Try again in a moment.";
    case kOverLimit:
      return "Delete messages that were received, or wait until they are visible again.";
    default:
      return "";
  }
}

void report(const sqs::Error& error, bool json) {
  const std::string_view what_to_do = advice(error);
  if (json) {
    commands::JsonObject object;
    object.add("kind", sqs::to_string(error.kind)).add("code", error.code);
    object.add("message", error.message).add("advice", what_to_do);
    object.add("request_id", error.request_id).add("exit_code", commands::exit_code_of(error.kind));
    fmt::print(stderr, "{}\n", commands::JsonObject().add_json("error", object.text()).text());
    return;
  }
  std::string text = commands::shown_text(error.message);
  if (!error.code.empty()) text += fmt::format(" [{}]", commands::shown_text(error.code));
  if (!what_to_do.empty()) {
    text += text.ends_with('.') || text.ends_with(']') ? " " : ". ";
    text += what_to_do;
  }
  fmt::print(stderr, "forebay: {}\n", text);
}

int run(const commands::CommandLine& line, const commands::StopTokens& stops) {
  sqs::Result<commands::Session> session = commands::Session::open(line, stops);
  const sqs::Result<int> code =
      session.ok() ? line.spec()->run(*session) : sqs::Result<int>(session.error());
  if (code.ok()) return *code;
  const bool interrupted = stops.stop.stop_requested();
  if (!interrupted || code.error().kind != sqs::ErrorKind::kCancelled) {
    report(code.error(), line.has("json"));
  }
  return interrupted ? commands::kExitInterrupted : commands::exit_code_of(code.error().kind);
}

}  // namespace

bool is_sqs_command(std::string_view first) {
  return command_table().find(first) != nullptr || command_table().is_group(first);
}

int run_sqs_command(const std::vector<std::string>& words) {
  const sqs::Result<commands::CommandLine> line =
      commands::CommandLine::parse(words, command_table());
  if (!line.ok()) {
    report(line.error(), false);
    return commands::kExitUsage;
  }
  const commands::CommandLine& parsed = line.value();
  if (parsed.help()) {
    const commands::CommandSpec* spec = parsed.spec();
    fmt::print("{}", spec != nullptr ? command_help(*spec) : group_help(parsed.group()));
    return commands::kExitDone;
  }
  configure_log(LogFormat::kText, LogLevel::kWarn);
  std::stop_source stop;
  std::stop_source abort;
  std::function<void(const char*)> on_second;
  if (parsed.spec()->takes_abort) on_second = [&abort](const char*) { abort.request_stop(); };
  server::ShutdownSignal signals;
  signals.on_signal([&stop](const char*) { stop.request_stop(); }, on_second);
  return run(parsed, {.stop = stop.get_token(), .abort = abort.get_token()});
}

}  // namespace forebay::cli
