// SPDX-License-Identifier: Apache-2.0
#include "server/config_flags.h"

#include <algorithm>
#include <utility>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include "server/config_options.h"
#include "server/nearest_name.h"

namespace forebay::server {
namespace {

Error usage_error(std::string_view text) {
  return Error{ErrorCode::kInvalidConfiguration,
               fmt::format("{} See 'forebay serve --help'.", text)};
}

Error unexpected(const std::string& argument) {
  if (!argument.starts_with('-')) {
    return usage_error(fmt::format("Unexpected argument '{}'.", argument));
  }
  std::vector<std::string> names = config_option_names();
  names.insert(names.end(), {"config", "help", "version"});
  const std::string name =
      argument.substr(std::min(argument.find_first_not_of('-'), argument.size()));
  const std::string nearest = nearest_name(name.substr(0, name.find('=')), names);
  return usage_error(nearest.empty() ? fmt::format("Unknown option '{}'.", argument)
                                     : fmt::format("Unknown option '{}'; did you mean '--{}'?",
                                                   argument, nearest));
}

/// Everything after the command's name.
Result<Flags> parse_options(std::vector<std::string> arguments) {
  Flags flags;
  bool help = false;
  bool version = false;
  try {
    CLI::App app;
    app.set_help_flag();
    app.allow_extras();
    for (const ConfigOption& option : config_options()) {
      const std::string flag = fmt::format("--{}", option.name);
      std::string& value = flags.values[std::string(option.name)];
      CLI::Option* added = option.kind == OptionKind::kSwitch ? app.add_flag(flag, value)
                                                              : app.add_option(flag, value);
      added->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    }
    app.add_option("--config", flags.config_path)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    app.add_flag("-h,--help", help);
    app.add_flag("--version", version);
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    app.parse(arguments);
    if (const auto extras = app.remaining(); !extras.empty()) return unexpected(extras.front());
    std::erase_if(flags.values,
                  [&](const auto& entry) { return app.count("--" + entry.first) == 0; });
  } catch (const CLI::ArgumentMismatch& e) {
    const std::string text = e.what();
    return usage_error(fmt::format("{} needs a value.", text.substr(0, text.find(':'))));
  } catch (const CLI::Error& e) {
    return usage_error(fmt::format("{}.", e.what()));
  }
  if (version) flags.wish = Flags::Wish::kVersion;
  if (help) flags.wish = Flags::Wish::kServeHelp;
  return flags;
}

}  // namespace

Result<Flags> parse_flags(std::vector<std::string> arguments) {
  if (arguments.empty()) return Flags{};
  const std::string first = arguments.front();
  if (first == "--help" || first == "-h") return Flags{.wish = Flags::Wish::kOverviewHelp};
  if (first == "version") return Flags{.wish = Flags::Wish::kVersion};
  if (first == "help") {
    const bool serve = arguments.size() > 1 && arguments[1] == "serve";
    return Flags{.wish = serve ? Flags::Wish::kServeHelp : Flags::Wish::kOverviewHelp};
  }
  if (first == "serve") {
    arguments.erase(arguments.begin());
  } else if (!first.starts_with('-')) {
    return Error{ErrorCode::kInvalidConfiguration,
                 fmt::format("Unknown command '{}'. See 'forebay --help'.", first)};
  }
  return parse_options(std::move(arguments));
}

}  // namespace forebay::server
