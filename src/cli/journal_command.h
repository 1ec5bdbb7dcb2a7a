// SPDX-License-Identifier: Apache-2.0
// `forebay journal ...`: the tools that look after the data on disk.
// Thread: main.
#pragma once

#include <string>
#include <vector>

namespace forebay::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitDamaged = 1;  // or: it failed
inline constexpr int kExitWrongUse = 2;
inline constexpr int kExitWouldDrop = 3;  // repair without --yes found something

/// Carries out what stands behind "journal" on the command line; the exit code.
int run_journal_command(std::vector<std::string> arguments);

}  // namespace forebay::cli
