// SPDX-License-Identifier: Apache-2.0
#include "commands/command_line.h"

#include <algorithm>
#include <charconv>
#include <ranges>
#include <utility>

#include <fmt/format.h>

#include "base/result.h"
#include "server/nearest_name.h"

namespace forebay::commands {
namespace {

std::optional<int64_t> whole_number(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_choice(std::string_view choices, std::string_view text) {
  return std::ranges::any_of(choices | std::views::split(' '), [&](const auto& choice) {
    return std::string_view(choice.begin(), choice.end()) == text;
  });
}

/// "-x" is a letter; "-5" and "-" are not options.
bool is_option(std::string_view word) {
  if (word.starts_with("--")) return word.size() > 2;
  return word.size() == 2 && word[0] == '-' && (word[1] < '0' || word[1] > '9') && word[1] != '-';
}

}  // namespace

const CommandSpec* CommandTable::find(std::string_view path) const {
  const auto found = std::ranges::find(commands, path, &CommandSpec::path);
  return found == commands.end() ? nullptr : &*found;
}

bool CommandTable::is_group(std::string_view word) const {
  return std::ranges::any_of(commands, [word](const CommandSpec& spec) {
    return spec.path.size() > word.size() && spec.path.starts_with(word) &&
           spec.path[word.size()] == ' ' && !word.empty();
  });
}

sqs::Error usage_error(std::string text) {
  return {.kind = sqs::ErrorKind::kConfiguration, .message = std::move(text)};
}

sqs::Error CommandLine::wrong(std::string_view text) const {
  const std::string_view path = spec_ != nullptr ? spec_->path : group_;
  return usage_error(
      fmt::format("{} See 'forebay{}{} --help'.", text, path.empty() ? "" : " ", path));
}

const OptionSpec* CommandLine::find_option(std::string_view word) const {
  const auto fits = [word](const OptionSpec& option) {
    return word.starts_with("--") ? option.name == word.substr(2) : option.letter == word[1];
  };
  if (const auto found = std::ranges::find_if(spec_->options, fits); found != spec_->options.end())
    return &*found;
  const auto global = table_->global_options;
  const auto found = std::ranges::find_if(global, fits);
  return found == global.end() ? nullptr : &*found;
}

sqs::Error CommandLine::unknown_option(std::string_view name) const {
  std::vector<std::string> names = {"help"};
  for (const OptionSpec& option : spec_->options) names.emplace_back(option.name);
  for (const OptionSpec& option : table_->global_options) names.emplace_back(option.name);
  const std::string near = server::nearest_name(name.substr(name.find_first_not_of('-')), names);
  return wrong(near.empty() ? fmt::format("Unknown option '{}'.", name)
                            : fmt::format("Unknown option '{}'; did you mean '--{}'?", name, near));
}

size_t CommandLine::take_command(const std::vector<std::string>& words) {
  if (words.size() > 1) {
    spec_ = table_->find(words[0] + " " + words[1]);
    if (spec_ != nullptr) return 2;
  }
  spec_ = words.empty() ? nullptr : table_->find(words[0]);
  if (spec_ == nullptr && !words.empty()) group_ = words[0];
  return words.empty() ? 0 : 1;
}

sqs::Result<void> CommandLine::take_value(const OptionSpec& option, std::string_view text) {
  if (option.most > 0) {
    const std::optional<int64_t> number = whole_number(text);
    if (!number || *number < option.least || *number > option.most) {
      return wrong(fmt::format("--{} must be a whole number from {} to {}; it is '{}'.",
                               option.name, option.least, option.most, text));
    }
  }
  if (!option.choices.empty() && !is_choice(option.choices, text)) {
    return wrong(
        fmt::format("--{} must be one of: {}; it is '{}'.", option.name, option.choices, text));
  }
  std::vector<std::string>& values = values_[std::string(option.name)];
  if (!option.repeats && !values.empty() && !option.value.empty()) {
    return wrong(fmt::format("--{} is given twice.", option.name));
  }
  values.emplace_back(text);
  return {};
}

sqs::Result<void> CommandLine::take_words(const std::vector<std::string>& words, size_t from) {
  for (size_t i = from; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (word == "--") {
      arguments_.insert(arguments_.end(), words.begin() + static_cast<ptrdiff_t>(i) + 1,
                        words.end());
      return {};
    }
    if (word == "--help" || word == "-h") {
      help_ = true;
      continue;
    }
    if (!is_option(word)) {
      arguments_.emplace_back(word);
      continue;
    }
    const size_t equals = word.starts_with("--") ? word.find('=') : word.npos;
    const std::string_view name = word.substr(0, equals);
    const OptionSpec* option = find_option(name);
    if (option == nullptr) return unknown_option(name);
    const bool has_value = equals != word.npos;
    if (option->value.empty()) {
      if (has_value) return wrong(fmt::format("{} takes no value.", name));
      TRY(take_value(*option, ""));
    } else if (has_value) {
      TRY(take_value(*option, word.substr(equals + 1)));
    } else if (++i < words.size()) {
      TRY(take_value(*option, words[i]));
    } else {
      return wrong(fmt::format("{} needs a value: {}.", name, option->value));
    }
  }
  return {};
}

sqs::Result<void> CommandLine::check_arguments() const {
  if (arguments_.size() < spec_->arguments_least) {
    return wrong(
        fmt::format("Arguments are missing: forebay {} {}.", spec_->path, spec_->arguments));
  }
  if (arguments_.size() > spec_->arguments_most) {
    return wrong(fmt::format("Unexpected argument '{}'.", arguments_[spec_->arguments_most]));
  }
  return {};
}

sqs::Result<CommandLine> CommandLine::parse(const std::vector<std::string>& words,
                                            const CommandTable& table) {
  CommandLine line(table);
  const size_t taken = line.take_command(words);
  if (line.spec_ != nullptr) {
    TRY(line.take_words(words, taken));
    if (!line.help_) TRY(line.check_arguments());
    return line;
  }
  const bool alone = words.size() < 2;
  if (alone || words[1] == "--help" || words[1] == "-h") {
    line.help_ = !alone;
    if (alone) return line.wrong(fmt::format("'{}' needs a command behind it.", line.group_));
    return line;
  }
  std::vector<std::string> names;
  for (const CommandSpec& each : table.commands) {
    if (each.path.starts_with(line.group_ + " ")) {
      names.emplace_back(each.path.substr(line.group_.size() + 1));
    }
  }
  const std::string near = server::nearest_name(words[1], names);
  return line.wrong(near.empty()
                        ? fmt::format("There is no command '{} {}'.", line.group_, words[1])
                        : fmt::format("There is no command '{0} {1}'; did you mean '{0} {2}'?",
                                      line.group_, words[1], near));
}

std::optional<std::string> CommandLine::text(std::string_view option) const {
  const auto found = values_.find(option);
  return found == values_.end() ? std::nullopt : std::optional(found->second.back());
}

std::optional<int64_t> CommandLine::number(std::string_view option) const {
  const std::optional<std::string> value = text(option);
  return value ? whole_number(*value) : std::nullopt;
}

std::optional<std::chrono::seconds> CommandLine::seconds(std::string_view option) const {
  const std::optional<int64_t> value = number(option);
  return value ? std::optional(std::chrono::seconds(*value)) : std::nullopt;
}

std::vector<std::string> CommandLine::all(std::string_view option) const {
  const auto found = values_.find(option);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

}  // namespace forebay::commands
