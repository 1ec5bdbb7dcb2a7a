// SPDX-License-Identifier: Apache-2.0
// What shells need to complete `forebay ...`: made from the table of commands and from help texts.
// Thread: any.
#pragma once

#include <string>
#include <string_view>

#include <forebay/sqs/error.h>

#include "commands/session.h"

namespace forebay::cli {

/// For "bash", "zsh" or "fish"; empty for others.
std::string completions(std::string_view shell);

/// `forebay completions SHELL`; the exit code.
sqs::Result<int> run_completions(commands::Session& session);

}  // namespace forebay::cli
