// SPDX-License-Identifier: Apache-2.0
// `forebay journal ...`: the tools that look after the data on disk.
// Thread: main.
#pragma once

#include <string>
#include <vector>

namespace forebay::cli {

/// Carries out what stands behind "journal" on the command line; the exit code.
int run_journal_command(std::vector<std::string> arguments);

}  // namespace forebay::cli
