// SPDX-License-Identifier: Apache-2.0
// Reads a whole journal and says what is in it and what is damaged; changes nothing.
//
// Takes no lock, so it may run beside a server: what the server removes meanwhile is left out, what
// it appends meanwhile may be seen or not, and a batch on its way is the torn tail, not damage.
//
// What it cannot tell without the engine: whether a segment that is missing before `needed_from`
// held a live message (a start finds that out), and whether newest segments were taken away whole,
// unless a snapshot needs them.
// Thread: any.
// Cost: reads every file; holds about 16 MiB.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_codec.h"
#include "base/ids.h"
#include "base/result.h"
#include "env/file_system.h"
#include "journal/batch.h"

namespace forebay::journal {

/// How far long work is: called every few MiB, and with `done == all` at the end.
using Progress = std::function<void(uint64_t done_bytes, uint64_t all_bytes)>;

enum class DamageKind : uint8_t {
  kBatches,            // a stretch of a segment where no intact batch stands
  kSegmentHeader,      // a segment whose header is unreadable; its batches are found without it
  kSegmentShort,       // a segment whose file is shorter than its header says
  kSegmentMissing,     // no segment holds positions that a restart needs
  kSegmentUnreadable,  // neither a header nor a batch of it is intact: as good as missing
  kSegmentForeign,     // a segment of another journal, or that does not continue the one before
  kSnapshot,           // a snapshot that cannot be loaded, or that the log does not reach
  kNewerFormat,        // a file that only a newer program can read; nothing may be wrong with it
};

struct Damage {
  DamageKind kind = DamageKind::kBatches;
  std::string path{};
  uint64_t offset = 0;  // byte in the file where it begins
  uint64_t bytes = 0;   // of the file that are affected: to the next intact batch, or to where the
                        // segment's batches must end. 0: all of it, or not known
  LogPosition from{};   // positions that are lost; `to` is the same: none, or not known
  LogPosition to{};
  Epoch epoch{};       // kBatches: of what stands before it
  std::string what{};  // without path and offset

  friend bool operator==(const Damage&, const Damage&) = default;
};

/// "<path>, byte <offset>: <what>", with the number of bytes and positions lost.
std::string describe(const Damage& damage);

struct SegmentInspection {
  uint64_t number = 0;
  std::string path{};
  uint64_t file_bytes = 0;
  uint64_t segment_bytes = 0;  // as the header says; file_bytes when that is unreadable
  Epoch epoch{};               // of the owner that made it
  LogPosition first{};         // position of its first batch
  LogPosition end{};           // behind its last batch, damaged stretches included
  uint64_t batch_count = 0;    // intact ones
  uint64_t record_count = 0;   // in them
  uint64_t record_bytes = 0;   // of these, with their framing
  uint64_t torn_bytes = 0;     // of the last segment: from `end` to its last byte that is not zero
};

struct SnapshotInspection {
  uint64_t number = 0;
  std::string path{};
  uint64_t file_bytes = 0;
  bool intact = false;  // and the log reaches it; the rest is only then known
  LogPosition from{};
  LogPosition through{};
  uint64_t chunk_count = 0;
};

struct Inspection {
  Bytes16 log_id{};
  std::vector<SegmentInspection> segments;    // in order
  std::vector<SnapshotInspection> snapshots;  // newest first
  LogPosition needed_from{};  // older of the newest two intact snapshots, or the only one's; else 0
  LogPosition tail{};         // where the next batch would stand
  uint64_t missing_segment_count = 0;  // that no restart scans; they were trimmed
  std::vector<Damage> damage;          // snapshots first, then by position

  bool intact() const { return damage.empty(); }
};

struct InspectOptions {
  std::string directory{};
  Progress progress{};    // may be null
  RecordVisitor visit{};  // shown every record of every intact batch, in order; may be null
  LogPosition from{};     // segments that end at or before it are not read, nor records shown
  /// Behind every name: looks at the files of a journal that is still being put together.
  std::string name_suffix{};
};

/// Errors: kInvalidConfiguration: `directory` has no file of a journal; kStorageFailure.
Result<void> refuse_without_journal(env::FileSystem& files, const std::string& directory);

/// Errors: kStorageFailure (a file cannot be read for another reason than damage),
/// kInvalidConfiguration (the directory has no journal), or what `visit` returned.
Result<Inspection> inspect_journal(env::FileSystem& files, const InspectOptions& options);

}  // namespace forebay::journal
