// SPDX-License-Identifier: Apache-2.0
// The command line of the server, taken apart. The one adapter for CLI11.
// Thread: any.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace forebay::server {

struct Flags {
  enum class Wish : uint8_t { kServe, kOverviewHelp, kServeHelp, kVersion };
  Wish wish = Wish::kServe;
  std::string config_path = {};                    // --config; empty: not given
  std::map<std::string, std::string> values = {};  // option name -> text, for those that were given
};

/// `arguments` without the program's name. Of an option given twice the last one counts.
/// Errors: kInvalidConfiguration: an unknown command or option (and the nearest right name), a
/// missing value.
Result<Flags> parse_flags(std::vector<std::string> arguments);

}  // namespace forebay::server
