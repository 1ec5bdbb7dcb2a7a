// SPDX-License-Identifier: Apache-2.0
#include "env/unsynced_file_system.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"

namespace forebay::env {
namespace {

constexpr uint64_t kSettleEarlyPercent = 25;

Error refused(std::string_view call, const std::string& path, std::string_view reason) {
  return {ErrorCode::kStorageFailure, fmt::format("{} {}: {}", call, path, reason)};
}

std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, std::max<size_t>(slash, 1));
}

std::string without_slashes(std::string directory) {
  while (directory.size() > 1 && directory.ends_with('/')) directory.pop_back();
  return directory;
}

}  // namespace

class UnsyncedFileSystem::OpenFile final : public File {
 public:
  OpenFile(UnsyncedFileSystem& owner, FilePointer file, std::string path, bool writable)
      : owner_(owner), file_(std::move(file)), path_(std::move(path)), writable_(writable) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() override {
    file_.reset();
    const std::lock_guard lock(owner_.mu_);
    owner_.forget_idle();
  }

  Result<void> write(uint64_t offset, std::string_view data) override {
    if (!writable_) return refused("write", path_, "Bad file descriptor");
    return file_->write(offset, data);
  }
  Result<void> read(uint64_t offset, std::span<char> out) const override {
    return file_->read(offset, out, path_);
  }
  void fetch(uint64_t, uint64_t) const override {}  // what is emulated stands in memory
  Result<bool> read_cached(uint64_t offset, std::span<char> out) const override {
    return file_->read_cached(offset, out, path_);
  }
  Result<void> sync() override { return file_->sync(); }
  Result<void> allocate(uint64_t bytes) override {
    if (!writable_) return refused("allocate", path_, "Bad file descriptor");
    return file_->allocate(bytes);
  }
  Result<uint64_t> size() const override { return file_->size(); }

 private:
  UnsyncedFileSystem& owner_;
  FilePointer file_;
  const std::string path_;
  const bool writable_;
};

Result<std::unique_ptr<File>> UnsyncedFileSystem::open(const std::string& path, OpenMode mode) {
  const std::lock_guard lock(mu_);
  FilePointer file;
  if (mode == OpenMode::kCreate) {
    TRY_ASSIGN(const bool seen, is_seen(path));
    if (seen) return refused("open", path, "File exists");
    TRY_ASSIGN(const bool possible, base_.exists(parent_of(path)));
    if (!possible) return refused("open", path, "No such file or directory");
    file = make_file({});
    TRY(change({ChangeKind::kCreate, {}, path, file}));
    files_[path] = file;
  } else {
    TRY_ASSIGN(file, find(path, "open"));
  }
  return std::unique_ptr<File>(
      std::make_unique<OpenFile>(*this, std::move(file), path, mode != OpenMode::kRead));
}

Result<bool> UnsyncedFileSystem::exists(const std::string& path) {
  const std::lock_guard lock(mu_);
  return is_seen(path);
}

Result<std::vector<std::string>> UnsyncedFileSystem::list(const std::string& directory) {
  const std::lock_guard lock(mu_);
  TRY_ASSIGN(const std::vector<std::string> durable, base_.list(directory));
  const std::string beginning = without_slashes(directory) + "/";
  std::set<std::string> seen;
  for (const std::string& name : durable) seen.insert(beginning + name);
  for (const Change& change : changes_) {
    if (change.kind != ChangeKind::kLink) seen.erase(change.from);
    if (!change.to.empty()) seen.insert(change.to);
  }
  std::vector<std::string> names;
  for (const std::string& path : seen) {
    if (parent_of(path) + "/" == beginning) names.push_back(path.substr(beginning.size()));
  }
  return names;
}

Result<void> UnsyncedFileSystem::create_directory(const std::string& directory) {
  return base_.create_directory(directory);
}

Result<void> UnsyncedFileSystem::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mu_);
  TRY_ASSIGN(const FilePointer file, find(from, "rename"));
  TRY(change({ChangeKind::kRename, from, to, file}));
  files_.erase(from);
  files_[to] = file;
  return {};
}

Result<void> UnsyncedFileSystem::remove(const std::string& path) {
  const std::lock_guard lock(mu_);
  TRY_ASSIGN(const bool seen, is_seen(path));
  if (!seen) return refused("remove", path, "No such file or directory");
  TRY(change({ChangeKind::kRemove, path, {}, nullptr}));
  files_.erase(path);
  return {};
}

Result<void> UnsyncedFileSystem::link(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mu_);
  TRY_ASSIGN(const FilePointer file, find(from, "link"));
  TRY_ASSIGN(const bool seen, is_seen(to));
  if (seen) return refused("link", from, "File exists");
  TRY(change({ChangeKind::kLink, from, to, file}));
  files_[to] = file;
  return {};
}

Result<void> UnsyncedFileSystem::sync_directory(const std::string& directory) {
  const std::string wanted = without_slashes(directory);
  const std::lock_guard lock(mu_);
  const auto last = std::find_if(changes_.rbegin(), changes_.rend(), [&](const Change& change) {
    return parent_of(change.from) == wanted || parent_of(change.to) == wanted;
  });
  TRY(settle(static_cast<size_t>(changes_.rend() - last)));
  TRY(base_.sync_directory(directory));
  forget_idle();
  return {};
}

Result<uint64_t> UnsyncedFileSystem::free_bytes(const std::string& directory) {
  return base_.free_bytes(directory);
}

Result<std::unique_ptr<DirectoryLock>> UnsyncedFileSystem::lock(const std::string& directory) {
  return base_.lock(directory);
}

Result<bool> UnsyncedFileSystem::is_seen(const std::string& path) {
  TRY_ASSIGN(bool seen, base_.exists(path));
  for (const Change& change : changes_) {
    if (change.from == path && change.kind != ChangeKind::kLink) seen = false;
    if (change.to == path) seen = true;
  }
  return seen;
}

Result<UnsyncedFileSystem::FilePointer> UnsyncedFileSystem::find(const std::string& path,
                                                                 std::string_view call) {
  const auto found = files_.find(path);
  if (found != files_.end()) return found->second;
  TRY_ASSIGN(const bool seen, is_seen(path));
  if (!seen) return refused(call, path, "No such file or directory");
  // Every changed name is in files_, so this is one that the base knows. Its users' modes are kept
  // here.
  TRY_ASSIGN(std::shared_ptr<File> real, base_.open(path, OpenMode::kReadWrite));
  TRY_ASSIGN(const uint64_t bytes, real->size());
  return files_[path] = make_file(Platter(std::move(real), bytes));
}

UnsyncedFileSystem::FilePointer UnsyncedFileSystem::make_file(Platter platter) {
  return std::make_shared<UnsyncedFile>(
      UnsyncedFile::Options{.lying = options_.lying, .seed = numbers_.next()}, std::move(platter));
}

Result<void> UnsyncedFileSystem::change(Change change) {
  changes_.push_back(std::move(change));
  if (options_.lying || !numbers_.chance(kSettleEarlyPercent)) return {};
  return settle(numbers_.below(changes_.size() + 1));
}

Result<void> UnsyncedFileSystem::settle(size_t count) {
  CHECK(count <= changes_.size());
  for (size_t i = 0; i < count; ++i) TRY(apply(changes_[i]));
  changes_.erase(changes_.begin(), changes_.begin() + static_cast<ptrdiff_t>(count));
  return {};
}

Result<void> UnsyncedFileSystem::apply(const Change& change) {
  switch (change.kind) {
    case ChangeKind::kCreate: {
      TRY_ASSIGN(auto real, base_.open(change.to, OpenMode::kCreate));
      return change.file->become_durable(std::move(real));
    }
    case ChangeKind::kRename:
      return base_.rename(change.from, change.to);
    case ChangeKind::kRemove:
      return base_.remove(change.from);
    case ChangeKind::kLink:
      return base_.link(change.from, change.to);
  }
  CHECK(false);
  return {};
}

void UnsyncedFileSystem::forget_idle() {
  // A change that is not durable yet holds its file too, and so does a second name.
  std::erase_if(files_, [](const auto& entry) {
    return entry.second.use_count() == 1 && entry.second->settled();
  });
}

}  // namespace forebay::env
