// SPDX-License-Identifier: Apache-2.0
// Makes a damaged journal one that starts again, at the price of what is lost anyway.
//
// Damaged stretches are replaced by void batches of exactly their size, missing segments by void
// ones, so that every intact record keeps its position. Damaged snapshots are set aside (renamed to
// "<name>.damaged-<n>", which a start ignores). Headers that can be told from the rest are written
// anew; that loses nothing. Intact bytes are never touched.
//
//   TRY_ASSIGN(auto repair, JournalRepair::open(files, directory, progress));
//   show(repair->plan());                       // nothing was changed yet
//   if (agreed) TRY_ASSIGN(auto saved, repair->carry_out());
//
// A segment is not changed in place: a corrected copy takes its name, because the old file may be
// linked into a backup. The bytes that are dropped are first saved in "repair-<n>.saved".
// The torn tail of a crash is no damage; a start cuts it.
//
// What the records said is the engine's business: a void record is the type byte 255 and zeros.
// Messages whose content was lost are still in the index after a repair and must be deleted by the
// caller, as the journal's next owner.
// Thread: one owner.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "env/file_system.h"
#include "journal/file/journal_inspection.h"
#include "journal/file/void_batches.h"

namespace forebay::journal {

enum class RepairKind : uint8_t {
  kSetAside,         // a snapshot, or a segment of which nothing can be read: renamed
  kRestoreSize,      // of a segment that was cut short
  kRewriteHeader,    // of a segment; nothing is lost
  kReplaceBatches,   // void batches in the place of a stretch that is not intact
  kRecreateSegment,  // one that is missing, with void batches
};

struct RepairStep {
  RepairKind kind = RepairKind::kReplaceBatches;
  uint64_t segment = 0;  // its number; 0: a snapshot
  std::string path{};
  uint64_t offset = 0;  // byte in the file, and how many are replaced
  uint64_t bytes = 0;
  LogPosition from{};  // positions whose records are dropped; `to` is the same: none
  LogPosition to{};
  Epoch epoch{};       // of the void batches, and of a recreated segment
  std::string what{};  // what is done and why, without path and offset
};

struct RepairPlan {
  std::vector<RepairStep> steps;      // in the order in which they are carried out
  std::vector<Damage> beyond_repair;  // nothing is done while there is any
  uint64_t dropped_bytes = 0;         // of the log
  Inspection inspection;              // of the journal as it is
};

class JournalRepair {
 public:
  /// Locks the journal, reads all of it and plans; changes nothing.
  /// Errors: as inspect_journal(), and kStorageFailure when a server has it locked.
  static Result<std::unique_ptr<JournalRepair>> open(env::FileSystem& files,
                                                     const std::string& directory,
                                                     const Progress& progress);

  JournalRepair(const JournalRepair&) = delete;
  JournalRepair& operator=(const JournalRepair&) = delete;
  ~JournalRepair();

  const RepairPlan& plan() const { return plan_; }

  /// Does what the plan says; returns the path of the file with the bytes that were dropped, empty
  /// when there were none. Once.
  /// Durable: all of it. After an error, or a crash in the middle, another repair goes on.
  /// Errors: kStorageDamaged (something is beyond repair), kStorageFull, kStorageFailure.
  Result<std::string> carry_out();

 private:
  JournalRepair(env::FileSystem& files, std::string directory,
                std::unique_ptr<env::DirectoryLock> lock, RepairPlan plan);

  env::FileSystem& files_;
  const std::string directory_;
  const std::unique_ptr<env::DirectoryLock> lock_;
  const RepairPlan plan_;
};

}  // namespace forebay::journal
