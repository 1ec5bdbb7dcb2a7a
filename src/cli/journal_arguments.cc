// SPDX-License-Identifier: Apache-2.0
#include "cli/journal_arguments.h"

#include <algorithm>
#include <string_view>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

namespace forebay::cli {
namespace {

struct Verb {
  std::string_view name;
  JournalVerb verb;
  std::string_view places;  // what must be named, in order
};

constexpr Verb kVerbs[] = {
    {"verify", JournalVerb::kVerify, "a data directory"},
    {"dump", JournalVerb::kDump, "a data directory"},
    {"backup", JournalVerb::kBackup, "a data directory and a directory to make"},
    {"restore", JournalVerb::kRestore, "a backup and a data directory to make"},
    {"repair", JournalVerb::kRepair, "a data directory"},
};

bool has_target(JournalVerb verb) {
  return verb == JournalVerb::kBackup || verb == JournalVerb::kRestore;
}

Error usage_error(std::string_view verb, std::string_view text) {
  const std::string_view space = verb.empty() ? "" : " ";
  return Error{ErrorCode::kInvalidConfiguration,
               fmt::format("{} See 'forebay journal{}{} --help'.", text, space, verb)};
}

/// Digits only: CLI11 by itself would take "-1" and "0x10" for numbers.
Result<std::optional<LogPosition>> parse_position(const Verb& verb, std::string_view option,
                                                  const std::string& text) {
  constexpr size_t kDigitsMax = 19;
  const auto digits = text.find_first_not_of("0123456789") == std::string::npos;
  if (text.empty() || !digits || text.size() > kDigitsMax) {
    return usage_error(
        verb.name, fmt::format("{} must be a position, a whole number; it is '{}'.", option, text));
  }
  return std::optional(LogPosition(std::stoull(text)));
}

struct Texts {
  std::vector<std::string> places;
  std::string from;
  std::string to;
};

void declare(CLI::App& app, const Verb& verb, JournalArguments& parsed, Texts& texts) {
  app.set_help_flag();
  app.add_flag("-h,--help", parsed.help);
  app.add_option("places", texts.places);
  app.add_flag("-q,--quiet", parsed.quiet);
  if (verb.verb == JournalVerb::kVerify) app.add_flag("--queues", parsed.queues);
  if (verb.verb == JournalVerb::kRepair) app.add_flag("--yes", parsed.yes);
  if (verb.verb == JournalVerb::kDump) {
    app.add_flag("--json", parsed.json);
    app.add_flag("--bodies", parsed.bodies);
    app.add_option("--from", texts.from);
    app.add_option("--to", texts.to);
  }
  app.allow_extras();
}

Result<void> take_places(const Verb& verb, const Texts& texts, JournalArguments& parsed) {
  const size_t wanted = has_target(verb.verb) ? 2 : 1;
  if (texts.places.size() < wanted) {
    return usage_error(verb.name, fmt::format("{} needs {}.", verb.name, verb.places));
  }
  if (texts.places.size() > wanted) {
    return usage_error(verb.name, fmt::format("Unexpected argument '{}'.", texts.places[wanted]));
  }
  if (std::ranges::find(texts.places, "") != texts.places.end()) {
    return usage_error(verb.name, "A directory's name must not be empty.");
  }
  parsed.source = texts.places[0];
  if (wanted == 2) parsed.target = texts.places[1];
  return {};
}

Result<void> take_positions(const CLI::App& app, const Verb& verb, const Texts& texts,
                            JournalArguments& parsed) {
  if (app.count("--from") > 0) {
    TRY_ASSIGN(parsed.from, parse_position(verb, "--from", texts.from));
  }
  if (app.count("--to") > 0) {
    TRY_ASSIGN(parsed.to, parse_position(verb, "--to", texts.to));
  }
  return {};
}

Result<JournalArguments> parse_verb(const Verb& verb, std::vector<std::string> arguments) {
  JournalArguments parsed{.verb = verb.verb};
  Texts texts;
  try {
    CLI::App app;
    declare(app, verb, parsed, texts);
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    app.parse(arguments);
    if (parsed.help) return parsed;
    if (const auto extras = app.remaining(); !extras.empty()) {
      return usage_error(verb.name, fmt::format("Unknown option '{}'.", extras.front()));
    }
    if (verb.verb == JournalVerb::kDump) TRY(take_positions(app, verb, texts, parsed));
  } catch (const CLI::ArgumentMismatch& e) {
    const std::string text = e.what();
    return usage_error(verb.name, fmt::format("{} needs a value.", text.substr(0, text.find(':'))));
  } catch (const CLI::Error& e) {
    return usage_error(verb.name, fmt::format("{}.", e.what()));
  }
  TRY(take_places(verb, texts, parsed));
  return parsed;
}

}  // namespace

Result<JournalArguments> parse_journal_arguments(std::vector<std::string> arguments) {
  if (arguments.empty()) return usage_error("", "Which command?");
  const std::string first = arguments.front();
  if (first == "--help" || first == "-h") return JournalArguments{.help = true};
  if (first == "help") {
    if (arguments.size() == 1) return JournalArguments{.help = true};
    arguments = {arguments[1], "--help"};
    return parse_journal_arguments(std::move(arguments));
  }
  arguments.erase(arguments.begin());
  for (const Verb& verb : kVerbs) {
    if (first == verb.name) return parse_verb(verb, std::move(arguments));
  }
  return usage_error("", fmt::format("Unknown command 'journal {}'.", first));
}

}  // namespace forebay::cli
