// SPDX-License-Identifier: Apache-2.0
// The commands of `forebay journal`, one function each. They print to standard output, progress to
// standard error, and return the exit code.
// Errors: what kept the command from its work; kInvalidConfiguration is the operator's to change.
// Thread: main.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "cli/journal_arguments.h"
#include "commands/progress.h"
#include "env/clock.h"
#include "env/file_system.h"
#include "journal/file/journal_inspection.h"

namespace forebay::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitDamaged = 1;    // or: it failed
inline constexpr int kExitWrongUse = 2;   // arguments, or a place without a journal
inline constexpr int kExitWouldDrop = 3;  // repair without --yes found something

/// What a command works with.
struct CommandContext {
  const JournalArguments& arguments;
  env::FileSystem& files;
  const env::Clock& clock;
  commands::ProgressStyle progress;
};

/// Progress on standard error for a step named `title` ("Verifying").
std::unique_ptr<commands::Progress> begin_progress(const CommandContext& context,
                                                   std::string title);
/// The same as the journal's tools take it. Borrows `progress`.
journal::Progress reporting_to(commands::Progress& progress);

Result<int> run_verify(const CommandContext& context);
Result<int> run_dump(const CommandContext& context);
Result<int> run_backup(const CommandContext& context);
Result<int> run_restore(const CommandContext& context);
Result<int> run_repair(const CommandContext& context);

}  // namespace forebay::cli
