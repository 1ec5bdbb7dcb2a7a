// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "cli/journal_check.h"
#include "cli/journal_commands.h"
#include "cli/journal_place.h"
#include "commands/text_format.h"

namespace forebay::cli {
namespace {

struct Totals {
  uint64_t segment_bytes = 0;
  uint64_t snapshot_bytes = 0;
  uint64_t batch_count = 0;
  uint64_t batch_bytes = 0;
  uint64_t record_count = 0;
  uint64_t record_bytes = 0;
};

Totals totals_of(const journal::Inspection& inspection) {
  Totals totals;
  for (const journal::SegmentInspection& segment : inspection.segments) {
    totals.segment_bytes += segment.file_bytes;
    totals.batch_count += segment.batch_count;
    totals.batch_bytes += segment.record_bytes + segment.batch_count * journal::kBatchHeaderBytes;
    totals.record_count += segment.record_count;
    totals.record_bytes += segment.record_bytes;
  }
  for (const journal::SnapshotInspection& snapshot : inspection.snapshots) {
    totals.snapshot_bytes += snapshot.file_bytes;
  }
  return totals;
}

std::string state_text(const JournalCheck& check) {
  const std::string facts = commands::counted(check.state.fact_count(), "fact");
  if (!check.snapshot) return fmt::format("all {} of the log", facts);
  return fmt::format("snapshot {} of position {}, and the {} behind it", *check.snapshot,
                     check.replayed_from.value, facts);
}

void print_summary(JournalCheck& check) {
  const journal::Inspection& inspection = check.inspection;
  const Totals totals = totals_of(inspection);
  const LogPosition first =
      inspection.segments.empty() ? LogPosition{} : inspection.segments.front().first;
  fmt::print("journal    {}\n", check.directory);
  fmt::print("positions  {} to {}\n", first.value, inspection.tail.value);
  fmt::print("state      {}\n\n", state_text(check));
  commands::TextTable table({"", "count", "bytes"});
  const auto row = [&](std::string_view name, uint64_t count, uint64_t bytes) {
    table.row({std::string(name), commands::count_text(count), commands::bytes_text(bytes)});
  };
  row("segments", inspection.segments.size(), totals.segment_bytes);
  row("snapshots", inspection.snapshots.size(), totals.snapshot_bytes);
  row("batches", totals.batch_count, totals.batch_bytes);
  row("records", totals.record_count, totals.record_bytes);
  row("live messages", check.live_count, check.live_bytes);
  table.row({"queues", commands::count_text(check.state.queues().size()), ""});
  fmt::print("{}", table.text());
  if (inspection.missing_segment_count > 0) {
    fmt::print("\n{} before the snapshots had become empty and were removed.\n",
               commands::counted(inspection.missing_segment_count, "segment"));
  }
}

void print_queues(JournalCheck& check) {
  commands::TextTable table({"queue", "messages", "in flight", "delayed"});
  for (const auto& queue : check.state.queues()) {
    table.row({check.state.names().text(queue.id),
               commands::count_text(static_cast<uint64_t>(queue.message_count)),
               commands::count_text(static_cast<uint64_t>(queue.in_flight_count)),
               commands::count_text(static_cast<uint64_t>(queue.delayed_count))});
  }
  fmt::print("\n{}", table.text());
}

void print_torn_tail(const journal::Inspection& inspection) {
  if (inspection.segments.empty() || inspection.segments.back().torn_bytes == 0) return;
  fmt::print(
      "\nBehind the last batch stand {} of one that was being written: by a running server, or "
      "when\nit was killed. Nobody was told that it is safe; the next start cuts it.\n",
      commands::bytes_text(inspection.segments.back().torn_bytes));
}

bool is_newer(const Finding& finding) {
  return finding.damage.kind == journal::DamageKind::kNewerFormat;
}

void print_findings(const JournalCheck& check) {
  for (const Finding& finding : check.findings) {
    fmt::print("\n{}: {}\n", is_newer(finding) ? "NOT READ" : "DAMAGED",
               journal::describe(finding.damage));
    for (const std::string& line : effects(finding, check.state.names())) {
      fmt::print("  {}\n", line);
    }
  }
}

std::string_view verdict(const JournalCheck& check) {
  if (check.intact()) return "Intact.";
  if (std::ranges::any_of(check.findings, is_newer)) return "Not all of it could be checked.";
  return "Damaged. 'forebay journal repair' shows what can be done about it.";
}

}  // namespace

Result<int> run_verify(const CommandContext& context) {
  TRY_ASSIGN(const std::string directory, find_journal(context.files, context.arguments.source));
  const auto progress = begin_progress(context, "Verifying");
  TRY_ASSIGN(JournalCheck check, check_journal(context.files, directory, reporting_to(*progress)));
  progress->finish();
  print_summary(check);
  if (context.arguments.queues) print_queues(check);
  print_torn_tail(check.inspection);
  print_findings(check);
  fmt::print("\n{}\n", verdict(check));
  return check.intact() ? kExitOk : kExitDamaged;
}

}  // namespace forebay::cli
