// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/journal_check.h"
#include "cli/journal_commands.h"
#include "cli/journal_place.h"
#include "cli/lost_messages.h"
#include "commands/text_format.h"
#include "journal/file/journal_repair.h"

namespace forebay::cli {
namespace {

void print_step(const journal::RepairStep& step) {
  fmt::print("{}, byte {}: {}", step.path, step.offset, step.what);
  if (step.bytes > 0) fmt::print(" ({})", commands::counted(step.bytes, "byte"));
  if (step.from < step.to) fmt::print("; positions {} to {}", step.from.value, step.to.value);
  fmt::print("\n");
}

void print_plan(const journal::RepairPlan& plan, const JournalCheck& check) {
  if (!plan.steps.empty()) fmt::print("What has to be done:\n\n");
  for (const journal::RepairStep& step : plan.steps) print_step(step);
  bool headed = false;
  for (const Finding& finding : check.findings) {
    const std::vector<std::string> lines = effects(finding, check.state.names());
    if (lines.empty()) continue;
    if (!headed) fmt::print("\nWhat is lost:\n");
    headed = true;
    fmt::print("\n{}, byte {}:\n", finding.damage.path, finding.damage.offset);
    for (const std::string& line : lines) fmt::print("  {}\n", line);
  }
  fmt::print("\n{} of the log are dropped.\n", commands::counted(plan.dropped_bytes, "byte"));
}

void print_lost(const std::vector<LiveMessage>& lost, const QueueNames& names) {
  if (lost.empty()) return;
  fmt::print("\nMessages whose content is lost:\n\n");
  commands::TextTable table({"queue", "message", "sent"});
  for (const LiveMessage& message : lost) {
    table.row({names.text(message.queue), std::to_string(message.message.number.value),
               commands::moment_text(message.sent)});
  }
  fmt::print("{}", table.text());
}

int print_beyond_repair(const journal::RepairPlan& plan) {
  for (const journal::Damage& damage : plan.beyond_repair) {
    fmt::print("BEYOND REPAIR: {}\n", journal::describe(damage));
  }
  fmt::print("\nNothing was changed. A backup is what helps here.\n");
  return kExitDamaged;
}

int print_nothing_to_do(const JournalCheck& check) {
  for (const Finding& finding : check.findings) {
    fmt::print("DAMAGED: {}\n", journal::describe(finding.damage));
  }
  fmt::print("Nothing to repair{}.\n", check.intact() ? "" : " by this program");
  return check.intact() ? kExitOk : kExitDamaged;
}

/// As the journal's owner, on what the repair has left.
Result<int> finish(const CommandContext& context, const std::string& directory) {
  const auto progress = begin_progress(context, "Checking");
  TRY_ASSIGN(
      const DeletedMessages deleted,
      delete_lost_messages(context.files, context.clock, directory, reporting_to(*progress)));
  progress->finish();
  print_lost(deleted.messages, deleted.names);
  fmt::print("\nRepaired{}. The server will start on it.\n",
             deleted.messages.empty()
                 ? ""
                 : fmt::format("; {} whose content is lost deleted",
                               commands::counted(deleted.messages.size(), "message")));
  return kExitOk;
}

}  // namespace

Result<int> run_repair(const CommandContext& context) {
  TRY_ASSIGN(const std::string directory, find_journal(context.files, context.arguments.source));
  auto progress = begin_progress(context, "Looking for damage");
  TRY_ASSIGN(auto repair,
             journal::JournalRepair::open(context.files, directory, reporting_to(*progress)));
  progress = begin_progress(context, "Looking for what it means");
  TRY_ASSIGN(const JournalCheck check,
             check_journal(context.files, directory, reporting_to(*progress)));
  progress->finish();
  const journal::RepairPlan& plan = repair->plan();
  if (!plan.beyond_repair.empty()) return print_beyond_repair(plan);
  if (plan.steps.empty() && check.lost.empty()) return print_nothing_to_do(check);
  print_plan(plan, check);
  if (!context.arguments.yes) {
    print_lost(check.lost, check.state.names());
    fmt::print("\nNothing was changed. To do it: forebay journal repair {} --yes\n",
               context.arguments.source);
    return kExitWouldDrop;
  }
  if (!plan.steps.empty()) {
    TRY_ASSIGN(const std::string saved, repair->carry_out());
    if (!saved.empty()) fmt::print("\nThe dropped bytes are kept in {}\n", saved);
  }
  repair.reset();  // its lock: the owner takes it next
  return finish(context, directory);
}

}  // namespace forebay::cli
