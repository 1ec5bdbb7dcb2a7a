// SPDX-License-Identifier: Apache-2.0
// Copies of a whole journal: made beside a running server, and brought back.
//
// A backup is a directory with the same files: the newest snapshots, the segments, of the last one
// its intact part. It is the journal as it was at one moment between begin and end of backup(), and
// a server can be started on it.
//
// Files are linked where source and target are in one file system, which takes no time and no space
// until the server removes its own name for them. Linking is safe for snapshots and for every
// segment but the last, because nothing that matters is written to these any more: batches are only
// appended to the last segment, a start cuts and rewrites only there, a repair replaces whole
// files. (Behind the batches of a sealed segment the place where they end may be noted; that is as
// true in the backup.) The last segment is always copied. What shares its blocks with the original
// also shares what happens to them: a backup against a failing disk belongs on another one.
//
// restore() never links, and verifies every checksum on the way.
// Thread: any.
#pragma once

#include <cstdint>
#include <string>

#include "base/ids.h"
#include "base/result.h"
#include "env/file_system.h"
#include "journal/file/journal_inspection.h"

namespace forebay::journal {

struct CopyOptions {
  std::string from;   // the journal's directory; of restore_journal(): the backup's
  std::string to;     // must not exist, or be empty
  Progress progress;  // may be null
};

struct CopyReport {
  uint64_t segment_count = 0;
  uint64_t snapshot_count = 0;
  uint64_t linked_count = 0;  // of both kinds
  uint64_t copied_bytes = 0;
  LogPosition needed_from;  // a restart reads the log from here at the latest
  LogPosition end;          // everything before this position is in the copy
};

/// Makes a backup beside the running server, or without one. Takes no lock. Content of sealed
/// segments is not verified: inspect_journal() does that for a backup as for any journal.
/// Durable: the backup, which appears under its name only when it is whole. It is made in
/// "<to>.unfinished"; a leftover of that name is replaced.
/// Errors: kInvalidConfiguration (there is something at `to`; `from` has no journal),
/// kStorageDamaged (names file and offset), kStorageFailure (also when the server trimmed faster
/// than the files could be copied, several times over), kStorageFull. An unfinished copy is
/// removed.
Result<CopyReport> backup_journal(env::FileSystem& files, const CopyOptions& options);

/// Copies the backup to a new directory, which stays locked meanwhile.
/// Durable: the journal. Its files get their names only when all are whole: first the newest
/// segment, the snapshots at last, so that no start mistakes a part for the whole.
/// Errors: as backup_journal(). After an error what was copied is removed.
Result<CopyReport> restore_journal(env::FileSystem& files, const CopyOptions& options);

}  // namespace forebay::journal
