// SPDX-License-Identifier: Apache-2.0
// `forebay bench`: puts load on a server and reports what was measured.
// Thread: main.
#pragma once

#include <string>
#include <vector>

namespace forebay::cli {

/// Carries out what stands behind "bench" on the command line; the exit code.
int run_bench_command(const std::vector<std::string>& arguments);

}  // namespace forebay::cli
