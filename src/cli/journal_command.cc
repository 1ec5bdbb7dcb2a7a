// SPDX-License-Identifier: Apache-2.0
#include "cli/journal_command.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/log.h"
#include "cli/journal_arguments.h"
#include "cli/journal_commands.h"
#include "cli/journal_help.h"

namespace forebay::cli {
namespace {

Result<int> run(JournalVerb verb, const CommandContext& context) {
  switch (verb) {
    case JournalVerb::kVerify:
      return run_verify(context);
    case JournalVerb::kDump:
      return run_dump(context);
    case JournalVerb::kBackup:
      return run_backup(context);
    case JournalVerb::kRestore:
      return run_restore(context);
    case JournalVerb::kRepair:
      return run_repair(context);
  }
  CHECK(false);
  return kExitWrongUse;
}

commands::ProgressStyle progress_style(bool quiet) {
  if (quiet) return commands::ProgressStyle::kNone;
  return ::isatty(STDERR_FILENO) == 1 ? commands::ProgressStyle::kBar
                                      : commands::ProgressStyle::kLines;
}

int report(const Error& error) {
  fmt::print(stderr, "forebay: {}\n", error.message);
  return error.code == ErrorCode::kInvalidConfiguration ? kExitWrongUse : kExitDamaged;
}

}  // namespace

std::unique_ptr<commands::Progress> begin_progress(const CommandContext& context,
                                                   std::string title) {
  return std::make_unique<commands::Progress>(
      commands::Progress::Options{.style = context.progress, .title = std::move(title)},
      context.clock, [](std::string_view text) {
        std::fwrite(text.data(), 1, text.size(), stderr);
        std::fflush(stderr);
      });
}

journal::Progress reporting_to(commands::Progress& progress) {
  return [&progress](uint64_t done, uint64_t all) { progress.update(done, all); };
}

int run_journal_command(std::vector<std::string> arguments) {
  const Result<JournalArguments> parsed = parse_journal_arguments(std::move(arguments));
  if (!parsed.ok()) return report(parsed.error());
  if (parsed->help || !parsed->verb) {
    fmt::print("{}", journal_help(parsed->verb));
    return kExitOk;
  }
  configure_log(LogFormat::kText, LogLevel::kWarn);
  const Result<int> code = run(*parsed->verb, {.arguments = *parsed,
                                               .files = env::posix_file_system(),
                                               .clock = env::system_clock(),
                                               .progress = progress_style(parsed->quiet)});
  return code.ok() ? *code : report(code.error());
}

}  // namespace forebay::cli
