// SPDX-License-Identifier: Apache-2.0
// For tests: a FileSystem that refuses the Nth call of a kind, and that can lose whatever was not
// synced.
//
// A refused write has written its first half; a refused sync leaves everything before it unsynced.
// lose_unsynced() is the power failure: unsynced writes and unsynced creations, links and renames
// are undone, last first. (Removals are not.) What a lost write has added to the end of a file
// reads as zeros, as where a file system had written the new size and not yet the data.
// Thread: any.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "env/file_system.h"

namespace forebay::journal {

enum class Call : uint8_t {
  kCreateDirectory,
  kLock,
  kList,
  kExists,
  kOpen,
  kAllocate,
  kSize,
  kRead,
  kWrite,
  kSync,
  kRename,
  kRemove,
  kSyncDirectory,
  kLink,
};
inline constexpr int kCallCount = static_cast<int>(Call::kLink) + 1;

/// For names of tests.
inline const char* name_of(Call kind) {
  static constexpr const char* kNames[kCallCount] = {
      "CreateDirectory", "Lock", "List",   "Exists", "Open",          "Allocate", "Size", "Read",
      "Write",           "Sync", "Rename", "Remove", "SyncDirectory", "Link"};
  return kNames[static_cast<int>(kind)];
}

class FaultyFileSystem final : public env::FileSystem {
 public:
  explicit FaultyFileSystem(env::FileSystem& base) : base_(base) {}

  /// The `nth` call of `kind` from now on (1 is the next) fails, that one only.
  void fail(Call kind, int nth) {
    const std::lock_guard lock(mu_);
    failing_ = kind;
    calls_until_failure_ = nth;
  }
  /// While it is full, no file can grow.
  void set_full(bool full) {
    const std::lock_guard lock(mu_);
    full_ = full;
  }
  /// While true, the system's cache has nothing.
  void set_uncached(bool uncached) { uncached_ = uncached; }
  bool has_failed() const {
    const std::lock_guard lock(mu_);
    return calls_until_failure_ == 0;
  }

  /// Calls of `kind` so far.
  int calls(Call kind) const {
    const std::lock_guard lock(mu_);
    return calls_[static_cast<size_t>(kind)];
  }

  struct Fetch {
    std::string path;
    uint64_t offset;
    uint64_t bytes;
  };
  /// What fetch() was asked for so far.
  std::vector<Fetch> fetches() const {
    const std::lock_guard lock(mu_);
    return fetches_;
  }

  struct Write {
    std::string path;
    uint64_t offset;
    std::string data;
  };

  /// From now on remembers what is written, under the path it was opened by.
  void record_writes() { recording_ = true; }
  const std::vector<Write>& recorded() const { return recorded_; }

  void lose_unsynced() {
    const std::lock_guard lock(mu_);
    for (const auto& file : files_) {
      for (auto undo = file->unsynced.rbegin(); undo != file->unsynced.rend(); ++undo) (*undo)();
      file->unsynced.clear();
    }
    for (auto name = unsynced_names_.rbegin(); name != unsynced_names_.rend(); ++name) name->undo();
    unsynced_names_.clear();
  }

  Result<std::unique_ptr<env::File>> open(const std::string& path, env::OpenMode mode) override {
    TRY(pass(Call::kOpen));
    TRY_ASSIGN(auto file, base_.open(path, mode));
    const std::lock_guard lock(mu_);
    if (mode == env::OpenMode::kCreate) {
      unsynced_names_.push_back({directory_of(path), [this, path] { take_away(path); }});
    }
    files_.push_back(std::make_shared<Tracked>());
    files_.back()->file = std::move(file);
    files_.back()->path = path;
    return std::unique_ptr<env::File>(std::make_unique<FaultyFile>(*this, files_.back()));
  }

  Result<bool> exists(const std::string& path) override {
    TRY(pass(Call::kExists));
    return base_.exists(path);
  }
  Result<std::vector<std::string>> list(const std::string& directory) override {
    TRY(pass(Call::kList));
    return base_.list(directory);
  }
  Result<void> create_directory(const std::string& directory) override {
    TRY(pass(Call::kCreateDirectory));
    return base_.create_directory(directory);
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    TRY(pass(Call::kRename));
    const std::lock_guard lock(mu_);
    // What the rename replaces is still there after a power failure.
    std::string replaced;
    if (*base_.exists(to) && base_.link(to, to + ".replaced").ok()) replaced = to + ".replaced";
    TRY(base_.rename(from, to));
    renamed_.emplace_back(from, to);
    const auto undo = [this, from, to, replaced] {
      if (*base_.exists(to)) CHECK(base_.rename(to, from).ok());
      if (!replaced.empty()) CHECK(base_.rename(replaced, to).ok());
    };
    const auto settle = [this, replaced] {
      if (!replaced.empty()) CHECK(base_.remove(replaced).ok());
    };
    unsynced_names_.push_back({directory_of(to), undo, settle});
    return {};
  }
  Result<void> remove(const std::string& path) override {
    TRY(pass(Call::kRemove));
    return base_.remove(path);
  }
  Result<void> sync_directory(const std::string& directory) override {
    TRY(pass(Call::kSyncDirectory));
    const std::lock_guard lock(mu_);
    std::erase_if(unsynced_names_, [&](const Name& name) {
      if (name.directory == directory && name.settle) name.settle();
      return name.directory == directory;
    });
    return base_.sync_directory(directory);
  }
  Result<void> link(const std::string& from, const std::string& to) override {
    TRY(pass(Call::kLink));
    TRY(base_.link(from, to));
    const std::lock_guard lock(mu_);
    unsynced_names_.push_back({directory_of(to), [this, to] { take_away(to); }});
    return {};
  }
  Result<uint64_t> free_bytes(const std::string& directory) override {
    return base_.free_bytes(directory);
  }
  Result<std::unique_ptr<env::DirectoryLock>> lock(const std::string& directory) override {
    TRY(pass(Call::kLock));
    return base_.lock(directory);
  }

 private:
  using Undo = std::function<void()>;

  struct Name {
    std::string directory;
    Undo undo;
    Undo settle{};  // once it is synced
  };
  static std::string directory_of(const std::string& path) {
    return path.substr(0, path.rfind('/'));
  }

  /// Unless it was removed since; its directory may have another name by now.
  void take_away(std::string path) {
    for (const auto& [from, to] : renamed_) {
      if (path.starts_with(from + "/") && !*base_.exists(path)) path.replace(0, from.size(), to);
    }
    if (*base_.exists(path)) CHECK(base_.remove(path).ok());
  }

  struct Tracked {
    std::unique_ptr<env::File> file;
    std::string path;
    std::vector<Undo> unsynced;
  };

  class FaultyFile final : public env::File {
   public:
    FaultyFile(FaultyFileSystem& owner, std::shared_ptr<Tracked> tracked)
        : owner_(owner), tracked_(std::move(tracked)) {}

    Result<void> write(uint64_t offset, std::string_view data) override {
      Result<void> passed = owner_.pass(Call::kWrite);
      if (!passed.ok()) data = data.substr(0, data.size() / 2);
      std::string before(data.size(), '\0');
      TRY_ASSIGN(const uint64_t end, tracked_->file->size());
      const uint64_t old_bytes = std::clamp<uint64_t>(end, offset, offset + data.size()) - offset;
      TRY(tracked_->file->read(offset, std::span(before).first(old_bytes)));
      {
        const std::lock_guard lock(owner_.mu_);
        tracked_->unsynced.push_back([file = tracked_->file.get(), offset, before] {
          CHECK(file->write(offset, before).ok());
        });
        if (owner_.recording_) {
          owner_.recorded_.push_back({tracked_->path, offset, std::string(data)});
        }
      }
      TRY(tracked_->file->write(offset, data));
      return passed;
    }
    Result<void> read(uint64_t offset, std::span<char> out) const override {
      TRY(owner_.pass(Call::kRead));
      return tracked_->file->read(offset, out);
    }
    void fetch(uint64_t offset, uint64_t bytes) const override {
      const std::lock_guard lock(owner_.mu_);
      owner_.fetches_.push_back({tracked_->path, offset, bytes});
    }
    Result<bool> read_cached(uint64_t offset, std::span<char> out) const override {
      TRY(owner_.pass(Call::kRead));
      if (owner_.uncached_) return false;
      return tracked_->file->read_cached(offset, out);
    }
    Result<void> sync() override {
      TRY(owner_.pass(Call::kSync));
      const std::lock_guard lock(owner_.mu_);
      tracked_->unsynced.clear();
      return tracked_->file->sync();
    }
    Result<void> allocate(uint64_t bytes) override {
      TRY(owner_.pass(Call::kAllocate));
      TRY_ASSIGN(const uint64_t before, tracked_->file->size());
      if (bytes > before) TRY(owner_.grow());
      return tracked_->file->allocate(bytes);
    }
    Result<uint64_t> size() const override {
      TRY(owner_.pass(Call::kSize));
      return tracked_->file->size();
    }

   private:
    FaultyFileSystem& owner_;
    const std::shared_ptr<Tracked> tracked_;
  };

  Result<void> pass(Call kind) {
    const std::lock_guard lock(mu_);
    ++calls_[static_cast<size_t>(kind)];
    if (kind != failing_ || calls_until_failure_ <= 0) return {};
    --calls_until_failure_;
    if (calls_until_failure_ > 0) return {};
    const bool full = kind == Call::kAllocate;
    return Error{full ? ErrorCode::kStorageFull : ErrorCode::kStorageFailure, "injected fault"};
  }

  Result<void> grow() {
    const std::lock_guard lock(mu_);
    if (full_) return Error{ErrorCode::kStorageFull, "the disk is full"};
    return {};
  }

  env::FileSystem& base_;
  std::atomic<bool> uncached_ = false;

  // Guarded by mu_.
  mutable std::mutex mu_;
  std::vector<Fetch> fetches_;
  std::array<int, kCallCount> calls_{};
  Call failing_ = Call::kOpen;
  int calls_until_failure_ = -1;  // 0: it has failed; below: nothing is to fail
  std::vector<std::shared_ptr<Tracked>> files_;
  std::vector<Name> unsynced_names_;
  std::vector<std::pair<std::string, std::string>> renamed_;
  bool full_ = false;
  bool recording_ = false;
  std::vector<Write> recorded_;
};

}  // namespace forebay::journal
