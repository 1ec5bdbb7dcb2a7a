// SPDX-License-Identifier: Apache-2.0
// The manual page forebay(1), from the same table as --help.
// Thread: any.
#pragma once

#include <string>

#include <forebay/sqs/error.h>

#include "commands/session.h"

namespace forebay::cli {

/// In the man macros of roff.
std::string man_page();

/// `forebay man`; the exit code.
sqs::Result<int> run_man(commands::Session& session);

}  // namespace forebay::cli
