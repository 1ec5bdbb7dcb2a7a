// SPDX-License-Identifier: Apache-2.0
// The TOML configuration file: the options of config_options.h as top-level keys, and [[queue]] and
// [[access_key]] tables. The one adapter for toml++.
// Thread: any.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "server/config.h"

namespace forebay::server {

/// One option of a file, as the text its flag would have.
struct FileOption {
  std::string name;
  std::string text;
  std::string origin;  // "forebay.toml:3: connections-max"
};

struct ConfigFile {
  std::vector<FileOption> options;
  std::vector<PredefinedQueue> queues;
  std::map<std::string, std::string, std::less<>> access_keys;  // id -> account
};

/// `path` names the file in errors.
/// Errors: kInvalidConfiguration: "<path>:<line>: " and what is wrong: syntax, an unknown key (and
/// the nearest right name), a wrong type, a queue or access key that cannot be.
Result<ConfigFile> parse_config_file(std::string_view text, const std::string& path);

/// Reads and parses.
/// Errors: as above, also when the file cannot be read.
Result<ConfigFile> load_config_file(const std::string& path);

}  // namespace forebay::server
