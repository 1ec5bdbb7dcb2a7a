// SPDX-License-Identifier: Apache-2.0
#include "cli/completions.h"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/result.h"
#include "cli/command_table.h"

namespace forebay::cli {
namespace {

/// A command as a shell sees it: of which words, what may stand behind them.
struct Completion {
  std::string path = {};  // "queue create"
  std::string summary = {};
  std::vector<std::string> options = {};  // "--json"
  bool takes_queues = false;
};

std::vector<Completion> all_completions() {
  std::vector<Completion> all;
  const commands::CommandTable& table = command_table();
  for (const commands::CommandSpec& spec : table.commands) {
    Completion each{.path = std::string(spec.path), .summary = std::string(spec.summary)};
    for (const commands::OptionSpec& option : spec.options) {
      each.options.push_back(fmt::format("--{}", option.name));
    }
    if (!spec.is_local) {
      for (const commands::OptionSpec& option : table.global_options) {
        each.options.push_back(fmt::format("--{}", option.name));
      }
    }
    each.options.emplace_back("--help");
    each.takes_queues = spec.arguments.find("QUEUE") != spec.arguments.npos;
    all.push_back(std::move(each));
  }
  for (const OtherCommand& other : other_commands()) {
    all.push_back({.path = std::string(other.name),
                   .summary = std::string(other.summary),
                   .options = options_in_help(other.help)});
    for (const std::string_view verb : other.verbs) {
      all.push_back({.path = fmt::format("{} {}", other.name, verb), .options = {"--help"}});
    }
  }
  return all;
}

/// What may be the next word behind "" (the program's name) or "queue".
std::vector<std::string> next_words(const std::vector<Completion>& all, const std::string& behind) {
  std::vector<std::string> words;
  const std::string prefix = behind.empty() ? "" : behind + " ";
  for (const Completion& each : all) {
    if (!each.path.starts_with(prefix)) continue;
    const std::string rest = each.path.substr(prefix.size());
    std::string word = rest.substr(0, rest.find(' '));
    if (!word.empty() && std::ranges::find(words, word) == words.end()) {
      words.push_back(std::move(word));
    }
  }
  return words;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// The branches of a `case` over the first two words, for bash and zsh: what to offer, in `offer`;
/// and in `queues` whether names of queues fit.
std::string case_branches(const std::vector<Completion>& all) {
  std::string text;
  for (const Completion& each : all) {
    const bool two_words = each.path.find(' ') != each.path.npos;
    if (!next_words(all, each.path).empty()) continue;  // below
    text += fmt::format("    \"{}\"{}) offer=\"{}\"; queues={} ;;\n", each.path,
                        two_words ? "" : "\\ *", joined(each.options), each.takes_queues ? 1 : 0);
  }
  for (const std::string& word : next_words(all, "")) {
    const std::vector<std::string> next = next_words(all, word);
    if (!next.empty()) text += fmt::format("    \"{}\"\\ *) offer=\"{}\" ;;\n", word, joined(next));
  }
  return text;
}

std::string bash_completions(const std::vector<Completion>& all) {
  return fmt::format(R"sh(# bash completion for forebay
_forebay() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" offer="" queues=0
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W "{} help --help --version" -- "$current"))
    return
  fi
  case "${{COMP_WORDS[1]}} ${{COMP_WORDS[2]}}" in
{}  esac
  if [[ $current != -* ]] && ((queues)); then
    offer=$(forebay queue list --quiet -- "$current" 2>/dev/null)
  fi
  COMPREPLY=($(compgen -W "$offer" -- "$current"))
}}
complete -o default -F _forebay forebay
)sh",
                     joined(next_words(all, "")), case_branches(all));
}

std::string zsh_completions(const std::vector<Completion>& all) {
  return fmt::format(R"sh(#compdef forebay
_forebay() {{
  local current="${{words[CURRENT]}}" offer="" queues=0
  if ((CURRENT == 2)); then
    compadd -- {} help --help --version
    return
  fi
  case "${{words[2]}} ${{words[3]}}" in
{}  esac
  if [[ $current != -* ]] && ((queues)); then
    compadd -- ${{(f)"$(forebay queue list --quiet -- "$current" 2>/dev/null)"}}
  else
    compadd -- ${{=offer}}
  fi
}}
_forebay "$@"
)sh",
                     joined(next_words(all, "")), case_branches(all));
}

std::string fish_quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

std::string fish_completions(const std::vector<Completion>& all) {
  std::string text = R"sh(# fish completion for forebay
function __forebay_is
    set -l words (commandline -opc)
    test "$words[2..]" = "$argv"; or string match -q -- "$argv *" "$words[2..]"
end
function __forebay_needs_word
    set -l words (commandline -opc)
    test "$words[2..]" = "$argv"
end
complete -c forebay -f
)sh";
  for (const Completion& each : all) {
    const size_t space = each.path.find(' ');
    const bool alone = space == each.path.npos;
    text += fmt::format("complete -c forebay -n '__forebay_needs_word{}' -a {} -d {}\n",
                        alone ? "" : " " + each.path.substr(0, space),
                        alone ? each.path : each.path.substr(space + 1), fish_quoted(each.summary));
    for (const std::string& option : each.options) {
      text += fmt::format("complete -c forebay -n '__forebay_is {}' -l {}\n", each.path,
                          option.substr(2));
    }
    if (each.takes_queues) {
      text += fmt::format(
          "complete -c forebay -n '__forebay_is {}' -a '(forebay queue list --quiet "
          "2>/dev/null)'\n",
          each.path);
    }
  }
  for (const std::string& word : next_words(all, "")) {
    if (command_table().is_group(word)) {
      text += fmt::format("complete -c forebay -n '__forebay_needs_word' -a {}\n", word);
    }
  }
  return text;
}

}  // namespace

std::string completions(std::string_view shell) {
  const std::vector<Completion> all = all_completions();
  if (shell == "bash") return bash_completions(all);
  if (shell == "zsh") return zsh_completions(all);
  return shell == "fish" ? fish_completions(all) : "";
}

sqs::Result<int> run_completions(commands::Session& session) {
  const std::string text = completions(session.argument(0));
  if (text.empty()) {
    return commands::usage_error(fmt::format(
        "There are completions for bash, zsh and fish, not for '{}'.", session.argument(0)));
  }
  TRY(session.print(text));
  return commands::kExitDone;
}

}  // namespace forebay::cli
