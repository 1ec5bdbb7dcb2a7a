// SPDX-License-Identifier: Apache-2.0
// For tests: a FileSystem that asks before every call whether it may go on.
//
// The watcher can let other things happen in between (another process trims a file), or refuse from
// some call on, as if the process had been killed there.
// Thread: the test's own.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "env/file_system.h"
#include "journal/testing/faulty_file_system.h"

namespace forebay::journal {

class WatchedFileSystem final : public env::FileSystem {
 public:
  /// `path` is the file's; of renames and links the old one's.
  using Watcher = std::function<Result<void>(Call call, const std::string& path)>;

  WatchedFileSystem(env::FileSystem& base, Watcher watcher)
      : base_(base), watcher_(std::make_shared<Watcher>(std::move(watcher))) {}

  Result<std::unique_ptr<env::File>> open(const std::string& path, env::OpenMode mode) override {
    TRY((*watcher_)(Call::kOpen, path));
    TRY_ASSIGN(auto file, base_.open(path, mode));
    return std::unique_ptr<env::File>(
        std::make_unique<WatchedFile>(std::move(file), path, watcher_));
  }
  Result<bool> exists(const std::string& path) override {
    TRY((*watcher_)(Call::kExists, path));
    return base_.exists(path);
  }
  Result<std::vector<std::string>> list(const std::string& directory) override {
    TRY((*watcher_)(Call::kList, directory));
    return base_.list(directory);
  }
  Result<void> create_directory(const std::string& directory) override {
    TRY((*watcher_)(Call::kCreateDirectory, directory));
    return base_.create_directory(directory);
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    TRY((*watcher_)(Call::kRename, from));
    return base_.rename(from, to);
  }
  Result<void> remove(const std::string& path) override {
    TRY((*watcher_)(Call::kRemove, path));
    return base_.remove(path);
  }
  Result<void> sync_directory(const std::string& directory) override {
    TRY((*watcher_)(Call::kSyncDirectory, directory));
    return base_.sync_directory(directory);
  }
  Result<void> link(const std::string& from, const std::string& to) override {
    TRY((*watcher_)(Call::kLink, from));
    return base_.link(from, to);
  }
  Result<uint64_t> free_bytes(const std::string& directory) override {
    return base_.free_bytes(directory);
  }
  Result<std::unique_ptr<env::DirectoryLock>> lock(const std::string& directory) override {
    TRY((*watcher_)(Call::kLock, directory));
    return base_.lock(directory);
  }

 private:
  class WatchedFile final : public env::File {
   public:
    WatchedFile(std::unique_ptr<env::File> file, std::string path, std::shared_ptr<Watcher> watcher)
        : file_(std::move(file)), path_(std::move(path)), watcher_(std::move(watcher)) {}

    Result<void> write(uint64_t offset, std::string_view data) override {
      TRY((*watcher_)(Call::kWrite, path_));
      return file_->write(offset, data);
    }
    Result<void> read(uint64_t offset, std::span<char> out) const override {
      TRY((*watcher_)(Call::kRead, path_));
      return file_->read(offset, out);
    }
    void fetch(uint64_t offset, uint64_t bytes) const override { file_->fetch(offset, bytes); }
    Result<bool> read_cached(uint64_t offset, std::span<char> out) const override {
      TRY((*watcher_)(Call::kRead, path_));
      return file_->read_cached(offset, out);
    }
    Result<void> sync() override {
      TRY((*watcher_)(Call::kSync, path_));
      return file_->sync();
    }
    Result<void> allocate(uint64_t bytes) override {
      TRY((*watcher_)(Call::kAllocate, path_));
      return file_->allocate(bytes);
    }
    Result<uint64_t> size() const override {
      TRY((*watcher_)(Call::kSize, path_));
      return file_->size();
    }

   private:
    const std::unique_ptr<env::File> file_;
    const std::string path_;
    const std::shared_ptr<Watcher> watcher_;
  };

  env::FileSystem& base_;
  const std::shared_ptr<Watcher> watcher_;
};

}  // namespace forebay::journal
