// SPDX-License-Identifier: Apache-2.0
// Environment variables and small files, as the settings and credentials of AWS's tools lie in
// them.
// Thread: any.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "env/file_system.h"

namespace forebay::sqs {

/// The value of a variable; nothing when it is not set or empty. Tests pass their own.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// The process's.
Environment system_environment();

/// Whether a variable says "true", in any case.
bool says_true(const std::optional<std::string>& value);

/// All of a file of at most 1 MiB; nothing when it is not there or cannot be read.
std::optional<std::string> read_text(env::FileSystem& files, const std::string& path);

/// Where settings are read from.
struct Surroundings {
  Environment environment;
  env::FileSystem& files;

  std::optional<std::string> variable(const std::string& name) const { return environment(name); }
};

}  // namespace forebay::sqs
