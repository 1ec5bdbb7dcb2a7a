// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "env/descriptor.h"
#include "env/file_system.h"

namespace forebay::env {
namespace {

constexpr mode_t kFileMode = 0640;
constexpr mode_t kDirectoryMode = 0750;

/// Only ever read, so that it takes no memory.
alignas(kFilePageBytes) char zeros[256 << 10];

Error system_error(std::string_view call, const std::string& path, int code) {
  const bool full = code == ENOSPC || code == EDQUOT;
  return {full ? ErrorCode::kStorageFull : ErrorCode::kStorageFailure,
          fmt::format("{} {}: {}", call, path, std::generic_category().message(code))};
}

Result<Descriptor> open_descriptor(const std::string& path, int flags) {
  for (;;) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC, kFileMode);
    if (fd >= 0) return Descriptor(fd);
    if (errno != EINTR) return system_error("open", path, errno);
  }
}

class PosixFile final : public File {
 public:
  PosixFile(Descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Result<void> write(uint64_t offset, std::string_view data) override {
    while (!data.empty()) {
      const ssize_t count =
          ::pwrite(fd_.get(), data.data(), data.size(), static_cast<off_t>(offset));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return system_error("write", path_, errno);
      offset += static_cast<uint64_t>(count);
      data.remove_prefix(static_cast<size_t>(count));
    }
    return {};
  }

  Result<void> write_padded(uint64_t offset, std::string_view data, uint64_t zero_bytes) override {
    CHECK(zero_bytes <= kFilePageBytes);
    const std::array<iovec, 2> parts{iovec{const_cast<char*>(data.data()), data.size()},
                                     iovec{zeros, zero_bytes}};
    ssize_t count = 0;
    do {
      count = ::pwritev(fd_.get(), parts.data(), parts.size(), static_cast<off_t>(offset));
    } while (count < 0 && errno == EINTR);
    if (count < 0) return system_error("write", path_, errno);
    const auto written = static_cast<uint64_t>(count);
    if (written < data.size()) TRY(write(offset + written, data.substr(written)));
    const uint64_t done = std::max<uint64_t>(written, data.size());
    return write(offset + done, {zeros, data.size() + zero_bytes - done});
  }

  /// Past the cache: zeros in it would cost more than all else that an append costs.
  Result<void> zero(uint64_t offset, uint64_t bytes) override {
    const std::optional<Descriptor> direct = open_direct();
    for (; direct && bytes > 0;) {
      const uint64_t part = std::min<uint64_t>(bytes, sizeof zeros);
      const ssize_t count = ::pwrite(direct->get(), zeros, part, static_cast<off_t>(offset));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0 && errno != EINVAL) return system_error("write", path_, errno);
      if (count <= 0 || static_cast<uint64_t>(count) % kFilePageBytes != 0) break;
      offset += static_cast<uint64_t>(count);
      bytes -= static_cast<uint64_t>(count);
    }
    if (bytes == 0) return {};
    TRY(File::zero(offset, bytes));
    return sync();
  }

  Result<void> read(uint64_t offset, std::span<char> out) const override {
    while (!out.empty()) {
      const ssize_t count = ::pread(fd_.get(), out.data(), out.size(), static_cast<off_t>(offset));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return system_error("read", path_, errno);
      if (count == 0) {
        return Error{ErrorCode::kStorageDamaged,
                     fmt::format("read {}: the file ends at byte {}, {} bytes are missing", path_,
                                 offset, out.size())};
      }
      offset += static_cast<uint64_t>(count);
      out = out.subspan(static_cast<size_t>(count));
    }
    return {};
  }

  Result<bool> read_cached(uint64_t offset, std::span<char> out) const override {
    const iovec whole{out.data(), out.size()};
    ssize_t count = 0;
    do {
      count = ::preadv2(fd_.get(), &whole, 1, static_cast<off_t>(offset), RWF_NOWAIT);
    } while (count < 0 && errno == EINTR);
    if (count >= 0) return static_cast<size_t>(count) == out.size();
    if (errno == EAGAIN || errno == EOPNOTSUPP || errno == ENOSYS) return false;
    return system_error("read", path_, errno);
  }

  void fetch(uint64_t offset, uint64_t bytes) const override {
    // Without effect where it fails.
    (void)::posix_fadvise(fd_.get(), static_cast<off_t>(offset), static_cast<off_t>(bytes),
                          POSIX_FADV_WILLNEED);
  }

  Result<void> sync() override {
    // Never repeated, whatever the reason: a second try can succeed without having written
    // anything.
    if (::fdatasync(fd_.get()) != 0) return system_error("sync", path_, errno);
    return {};
  }

  Result<void> allocate(uint64_t bytes) override {
    for (;;) {
      const int code = ::posix_fallocate(fd_.get(), 0, static_cast<off_t>(bytes));
      if (code == 0) return {};
      if (code != EINTR) return system_error("allocate", path_, code);
    }
  }

  Result<uint64_t> size() const override {
    struct stat info{};
    if (::fstat(fd_.get(), &info) != 0) return system_error("stat", path_, errno);
    return static_cast<uint64_t>(info.st_size);
  }

 private:
  /// A second descriptor of the same file, whatever its name is now; none where the file system has
  /// no direct writes.
  std::optional<Descriptor> open_direct() const {
    auto direct = open_descriptor(fmt::format("/proc/self/fd/{}", fd_.get()), O_WRONLY | O_DIRECT);
    if (!direct.ok()) return std::nullopt;
    return std::move(direct).value();
  }

  const Descriptor fd_;
  const std::string path_;
};

/// Holds flock(2) on a file in the directory; the system lets go of it when the process ends in any
/// way.
class PosixDirectoryLock final : public DirectoryLock {
 public:
  explicit PosixDirectoryLock(Descriptor fd) : fd_(std::move(fd)) {}

 private:
  const Descriptor fd_;
};

std::string parent_of(std::string_view directory) {
  while (directory.size() > 1 && directory.back() == '/') directory.remove_suffix(1);
  const size_t slash = directory.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(directory.substr(0, std::max<size_t>(slash, 1)));
}

class PosixFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    TRY_ASSIGN(Descriptor fd, open_descriptor(path, flags_of(mode)));
    return std::unique_ptr<File>(std::make_unique<PosixFile>(std::move(fd), path));
  }

  Result<bool> exists(const std::string& path) override {
    struct stat info{};
    if (::stat(path.c_str(), &info) == 0) return true;
    if (errno == ENOENT) return false;
    return system_error("stat", path, errno);
  }

  Result<std::vector<std::string>> list(const std::string& directory) override {
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(directory.c_str()), ::closedir);
    if (!stream) return system_error("list", directory, errno);
    std::vector<std::string> names;
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(stream.get());
      if (entry == nullptr) break;
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    if (errno != 0) return system_error("list", directory, errno);
    std::sort(names.begin(), names.end());
    return names;
  }

  Result<void> create_directory(const std::string& directory) override {
    if (::mkdir(directory.c_str(), kDirectoryMode) == 0)
      return sync_directory(parent_of(directory));
    if (errno == EEXIST) return settle_existing(directory);
    if (errno != ENOENT) return system_error("create directory", directory, errno);
    const std::string parent = parent_of(directory);
    if (parent == directory) return system_error("create directory", directory, ENOENT);
    TRY(create_directory(parent));
    if (::mkdir(directory.c_str(), kDirectoryMode) != 0 && errno != EEXIST) {
      return system_error("create directory", directory, errno);
    }
    return sync_directory(parent);
  }

  Result<void> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return system_error("rename", from, errno);
    return {};
  }

  Result<void> remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) return system_error("remove", path, errno);
    return {};
  }

  Result<void> link(const std::string& from, const std::string& to) override {
    if (::link(from.c_str(), to.c_str()) != 0) return system_error("link", from, errno);
    return {};
  }

  Result<uint64_t> free_bytes(const std::string& directory) override {
    struct statvfs info{};
    if (::statvfs(directory.c_str(), &info) != 0) return system_error("statvfs", directory, errno);
    return uint64_t{info.f_bavail} * info.f_frsize;
  }

  Result<void> sync_directory(const std::string& directory) override {
    TRY_ASSIGN(const Descriptor fd, open_descriptor(directory, O_RDONLY | O_DIRECTORY));
    if (::fsync(fd.get()) != 0) return system_error("sync directory", directory, errno);
    return {};
  }

  Result<std::unique_ptr<DirectoryLock>> lock(const std::string& directory) override {
    const std::string path = directory + "/LOCK";
    TRY_ASSIGN(Descriptor fd, open_descriptor(path, O_RDWR | O_CREAT));
    int code = 0;
    do {
      code = ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
    } while (code == EINTR);
    if (code == EWOULDBLOCK) {
      return Error{ErrorCode::kStorageFailure,
                   fmt::format("lock {}: another process is using this directory", path)};
    }
    if (code != 0) return system_error("lock", path, code);
    return std::unique_ptr<DirectoryLock>(std::make_unique<PosixDirectoryLock>(std::move(fd)));
  }

 private:
  static int flags_of(OpenMode mode) {
    switch (mode) {
      case OpenMode::kRead:
        return O_RDONLY;
      case OpenMode::kReadWrite:
        return O_RDWR;
      case OpenMode::kCreate:
        return O_RDWR | O_CREAT | O_EXCL;
    }
    CHECK(false);
    return 0;
  }

  /// An earlier process may have made `directory` and died before it was durable. A parent that we
  /// may not read is not one we made it in.
  Result<void> settle_existing(const std::string& directory) {
    struct stat info{};
    if (::stat(directory.c_str(), &info) != 0) return system_error("stat", directory, errno);
    if (!S_ISDIR(info.st_mode)) return system_error("create directory", directory, ENOTDIR);
    const std::string parent = parent_of(directory);
    if (::access(parent.c_str(), R_OK) != 0) return {};
    return sync_directory(parent);
  }
};

}  // namespace

FileSystem& posix_file_system() {
  static PosixFileSystem files;
  return files;
}

}  // namespace forebay::env
