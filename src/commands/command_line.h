// SPDX-License-Identifier: Apache-2.0
// A command line of the commands in command_spec.h, taken apart.
// Thread: immutable once parsed.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands/command_spec.h"

namespace forebay::commands {

class CommandLine {
 public:
  /// `words` behind the program's name. Borrows: `table`, as long as this lives. Options stand
  /// anywhere behind the command; "--" ends them.
  /// Errors: kConfiguration: complete for printing, with where to find help.
  static sqs::Result<CommandLine> parse(const std::vector<std::string>& words,
                                        const CommandTable& table);

  /// Null: a group of commands ("queue") with --help.
  const CommandSpec* spec() const { return spec_; }
  const std::string& group() const { return group_; }
  bool help() const { return help_; }
  const std::vector<std::string>& arguments() const { return arguments_; }

  bool has(std::string_view option) const { return values_.contains(option); }
  /// The last one given.
  std::optional<std::string> text(std::string_view option) const;
  std::optional<int64_t> number(std::string_view option) const;
  std::optional<std::chrono::seconds> seconds(std::string_view option) const;
  std::vector<std::string> all(std::string_view option) const;

 private:
  explicit CommandLine(const CommandTable& table) : table_(&table) {}
  size_t take_command(const std::vector<std::string>& words);
  sqs::Result<void> take_words(const std::vector<std::string>& words, size_t from);
  sqs::Result<void> take_value(const OptionSpec& option, std::string_view text);
  sqs::Result<void> check_arguments() const;
  sqs::Error wrong(std::string_view text) const;
  sqs::Error unknown_option(std::string_view name) const;
  const OptionSpec* find_option(std::string_view word) const;

  const CommandTable* table_;
  const CommandSpec* spec_ = nullptr;
  std::string group_ = {};
  bool help_ = false;
  std::vector<std::string> arguments_ = {};
  std::map<std::string, std::vector<std::string>, std::less<>> values_ = {};
};

/// A command line that is wrong in itself.
sqs::Error usage_error(std::string text);

}  // namespace forebay::commands
