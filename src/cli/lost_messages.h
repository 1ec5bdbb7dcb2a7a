// SPDX-License-Identifier: Apache-2.0
// Deletes the messages of a journal whose contents are lost, as its owner.
// Thread: main.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/journal_state.h"
#include "env/clock.h"
#include "env/file_system.h"
#include "journal/file/journal_inspection.h"

namespace forebay::cli {

struct DeletedMessages {
  std::vector<LiveMessage> messages;
  QueueNames names;
};

/// Owns the journal meanwhile: refused when a server does.
/// Durable: their deletion.
/// Errors: kStorageDamaged, kStorageFailure, kStorageFull.
Result<DeletedMessages> delete_lost_messages(env::FileSystem& files, const env::Clock& clock,
                                             const std::string& directory,
                                             const journal::Progress& progress);

}  // namespace forebay::cli
