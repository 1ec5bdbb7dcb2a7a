// SPDX-License-Identifier: Apache-2.0
#include "server/config_help.h"

#include <fmt/format.h>

#include "server/config_options.h"

namespace forebay::server {
namespace {

constexpr size_t kWidth = 92;
constexpr size_t kFlagColumn = 2;
constexpr size_t kTextColumn = 31;

constexpr std::string_view kOverview =
    R"(Forebay: a durable message queue server that speaks the protocol of Amazon SQS.

Usage:
  forebay serve [options]    run the server ('serve' may be left out)
  forebay serve --help       every option, with defaults and an example of the file
  forebay journal --help     look at, check, back up, restore and repair the data on disk
  forebay bench --help       put load on this or any other SQS server, and measure it

  forebay queue --help       make, list, show, change and delete queues
  forebay send --help        send messages
  forebay receive --help     receive them; 'forebay tail' shows them as they come
  forebay dlq --help         dead-letter queues; 'forebay move-task' moves what is in them
  forebay completions SHELL  for bash, zsh and fish; 'forebay man' prints the manual

  forebay --version          which version this is

To try it:
  forebay serve --memory
  forebay queue create hello && forebay send hello 'one flat white'
  aws sqs create-queue --queue-name hello --endpoint-url http://127.0.0.1:9324
)";

constexpr std::string_view kServeUsage =
    R"(Usage:
  forebay serve [options]
  forebay serve --data /var/lib/forebay --listen 127.0.0.1:9324
  forebay serve --config /etc/forebay.toml

Runs the server until SIGTERM or SIGINT. Without options it listens on 127.0.0.1:9324 and
keeps its data in ./forebay-data.

An option can be given as a flag, as an environment variable, or in a TOML file under the
flag's name. A flag beats the environment, the environment beats the file. An empty
environment variable counts as not set. A switch takes on or off (--memory is --memory=on);
in the file it is true or false, and names may have underscores instead of hyphens.
)";

constexpr std::string_view kExample =
    R"(listen = "127.0.0.1:9324"
data = "/var/lib/forebay"
log-format = "json"

[[queue]]                        # exists after every start
name = "orders"
dead_letter_queue = "orders-dead"
max_receive_count = 5            # default: 3
[queue.attributes]               # as for CreateQueue: text, numbers, true and false
VisibilityTimeout = 60
[queue.tags]
team = "shop"

[[queue]]
name = "orders-dead"             # account and region: those configured, unless it says
                                 # account = "111122223333", region = "eu-west-1"

[[access_key]]                   # whose queues a client with this key works on
id = "AKIAEXAMPLE"               # other keys: the key itself if it is 12 digits, else
account = "111122223333"         # the configured account
)";

/// Appends words from kTextColumn on, broken before kWidth; the first line goes on where `out`
/// ends.
void append_wrapped(std::string& out, std::string_view words) {
  const size_t line_start = out.rfind('\n') + 1;
  size_t column = out.size() - line_start;
  bool first = true;
  while (!words.empty()) {
    const size_t length = std::min(words.find(' '), words.size());
    if (!first && column + 1 + length > kWidth) {
      out.append("\n").append(kTextColumn, ' ');
      column = kTextColumn;
    } else if (!first) {
      out += ' ';
      ++column;
    }
    out.append(words.substr(0, length));
    column += length;
    words.remove_prefix(std::min(length + 1, words.size()));
    first = false;
  }
  out += '\n';
}

void append_entry(std::string& out, std::string_view flag, std::string_view text,
                  std::string_view more) {
  const size_t start = out.size();
  out.append(kFlagColumn, ' ').append(flag);
  if (out.size() - start >= kTextColumn) {
    out.append("\n").append(kTextColumn, ' ');
  } else {
    out.append(kTextColumn - (out.size() - start), ' ');
  }
  append_wrapped(out, text);
  if (more.empty()) return;
  out.append(kTextColumn, ' ');
  append_wrapped(out, more);
}

/// A switch takes its value only after an equals sign.
std::string flag_of(const ConfigOption& option) {
  if (option.value.empty()) return fmt::format("--{}", option.name);
  const char separator = option.kind == OptionKind::kSwitch ? '=' : ' ';
  return fmt::format("--{}{}{}", option.name, separator, option.value);
}

}  // namespace

std::string overview_help() {
  return std::string(kOverview);
}

std::string serve_help() {
  std::string out(kServeUsage);
  std::string_view group;
  for (const ConfigOption& option : config_options()) {
    if (option.group.empty()) continue;
    if (option.group != group) out.append("\n").append(option.group).append(":\n");
    group = option.group;
    append_entry(out, flag_of(option), option.help,
                 fmt::format("Default: {}. Environment: {}.", option.initial,
                             environment_name(option.name)));
  }
  out += "\nGeneral:\n";
  append_entry(out, "--config FILE", "TOML file to read.",
               "Default: none. Environment: FOREBAY_CONFIG.");
  append_entry(out, "-h, --help", "Print this.", "");
  append_entry(out, "--version", "Print the version.", "");
  out += "\nExample of a file:\n\n";
  for (std::string_view rest = kExample; !rest.empty();) {
    const size_t length = rest.find('\n') + 1;
    if (length > 1) out += "  ";
    out.append(rest.substr(0, length));
    rest.remove_prefix(length);
  }
  return out;
}

std::string version_line() {
  return "forebay " FOREBAY_VERSION;
}

std::string_view config_file_example() {
  return kExample;
}

}  // namespace forebay::server
