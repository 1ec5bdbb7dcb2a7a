// SPDX-License-Identifier: Apache-2.0
#include "server/config.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "server/config_file.h"
#include "server/config_flags.h"
#include "server/config_help.h"
#include "server/config_options.h"

namespace forebay::server {
namespace {

/// An empty variable counts as not set: that is how compose files and unit files leave one out.
std::string environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

Result<void> set_option(Config& config, std::string_view name, const std::string& text,
                        std::string_view origin) {
  const ConfigOption* option = find_config_option(name);
  CHECK(option != nullptr);
  Result<void> set = option->set(config, text);
  if (set.ok()) return {};
  return Error{ErrorCode::kInvalidConfiguration,
               fmt::format("{} {}; it is '{}'.", origin, set.error().message, text)};
}

Result<Config> load_config(const Flags& flags) {
  Config config;
  const std::string path =
      flags.config_path.empty() ? environment("FOREBAY_CONFIG") : flags.config_path;
  if (!path.empty()) {
    TRY_ASSIGN(ConfigFile file, load_config_file(path));
    for (const FileOption& option : file.options) {
      TRY(set_option(config, option.name, option.text, option.origin));
    }
    config.queues = std::move(file.queues);
    config.access_keys = std::move(file.access_keys);
  }
  for (const ConfigOption& option : config_options()) {
    const std::string variable = environment_name(option.name);
    const std::string text = environment(variable);
    if (!text.empty()) TRY(set_option(config, option.name, text, variable));
  }
  for (const auto& [name, text] : flags.values) {
    TRY(set_option(config, name, text, "--" + name));
  }
  TRY(check_config(config));
  return config;
}

CommandLine printed(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
  return CommandLine{.kind = CommandLine::Kind::kExit};
}

}  // namespace

Result<CommandLine> parse_command_line(int argc, const char* const* argv) {
  TRY_ASSIGN(const Flags flags, parse_flags({argv + (argc > 0 ? 1 : 0), argv + argc}));
  switch (flags.wish) {
    case Flags::Wish::kOverviewHelp:
      return printed(overview_help());
    case Flags::Wish::kServeHelp:
      return printed(serve_help());
    case Flags::Wish::kVersion:
      return printed(version_line() + "\n");
    case Flags::Wish::kServe:
      break;
  }
  TRY_ASSIGN(Config config, load_config(flags));
  return CommandLine{.kind = CommandLine::Kind::kServe, .config = std::move(config)};
}

}  // namespace forebay::server
