// SPDX-License-Identifier: Apache-2.0
// What a command that speaks SQS is called and takes: rows of a table, from which the command line
// is read, and help, man pages and completions are written.
// Thread: immutable.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <forebay/sqs/error.h>

namespace forebay::commands {

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
  bool takes_abort = false;  // a second signal is the session's; else it ends the process
};

inline constexpr size_t kManyArguments = 1'000'000;

struct CommandTable {
  std::span<const CommandSpec> commands = {};       // in the order of the help
  std::span<const OptionSpec> global_options = {};  // of every command that speaks to a server

  /// The command whose path is `path`, or null.
  const CommandSpec* find(std::string_view path) const;
  /// "queue", "dlq": whether commands of several words begin with this one.
  bool is_group(std::string_view word) const;
};

}  // namespace forebay::commands
