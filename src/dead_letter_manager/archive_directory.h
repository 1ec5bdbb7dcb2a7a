// SPDX-License-Identifier: Apache-2.0
// An archive in a directory, over any file system.
#pragma once

#include <memory>
#include <string>

#include <forebay/sqs/dead_letter_archive.h>

#include "env/file_system.h"

namespace forebay::sqs::detail {

/// Borrows: `files`. Errors: as open_archive_directory().
Result<std::unique_ptr<DeadLetterArchive>> open_directory(env::FileSystem& files,
                                                          const std::string& path);

}  // namespace forebay::sqs::detail
