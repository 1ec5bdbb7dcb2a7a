// SPDX-License-Identifier: Apache-2.0
// The one table of options. Flags, environment, file and help text are all made from it, so an
// option that is in the table works everywhere and is documented everywhere.
// Thread: immutable.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "server/config.h"

namespace forebay::server {

/// How a value is written: in the file an integer or a boolean is not a string.
enum class OptionKind : uint8_t { kText, kInteger, kSwitch };

struct ConfigOption {
  std::string_view name;  // "connections-max"; the flag without dashes
  OptionKind kind;
  std::string_view
      value;  // placeholder in the help: "N"; empty for switches that are off by default
  std::string_view initial;  // default, as the help shows it
  std::string_view group;    // heading in the help; empty: not in the help, for tests and bench/
  std::string_view help;     // sentences, without the default
  /// Sets one field from text. The error is what is allowed ("must be ..."), without the name.
  Result<void> (*set)(Config& config, std::string_view text);
};

/// Every option, by group, in the order of the help.
std::span<const ConfigOption> config_options();

/// Null when there is none of this name.
const ConfigOption* find_config_option(std::string_view name);

/// Names of all options, for nearest_name().
std::vector<std::string> config_option_names();

/// "connections-max" -> "FOREBAY_CONNECTIONS_MAX".
std::string environment_name(std::string_view option_name);

/// Rules between options, applied when all are set: a listen address that others can reach needs
/// allow-anonymous.
/// Errors: kInvalidConfiguration.
Result<void> check_config(const Config& config);

}  // namespace forebay::server
