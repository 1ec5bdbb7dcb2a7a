// SPDX-License-Identifier: Apache-2.0
// What `forebay queue create --help` and `forebay queue --help` print.
// Thread: any.
#pragma once

#include <string>
#include <string_view>

#include "commands/command_spec.h"

namespace forebay::cli {

std::string command_help(const commands::CommandSpec& spec);

/// The commands that begin with this word, a line each.
std::string group_help(std::string_view group);

/// "-m, --max N".
std::string option_heading(const commands::OptionSpec& option);

/// What an exit code means, a line each.
std::string_view exit_codes_help();

}  // namespace forebay::cli
