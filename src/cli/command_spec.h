// SPDX-License-Identifier: Apache-2.0
// What the commands that speak SQS are called and take: one table, from which the command line is
// read, and help, man pages and completions are written.
// Thread: immutable.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <forebay/sqs/error.h>

namespace forebay::cli {

class Session;

struct OptionSpec {
  std::string_view name = {};   // as typed, without "--"
  char letter = 0;              // 'q' for -q; 0: none
  std::string_view value = {};  // what --help calls the value; empty: a switch
  std::string_view text = {};   // of --help
  int64_t least = 0;            // with most > 0: a whole number in this range
  int64_t most = 0;
  std::string_view choices = {};  // "a b c": one of these
  bool repeats = false;           // may be given several times
};

struct CommandSpec {
  std::string_view path = {};       // "queue create"
  std::string_view arguments = {};  // "QUEUE [BODY...]"
  std::string_view summary = {};    // one line
  std::string_view details = {};    // paragraphs of --help, with ends of lines
  std::span<const OptionSpec> options = {};
  size_t arguments_least = 0;
  size_t arguments_most = 0;
  sqs::Result<int> (*run)(Session& session) = nullptr;  // the exit code
  bool is_local = false;                                // speaks to no server
};

inline constexpr size_t kManyArguments = 1'000'000;

/// All of them, in the order of the help.
std::vector<const CommandSpec*> command_specs();

/// What every command that speaks to a server takes.
std::span<const OptionSpec> global_options();

/// The command whose path is `path`, or null.
const CommandSpec* find_command(std::string_view path);

/// "queue", "dlq": whether commands of several words begin with this one.
bool is_command_group(std::string_view word);

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
