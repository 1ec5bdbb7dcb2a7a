// SPDX-License-Identifier: Apache-2.0
// A FileSystem for which the end of the process is a power failure: kill -9 loses what was not
// synced.
//
// It stands before another one (the real one), and keeps unsynced writes and names in memory, where
// all readers in the process see them. Only sync() and sync_directory() pass them on; beside that
// some sectors, out of order, and the beginning of what happened to names, may be passed on at any
// time. Which, a seed decides.
//
// It is part of the program that ships, behind an option that no help names, and not of the tests:
// so the very same binary is put to the test, with its threads and its timing. It costs nothing
// where it is not asked for.
//
// Not modelled: names that become durable out of order (a directory's changes are kept as a
// beginning of their sequence, as journaling file systems do; sync_directory() of one directory
// settles what was done before in all of them); a disk whose sync fails; directories themselves,
// which are durable at once, as create_directory() promises; memory: what is unsynced must fit.
// Thread: any.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "env/file_system.h"
#include "env/unsynced_file.h"

namespace forebay::env {

class UnsyncedFileSystem final : public FileSystem {
 public:
  struct Options {
    /// A disk that says it has synced when it has not: it is one sync behind with every file, and
    /// writes nothing back early. For proving that a test notices a loss.
    bool lying = false;
    uint64_t seed = 0;
  };

  /// Borrows `base`, and outlives every file opened here.
  UnsyncedFileSystem(FileSystem& base, Options options)
      : base_(base), options_(options), numbers_(options.seed) {}

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<bool> exists(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Result<void> create_directory(const std::string& directory) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<void> sync_directory(const std::string& directory) override;
  Result<void> link(const std::string& from, const std::string& to) override;
  Result<uint64_t> free_bytes(const std::string& directory) override;
  Result<std::unique_ptr<DirectoryLock>> lock(const std::string& directory) override;

 private:
  class OpenFile;
  using FilePointer = std::shared_ptr<UnsyncedFile>;

  enum class ChangeKind : uint8_t { kCreate, kRename, kRemove, kLink };
  /// Of names, not durable yet.
  struct Change {
    ChangeKind kind;
    std::string from;  // kRename, kRemove, kLink
    std::string to;    // kCreate, kRename, kLink
    FilePointer file;
  };

  // All with mu_ held.
  Result<bool> is_seen(const std::string& path);
  /// The file that readers see under this name.
  Result<FilePointer> find(const std::string& path, std::string_view call);
  FilePointer make_file(Platter platter);
  Result<void> change(Change change);
  /// Makes the first `count` changes durable.
  Result<void> settle(size_t count);
  Result<void> apply(const Change& change);
  /// Lets go of files that nobody has open and that are as the disk has them.
  void forget_idle();

  // Constant.
  FileSystem& base_;
  const Options options_;

  // Guarded by mu_.
  std::mutex mu_;
  SeededNumbers numbers_;
  std::vector<Change> changes_;               // in the order they were made
  std::map<std::string, FilePointer> files_;  // by the names that readers see; not all there are
};

}  // namespace forebay::env
