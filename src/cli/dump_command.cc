// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <deque>
#include <utility>

#include <fmt/format.h>

#include "cli/fact_text.h"
#include "cli/journal_check.h"
#include "cli/journal_commands.h"
#include "cli/journal_place.h"

namespace forebay::cli {
namespace {

/// Prints the facts of a range and, in their places, what cannot be read.
class Dump {
 public:
  Dump(const JournalArguments& arguments, const QueueNames& names,
       const std::vector<Finding>& findings)
      : from_(arguments.from.value_or(LogPosition{})),
        to_(arguments.to.value_or(LogPosition(UINT64_MAX))),
        options_{.json = arguments.json, .bodies = arguments.bodies},
        names_(names) {
    for (const Finding& finding : findings) {
      const journal::Damage& damage = finding.damage;
      if (damage.from < damage.to && damage.to > from_ && damage.from < to_) {
        damages_.push_back(damage);
      }
    }
  }

  void record(LogPosition at, std::string_view record) {
    if (at < from_ || at >= to_) return;
    print_damage_before(at);
    const Result<engine::TimedFact> timed = engine::decode_fact(record);
    print(timed.ok() ? fact_text(at, *timed, names_, options_)
                     : damage_text(at, timed.error().message, options_));
  }

  void print_damage_before(LogPosition at) {
    while (!damages_.empty() && damages_.front().from < at) {
      print(damage_text(damages_.front().from, journal::describe(damages_.front()), options_));
      damages_.pop_front();
    }
  }

 private:
  static void print(const std::string& line) {
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fputc('\n', stdout);
  }

  const LogPosition from_;
  const LogPosition to_;
  const FactTextOptions options_;
  const QueueNames& names_;
  std::deque<journal::Damage> damages_;  // by position
};

}  // namespace

/// Read twice: the names of queues, and what is damaged, are known only at the end of the first
/// time.
Result<int> run_dump(const CommandContext& context) {
  TRY_ASSIGN(const std::string directory, find_journal(context.files, context.arguments.source));
  const auto progress = begin_progress(context, "Reading");
  TRY_ASSIGN(const JournalCheck check,
             check_journal(context.files, directory, reporting_to(*progress)));
  progress->finish();
  Dump dump(context.arguments, check.state.names(), check.findings);
  const auto visit = [&](LogPosition at, std::string_view record) {
    dump.record(at, record);
    return Result<void>();
  };
  TRY_ASSIGN(const journal::Inspection inspection,
             journal::inspect_journal(context.files,
                                      {.directory = directory,
                                       .progress = nullptr,
                                       .visit = visit,
                                       .from = context.arguments.from.value_or(LogPosition{})}));
  dump.print_damage_before(LogPosition(UINT64_MAX));
  return check.intact() && inspection.intact() ? kExitOk : kExitDamaged;
}

}  // namespace forebay::cli
