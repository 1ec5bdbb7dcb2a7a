// SPDX-License-Identifier: Apache-2.0
// A FileSystem on a small disk: files that grow past its capacity are refused as a full disk
// refuses them, with kStorageFull.
//
// It stands before another one and counts the sizes of all files in the directories that were
// created or locked through it, also those that others put there. So a test fills the binary's disk
// in seconds, without a mount; whoever removes a file from outside makes room.
//
// Not modelled: a removed file that is still open takes no space any more; two names of a file are
// counted twice; a hole takes as much as data.
// Thread: any.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "env/file_system.h"

namespace forebay::env {

class LimitedFileSystem final : public FileSystem {
 public:
  /// Borrows `base`, and outlives every file opened here.
  LimitedFileSystem(FileSystem& base, uint64_t capacity_bytes)
      : base_(base), capacity_bytes_(capacity_bytes) {}

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<bool> exists(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Result<void> create_directory(const std::string& directory) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<void> sync_directory(const std::string& directory) override;
  Result<void> link(const std::string& from, const std::string& to) override;
  /// What is left of the capacity, or of the real disk if that is less.
  Result<uint64_t> free_bytes(const std::string& directory) override;
  Result<std::unique_ptr<DirectoryLock>> lock(const std::string& directory) override;

 private:
  class LimitedFile;

  // All with mu_ held.
  Result<uint64_t> used_bytes();
  /// How far a file of `size` bytes may grow.
  Result<uint64_t> bytes_possible(uint64_t size);

  // Constant.
  FileSystem& base_;
  const uint64_t capacity_bytes_;

  std::mutex mu_;                      // held while a file grows
  std::set<std::string> directories_;  // guarded by mu_; what counts
};

}  // namespace forebay::env
