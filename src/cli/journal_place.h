// SPDX-License-Identifier: Apache-2.0
// Where a journal is, for what an operator names.
// Thread: any.
#pragma once

#include <string>

#include "base/result.h"
#include "env/file_system.h"

namespace forebay::cli {

/// The journal's directory: `place`/journal, or `place` itself when it holds a journal's files (a
/// backup does).
/// Errors: kInvalidConfiguration: there is none; kStorageFailure.
Result<std::string> find_journal(env::FileSystem& files, const std::string& place);

/// Where the journal of a new data directory belongs; makes nothing.
/// Errors: kInvalidConfiguration: there is something already.
Result<std::string> place_for_journal(env::FileSystem& files, const std::string& place);

}  // namespace forebay::cli
