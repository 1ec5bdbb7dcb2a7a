// SPDX-License-Identifier: Apache-2.0
// Checks a whole journal: every checksum, and that the state can be rebuilt and each message's
// content be read. Says what a damage means for queues and messages.
//
// Reads every file once. The newest intact snapshot says which contents to expect before its
// position; from there on the facts are applied. Takes no lock; when a server removes files
// meanwhile in a way that would look like damage, it is all read again.
// Thread: any.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/damaged_facts.h"
#include "cli/journal_state.h"
#include "env/file_system.h"
#include "journal/file/journal_inspection.h"

namespace forebay::cli {

/// A damage, and what is known to be lost with it.
struct Finding {
  journal::Damage damage;
  std::map<QueueId, uint64_t> contents_lost;  // messages there are whose content stood there
  /// Messages that were sent or moved by facts that are lost, if message numbers show it.
  uint64_t messages_numbered = 0;
  bool facts_lost = false;  // what happened there is not known
  DamagedFacts readable;    // but for this
};

struct JournalCheck {
  std::string directory;
  journal::Inspection inspection;
  JournalState state;
  std::optional<uint64_t> snapshot;  // number of the one that was used
  LogPosition replayed_from;         // 0 without a snapshot
  std::vector<Finding> findings;     // of the inspection, and what the state shows besides
  std::vector<LiveMessage> lost;     // there, but their content cannot be read
  uint64_t live_count = 0;           // messages that could be received, lost ones included
  uint64_t live_bytes = 0;           // of their contents, with their framing

  bool intact() const { return findings.empty(); }
};

/// Errors: kStorageFailure, kInvalidConfiguration (no journal there); also when the server changed
/// the files several times over while they were read.
Result<JournalCheck> check_journal(env::FileSystem& files, const std::string& directory,
                                   const journal::Progress& progress);

/// What `finding` costs, a sentence each; nothing when nothing is known to be lost.
std::vector<std::string> effects(const Finding& finding, const QueueNames& names);

}  // namespace forebay::cli
