// SPDX-License-Identifier: Apache-2.0
#include "cli/command_help.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/command_table.h"

namespace forebay::cli {
namespace {

constexpr size_t kWidth = 92;
constexpr size_t kTextColumn = 29;
constexpr size_t kSummaryColumn = 22;

/// Words from `column` on, broken before kWidth; the first line goes on where `out` ends.
void append_wrapped(std::string& out, std::string_view words, size_t column) {
  size_t at = column;
  bool first = true;
  while (!words.empty()) {
    const size_t length = std::min(words.find(' '), words.size());
    if (!first && at + 1 + length > kWidth) {
      out.append("\n").append(column, ' ');
      at = column;
    } else if (!first) {
      out += ' ';
      ++at;
    }
    out.append(words.substr(0, length));
    at += length;
    words.remove_prefix(std::min(length + 1, words.size()));
    first = false;
  }
  out += '\n';
}

void append_entry(std::string& out, std::string_view heading, std::string_view text,
                  size_t column) {
  out.append("  ").append(heading);
  if (heading.size() + 4 > column) {
    out.append("\n").append(column, ' ');
  } else {
    out.append(column - 2 - heading.size(), ' ');
  }
  append_wrapped(out, text, column);
}

void append_options(std::string& out, std::string_view title,
                    std::span<const commands::OptionSpec> options) {
  if (options.empty()) return;
  out += fmt::format("\n{}:\n", title);
  for (const commands::OptionSpec& option : options) {
    append_entry(out, option_heading(option), option.text, kTextColumn);
  }
}

}  // namespace

std::string option_heading(const commands::OptionSpec& option) {
  std::string heading = option.letter != 0 ? fmt::format("-{}, ", option.letter) : "";
  heading += fmt::format("--{}", option.name);
  if (!option.value.empty()) heading += fmt::format(" {}", option.value);
  return heading;
}

std::string_view exit_codes_help() {
  return R"(  0    done
  1    failed, or done in part
  2    wrong use, or a bad configuration
  3    there is no such queue, or no such task
  4    denied: no credentials, bad ones, or no permission
  5    no answer from the server
  6    conflict: exists with other attributes, deleted or purged a moment ago
  130  interrupted
)";
}

std::string command_help(const commands::CommandSpec& spec) {
  std::string out = fmt::format("Usage:\n  forebay {}{}{} [options]\n\n{}.\n", spec.path,
                                spec.arguments.empty() ? "" : " ", spec.arguments, spec.summary);
  if (!spec.details.empty()) out += fmt::format("\n{}", spec.details);
  append_options(out, "Options", spec.options);
  if (spec.is_local) return out;
  append_options(out, "Common options", command_table().global_options);
  out +=
      "\nA queue is its name, its URL or its ARN. Credentials are found as the AWS SDKs find "
      "them;\na server on this machine needs none.\n\nExit codes:\n";
  return out.append(exit_codes_help());
}

std::string group_help(std::string_view group) {
  std::string out = "Usage:\n";
  for (const commands::CommandSpec& spec : command_table().commands) {
    if (!spec.path.starts_with(group) || spec.path[group.size()] != ' ') continue;
    append_entry(out, fmt::format("forebay {}", spec.path), spec.summary, kSummaryColumn + 10);
  }
  return out + fmt::format("\n'forebay {} COMMAND --help' shows the options of each.\n", group);
}

}  // namespace forebay::cli
