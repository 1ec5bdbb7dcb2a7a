// SPDX-License-Identifier: Apache-2.0
#include "cli/man_page.h"

#include <string_view>

#include <fmt/format.h>

#include "base/result.h"
#include "cli/command_help.h"
#include "cli/command_table.h"
#include "server/config_help.h"

namespace forebay::cli {
namespace {

/// Text that roff takes as it is: no line is a request, hyphens can be copied.
std::string roff(std::string_view text) {
  std::string out;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
    line_begins = c == '\n';
  }
  return out;
}

std::string as_it_is(std::string_view text) {
  return fmt::format(".nf\n{}{}.fi\n", roff(text), text.ends_with('\n') ? "" : "\n");
}

std::string options_text(std::span<const commands::OptionSpec> options) {
  std::string out;
  for (const commands::OptionSpec& option : options) {
    out += fmt::format(".TP\n.B {}\n{}\n", roff(option_heading(option)), roff(option.text));
  }
  return out;
}

std::string command_text(const commands::CommandSpec& spec) {
  std::string out =
      fmt::format(".SS forebay {}{}{}\n{}.\n", roff(spec.path), spec.arguments.empty() ? "" : " ",
                  roff(spec.arguments), roff(spec.summary));
  if (!spec.details.empty()) out += ".PP\n" + as_it_is(spec.details);
  return out + options_text(spec.options);
}

}  // namespace

std::string man_page() {
  std::string out =
      fmt::format(".TH FOREBAY 1 \"\" \"{}\" \"User Commands\"\n", server::version_line());
  out +=
      ".SH NAME\nforebay \\- a durable message queue server with the API of Amazon SQS, and its "
      "tools\n";
  out += ".SH SYNOPSIS\n.B forebay\n.I COMMAND\n[\\fIOPTION\\fR...] [\\fIARGUMENT\\fR...]\n";
  out +=
      ".SH MESSAGES AND QUEUES\nThese commands speak to Forebay, to AWS, and to every other "
      "server with the API of SQS.\n";
  for (const commands::CommandSpec& spec : command_table().commands) out += command_text(spec);
  out += ".SH COMMON OPTIONS\n" + options_text(command_table().global_options);
  out += ".SH EXIT STATUS\n" + as_it_is(exit_codes_help());
  out += ".SH SERVER AND OTHER TOOLS\n";
  for (const OtherCommand& other : other_commands()) {
    out += fmt::format(".SS forebay {}\n{}", roff(other.name), as_it_is(other.help));
  }
  return out;
}

sqs::Result<int> run_man(commands::Session& session) {
  TRY(session.print(man_page()));
  return commands::kExitDone;
}

}  // namespace forebay::cli
