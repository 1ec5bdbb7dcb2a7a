// SPDX-License-Identifier: Apache-2.0
// What `forebay journal --help` and `forebay journal <command> --help` print.
// Thread: any.
#pragma once

#include <optional>
#include <string_view>

#include "cli/journal_arguments.h"

namespace forebay::cli {

/// The overview without a verb.
std::string_view journal_help(std::optional<JournalVerb> verb);

}  // namespace forebay::cli
