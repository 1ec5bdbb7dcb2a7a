// SPDX-License-Identifier: Apache-2.0
// Files as the journal needs them: positioned reads and writes, explicit syncs, nothing hidden.
//
// Implementations: POSIX (`posix_file_system()`), and the simulator's, which loses, tears, refuses
// and fills up. Every error is a Result whose text names the call, the path and the system's
// reason.
// Errors: kStorageFull for ENOSPC and EDQUOT, kStorageFailure for everything else.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace forebay::env {

/// What systems cache and write files in.
inline constexpr uint64_t kFilePageBytes = 4096;

/// An open file. Reads may run on several threads at once, also beside one writer.
class File {
 public:
  virtual ~File() = default;

  /// Writes all of `data` at byte `offset`.
  /// Durable: no; only after sync().
  virtual Result<void> write(uint64_t offset, std::string_view data) = 0;

  /// The same, and `zero_bytes` (at most kFilePageBytes) zeros behind it in one go. A page that is
  /// written to its end need not be read from the disk first.
  virtual Result<void> write_padded(uint64_t offset, std::string_view data, uint64_t zero_bytes);

  /// Writes `bytes` zeros and waits until they have left memory. Where the system can do without,
  /// its cache does not get them, if both numbers are multiples of kFilePageBytes.
  /// Durable: no; only after sync().
  virtual Result<void> zero(uint64_t offset, uint64_t bytes);

  /// Fills `out` from byte `offset`. Reading past the end is kStorageDamaged.
  virtual Result<void> read(uint64_t offset, std::span<char> out) const = 0;

  /// The same without waiting for the disk: false, and `out` is worthless, when not all of it is in
  /// the system's cache (or the system cannot tell).
  virtual Result<bool> read_cached(uint64_t offset, std::span<char> out) const = 0;

  /// Asks the system to have this part in its cache soon. A hint, that may do nothing; may wait for
  /// the disk.
  virtual void fetch(uint64_t offset, uint64_t bytes) const = 0;

  /// Durable: every write() that returned before this call, and the size. A failure leaves unknown
  /// what reached the disk; the file must not be used as if the sync could be repeated.
  virtual Result<void> sync() = 0;

  /// Reserves `bytes` of disk space from the start; the new part reads as zero. Never shrinks.
  virtual Result<void> allocate(uint64_t bytes) = 0;

  virtual Result<uint64_t> size() const = 0;
};

/// Keeps a directory to one process for as long as it lives.
class DirectoryLock {
 public:
  virtual ~DirectoryLock() = default;
};

enum class OpenMode : uint8_t {
  kRead,       // must exist
  kReadWrite,  // must exist
  kCreate,     // must not exist
};

/// Thread: any.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  virtual Result<bool> exists(const std::string& path) = 0;
  /// Names (not paths) in a directory, in byte order, without "." and "..".
  virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;
  /// With all missing parents; an existing directory is fine. Durable when it returns.
  virtual Result<void> create_directory(const std::string& directory) = 0;
  /// Atomic.
  /// Durable: after sync_directory() of both parents.
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  virtual Result<void> remove(const std::string& path) = 0;
  /// Durable: the names in `directory` (creations, renames, removals) as of this call.
  virtual Result<void> sync_directory(const std::string& directory) = 0;
  /// A second name for the same file; both must be in one file system.
  /// Durable: after sync_directory().
  virtual Result<void> link(const std::string& from, const std::string& to) = 0;
  /// Bytes that this process may still allocate in the file system `directory` is in.
  virtual Result<uint64_t> free_bytes(const std::string& directory) = 0;
  /// Takes the directory's lock, or refuses at once (kStorageFailure) when another process has it.
  virtual Result<std::unique_ptr<DirectoryLock>> lock(const std::string& directory) = 0;
};

/// The machine's files. Lives for the whole process.
FileSystem& posix_file_system();

}  // namespace forebay::env
