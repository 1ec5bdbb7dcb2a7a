// SPDX-License-Identifier: Apache-2.0
// The manual page forebay(1), from the same table as --help.
// Thread: any.
#pragma once

#include <string>

namespace forebay::cli {

/// In the man macros of roff.
std::string man_page();

}  // namespace forebay::cli
