// SPDX-License-Identifier: Apache-2.0
// Writes a small file as a whole, in place of one that may be there.
// Thread: any.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "env/file_system.h"

namespace forebay::cli {

/// Errors: as env::FileSystem.
Result<void> replace_file(env::FileSystem& files, const std::string& path,
                          std::string_view content);

}  // namespace forebay::cli
