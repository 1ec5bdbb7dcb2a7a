// SPDX-License-Identifier: Apache-2.0
// `forebay queue | send | receive | tail | consume | dlq | move-task | completions | man`, as
// typed.
// Thread: main, before others start.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace forebay::cli {

/// Whether a command line that begins so is one of these.
bool is_sqs_command(std::string_view first);

/// `words` behind the program's name; the exit code.
int run_sqs_command(const std::vector<std::string>& words);

}  // namespace forebay::cli
