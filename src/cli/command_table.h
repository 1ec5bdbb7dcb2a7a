// SPDX-License-Identifier: Apache-2.0
// All commands of the program: those that speak SQS as a table, the others with their own help.
// Thread: immutable.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "commands/command_spec.h"

namespace forebay::cli {

/// Those that speak SQS, and `completions` and `man`.
const commands::CommandTable& command_table();

/// A command that has its own help: serve, journal, bench.
struct OtherCommand {
  std::string_view name;
  std::string_view summary;
  std::string help;                     // all of --help
  std::vector<std::string_view> verbs;  // "verify", "dump"
};
std::vector<OtherCommand> other_commands();

/// The long options that a help text lists: words that begin with "--", at the start of its lines.
std::vector<std::string> options_in_help(std::string_view help);

}  // namespace forebay::cli
