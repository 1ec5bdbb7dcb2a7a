// SPDX-License-Identifier: Apache-2.0
// `Log`: the ordered, durable record of one shard, and the only thing a restart needs.
//
// The owner acquires the log (a new epoch fences every earlier owner), scans it to rebuild its
// state, and then appends batches, each at the position where the one before it ended. Group commit
// is the owner's work: it keeps one append in flight and collects the next batch meanwhile.
// Implementations: file/ (embedded), memory/ (keeps only live message contents).
// `log_contract_test.cc` runs one suite against all of them.
// Thread: the owner's executor, read()
// excepted.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "journal/batch.h"

namespace forebay::journal {

class Snapshots;
class Space;

enum class AppendOutcome : uint8_t {
  kDurable,    // as safe as the log promises (sync: survives whatever comes)
  kFenced,     // not written: another owner holds a newer epoch
  kAmbiguous,  // perhaps written: stop acknowledging, acquire anew, scan the tail
};

class Log {
 public:
  struct Acquired {
    Epoch epoch;       // larger than every epoch before
    LogPosition tail;  // where the first append must stand
  };
  /// `detail` says what failed, empty when durable.
  using AppendDone = std::function<void(AppendOutcome outcome, const std::string& detail)>;
  /// Reads one record to its argument. Blocks. Keeps alive what it reads from.
  /// Thread: any.
  using RecordReader = std::function<Result<void>(std::string& out)>;

  /// No `done` is called any more. An append in flight may still be written.
  virtual ~Log() = default;

  /// Becomes the owner: finds the end of what is intact, fences earlier owners.
  /// A torn, never acknowledged tail is cut. Anything else that is damaged is refused, here or,
  /// where an implementation does not read everything here, by scan() and read().
  /// Durable: the new
  /// epoch, and everything before the tail.
  /// Errors: kStorageDamaged (names file and offset),
  /// kStorageFailure, kStorageFull.
  virtual Result<Acquired> acquire(std::string_view owner) = 0;

  /// Writes a sealed batch at `expected`, which must be the tail. At most one append may be in
  /// flight. Returns at once; `done` runs on the owner's executor when the outcome is known, never
  /// inside this call. A batch without records is allowed: it proves that everything before it was
  /// durable.
  virtual void append(Epoch epoch, LogPosition expected, std::string batch, AppendDone done) = 0;

  /// Copies the record that stands at `at`, whose bytes number `record_bytes`, to `out`.
  /// Only for records of batches whose append is durable and that were not released.
  /// Thread: any.
  /// Errors: kStorageDamaged (names file and offset), kStorageFailure.
  virtual Result<void> read(LogPosition at, uint32_t record_bytes, std::string& out) const = 0;

  /// The same without waiting for a disk: false when that would be needed; then use reader().
  virtual Result<bool> read_now(LogPosition at, uint32_t record_bytes, std::string& out) const = 0;

  /// Work for another thread that makes reads to come fast, by where those of late stood. Empty:
  /// there is none now.
  virtual std::function<void()> take_fetch() = 0;

  /// For a read elsewhere. The record may be released meanwhile.
  virtual RecordReader reader(LogPosition at, uint32_t record_bytes) const = 0;

  /// Visits every intact record from `from` (a batch's position; 0 is the start) to the tail, in
  /// order.
  /// Errors: kStorageDamaged, kStorageFailure, or what `visit` returned.
  virtual Result<void> scan(LogPosition from, const RecordVisitor& visit) = 0;

  /// Says that the record at `at` will be read again: once for each that holds a content, after the
  /// append that wrote it or, for older ones, after the scan. False: the log does not have it any
  /// more, a segment is missing.
  virtual bool retain(LogPosition at, uint32_t record_bytes) = 0;

  /// Says that the record at `at`, which was retained, will never be read again. The memory log
  /// frees it; file logs count the segment's live bytes.
  virtual void release(LogPosition at, uint32_t record_bytes) = 0;

  /// With delayed syncs: makes everything appended so far survive a power failure. `done` is called
  /// as append()'s; at once (though never inside this call) when there is nothing to do.
  virtual void sync(AppendDone done) = 0;
  /// True when an append is durable only after a later sync(); the owner sees to it in time.
  virtual bool unsynced() const = 0;

  /// Null: this log keeps none, and needs none for a restart.
  virtual Snapshots* snapshots() { return nullptr; }
  /// Null: there is nothing to manage.
  virtual Space* space() { return nullptr; }
};

}  // namespace forebay::journal
