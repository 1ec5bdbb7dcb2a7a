// SPDX-License-Identifier: Apache-2.0
#include "cli/journal_command.h"

#include <cstdio>
#include <utility>

#include <fmt/format.h>

#include "cli/journal_arguments.h"
#include "cli/journal_help.h"

namespace forebay::cli {

int run_journal_command(std::vector<std::string> arguments) {
  const Result<JournalArguments> parsed = parse_journal_arguments(std::move(arguments));
  if (!parsed.ok()) {
    fmt::print(stderr, "forebay: {}\n", parsed.error().message);
    return kExitWrongUse;
  }
  if (parsed->help || !parsed->verb) {
    fmt::print("{}", journal_help(parsed->verb));
    return kExitOk;
  }
  return kExitWrongUse;
}

}  // namespace forebay::cli
