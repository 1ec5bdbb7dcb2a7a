// SPDX-License-Identifier: Apache-2.0
#include "env/limited_file_system.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace forebay::env {
namespace {

Error full(std::string_view call, const std::string& path) {
  return {ErrorCode::kStorageFull, fmt::format("{} {}: No space left on device", call, path)};
}

}  // namespace

class LimitedFileSystem::LimitedFile final : public File {
 public:
  LimitedFile(LimitedFileSystem& owner, std::unique_ptr<File> file, std::string path)
      : owner_(owner), file_(std::move(file)), path_(std::move(path)) {}

  Result<void> write(uint64_t offset, std::string_view data) override {
    TRY_ASSIGN(uint64_t size, file_->size());
    if (offset + data.size() <= size) return file_->write(offset, data);
    const std::lock_guard lock(owner_.mu_);
    TRY_ASSIGN(size, file_->size());
    TRY_ASSIGN(const uint64_t possible, owner_.bytes_possible(size));
    if (offset + data.size() <= possible) return file_->write(offset, data);
    // As the real ones do: what fits is written.
    if (offset < possible) TRY(file_->write(offset, data.substr(0, possible - offset)));
    return full("write", path_);
  }

  Result<void> allocate(uint64_t bytes) override {
    const std::lock_guard lock(owner_.mu_);
    TRY_ASSIGN(const uint64_t size, file_->size());
    TRY_ASSIGN(const uint64_t possible, owner_.bytes_possible(size));
    if (bytes > size && bytes > possible) return full("allocate", path_);
    return file_->allocate(bytes);
  }

  Result<void> read(uint64_t offset, std::span<char> out) const override {
    return file_->read(offset, out);
  }
  void fetch(uint64_t offset, uint64_t bytes) const override { file_->fetch(offset, bytes); }

  Result<bool> read_cached(uint64_t offset, std::span<char> out) const override {
    return file_->read_cached(offset, out);
  }
  Result<void> sync() override { return file_->sync(); }
  Result<uint64_t> size() const override { return file_->size(); }

 private:
  LimitedFileSystem& owner_;
  const std::unique_ptr<File> file_;
  const std::string path_;
};

Result<std::unique_ptr<File>> LimitedFileSystem::open(const std::string& path, OpenMode mode) {
  TRY_ASSIGN(auto file, base_.open(path, mode));
  return std::unique_ptr<File>(std::make_unique<LimitedFile>(*this, std::move(file), path));
}

Result<bool> LimitedFileSystem::exists(const std::string& path) {
  return base_.exists(path);
}

Result<std::vector<std::string>> LimitedFileSystem::list(const std::string& directory) {
  return base_.list(directory);
}

Result<void> LimitedFileSystem::create_directory(const std::string& directory) {
  TRY(base_.create_directory(directory));
  const std::lock_guard lock(mu_);
  directories_.insert(directory);
  return {};
}

Result<void> LimitedFileSystem::rename(const std::string& from, const std::string& to) {
  return base_.rename(from, to);
}

Result<void> LimitedFileSystem::remove(const std::string& path) {
  return base_.remove(path);
}

Result<void> LimitedFileSystem::sync_directory(const std::string& directory) {
  return base_.sync_directory(directory);
}

Result<void> LimitedFileSystem::link(const std::string& from, const std::string& to) {
  return base_.link(from, to);
}

Result<uint64_t> LimitedFileSystem::free_bytes(const std::string& directory) {
  TRY_ASSIGN(const uint64_t real, base_.free_bytes(directory));
  const std::lock_guard lock(mu_);
  TRY_ASSIGN(const uint64_t possible, bytes_possible(0));
  return std::min(real, possible);
}

Result<std::unique_ptr<DirectoryLock>> LimitedFileSystem::lock(const std::string& directory) {
  TRY_ASSIGN(auto lock, base_.lock(directory));
  const std::lock_guard guard(mu_);
  directories_.insert(directory);
  return lock;
}

Result<uint64_t> LimitedFileSystem::used_bytes() {
  uint64_t used = 0;
  for (const std::string& directory : directories_) {
    TRY_ASSIGN(const std::vector<std::string> names, base_.list(directory));
    for (const std::string& name : names) {
      // One that cannot be opened was removed meanwhile, or is not a file.
      const auto file = base_.open(fmt::format("{}/{}", directory, name), OpenMode::kRead);
      if (!file.ok()) continue;
      TRY_ASSIGN(const uint64_t size, (*file)->size());
      used += size;
    }
  }
  return used;
}

Result<uint64_t> LimitedFileSystem::bytes_possible(uint64_t size) {
  TRY_ASSIGN(const uint64_t used, used_bytes());
  return size + (used < capacity_bytes_ ? capacity_bytes_ - used : 0);
}

}  // namespace forebay::env
