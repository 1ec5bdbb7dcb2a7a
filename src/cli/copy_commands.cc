// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/journal_commands.h"
#include "cli/journal_place.h"
#include "commands/text_format.h"
#include "journal/file/journal_backup.h"

namespace forebay::cli {
namespace {

std::string files_text(const journal::CopyReport& report) {
  const std::string segments = commands::counted(report.segment_count, "segment");
  if (report.snapshot_count == 0) return segments;
  return fmt::format("{} and {}", segments, commands::counted(report.snapshot_count, "snapshot"));
}

}  // namespace

Result<int> run_backup(const CommandContext& context) {
  TRY_ASSIGN(const std::string from, find_journal(context.files, context.arguments.source));
  const auto progress = begin_progress(context, "Copying");
  TRY_ASSIGN(const journal::CopyReport report,
             journal::backup_journal(context.files, {.from = from,
                                                     .to = context.arguments.target,
                                                     .progress = reporting_to(*progress)}));
  progress->finish();
  fmt::print("{}: {}, everything before position {}; {} linked, {} copied.\n",
             context.arguments.target, files_text(report), report.end.value,
             commands::counted(report.linked_count, "file"),
             commands::bytes_text(report.copied_bytes));
  return kExitOk;
}

Result<int> run_restore(const CommandContext& context) {
  const JournalArguments& arguments = context.arguments;
  TRY_ASSIGN(const std::string from, find_journal(context.files, arguments.source));
  TRY_ASSIGN(const std::string to, place_for_journal(context.files, arguments.target));
  const auto progress = begin_progress(context, "Restoring");
  TRY_ASSIGN(const journal::CopyReport report,
             journal::restore_journal(
                 context.files, {.from = from, .to = to, .progress = reporting_to(*progress)}));
  progress->finish();
  fmt::print(
      "{}: {}, {}, every checksum verified.\nStart a server on it with: forebay serve --data {}\n",
      arguments.target, files_text(report), commands::bytes_text(report.copied_bytes),
      arguments.target);
  return kExitOk;
}

}  // namespace forebay::cli
